#pragma once

#include <cstdint>
#include <functional>

#include "node/store/overlay.h"
#include "node/store/store.h"

namespace enlace::store {

// What one transaction may write, envelopes included.
inline constexpr size_t kTransactionBytesMax = 32 << 20;
// What a group may hold before its last transaction is added; with that one it still fits
// the engine's batch, whose remaining MiB holds the commit sequence.
inline constexpr size_t kGroupBytesLimit = kv::kBatchBytesMax - kTransactionBytesMax - (1 << 20);

// The writes that will be one commit. Owned by the writer thread.
class Group {
 public:
  // `base` is the state that all reads start from and must outlive the group.
  Group(const Reader& base, uint64_t commit_sequence, int64_t now_ms)
      : base_(base), commit_sequence_(commit_sequence), now_ms_(now_ms) {}

  // Runs `work` over all that ran before it. On error nothing of it stays. INTERNAL when it
  // throws.
  Status Run(const std::function<Status(Transaction&)>& work);

  bool empty() const { return changes_.empty(); }
  size_t bytes() const { return changes_.bytes(); }
  // All changes in their envelopes, and the new commit sequence, under the precondition
  // that nobody else has committed. Once: the changes are moved out.
  kv::Batch ToBatch();

 private:
  class Member;

  const Reader& base_;
  const uint64_t commit_sequence_;
  const int64_t now_ms_;
  Overlay changes_;
  uint32_t next_index_ = 0;
};

// The row that holds the last commit sequence.
inline constexpr Table kCommitTable = Table::kMeta;
inline constexpr std::string_view kCommitKey = "commit";
std::string EncodeCommitSequence(uint64_t sequence);
// 0 when the store has none yet; STORE_CORRUPT when the row is malformed.
StatusOr<uint64_t> ReadCommitSequence(const Reader& reader);

}  // namespace enlace::store
