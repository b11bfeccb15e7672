#include "node/peer/peer_caller.h"

#include "node/transport/remote_node.h"

namespace enlace::peer {
namespace {

class NetworkCaller final : public PeerCaller {
 public:
  explicit NetworkCaller(std::unique_ptr<transport::RemoteNode> node) : node_(std::move(node)) {}
  Status Call(std::string_view method, const google::protobuf::Message& request,
              google::protobuf::Message& response, int64_t timeout_ms) override {
    return node_->Call(method, request, response, timeout_ms);
  }
  void Cancel() override { node_->Cancel(); }

 private:
  const std::unique_ptr<transport::RemoteNode> node_;
};

}  // namespace

std::unique_ptr<PeerCaller> CallOverNetwork(std::unique_ptr<transport::RemoteNode> node) {
  return std::make_unique<NetworkCaller>(std::move(node));
}

}  // namespace enlace::peer
