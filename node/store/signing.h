#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "node/base/error.h"
#include "node/crypto/ed25519.h"
#include "node/store/store.h"

// Whether this node may sign its own channels.
//
// A database that was adopted or restored may be older than what peers hold of its channels, and a
// second root signed for a size that was used is evidence against this node for good. So
// both close signing, as does a peer that shows this node's own signature of more, and only the
// sizes that the peers hold, as they tell the node (peer/signing_gate.h) or the operator, open it
// again.
namespace enlace::store {

// Sizes of channels by origin.
using ChannelSizes = std::map<std::string, uint64_t>;

// CHANNEL_STOPPED while signing is closed.
Status CheckSigningOpen(const Reader& reader);

// `replaced_instance` is the instance id in the anchor that is being given up; until the new
// anchor is in place it still counts as an anchor of this store.
void CloseSigning(Transaction& transaction, std::string_view replaced_instance);
// What CloseSigning was given; nothing while signing is open.
StatusOr<std::optional<std::string>> ReplacedInstance(const Reader& reader);

// Compares an own channel with a note of it that a peer shows. A note that `own_key` signed and
// that this database does not bear out, because it holds fewer entries or others, proves that
// the database was put back to an older state: signing is closed. True when it is such a note.
// Any other note proves nothing and changes nothing, whoever shows it.
StatusOr<bool> CompareShownCheckpoint(Store& store, const std::string& origin,
                                      const std::string& note, const crypto::PublicKey& own_key);

StatusOr<ChannelSizes> OwnChannelSizes(const Reader& reader);

// Opens signing when `held`, the largest size of each own channel that any peer holds, shows
// that the peers hold nothing that is missing here. REQUEST_INVALID when a channel is not
// named or is not an own one; STORE_BEHIND_ANCHOR when a peer holds more. OK and no change
// when signing is open.
Status ConfirmChannelSizes(Store& store, const ChannelSizes& held);

}  // namespace enlace::store
