#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "enlace/federation/v1/federation_service.pb.h"
#include "node/base/mutex.h"
#include "node/crypto/ed25519.h"
#include "node/rpc/handler.h"
#include "node/store/channel_table.h"
#include "node/store/store.h"

// What peer nodes may pull: own channels, page by page, under the owner's checkpoint.
//
// Headers of a channel go to every member that may see the channel; a payload goes only to
// the jurisdictions of its audience, decided here, at the origin, from the caller's
// certificate. Mirrors are not passed on. Thread-safe.
namespace enlace::service {

class FederationService {
 public:
  static constexpr size_t kPageBytesMax = 1 << 20;  // Unless a single entry is larger.
  static constexpr uint32_t kPageEntriesDefault = 500;
  static constexpr uint32_t kPageEntriesMax = 1000;
  static constexpr size_t kChannelsMax = 1000;

  struct Parts {
    store::Store& store;
    std::string network;
    std::string jurisdiction;       // Own.
    std::set<std::string> members;  // Jurisdictions whose nodes may pull.
    crypto::PublicKey own_key{};    // That signs the own channels.
  };
  explicit FederationService(Parts parts) : parts_(std::move(parts)) {}

  void Register(rpc::HandlerTable& table);

  // PERMISSION_DENIED to nodes of jurisdictions that are no members.
  StatusOr<enlace::federation::v1::ListPeerChannelsResponse> ListPeerChannels(
      const rpc::CallContext& call, const enlace::federation::v1::ListPeerChannelsRequest& request);

  // CHANNEL_NOT_FOUND alike for a channel that is not there, is a mirror, or is not for the
  // caller. REQUEST_INVALID when the caller holds more than this node: one of the two was
  // restored from an old copy, which is logged as an alarm (again when this node's channel
  // has another size, not at every call). If the caller shows this node's own signature of
  // it, signing is closed (store/signing.h).
  StatusOr<enlace::federation::v1::PullEntriesResponse> PullEntries(
      const rpc::CallContext& call, const enlace::federation::v1::PullEntriesRequest& request);

 private:
  Status CheckMember(const rpc::CallContext& call) const;
  bool MaySee(const std::string& origin, const std::string& jurisdiction) const;
  Status CheckNotAhead(const rpc::CallContext& call,
                       const enlace::federation::v1::PullEntriesRequest& request, uint64_t held);

  const Parts parts_;
  Mutex mutex_;
  // What this node held when the last alarm was logged, by member and own channel.
  std::map<std::pair<std::string, std::string>, uint64_t> alarmed_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::service
