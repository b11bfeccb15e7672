#include "node/channel/log.h"

#include <bit>
#include <string>

#include "node/base/check.h"
#include "node/crypto/hash.h"

namespace enlace::channel {
namespace {

constexpr std::string_view kLeafTag("\x00", 1);
constexpr std::string_view kNodeTag("\x01", 1);

// The largest power of two smaller than `count`. REQUIRES: count >= 2.
uint64_t SplitPoint(uint64_t count) { return std::bit_floor(count - 1); }

Status ProofError(std::string_view what) {
  return Error(Reason::PROOF_INVALID, "the Merkle proof is refused: " + std::string(what));
}

// The perfect subtree of `level` at `index`, hashed up from leaf hashes.
Hash PerfectRoot(const std::vector<Hash>& leaves, int level, uint64_t index) {
  if (level == 0) return leaves[index];
  return NodeHash(PerfectRoot(leaves, level - 1, index * 2),
                  PerfectRoot(leaves, level - 1, index * 2 + 1));
}

NodeSource NodesOf(const std::vector<Hash>& leaves) {
  return [&leaves](int level, uint64_t index) -> StatusOr<Hash> {
    return PerfectRoot(leaves, level, index);
  };
}

}  // namespace

Hash LeafHash(std::string_view leaf_data) {
  crypto::Sha256Stream stream;
  stream.Update(kLeafTag);
  stream.Update(leaf_data);
  return stream.Finish();
}

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<char, 65> bytes;
  bytes[0] = kNodeTag[0];
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 33);
  return crypto::Sha256({bytes.data(), bytes.size()});
}

Hash EmptyRoot() { return crypto::Sha256(""); }

StatusOr<CompactRange> CompactRange::FromParts(uint64_t size, std::vector<Hash> hashes) {
  if (static_cast<size_t>(std::popcount(size)) != hashes.size()) {
    return Error(Reason::ENTRY_INVALID, "a compact range of " + std::to_string(size) +
                                            " leaves cannot have " + std::to_string(hashes.size()) +
                                            " hashes");
  }
  CompactRange range;
  range.size_ = size;
  range.hashes_ = std::move(hashes);
  return range;
}

void CompactRange::Append(const Hash& leaf_hash, const NodeVisitor& completed) {
  Hash hash = leaf_hash;
  uint64_t index = size_;
  int level = 0;
  if (completed) completed(level, index, hash);
  // Each trailing one bit of the size is a subtree that the new one completes.
  while ((index & 1) == 1) {
    hash = NodeHash(hashes_.back(), hash);
    hashes_.pop_back();
    index >>= 1;
    ++level;
    if (completed) completed(level, index, hash);
  }
  hashes_.push_back(hash);
  ++size_;
}

Hash CompactRange::Root() const {
  if (hashes_.empty()) return EmptyRoot();
  Hash root = hashes_.back();
  for (size_t i = hashes_.size() - 1; i > 0; --i) root = NodeHash(hashes_[i - 1], root);
  return root;
}

StatusOr<Hash> RangeRoot(const NodeSource& nodes, uint64_t first, uint64_t limit) {
  ENLACE_CHECK(first < limit);
  const uint64_t count = limit - first;
  if (std::has_single_bit(count)) {
    ENLACE_CHECK(first % count == 0);
    return nodes(std::countr_zero(count), first / count);
  }
  const uint64_t split = SplitPoint(count);
  ENLACE_ASSIGN_OR_RETURN(const Hash left, RangeRoot(nodes, first, first + split));
  ENLACE_ASSIGN_OR_RETURN(const Hash right, RangeRoot(nodes, first + split, limit));
  return NodeHash(left, right);
}

StatusOr<std::vector<Hash>> InclusionProof(const NodeSource& nodes, uint64_t index, uint64_t size) {
  ENLACE_CHECK(index < size);
  std::vector<Hash> top_down;
  uint64_t first = 0;
  uint64_t limit = size;
  while (limit - first > 1) {
    const uint64_t split = first + SplitPoint(limit - first);
    const bool left = index < split;
    ENLACE_ASSIGN_OR_RETURN(const Hash sibling,
                            left ? RangeRoot(nodes, split, limit) : RangeRoot(nodes, first, split));
    top_down.push_back(sibling);
    (left ? limit : first) = split;
  }
  return std::vector<Hash>(top_down.rbegin(), top_down.rend());
}

