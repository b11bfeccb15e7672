#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "enlace/federation/v1/federation_service.pb.h"
#include "node/base/clock.h"
#include "node/channel/mirror.h"
#include "node/crypto/ed25519.h"
#include "node/peer/peer_caller.h"
#include "node/store/channel_table.h"
#include "node/store/store.h"

// One visit to one peer: ask what it offers, pull what is missing page by page, verify
// (channel/mirror.h), store. Nothing the peer says of itself is believed but what the
// owner's key signed. What the peer holds of this node's own channels is compared with the
// store, since it may have forgotten what it signed (store/signing.h).
//
// Only channels that the peer's own jurisdiction owns on this network are mirrored; others
// on offer are passed over. A contradiction stops that one channel, with the two signed
// notes as evidence and an alarm in the log; all others go on.
namespace enlace::peer {

struct VisitLimits {
  int64_t call_timeout_ms = 10'000;
  uint32_t page_entries = 500;
  // Pages of one channel in one visit; the rest follows in the next one, at once.
  int pages_per_channel_max = 64;
  size_t channels_max = 1000;  // On offer; more is an error of the peer.
};

// Who is visited.
struct PeerIdentity {
  std::string network;
  std::string own_jurisdiction;  // Of this node: its own channels are never mirrored.
  std::string jurisdiction;      // Of the peer.
  crypto::PublicKey channel_key{};
  crypto::PublicKey own_channel_key{};  // Of this node.
};

// How one mirrored channel stands.
struct ChannelState {
  uint64_t held = 0;
  uint64_t offered = 0;              // Size of the last signed checkpoint seen.
  int64_t last_success_time_ms = 0;  // Everything on offer was held.
  std::string trouble;               // Reason why it does not advance; empty when it does.
  std::string message;               // The same in words, for the log.
  bool stopped = false;
};
// By origin.
using ChannelStates = std::map<std::string, ChannelState>;

// Notes by origin, not yet checked.
using HeldMirrors = std::map<std::string, std::string>;

struct VisitResult {
  Status status;      // Of talking to the peer at all.
  bool more = false;  // A channel has more than one visit takes.
  // Those on offer now, and mirrors held of the peer that it offers no longer: trouble
  // CHANNEL_NOT_FOUND.
  ChannelStates channels;
  // What the peer holds of this node's own channels, as it says; nothing when it does not say.
  std::optional<HeldMirrors> held;
};

// Used by one thread at a time.
class Visit {
 public:
  Visit(store::Store& store, const Clock& clock, const PeerIdentity& peer,
        const VisitLimits& limits, PeerCaller& caller)
      : store_(store), clock_(clock), peer_(peer), limits_(limits), caller_(caller) {}

  // `cancelled` is asked between calls.
  VisitResult Run(const std::function<bool()>& cancelled = [] { return false; });

 private:
  Status List(std::vector<enlace::federation::v1::PeerChannel>& offers,
              std::optional<HeldMirrors>& held);
  Status CompareHeld(const enlace::federation::v1::ListPeerChannelsResponse& response);
  bool IsOurs(const std::string& origin) const;
  Status AddMissing(const std::vector<enlace::federation::v1::PeerChannel>& offers,
                    ChannelStates& channels) const;
  // Fills `state`; the error of this channel.
  Status PullChannel(const enlace::federation::v1::PeerChannel& offer, ChannelState& state,
                     const std::function<bool()>& cancelled);
  Status CheckOffer(const enlace::federation::v1::PeerChannel& offer,
                    const store::ChannelHead& head, uint64_t& offered_size);
  Status RefuseShorter(const enlace::federation::v1::PeerChannel& offer,
                       const store::ChannelHead& head, const channel::Checkpoint& now);
  StatusOr<store::ChannelHead> PullPage(const store::ChannelHead& head, uint64_t offered);
  // `forgotten`: the peer offers less than `head` has, and is shown what it signed.
  StatusOr<channel::Page> FetchPage(const store::ChannelHead& head, bool forgotten = false);
  Status Stop(const store::ChannelHead& head, const std::string& note, const Status& why);
  Status NoteSuccess(const store::ChannelHead& head);
  StatusOr<store::ChannelHead> HeadOf(const std::string& origin) const;

  store::Store& store_;
  const Clock& clock_;
  const PeerIdentity& peer_;
  const VisitLimits& limits_;
  PeerCaller& caller_;
  Status peer_status_;
  bool more_ = false;
};

}  // namespace enlace::peer
