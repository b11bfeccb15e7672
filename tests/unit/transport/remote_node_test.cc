#include "node/transport/remote_node.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "enlace/federation/v1/federation_service.pb.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "node/base/clock.h"
#include "tests/testing/temp_dir.h"

// Calls of nodes that mean no good, over real connections.
namespace enlace::transport {
namespace {

namespace pb = enlace::federation::v1;
const std::string kAnswered = "answered";
constexpr char kPull[] = "/enlace.federation.v1.FederationService/PullEntries";

// Gives every call the same bytes.
class FixedAnswer final : public grpc::CallbackGenericService {
 public:
  explicit FixedAnswer(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    answer_ = grpc::ByteBuffer(&slice, 1);
  }
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Reactor(answer_);
  }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Reactor(const grpc::ByteBuffer& answer) : answer_(answer) {
      StartWriteAndFinish(&answer_, {}, grpc::Status::OK);
    }
    void OnDone() override { delete this; }

   private:
    const grpc::ByteBuffer answer_;
  };

  grpc::ByteBuffer answer_;
};

std::string ReasonOfAnswer(const std::string& bytes, pb::PullEntriesResponse& response) {
  testing::TempDir dir;
  const std::string endpoint = "unix:" + dir.path("node.sock");
  FixedAnswer service(bytes);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto node = RemoteNode::OverSocket(endpoint, kPeerAnswers);
  const Status status = node->Call(kPull, pb::PullEntriesRequest(), response, 20'000);
  server->Shutdown();
  return status.ok() ? kAnswered : std::string(ReasonName(ReasonOf(status)));
}

TEST(RemoteNodeTest, AnAnswerOverTheLimitsIsRefusedUnparsed) {
  std::string many;
  for (int i = 0; i < 8 << 20; ++i) many.append("\x0a\x00", 2);
  pb::PullEntriesResponse response;
  EXPECT_EQ(ReasonOfAnswer(many, response), "REQUEST_TOO_LARGE");
  EXPECT_EQ(ReasonOfAnswer(many.substr(0, 2 << 20), response), "REQUEST_TOO_LARGE");
  EXPECT_EQ(response.entries_size(), 0);
  EXPECT_EQ(ReasonOfAnswer(many.substr(0, 2000), response), kAnswered);
  EXPECT_EQ(response.entries_size(), 1000);
  EXPECT_EQ(ReasonOfAnswer("\x0a", response), "REQUEST_MALFORMED");
}

TEST(RemoteNodeTest, CancelEndsACallThatHangs) {
  // Takes connections and never says a word.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);

  const auto node = RemoteNode::OverSocket("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  pb::PullEntriesResponse response;
  Status status;
  std::thread caller(
      [&] { status = node->Call(kPull, pb::PullEntriesRequest(), response, 60'000); });
  const int connection = accept(listener, nullptr, nullptr);
  const int64_t before_ms = SystemClock().SteadyMs();
  node->Cancel();
  caller.join();
  EXPECT_LT(SystemClock().SteadyMs() - before_ms, 10'000);
  EXPECT_EQ(ReasonOf(status), Reason::CALL_CANCELLED);
  EXPECT_EQ(ReasonOf(node->Call(kPull, pb::PullEntriesRequest(), response, 60'000)),
            Reason::CALL_CANCELLED);
  close(connection);
  close(listener);
}

}  // namespace
}  // namespace enlace::transport
