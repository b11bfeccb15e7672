#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/channel/checkpoint.h"
#include "node/channel/entry.h"
#include "node/channel/log.h"
#include "node/store/store.h"

// Channels in the store: own ones that this node appends to and signs, and mirrors that
// it verified. Head, entry, payload and signed checkpoint change in one commit.
namespace enlace::store {

// As enlace.channel.v1.Entry.PayloadState, and kNotUnderstood for kinds or versions that
// this software does not know (kept, shown and counted).
enum class PayloadState : uint8_t { kPresent = 1, kWithheld = 2, kErased = 3 };

struct StoredEntry {
  uint64_t sequence = 0;
  channel::Header header;
  PayloadState state = PayloadState::kWithheld;
  std::string payload;
  std::string opening;
};

struct ChannelHead {
  std::string origin;
  bool own = false;
  channel::CompactRange range;  // range.size() entries are held.
  std::string checkpoint;       // The owner's last signed note; may be ahead of the range.
  int64_t last_pull_time_ms = 0;
  std::vector<std::string> evidence;  // Not empty: stopped.
};

// What signs own channels and tags their subjects.
struct ChannelKeys {
  crypto::SigningKey signing;
  std::string subject_key;  // 32 bytes.
};

// CHANNEL_NOT_FOUND when the node holds no such channel.
StatusOr<ChannelHead> LoadChannel(const Reader& reader, std::string_view origin);
StatusOr<std::vector<ChannelHead>> ListChannelHeads(const Reader& reader);

// Appends to an own channel (made by its first entry, with an empty signed checkpoint if
// `entries` is empty) and signs the new checkpoint. Returns the first new sequence.
StatusOr<uint64_t> AppendEntries(Transaction& transaction, std::string_view origin,
                                 const std::vector<channel::NewEntry>& entries,
                                 const ChannelKeys& keys);

// Removes a payload and its opening for good; the header stays and the tree holds.
Status ErasePayload(Transaction& transaction, std::string_view origin, uint64_t sequence);

// Stores a page that channel/mirror.h has verified against `head` as it was read; the
// head must not have moved since (STORE_CONFLICT).
Status ApplyMirrorPage(Transaction& transaction, const ChannelHead& before,
                       const ChannelHead& after, const std::vector<StoredEntry>& entries);

// Keeps two contradicting notes and stops the channel.
Status StopChannel(Transaction& transaction, std::string_view origin,
                   const std::vector<std::string>& evidence);

// Entries first <= sequence < limit in order; false from `visit` stops.
Status ScanEntries(const Reader& reader, std::string_view origin, uint64_t first, uint64_t limit,
                   const std::function<bool(const StoredEntry&)>& visit);

// The signed note for exactly this size, if one was ever stored.
StatusOr<std::optional<std::string>> CheckpointAt(const Reader& reader, std::string_view origin,
                                                  uint64_t size);

}  // namespace enlace::store
