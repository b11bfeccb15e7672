#pragma once

#include <functional>
#include <optional>
#include <string>

#include "enlace/exchange/v1/channel_service.pb.h"
#include "node/crypto/ed25519.h"
#include "node/rpc/handler.h"
#include "node/rpc/page_token.h"
#include "node/store/channel_table.h"
#include "node/store/store.h"

// The channels that this node holds, own and mirrored, as seen by its own jurisdiction:
// headers and states, never a payload. Thread-safe.
namespace enlace::service {

class ChannelService {
 public:
  static constexpr int32_t kPageSizeDefault = 100;
  static constexpr int32_t kPageSizeMax = 1000;

  struct Parts {
    store::Store& store;
    const rpc::PageTokens& tokens;
    // The owner's key of a channel; nothing when it is not known.
    std::function<std::optional<crypto::PublicKey>(const std::string& origin)> key_of;
    // Why a mirror does not advance: a reason, or empty (peer::Puller::TroubleOf).
    std::function<std::string(const std::string& origin)> trouble_of;
  };
  explicit ChannelService(Parts parts) : parts_(std::move(parts)) {}

  void Register(rpc::HandlerTable& table);

  StatusOr<enlace::exchange::v1::ListChannelsResponse> ListChannels(
      const rpc::CallContext& call, const enlace::exchange::v1::ListChannelsRequest& request);
  // CHANNEL_NOT_FOUND alike for a channel that is not there and one that the caller may not
  // know of: partners see none that exist for two parties only.
  StatusOr<enlace::exchange::v1::Channel> GetChannel(
      const rpc::CallContext& call, const enlace::exchange::v1::GetChannelRequest& request);
  StatusOr<enlace::exchange::v1::ListChannelEntriesResponse> ListChannelEntries(
      const rpc::CallContext& call, const enlace::exchange::v1::ListChannelEntriesRequest& request);
  // Also PEER_UNKNOWN when no key of the owner is configured.
  StatusOr<enlace::exchange::v1::VerifyChannelResponse> VerifyChannel(
      const rpc::CallContext& call, const enlace::exchange::v1::VerifyChannelRequest& request);

 private:
  enlace::exchange::v1::Channel ToChannel(const store::ChannelHead& head) const;
  StatusOr<store::ChannelHead> Load(const rpc::CallContext& call, const store::Reader& reader,
                                    const std::string& origin) const;

  const Parts parts_;
};

}  // namespace enlace::service
