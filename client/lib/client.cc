#include "client/lib/client.h"

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "client/lib/retry.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/config/yaml.h"
#include "node/crypto/hash.h"
#include "node/transport/remote_node.h"
#include "node/transport/remote_stream.h"
#include "node/trust/identity.h"

namespace enlace::client {
namespace {

const Clock& SystemTime() {
  static const SystemClock clock;
  return clock;
}

double RandomFraction() {
  return static_cast<double>(static_cast<unsigned char>(crypto::RandomBytes(1)[0])) / 256;
}

class NodeStream final : public Stream {
 public:
  NodeStream(transport::RemoteNode& node, std::string_view method, int64_t timeout_ms)
      : stream_(node, method), timeout_ms_(timeout_ms) {}
  Status AskRaw(const google::protobuf::Message& request,
                google::protobuf::Message& response) override {
    return stream_.Ask(request, response, timeout_ms_);
  }
  StatusOr<std::string> AskForBytes(const google::protobuf::Message& request) override {
    std::string response;
    ENLACE_RETURN_IF_ERROR(stream_.Ask(request, response, timeout_ms_));
    return response;
  }

 private:
  transport::RemoteStream stream_;
  const int64_t timeout_ms_;
};

class NodeClient final : public Client {
 public:
  NodeClient(ClientOptions options, std::unique_ptr<transport::RemoteNode> node)
      : options_(std::move(options)), node_(std::move(node)) {}

  Status CallRaw(std::string_view method, const google::protobuf::Message& request,
                 google::protobuf::Message& response) override {
    return Attempt(method, request, [&](int64_t timeout_ms) {
      return node_->Call(method, request, response, timeout_ms);
    });
  }

  StatusOr<std::string> CallForBytes(std::string_view method,
                                     const google::protobuf::Message& request) override {
    std::string response;
    ENLACE_RETURN_IF_ERROR(Attempt(method, request, [&](int64_t timeout_ms) {
      return node_->Call(method, request, response, timeout_ms);
    }));
    return response;
  }

  std::unique_ptr<Stream> OpenStream(std::string_view method) override {
    return std::make_unique<NodeStream>(*node_, method, options_.timeout_ms);
  }

 private:
  // Makes the call, again where that is safe.
  Status Attempt(std::string_view method, const google::protobuf::Message& request,
                 const std::function<Status(int64_t timeout_ms)>& call) {
    const bool repeatable = IsRepeatable(method, request);
    const int64_t end_ms = SystemTime().SteadyMs() + options_.timeout_ms;
    for (int attempt = 1;; ++attempt) {
      const int64_t left_ms = end_ms - SystemTime().SteadyMs();
      const Status status = call(left_ms);
      if (status.ok() || attempt > options_.retries_max || !MayRetry(status, repeatable)) {
        return status;
      }
      const int64_t pause_ms = PauseMs(attempt, status, RandomFraction());
      // A repetition that cannot be answered in time would hide the reason of the failure.
      if (SystemTime().SteadyMs() + pause_ms >= end_ms) return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms));
    }
  }

  const ClientOptions options_;
  const std::unique_ptr<transport::RemoteNode> node_;
};

Status CheckNumbers(const ClientOptions& options) {
  if (options.timeout_ms > 0 && options.retries_max >= 0) return Status();
  return Error(Reason::CONFIG_INVALID,
               "expected a timeout above 0 ms and a number of retries of at least 0");
}

StatusOr<std::unique_ptr<transport::RemoteNode>> OverTls(const ClientOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(
      const transport::OwnIdentity identity,
      transport::OwnIdentity::Load(options.certificate_file, options.private_key_file,
                                   SystemTime().NowMs() / 1000));
  ENLACE_ASSIGN_OR_RETURN(const trust::SpiffeId node, trust::SpiffeId::Parse(options.node_uri));
  if (node.kind != trust::SpiffeId::Kind::kNode) {
    return Error(Reason::NAME_INVALID,
                 "expected the identity of a node, spiffe://<jurisdiction>.<network>/node");
  }
  ENLACE_ASSIGN_OR_RETURN(std::string anchors, config::ReadFile(options.trust_bundle_file));
  auto bundles = std::make_shared<trust::TrustBundles>(node.network);
  bundles->Add(node.jurisdiction, std::move(anchors));
  auto verifier = std::make_shared<transport::PeerVerifier>(std::move(bundles), SystemTime());
  return transport::RemoteNode::OverTls(options.endpoint, identity, std::move(verifier), node.uri);
}

}  // namespace

StatusOr<std::unique_ptr<Client>> Client::Make(const ClientOptions& options) {
  ENLACE_RETURN_IF_ERROR(CheckNumbers(options));
  std::unique_ptr<transport::RemoteNode> node;
  if (options.endpoint.starts_with("unix:")) {
    node = transport::RemoteNode::OverSocket(options.endpoint);
  } else {
    ENLACE_ASSIGN_OR_RETURN(node, OverTls(options));
  }
  return std::unique_ptr<Client>(std::make_unique<NodeClient>(options, std::move(node)));
}

}  // namespace enlace::client
