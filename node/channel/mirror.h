#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/channel/checkpoint.h"
#include "node/channel/entry.h"
#include "node/channel/log.h"
#include "node/crypto/ed25519.h"

// What a mirror may believe: verification of one pulled page against what is already
// held. Whoever handed the page over (the owner, a neighbour, a file) is not trusted; only
// the owner's key counts. Pure.
namespace enlace::channel {

inline constexpr size_t kPageEntriesMax = 1000;

// As enlace.channel.v1.Entry.PayloadState.
enum class PayloadState : uint8_t { kPresent = 1, kWithheld = 2, kErased = 3 };

// An entry as it came, nothing of it checked.
struct PageEntry {
  uint64_t sequence = 0;
  std::string header;
  uint32_t state = 0;
  std::string payload;
  std::string opening;
};

struct Page {
  std::vector<PageEntry> entries;
  std::string checkpoint;
  std::vector<std::string> consistency_proof;  // From held + entries to the checkpoint.
  std::vector<std::string> checkpoint_proof;   // From the last checkpoint to this one.
};

// What a mirror holds of one channel.
struct MirrorHead {
  CompactRange range;      // Of the entries held.
  std::string checkpoint;  // Last signed note seen, verified then; empty at first. Its size
                           // is never below the range's.
};

struct VerifiedEntry {
  uint64_t sequence = 0;
  Header header;
  PayloadState state = PayloadState::kWithheld;
  std::string payload;
  std::string opening;
};

struct VerifiedPage {
  MirrorHead head;  // To hold from now on.
  std::vector<VerifiedEntry> entries;
  uint64_t checkpoint_size = 0;  // More than the range: there is more to pull.
};

// The new head and the entries to store, if every entry follows the last one held, parses,
// matches its commitment where the payload is present, and all together lie under the
// page's checkpoint, which is signed by `key` for `origin` and grew out of the last one
// seen. On any error nothing of the page may be kept:
//  ENTRY_INVALID            an entry is out of order, malformed or does not match;
//  CHECKPOINT_INVALID       not signed by the owner, of another channel, or older than the
//                           last one seen (a replay, or a log that was cut);
//  PROOF_INVALID            entries or checkpoints are not shown to be of one log;
//  CHECKPOINT_INCONSISTENT  the page's checkpoint and `head.checkpoint`, both signed by the
//                           owner, cannot both be true: keep the two notes as evidence;
//  STORE_CORRUPT            `head` does not fit itself.
// A bad proof alone is no evidence, since anyone can write one.
StatusOr<VerifiedPage> VerifyPage(std::string_view origin, const crypto::PublicKey& key,
                                  const MirrorHead& head, const Page& page);

// Holds verified entries against their audiences, for `jurisdiction`: a payload that is not
// for it is dropped and its entry becomes kWithheld. Returns how many were dropped.
// ENTRY_INVALID when a payload that is for it was withheld: nothing of the page may be kept,
// so that it is asked for again. Headers of a version that is not understood have no
// audience to hold against; their entries stay as they came.
StatusOr<size_t> EnforceAudience(std::string_view jurisdiction,
                                 std::vector<VerifiedEntry>& entries);

// CHECKPOINT_INCONSISTENT when both notes open, have one size and another root; OK when
// they do not contradict each other so; CHECKPOINT_INVALID when one does not open.
Status CompareCheckpoints(std::string_view origin, const crypto::PublicKey& key,
                          std::string_view first_note, std::string_view second_note);

}  // namespace enlace::channel
