#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/bytes.h"
#include "node/base/error.h"

// RFC 6962 Merkle trees over leaf data, as compact ranges and proofs. Pure.
namespace enlace::channel {

Hash LeafHash(std::string_view leaf_data);               // SHA-256(0x00 || data)
Hash NodeHash(const Hash& left, const Hash& right);      // SHA-256(0x01 || left || right)
Hash EmptyRoot();                                        // SHA-256 of nothing

// The perfect subtrees of a log of `size` leaves, left to right: enough to append and to
// know the root, in O(log size) space.
class CompactRange {
 public:
  CompactRange() = default;
  // ENTRY_INVALID unless the number of hashes fits the size.
  static StatusOr<CompactRange> FromParts(uint64_t size, std::vector<Hash> hashes);

  void Append(const Hash& leaf_hash);
  Hash Root() const;
  uint64_t size() const { return size_; }
  const std::vector<Hash>& hashes() const { return hashes_; }
  bool operator==(const CompactRange&) const = default;

 private:
  uint64_t size_ = 0;
  std::vector<Hash> hashes_;
};

// Proofs over a list of leaf hashes (the caller holds the log).
std::vector<Hash> InclusionProof(const std::vector<Hash>& leaves, uint64_t index);
std::vector<Hash> ConsistencyProof(const std::vector<Hash>& leaves, uint64_t old_size);

// PROOF_INVALID when the proof does not lead to the root; also for wrong lengths.
Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                       const std::vector<Hash>& proof, const Hash& root);
Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                         const Hash& new_root, const std::vector<Hash>& proof);

}  // namespace enlace::channel
