#include "node/rpc/server.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "node/base/check.h"
#include "node/base/log.h"
#include "node/rpc/descriptors.h"
#include "node/rpc/front_end.h"
#include "node/transport/credentials.h"
#include "node/transport/deadline.h"
#include "node/transport/grpc_setup.h"
#include "node/transport/handed_over.h"

namespace enlace::rpc {
namespace {

using ExternalAcceptor = grpc::experimental::ExternalConnectionAcceptor;

// A flood of streams that begin and end at once: 80,000 of them in 5 seconds took 300 MB with
// gRPC's own reads of up to 4 MB, and take 60 with these.
constexpr int64_t kReadBytes = 16 << 10;

void SetArguments(grpc::ServerBuilder& builder, const ServerOptions& options,
                  size_t request_bytes_max) {
  const auto set = [&builder](const char* name, int64_t value) {
    builder.AddChannelArgument(name, static_cast<int>(value));
  };
  builder.SetMaxReceiveMessageSize(static_cast<int>(request_bytes_max));
  builder.SetMaxSendMessageSize(-1);  // Responses are bounded by their methods.
  set(GRPC_ARG_ALLOW_REUSEPORT, 0);
  set("grpc.server_handshake_timeout_ms", options.handshake_timeout_ms);
  set(GRPC_ARG_MAX_METADATA_SIZE, options.metadata_bytes_max);
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, options.connection_idle_ms);
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS, options.connection_age_ms);
  set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, options.connection_age_grace_ms);
  set(GRPC_ARG_KEEPALIVE_TIME_MS, options.keepalive_ms);
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, options.keepalive_timeout_ms);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // What one read takes of a connection: all streams in it are begun before any is looked at.
  set(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytes);
  set(GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE, kReadBytes);
  set(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytes);
  // With fixed windows a call whose headers nobody has seen yet brings few bytes; one that was
  // let in gets as many as its message needs.
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // A compressed request could be larger inside than any limit that gRPC checks, so nothing here
  // can unpack one. Refusing the algorithms instead would end the call without a reason.
#ifndef ENLACE_BREAK_UNPACKS
  set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
#endif
  set(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
}

class GrpcServer final : public Server {
 public:
  // `connections` is null at the doors of this machine.
  GrpcServer(const Dispatcher& dispatcher, Door door, std::unique_ptr<Connections> connections,
             std::unique_ptr<ConnectionAcceptor> acceptor, const ServerOptions& options)
      : connections_(std::move(connections)),
        acceptor_(std::move(acceptor)),
        workers_(options.workers, options.waiting_calls_max),
        front_end_(dispatcher, workers_, door, connections_.get(), options.read_timeout_ms),
        stop_ms_max_(options.stop_ms_max),
        give_up_(options.give_up) {}
  ~GrpcServer() override { Stop(0); }

  Status Start(const std::shared_ptr<grpc::ServerCredentials>& credentials,
               const ServerOptions& options) {
    transport::SetUpGrpc();
    grpc::ServerBuilder builder;
    SetArguments(builder, options, front_end_.dispatcher().table().RequestBytesMax());
    front_end_.AddTo(builder);
    hand_over_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      return Error(Reason::LISTEN_FAILED, "gRPC did not start at " + address(),
                   {{"address", address()}});
    }
    front_end_.Start();
    acceptor_->Start([this](int fd) {
      ExternalAcceptor::NewConnectionParameters connection;
      connection.fd = fd;
      hand_over_->HandleNewConnection(&connection);
      front_end_.Wake();
    });
    LogInfo("listening", {{"address", address()}});
    return Status();
  }

  const std::string& address() const override { return acceptor_->address(); }

  void Stop(int64_t grace_ms) override {
    acceptor_->Stop();
    if (server_ == nullptr || std::exchange(stopped_, true)) return;
    // gRPC waits for the last handler, however long.
    std::promise<void> ended;
    const std::jthread end([&] {
      server_->Shutdown(transport::DeadlineIn(grace_ms));
      server_->Wait();
      front_end_.Stop();
      ended.set_value();
    });
    const std::chrono::milliseconds limit(grace_ms + stop_ms_max_);
    if (ended.get_future().wait_for(limit) == std::future_status::ready) return;
    LogError("handlers_do_not_end", {{"address", address()}});
    give_up_();
  }

 private:
  // In the order of their making; gRPC's server goes first, while the pool still works.
  const std::unique_ptr<Connections> connections_;
  const std::unique_ptr<ConnectionAcceptor> acceptor_;
  Workers workers_;
  FrontEnd front_end_;
  const int64_t stop_ms_max_;
  const std::function<void()> give_up_;
  std::unique_ptr<ExternalAcceptor> hand_over_;
  std::unique_ptr<grpc::Server> server_;
  bool stopped_ = false;
};