StatusOr<std::vector<Hash>> ConsistencyProof(const NodeSource& nodes, uint64_t old_size,
                                             uint64_t size) {
  ENLACE_CHECK(old_size <= size);
  std::vector<Hash> top_down;
  if (old_size == 0 || old_size == size) return top_down;
  uint64_t first = 0;
  uint64_t limit = size;
  // Walks down to the subtree whose right edge is the old size (RFC 6962, 2.1.2).
  while (limit != old_size) {
    const uint64_t split = first + SplitPoint(limit - first);
    const bool left = old_size <= split;
    ENLACE_ASSIGN_OR_RETURN(const Hash sibling,
                            left ? RangeRoot(nodes, split, limit) : RangeRoot(nodes, first, split));
    top_down.push_back(sibling);
    (left ? limit : first) = split;
  }
  // A subtree that begins at 0 is the whole old log, whose root the verifier knows.
  if (first != 0) {
    ENLACE_ASSIGN_OR_RETURN(const Hash last, RangeRoot(nodes, first, limit));
    top_down.push_back(last);
  }
  return std::vector<Hash>(top_down.rbegin(), top_down.rend());
}

std::vector<Hash> InclusionProof(const std::vector<Hash>& leaves, uint64_t index) {
  return *InclusionProof(NodesOf(leaves), index, leaves.size());
}

std::vector<Hash> ConsistencyProof(const std::vector<Hash>& leaves, uint64_t old_size) {
  return *ConsistencyProof(NodesOf(leaves), old_size, leaves.size());
}

// RFC 9162, 2.1.3.2.
Status VerifyInclusion(const Hash& leaf_hash, uint64_t index, uint64_t size,
                       const std::vector<Hash>& proof, const Hash& root) {
  if (index >= size) return ProofError("the index is not inside the log");
  if (proof.size() > kProofHashesMax) return ProofError("too many hashes");
  uint64_t fn = index;
  uint64_t sn = size - 1;
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (sn == 0) return ProofError("more hashes than levels");
    if ((fn & 1) == 1 || fn == sn) {
      hash = NodeHash(sibling, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return ProofError("fewer hashes than levels");
  if (hash != root) return ProofError("it leads to another root");
  return absl::OkStatus();
}

// RFC 9162, 2.1.4.2.
Status VerifyConsistency(uint64_t old_size, uint64_t new_size, const Hash& old_root,
                         const Hash& new_root, const std::vector<Hash>& proof) {
  if (old_size > new_size) return ProofError("the log has become shorter");
  if (proof.size() > kProofHashesMax) return ProofError("too many hashes");
  if (old_size == new_size || old_size == 0) {
    if (!proof.empty()) return ProofError("hashes where none are needed");
    if (old_size == 0 && old_root != EmptyRoot()) return ProofError("no root of an empty log");
    if (old_size == new_size && old_root != new_root) return ProofError("the roots differ");
    return absl::OkStatus();
  }
  if (proof.empty()) return ProofError("it has no hashes");
  uint64_t fn = old_size - 1;
  uint64_t sn = new_size - 1;
  while ((fn & 1) == 1) {
    fn >>= 1;
    sn >>= 1;
  }
  // When the old log is one perfect subtree the proof leaves its root out.
  const bool whole = std::has_single_bit(old_size);
  Hash old_hash = whole ? old_root : proof.front();
  Hash new_hash = old_hash;
  for (size_t i = whole ? 0 : 1; i < proof.size(); ++i) {
    if (sn == 0) return ProofError("more hashes than levels");
    if ((fn & 1) == 1 || fn == sn) {
      old_hash = NodeHash(proof[i], old_hash);
      new_hash = NodeHash(proof[i], new_hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, proof[i]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return ProofError("fewer hashes than levels");
  if (old_hash != old_root) return ProofError("it leads to another old root");
  if (new_hash != new_root) return ProofError("it leads to another new root");
  return absl::OkStatus();
}

}  // namespace enlace::channel
