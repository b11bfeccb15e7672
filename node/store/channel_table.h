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
#include "node/channel/mirror.h"
#include "node/store/store.h"

// Channels in the store: own ones that this node appends to and signs, and mirrors that
// it verified. Head, entry, payload and signed checkpoint change in one commit.
namespace enlace::store {

// An entry as it is kept: what verification let through. Kinds or versions of header that
// this software does not know are kept, shown and counted like any other.
using PayloadState = channel::PayloadState;
using StoredEntry = channel::VerifiedEntry;

struct ChannelHead {
  std::string origin;
  bool own = false;
  channel::CompactRange range;   // range.size() entries are held.
  std::string checkpoint;        // The owner's last signed note; may be ahead of the range.
  uint64_t checkpoint_size = 0;  // Its size.
  int64_t last_pull_time_ms = 0;
  std::vector<std::string> evidence;  // Of two histories that the owner signed.

  bool stopped() const { return !evidence.empty(); }
};

// What signs own channels and tags their subjects.
struct ChannelKeys {
  crypto::SigningKey signing;
  std::string subject_key;  // 32 bytes.
  // Asked before each signature; null: always OK. From any thread.
  std::function<Status()> may_sign = nullptr;
};

// CHANNEL_NOT_FOUND when the node holds no such channel.
StatusOr<ChannelHead> LoadChannel(const Reader& reader, std::string_view origin);
// Those whose origin begins with `prefix`, ordered by origin.
StatusOr<std::vector<ChannelHead>> ListChannelHeads(const Reader& reader,
                                                    std::string_view prefix = {});

// Appends to an own channel (made by its first entry, with an empty signed checkpoint if
// `entries` is empty) and signs the new checkpoint. Returns the first new sequence.
// ENTRY_INVALID over a limit; CHANNEL_STOPPED when it is a mirror or stopped, and while
// signing is closed (signing.h); the error of `keys.may_sign`.
StatusOr<uint64_t> AppendEntries(Transaction& transaction, std::string_view origin,
                                 const std::vector<channel::NewEntry>& entries,
                                 const ChannelKeys& keys);

// Removes a payload and its opening for good; the header stays and the tree holds.
// CHANNEL_NOT_FOUND when there is no such entry. Again is a no-op.
Status ErasePayload(Transaction& transaction, std::string_view origin, uint64_t sequence);

// Stores a page that channel/mirror.h has verified against `before` as it was read; the
// head must not have moved since (STORE_CONFLICT). CHANNEL_STOPPED when it was stopped.
Status ApplyMirrorPage(Transaction& transaction, const ChannelHead& before,
                       const ChannelHead& after, const std::vector<StoredEntry>& entries);

// Keeps two contradicting notes and stops the channel. The first evidence stays.
// CHANNEL_NOT_FOUND when the node holds no such channel.
Status StopChannel(Transaction& transaction, std::string_view origin,
                   const std::vector<std::string>& evidence);

// Entries first <= sequence < limit in order; false from `visit` stops. Nothing is visited
// of a channel that the node does not hold.
Status ScanEntries(const Reader& reader, std::string_view origin, uint64_t first, uint64_t limit,
                   const std::function<bool(const StoredEntry&)>& visit);
// The signed note for exactly this size, if one was ever stored.
StatusOr<std::optional<std::string>> CheckpointAt(const Reader& reader, std::string_view origin,
                                                  uint64_t size);
// Notes for sizes first <= size < limit in order; false from `visit` stops.
Status ScanCheckpoints(const Reader& reader, std::string_view origin, uint64_t first,
                       uint64_t limit,
                       const std::function<bool(uint64_t size, const std::string& note)>& visit);

// The RFC 6962 proof that the log of `size` entries begins with that of `old_size`, from
// stored subtree hashes: O(log size) reads plus at most 128 headers.
// REQUIRES: old_size <= size <= entries held.
StatusOr<std::vector<Hash>> StoredConsistencyProof(const Reader& reader, std::string_view origin,
                                                   uint64_t old_size, uint64_t size);

// The root over the first `size` entries, at the same price.
// REQUIRES: 0 < size <= entries held.
StatusOr<Hash> StoredRoot(const Reader& reader, std::string_view origin, uint64_t size);

// What VerifyStoredChannel has checked.
struct ChannelVerification {
  uint64_t entries = 0;
  uint64_t payloads = 0;     // Of the entries, those whose payload is present.
  uint64_t checkpoints = 0;  // Stored notes of sizes that are held.
  Hash root{};               // Over all entries.
};
// Reads every entry of a channel again, rebuilds the tree and compares it with the head and
// with each signed checkpoint that was ever stored for a size that is held.
// CHANNEL_NOT_FOUND, ENTRY_INVALID, CHECKPOINT_INVALID, STORE_CORRUPT.
StatusOr<ChannelVerification> VerifyStoredChannel(const Reader& reader, std::string_view origin,
                                                  const crypto::PublicKey& owner_key);

}  // namespace enlace::store
