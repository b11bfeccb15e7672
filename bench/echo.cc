// A bare gRPC server with the node's credentials: what no node on this library can beat.
#include <filesystem>
#include <fstream>
#include <thread>

#include "bench/calls.h"
#include "bench/output.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/codegen/method_handler.h"
#include "grpcpp/impl/codegen/rpc_service_method.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "node/base/clock.h"
#include "node/transport/credentials.h"

namespace enlace::bench {
namespace {

constexpr char kMethod[] = "/grpc.health.v1.Health/Check";

// Reads a message and sends its bytes back: one, or one after the other on a stream.
class EchoReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit EchoReactor(bool stream) : stream_(stream) { StartRead(&bytes_); }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(stream_ ? grpc::Status::OK : grpc::Status(grpc::StatusCode::CANCELLED, ""));
    } else if (stream_) {
      StartWrite(&bytes_);
    } else {
      StartWriteAndFinish(&bytes_, grpc::WriteOptions(), grpc::Status::OK);
    }
  }
  void OnWriteDone(bool ok) override {
    if (stream_ && ok) StartRead(&bytes_);
  }
  void OnDone() override { delete this; }

 private:
  const bool stream_;
  grpc::ByteBuffer bytes_;
};

class CallbackEcho final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override {
    return new EchoReactor(call->method() == kEchoStream);
  }
};

// What generated code of the synchronous interface does, with bytes for messages.
class SyncEcho final : public grpc::Service {
 public:
  SyncEcho() {
    using Handler = grpc::internal::RpcMethodHandler<SyncEcho, grpc::ByteBuffer, grpc::ByteBuffer>;
    AddMethod(new grpc::internal::RpcServiceMethod(
        kMethod, grpc::internal::RpcMethod::NORMAL_RPC,
        new Handler(
            [](SyncEcho*, grpc::ServerContext*, const grpc::ByteBuffer* request,
               grpc::ByteBuffer* response) {
              *response = *request;
              return grpc::Status::OK;
            },
            this)));
    using Stream = grpc::ServerReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
    using StreamHandler =
        grpc::internal::BidiStreamingHandler<SyncEcho, grpc::ByteBuffer, grpc::ByteBuffer>;
    AddMethod(new grpc::internal::RpcServiceMethod(
        kEchoStream, grpc::internal::RpcMethod::BIDI_STREAMING,
        new StreamHandler(
            [](SyncEcho*, grpc::ServerContext*, Stream* stream) {
              grpc::ByteBuffer bytes;
              while (stream->Read(&bytes) && stream->Write(bytes)) {
              }
              return grpc::Status::OK;
            },
            this)));
  }
};

// The bare server as a process of its own, like the node.
class EchoProcess {
 public:
  EchoProcess(const World& world, bool sync_server)
      : ready_file_(world.folder() + "/echo.ready"),
        process_("/proc/self/exe",
                 {"serve-echo", "--folder", world.folder(), "--ready-file", ready_file_, "--server",
                  sync_server ? "sync" : "callback"},
                 world.folder() + "/echo.log") {
    while (!std::filesystem::exists(ready_file_)) {
      if (!process_.Running()) Die("the bare server ended:\n" + process_.Output());
      poll(nullptr, 0, 1);
    }
  }
  ~EchoProcess() { std::filesystem::remove(ready_file_); }
  std::string endpoint() const { return testing::TempDir::Read(ready_file_); }

 private:
  const std::string ready_file_;
  testing::Process process_;
};

}  // namespace

void ServeEcho(const std::string& folder, const std::string& ready_file, bool sync_server) {
  const SystemClock clock;
  const std::string own = folder + "/" + kOrigin;
  const auto identity = Must(
      transport::OwnIdentity::Load(own + "/node.crt", own + "/node.key", clock.NowMs() / 1000));
  auto bundles = std::make_shared<trust::TrustBundles>("demo");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string anchors = entry.path() / "ca.crt";
    if (!std::filesystem::exists(anchors)) continue;
    bundles->Add(entry.path().filename().string(), testing::TempDir::Read(anchors));
  }
  transport::PeerVerifier verifier(std::move(bundles), clock);
  metrics::Metrics metrics;
  CallbackEcho callback_echo;
  SyncEcho sync_echo;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", transport::ServerTls(identity, verifier, metrics), &port);
  if (sync_server) {
    builder.RegisterService(&sync_echo);
  } else {
    builder.RegisterCallbackGenericService(&callback_echo);
  }
  const auto server = builder.BuildAndStart();
  if (server == nullptr) Die("the bare server did not start");
  std::ofstream(ready_file + ".new") << "127.0.0.1:" << port;
  std::filesystem::rename(ready_file + ".new", ready_file);
  server->Wait();
}

void MeasureEcho(const MeasureOptions& options) {
  const World world(options.world);
  const EchoProcess echo(world, options.sync_server);
  PingAt(world, echo.endpoint(), options);
}

void MeasureEchoStream(const MeasureOptions& options) {
  const World world(options.world);
  const EchoProcess echo(world, options.sync_server);
  AskAt(world, echo.endpoint(), options);
}

void MeasureEchoConnect(const MeasureOptions& options) {
  const World world(options.world);
  const EchoProcess echo(world, options.sync_server);
  ConnectAt(world, echo.endpoint(), options);
}

}  // namespace enlace::bench
