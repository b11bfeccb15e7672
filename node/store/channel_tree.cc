// Proofs over stored channels, and reading a whole channel again.
#include <algorithm>
#include <map>

#include "node/channel/checkpoint.h"
#include "node/channel/entry.h"
#include "node/store/channel_keys.h"
#include "node/store/channel_table.h"

namespace enlace::store {
namespace {

// Entries between two looks at the stored checkpoints; bounds what is held in memory.
constexpr uint64_t kVerifyStride = 1024;

Status Corrupt(std::string_view what) {
  return Error(Reason::STORE_CORRUPT, "a stored channel does not hold: " + std::string(what));
}

// The root over a few consecutive leaves, from their headers.
StatusOr<Hash> HashHeaders(const Reader& reader, std::string_view origin, int level,
                           uint64_t index) {
  channel::CompactRange range;
  const uint64_t first = index << level;
  const uint64_t limit = (index + 1) << level;
  ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kEntryHeader, ChannelRange(origin, first, limit),
                                     [&](std::string_view, std::string_view header) {
                                       range.Append(channel::LeafHash(header));
                                       return true;
                                     }));
  if (range.size() != limit - first) return Corrupt("headers are missing");
  return range.Root();
}

channel::NodeSource StoredNodes(const Reader& reader, std::string_view origin) {
  return [&reader, origin = std::string(origin)](int level, uint64_t index) -> StatusOr<Hash> {
    if (level < kStoredNodeLevelMin) return HashHeaders(reader, origin, level, index);
    ENLACE_ASSIGN_OR_RETURN(const auto bytes,
                            reader.Get(Table::kChannelNode, ChannelNodeKey(origin, level, index)));
    if (!bytes.has_value() || bytes->size() != Hash().size()) {
      return Corrupt("the hash of a subtree is missing");
    }
    return HashFromBytes(*bytes);
  };
}

// Rebuilds one channel's tree, entry by entry.
class Verifier {
 public:
  Verifier(const Reader& reader, const ChannelHead& head, const crypto::PublicKey& key)
      : reader_(reader), head_(head), key_(key) {}

  StatusOr<ChannelVerification> Run() {
    // An own channel begins with a signed checkpoint of nothing or of its first entries.
    ENLACE_RETURN_IF_ERROR(CheckCheckpointsAt(0, 1));
    while (range_.size() < head_.range.size()) {
      const uint64_t limit = std::min(range_.size() + kVerifyStride, head_.range.size());
      ENLACE_RETURN_IF_ERROR(LoadExpected(range_.size() + 1, limit + 1));
      ENLACE_RETURN_IF_ERROR(AppendUpTo(limit));
    }
    if (!(range_ == head_.range)) return Corrupt("the entries do not lead to its head");
    ENLACE_RETURN_IF_ERROR(CheckNothingBeyond());
    ENLACE_RETURN_IF_ERROR(CheckLastNote());
    result_.root = range_.Root();
    return result_;
  }

 private:
  Status CheckCheckpointsAt(uint64_t first, uint64_t limit) {
    ENLACE_RETURN_IF_ERROR(LoadExpected(first, limit));
    return CompareRoot();
  }

  // Opens the stored notes of sizes first <= size < limit.
  Status LoadExpected(uint64_t first, uint64_t limit) {
    expected_.clear();
    Status opened;
    ENLACE_RETURN_IF_ERROR(ScanCheckpoints(
        reader_, head_.origin, first, limit, [&](uint64_t size, const std::string& note) {
          const auto checkpoint = channel::OpenCheckpoint(note, head_.origin, key_);
          if (!checkpoint.ok()) {
            opened = checkpoint.status();
          } else if (checkpoint->size != size) {
            opened = Corrupt("a checkpoint lies under another size");
          } else {
            expected_[size] = checkpoint->root;
          }
          return opened.ok();
        }));
    return opened;
  }

