#include "node/store/channel_table.h"

#include "enlace/storage/v1/records.pb.h"
#include "node/crypto/hash.h"
#include "node/store/channel_keys.h"
#include "node/store/row_codec.h"
#include "node/store/signing.h"

namespace enlace::store {
namespace {

namespace pb = enlace::storage::v1;

Status NotFound() {
  return Error(Reason::CHANNEL_NOT_FOUND, "this node holds no such channel or entry");
}

StatusOr<ChannelHead> DecodeHead(std::string_view origin, std::string_view bytes) {
  pb::StoredChannel row;
  ENLACE_RETURN_IF_ERROR(ParseRow(bytes, "channel", row));
  std::vector<Hash> hashes;
  for (const std::string& hash : row.compact_range()) {
    if (hash.size() != Hash().size()) {
      return Error(Reason::STORE_CORRUPT, "the head of a channel has a hash of a wrong size");
    }
    hashes.push_back(HashFromBytes(hash));
  }
  auto range = channel::CompactRange::FromParts(row.size(), std::move(hashes));
  if (!range.ok()) {
    return Error(Reason::STORE_CORRUPT, "the head of a channel does not fit its size");
  }
  ChannelHead head;
  head.origin = std::string(origin);
  head.own = row.own();
  head.range = *std::move(range);
  head.checkpoint = row.checkpoint();
  head.checkpoint_size = row.checkpoint_size();
  head.last_pull_time_ms = row.last_pull_time_ms();
  head.evidence.assign(row.evidence().begin(), row.evidence().end());
  return head;
}

void SaveHead(Transaction& transaction, const ChannelHead& head) {
  pb::StoredChannel row;
  row.set_own(head.own);
  row.set_size(head.range.size());
  for (const Hash& hash : head.range.hashes()) row.add_compact_range(std::string(AsView(hash)));
  row.set_checkpoint(head.checkpoint);
  row.set_checkpoint_size(head.checkpoint_size);
  row.set_last_pull_time_ms(head.last_pull_time_ms);
  for (const std::string& note : head.evidence) row.add_evidence(note);
  transaction.Put(Table::kChannel, head.origin, SerializeRow(row));
}

StatusOr<std::optional<ChannelHead>> FindChannel(const Reader& reader, std::string_view origin) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kChannel, origin));
  if (!bytes.has_value()) return std::optional<ChannelHead>();
  ENLACE_ASSIGN_OR_RETURN(ChannelHead head, DecodeHead(origin, *bytes));
  return std::optional<ChannelHead>(std::move(head));
}

void SaveCheckpoint(Transaction& transaction, std::string_view origin, uint64_t size,
                    const std::string& note) {
  pb::StoredCheckpoint row;
  row.set_note(note);
  transaction.Put(Table::kCheckpoint, ChannelKey(origin, size), SerializeRow(row));
}

void SavePayload(Transaction& transaction, std::string_view origin, const StoredEntry& entry) {
  pb::StoredPayload row;
  row.set_state(static_cast<uint32_t>(entry.state));
  row.set_payload(entry.payload);
  row.set_opening(entry.opening);
  transaction.Put(Table::kEntryPayload, ChannelKey(origin, entry.sequence), SerializeRow(row));
}

// Header, payload, completed subtrees, and the range one longer.
void SaveEntry(Transaction& transaction, ChannelHead& head, const StoredEntry& entry) {
  transaction.Put(Table::kEntryHeader, ChannelKey(head.origin, entry.sequence), entry.header.raw);
  SavePayload(transaction, head.origin, entry);
  head.range.Append(channel::LeafHash(entry.header.raw), [&](int level, uint64_t index,
                                                             const Hash& hash) {
    if (level < kStoredNodeLevelMin) return;
    transaction.Put(Table::kChannelNode, ChannelNodeKey(head.origin, level, index), AsView(hash));
  });
}

StatusOr<StoredEntry> DecodeEntry(const Reader& reader, std::string_view key,
                                  std::string_view header_bytes) {
  StoredEntry entry;
  entry.sequence = NumberOfKey(key);
  auto header = channel::ParseHeader(header_bytes);
  if (!header.ok()) {
    return Error(Reason::STORE_CORRUPT, "a stored entry header does not parse");
  }
  entry.header = *std::move(header);
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(Table::kEntryPayload, key));
  if (!bytes.has_value()) {
    return Error(Reason::STORE_CORRUPT, "a stored entry has a header but no payload state");
  }
  pb::StoredPayload row;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "entry_payload", row));
  if (row.state() < static_cast<uint32_t>(PayloadState::kPresent) ||
      row.state() > static_cast<uint32_t>(PayloadState::kErased)) {
    return Error(Reason::STORE_CORRUPT, "a stored entry has an unknown payload state");
  }
  entry.state = static_cast<PayloadState>(row.state());
  entry.payload = row.payload();
  entry.opening = row.opening();
  return entry;
}

}  // namespace

StatusOr<ChannelHead> LoadChannel(const Reader& reader, std::string_view origin) {
  ENLACE_ASSIGN_OR_RETURN(auto head, FindChannel(reader, origin));
  if (!head.has_value()) return NotFound();
  return *std::move(head);
}

StatusOr<std::vector<ChannelHead>> ListChannelHeads(const Reader& reader, std::string_view prefix) {
  std::vector<ChannelHead> heads;
  const kv::KeyRange range = prefix.empty() ? kv::KeyRange() : kv::PrefixRange(prefix);
  Status decoded;
  ENLACE_RETURN_IF_ERROR(
      reader.Scan(Table::kChannel, range, [&](std::string_view key, std::string_view value) {
        auto head = DecodeHead(key, value);
        if (head.ok()) {
          heads.push_back(*std::move(head));
        } else {
          decoded = head.status();
        }
        return decoded.ok();
      }));
  ENLACE_RETURN_IF_ERROR(decoded);
  return heads;
}

