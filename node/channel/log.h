#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/bytes.h"
#include "node/base/error.h"

// RFC 6962 Merkle trees over leaf data, as compact ranges and proofs. Pure.
namespace enlace::channel {

Hash LeafHash(std::string_view leaf_data);           // SHA-256(0x00 || data)
Hash NodeHash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)
Hash EmptyRoot();                                    // SHA-256 of nothing

// The perfect subtrees of a log of `size` leaves, left to right: enough to append and to
// know the root, in O(log size) space.
class CompactRange {
 public:
  CompactRange() = default;
  // ENTRY_INVALID unless the number of hashes fits the size.
  static StatusOr<CompactRange> FromParts(uint64_t size, std::vector<Hash> hashes);

  // Told of each perfect subtree that an append completes, the leaf (level 0) first. A
  // subtree of `level` holds 2^level leaves and begins at leaf index * 2^level.
  using NodeVisitor = std::function<void(int level, uint64_t index, const Hash& hash)>;

  void Append(const Hash& leaf_hash, const NodeVisitor& completed = {});
  Hash Root() const;
  uint64_t size() const { return size_; }
  const std::vector<Hash>& hashes() const { return hashes_; }
  bool operator==(const CompactRange&) const = default;

 private:
  uint64_t size_ = 0;
  std::vector<Hash> hashes_;
};

// No proof of a log of 2^63 leaves is longer.
inline constexpr size_t kProofHashesMax = 65;

// Where the hashes of perfect subtrees come from: memory, or a store that keeps some of
// them. A proof asks for O(log size) nodes.
using NodeSource = std::function<StatusOr<Hash>(int level, uint64_t index)>;

// The root over leaves first <= index < limit, which must begin at a multiple of a power
// of two not smaller than their count. REQUIRES: first < limit.
StatusOr<Hash> RangeRoot(const NodeSource& nodes, uint64_t first, uint64_t limit);

// The proof that leaf `index` is in the log of `size` leaves. REQUIRES: index < size.
StatusOr<std::vector<Hash>> InclusionProof(const NodeSource& nodes, uint64_t index, uint64_t size);
// The proof that the log of `size` leaves begins with that of `old_size`; empty when they
// are equal or `old_size` is 0. REQUIRES: old_size <= size.
StatusOr<std::vector<Hash>> ConsistencyProof(const NodeSource& nodes, uint64_t old_size,
                                             uint64_t size);

// The same over a list of leaf hashes (the caller holds the log).
std::vector<Hash> InclusionProof(const std::vector<Hash>& leaves, uint64_t index);
std::vector<Hash> ConsistencyProof(const std::vector<Hash>& leaves, uint64_t old_size);

// PROOF_INVALID when the proof does not lead to the root; also for wrong lengths.
Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                       const std::vector<Hash>& proof, const Hash& root);
Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                         const Hash& new_root, const std::vector<Hash>& proof);

}  // namespace enlace::channel