  Status CompareRoot() {
    const auto expected = expected_.find(range_.size());
    if (expected == expected_.end()) return absl::OkStatus();
    ++result_.checkpoints;
    if (expected->second == range_.Root()) return absl::OkStatus();
    return Error(Reason::CHECKPOINT_INVALID,
                 "the entries do not lead to the root that was signed for size " +
                     std::to_string(range_.size()));
  }

  Status AppendUpTo(uint64_t limit) {
    Status status;
    ENLACE_RETURN_IF_ERROR(
        ScanEntries(reader_, head_.origin, range_.size(), limit, [&](const StoredEntry& entry) {
          status = AppendOne(entry);
          return status.ok();
        }));
    ENLACE_RETURN_IF_ERROR(status);
    return range_.size() == limit ? absl::OkStatus() : Corrupt("entries are missing");
  }

  Status AppendOne(const StoredEntry& entry) {
    if (entry.sequence != range_.size()) return Corrupt("entries are missing");
    if (entry.state == PayloadState::kPresent) {
      ENLACE_RETURN_IF_ERROR(channel::CheckPayload(entry.header, entry.opening, entry.payload));
      ++result_.payloads;
    }
    Status nodes;
    range_.Append(channel::LeafHash(entry.header.raw),
                  [&](int level, uint64_t index, const Hash& hash) {
                    if (level >= kStoredNodeLevelMin && nodes.ok()) {
                      nodes = CheckNode(level, index, hash);
                    }
                  });
    ENLACE_RETURN_IF_ERROR(nodes);
    ++result_.entries;
    return CompareRoot();
  }

  Status CheckNode(int level, uint64_t index, const Hash& hash) {
    ENLACE_ASSIGN_OR_RETURN(
        const auto bytes,
        reader_.Get(Table::kChannelNode, ChannelNodeKey(head_.origin, level, index)));
    if (bytes == std::string(AsView(hash))) return absl::OkStatus();
    return Corrupt("the stored hash of a subtree is another");
  }

  Status CheckNothingBeyond() {
    bool beyond = false;
    ENLACE_RETURN_IF_ERROR(reader_.Scan(Table::kEntryHeader,
                                        ChannelRange(head_.origin, range_.size(), UINT64_MAX),
                                        [&](std::string_view, std::string_view) {
                                          beyond = true;
                                          return false;
                                        }));
    return beyond ? Corrupt("there are entries beyond its head") : absl::OkStatus();
  }

  Status CheckLastNote() {
    ENLACE_ASSIGN_OR_RETURN(const auto last,
                            channel::OpenCheckpoint(head_.checkpoint, head_.origin, key_));
    if (last.size < range_.size()) return Corrupt("its last checkpoint is behind its entries");
    if (last.size == range_.size() && last.root != range_.Root()) {
      return Error(Reason::CHECKPOINT_INVALID,
                   "the entries do not lead to the root of the last checkpoint");
    }
    return absl::OkStatus();
  }

  const Reader& reader_;
  const ChannelHead& head_;
  const crypto::PublicKey& key_;
  channel::CompactRange range_;
  std::map<uint64_t, Hash> expected_;  // Signed roots by size, of the current stride.
  ChannelVerification result_;
};

}  // namespace

StatusOr<std::vector<Hash>> StoredConsistencyProof(const Reader& reader, std::string_view origin,
                                                   uint64_t old_size, uint64_t size) {
  return channel::ConsistencyProof(StoredNodes(reader, origin), old_size, size);
}

StatusOr<Hash> StoredRoot(const Reader& reader, std::string_view origin, uint64_t size) {
  return channel::RangeRoot(StoredNodes(reader, origin), 0, size);
}

StatusOr<ChannelVerification> VerifyStoredChannel(const Reader& reader, std::string_view origin,
                                                  const crypto::PublicKey& owner_key) {
  ENLACE_ASSIGN_OR_RETURN(const ChannelHead head, LoadChannel(reader, origin));
  return Verifier(reader, head, owner_key).Run();
}

}  // namespace enlace::store