StatusOr<uint64_t> AppendEntries(Transaction& transaction, std::string_view origin,
                                 const std::vector<channel::NewEntry>& entries,
                                 const ChannelKeys& keys) {
  ENLACE_RETURN_IF_ERROR(CheckSigningOpen(transaction));
  if (keys.may_sign) ENLACE_RETURN_IF_ERROR(keys.may_sign());
  ENLACE_ASSIGN_OR_RETURN(auto found, FindChannel(transaction, origin));
  ChannelHead head;
  if (found.has_value()) {
    head = *std::move(found);
  } else {
    head.origin = std::string(origin);
    head.own = true;
  }
  if (!head.own || head.stopped()) {
    return Error(Reason::CHANNEL_STOPPED, "nothing can be appended to this channel: it is " +
                                              std::string(head.own ? "stopped" : "a mirror"));
  }
  const uint64_t first = head.range.size();
  for (const channel::NewEntry& entry : entries) {
    StoredEntry stored;
    stored.sequence = head.range.size();
    stored.opening = crypto::RandomBytes(channel::kOpeningBytes);
    ENLACE_ASSIGN_OR_RETURN(
        stored.header,
        channel::MakeHeader(entry, stored.opening, keys.subject_key, transaction.now_ms()));
    stored.state = PayloadState::kPresent;
    stored.payload = entry.payload;
    SaveEntry(transaction, head, stored);
  }
  head.checkpoint =
      channel::SignCheckpoint({head.origin, head.range.size(), head.range.Root()}, keys.signing);
  head.checkpoint_size = head.range.size();
  SaveCheckpoint(transaction, origin, head.range.size(), head.checkpoint);
  SaveHead(transaction, head);
  return first;
}

Status ErasePayload(Transaction& transaction, std::string_view origin, uint64_t sequence) {
  ENLACE_ASSIGN_OR_RETURN(const auto header,
                          transaction.Get(Table::kEntryHeader, ChannelKey(origin, sequence)));
  if (!header.has_value()) return NotFound();
  StoredEntry erased;
  erased.sequence = sequence;
  erased.state = PayloadState::kErased;
  SavePayload(transaction, origin, erased);
  return absl::OkStatus();
}

Status ApplyMirrorPage(Transaction& transaction, const ChannelHead& before,
                       const ChannelHead& after, const std::vector<StoredEntry>& entries) {
  ENLACE_ASSIGN_OR_RETURN(auto found, FindChannel(transaction, before.origin));
  ChannelHead head;
  head.origin = before.origin;
  if (found.has_value()) head = *std::move(found);
  if (head.stopped()) {
    return Error(Reason::CHANNEL_STOPPED, "the channel is stopped by contradicting evidence");
  }
  if (head.own || !(head.range == before.range) || head.checkpoint != before.checkpoint) {
    return Error(Reason::STORE_CONFLICT, "the mirror moved since the page was verified");
  }
  for (const StoredEntry& entry : entries) SaveEntry(transaction, head, entry);
  if (!(head.range == after.range)) {
    return Error(Reason::ENTRY_INVALID, "the page does not lead to the head it was verified for");
  }
  if (after.checkpoint != before.checkpoint) {
    SaveCheckpoint(transaction, head.origin, after.checkpoint_size, after.checkpoint);
  }
  head.checkpoint = after.checkpoint;
  head.checkpoint_size = after.checkpoint_size;
  head.last_pull_time_ms = after.last_pull_time_ms;
  SaveHead(transaction, head);
  return absl::OkStatus();
}

Status StopChannel(Transaction& transaction, std::string_view origin,
                   const std::vector<std::string>& evidence) {
  ENLACE_ASSIGN_OR_RETURN(ChannelHead head, LoadChannel(transaction, origin));
  if (head.stopped()) return absl::OkStatus();
  head.evidence = evidence;
  SaveHead(transaction, head);
  return absl::OkStatus();
}

Status ScanEntries(const Reader& reader, std::string_view origin, uint64_t first, uint64_t limit,
                   const std::function<bool(const StoredEntry&)>& visit) {
  if (first >= limit) return absl::OkStatus();
  Status status;
  ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kEntryHeader, ChannelRange(origin, first, limit),
                                     [&](std::string_view key, std::string_view value) {
                                       const auto entry = DecodeEntry(reader, key, value);
                                       if (!entry.ok()) status = entry.status();
                                       return entry.ok() && visit(*entry);
                                     }));
  return status;
}

StatusOr<std::optional<std::string>> CheckpointAt(const Reader& reader, std::string_view origin,
                                                  uint64_t size) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes,
                          reader.Get(Table::kCheckpoint, ChannelKey(origin, size)));
  if (!bytes.has_value()) return std::optional<std::string>();
  pb::StoredCheckpoint row;
  ENLACE_RETURN_IF_ERROR(ParseRow(*bytes, "checkpoint", row));
  return std::optional<std::string>(row.note());
}

Status ScanCheckpoints(const Reader& reader, std::string_view origin, uint64_t first,
                       uint64_t limit,
                       const std::function<bool(uint64_t size, const std::string& note)>& visit) {
  if (first >= limit) return absl::OkStatus();
  Status status;
  ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kCheckpoint, ChannelRange(origin, first, limit),
                                     [&](std::string_view key, std::string_view value) {
                                       pb::StoredCheckpoint row;
                                       status = ParseRow(value, "checkpoint", row);
                                       return status.ok() && visit(NumberOfKey(key), row.note());
                                     }));
  return status;
}

}  // namespace enlace::store