StatusOr<std::unique_ptr<Server>> Start(const Dispatcher& dispatcher, Door door,
                                        std::unique_ptr<Connections> connections,
                                        std::unique_ptr<ConnectionAcceptor> acceptor,
                                        const std::shared_ptr<grpc::ServerCredentials>& credentials,
                                        const ServerOptions& options) {
  auto server = std::make_unique<GrpcServer>(dispatcher, door, std::move(connections),
                                             std::move(acceptor), options);
  ENLACE_RETURN_IF_ERROR(server->Start(credentials, options));
  return std::unique_ptr<Server>(std::move(server));
}

ConnectionLimits Bounded(ConnectionLimits limits, const DescriptorPlan& plan) {
  limits.connections_max = std::min(limits.connections_max, plan.connections);
  // Those who are known always find some places.
  limits.uncertified_max = std::min(limits.uncertified_max, limits.connections_max / 2);
  return limits;
}

}  // namespace

StatusOr<std::unique_ptr<Server>> Server::StartNetwork(const Dispatcher& dispatcher,
                                                       const std::string& address,
                                                       const transport::OwnIdentity& identity,
                                                       transport::PeerVerifier& verifier,
                                                       metrics::Metrics& metrics,
                                                       const ServerOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(const DescriptorPlan plan,
                          PlanDescriptors(RaiseDescriptorLimit(), options.peers));
  const auto conduct = std::make_shared<Conduct>(dispatcher.clock(), identity.uri());
  auto connections = std::make_unique<Connections>(Bounded(options.connections, plan), conduct,
                                                   metrics, dispatcher.clock());
  ENLACE_ASSIGN_OR_RETURN(
      std::unique_ptr<ConnectionAcceptor> acceptor,
      SocketAcceptor::Tcp(address, plan.connection_end,
                          [&all = *connections](int fd) { return all.Enter(fd); }));
  const auto may_connect = [conduct, &metrics](const trust::Identity& caller) {
    if (!conduct->IsShutOut(caller.id.uri)) return true;
    metrics.CountLimit(metrics::Limit::kShutOut);
    return false;
  };
  return Start(dispatcher, Door::Network(verifier), std::move(connections), std::move(acceptor),
               transport::ServerTls(identity, verifier, metrics, may_connect), options);
}

StatusOr<std::unique_ptr<Server>> Server::StartAdmin(const Dispatcher& dispatcher,
                                                     const std::string& socket_path,
                                                     const ServerOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(std::unique_ptr<ConnectionAcceptor> acceptor,
                          SocketAcceptor::Unix(socket_path));
  return Start(dispatcher, Door::Admin(), nullptr, std::move(acceptor),
               grpc::InsecureServerCredentials(), options);
}

StatusOr<std::unique_ptr<Server>> Server::StartFront(const Dispatcher& dispatcher,
                                                     const std::string& socket_path,
                                                     const SocketUser& user,
                                                     transport::PeerVerifier& verifier,
                                                     const ServerOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(const DescriptorPlan plan,
                          PlanDescriptors(RaiseDescriptorLimit(), options.peers));
  ENLACE_ASSIGN_OR_RETURN(std::unique_ptr<ConnectionAcceptor> acceptor,
                          SocketAcceptor::UnixOf(user, socket_path, plan.connection_end));
  ServerOptions with_room = options;
  with_room.metadata_bytes_max += 2 * static_cast<int64_t>(transport::kHandedOverBytesMax);
  return Start(dispatcher, Door::Front(verifier), nullptr, std::move(acceptor),
               grpc::InsecureServerCredentials(), with_room);
}

bool Drain(Health& health, Admission& admission, const std::vector<Server*>& servers,
           int64_t drain_ms) {
  health.Set(false);
  admission.Drain();
  const bool empty = admission.WaitUntilEmpty(drain_ms);
  // Answers that are on their way out get a moment; what still runs is cancelled.
  for (Server* server : servers) server->Stop(empty ? 1000 : 0);
  return empty;
}

}  // namespace enlace::rpc
