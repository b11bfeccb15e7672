#include "client/lib/client.h"

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "client/lib/connect.h"
#include "client/lib/retry.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/crypto/hash.h"
#include "node/transport/remote_node.h"
#include "node/transport/remote_stream.h"

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

}  // namespace

StatusOr<std::unique_ptr<Client>> Client::Make(const ClientOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(auto node, Connect(options));
  return std::unique_ptr<Client>(std::make_unique<NodeClient>(options, std::move(node)));
}

}  // namespace enlace::client
