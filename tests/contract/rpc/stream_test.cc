// Many requests over one open call, and brief handlers that are not brief.
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "node/transport/remote_stream.h"
#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

using Record = RpcWorld::Record;
using GetRequest = RpcWorld::GetRequest;
using transport::RemoteStream;
constexpr int64_t kTimeoutMs = 10'000;

RpcWorld::Options Brief() {
  RpcWorld::Options options;
  options.get_limits.brief = true;
  return options;
}

// Records of the size that their name asks for.
StatusOr<Record> Sized(const rpc::CallContext&, const GetRequest& request) {
  Record record;
  record.set_entity(std::string(std::stoul(request.name()), 'e'));
  return record;
}

TEST(StreamTest, EachRequestHasItsAnswerAndItsRecord) {
  RpcWorld world(Brief());
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  for (int i = 0; i < 5; ++i) {
    const std::string name =
        "jurisdictions/ARG/cases/" + std::string(32, static_cast<char>('0' + i));
    Record record;
    ASSERT_TRUE(stream.Ask(GetCase(name), record, kTimeoutMs).ok());
    EXPECT_EQ(record.name(), name);
    ASSERT_EQ(world.audit_.events().size(), static_cast<size_t>(i) + 1);
    EXPECT_EQ(world.audit_.events().back().resource, name);
    EXPECT_EQ(world.audit_.events().back().method, kStreamGetCase);
  }
}

TEST(StreamTest, GivesAnAnswerAsItsBytesToWhoReadsThem) {
  RpcWorld world(Brief());
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  Record record;
  std::string bytes;
  ASSERT_TRUE(stream.Ask(GetCase(), record, kTimeoutMs).ok());
  ASSERT_TRUE(stream.Ask(GetCase(), bytes, kTimeoutMs).ok());
  EXPECT_EQ(bytes, record.SerializeAsString());
  EXPECT_FALSE(bytes.empty());
}

TEST(StreamTest, EndsWithTheStatusOfTheFirstRequestThatFails) {
  RpcWorld::Options options = Brief();
  options.get = [](const rpc::CallContext&, const GetRequest& request) -> StatusOr<Record> {
    if (request.as_of_ms() == 1) return Error(Reason::CASE_NOT_FOUND, "no");
    return Record();
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  Record record;
  ASSERT_TRUE(stream.Ask(GetCase(), record, kTimeoutMs).ok());
  GetRequest bad = GetCase();
  bad.set_as_of_ms(1);
  EXPECT_THAT(stream.Ask(bad, record, kTimeoutMs), IsReason(Reason::CASE_NOT_FOUND));
  EXPECT_THAT(stream.Ask(GetCase(), record, kTimeoutMs), IsReason(Reason::CALL_CANCELLED));
}

TEST(StreamTest, IsDeniedToWhoMayNotCall) {
  RpcWorld world(Brief());
  const auto analyst =
      world.Caller(world.Identity(world.arg_ca_, "spiffe://arg.demo/person/analyst"));
  RemoteStream stream(*analyst, kStreamGetCase);
  Record record;
  EXPECT_THAT(stream.Ask(GetCase(), record, kTimeoutMs), IsReason(Reason::PERMISSION_DENIED));
}

TEST(StreamTest, OneThatBringsNothingIsEnded) {
  RpcWorld::Options options = Brief();
  options.server.read_timeout_ms = 100;
  RpcWorld world(options);
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  Record record;
  ASSERT_TRUE(stream.Ask(GetCase(), record, kTimeoutMs).ok());
  world.network_->Stop(kTimeoutMs);  // Returns when the stream has ended by itself.
  const Status ended = stream.Ask(GetCase(), record, kTimeoutMs);
  EXPECT_THAT(ended, IsReason(Reason::DEADLINE_PASSED));
  EXPECT_THAT(MessageOf(ended), ::testing::HasSubstr("no further request came within 100 ms"));
  EXPECT_THAT(MessageOf(ended), ::testing::HasSubstr("open it anew"));
}

TEST(StreamTest, OneThatIsGivenUpLeavesNothingBehind) {
  RpcWorld world(Brief());
  const auto agency = world.Agency();
  {
    RemoteStream stream(*agency, kStreamGetCase);
    Record record;
    ASSERT_TRUE(stream.Ask(GetCase(), record, kTimeoutMs).ok());
  }
  Record record;
  EXPECT_TRUE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  world.network_->Stop(1000);  // Returns when no call is left.
}

TEST(StreamTest, AnswersThatWereTakenDoNotAddUp) {
  RpcWorld::Options options = Brief();
  options.get = Sized;
  options.server.connections.untaken_bytes_max = 100'000;
  RpcWorld world(options);
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  Record record;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(stream.Ask(GetCase("30000"), record, kTimeoutMs).ok()) << i;
  }
  EXPECT_TRUE(agency->Call(kGetCase, GetCase("1"), record, kTimeoutMs).ok());
}

TEST(StreamTest, RequestsOfAStreamExplainTheirBytes) {
  RpcWorld::Options options = Brief();
  options.server.connections.spare_bytes = 40'000;
  options.server.connections.spare_bytes_uncertified = 40'000;
  options.server.connections.spare_bytes_per_call = 4'000;
  RpcWorld world(options);
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  Record record;
  for (int i = 0; i < 100; ++i) {
    // A neighbour's call makes the connection's bytes be looked at.
    ASSERT_TRUE(stream.Ask(GetCase(std::string(8'000, 'n')), record, kTimeoutMs).ok()) << i;
    ASSERT_TRUE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok()) << i;
  }
}

TEST(StreamTest, WaitsForAnswersNoLongerThanItIsTold) {
  Gate gate;
  RpcWorld::Options options;
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  RemoteStream stream(*agency, kStreamGetCase);
  Record record;
  EXPECT_THAT(stream.Ask(GetCase(), record, 50), IsReason(Reason::DEADLINE_PASSED));
  gate.Open();
}

TEST(BriefHandler, OneThatIsHeldUpDoesNotStopTheDoor) {
  Gate gate;
  RpcWorld::Options options = Brief();
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  std::jthread held([&] {
    Record record;
    EXPECT_TRUE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  });
  ASSERT_TRUE(gate.AwaitWaiting(1));
  const auto other = world.Caller(world.Identity(world.bra_ca_, "spiffe://bra.demo/node"));
  grpc::health::v1::HealthCheckResponse response;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        other->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), response, kTimeoutMs)
            .ok());
  }
  gate.Open();
}

TEST(BriefHandler, ALargeRequestIsLeftToAWorker) {
  RpcWorld::Options options = Brief();
  std::thread::id small;
  std::thread::id large;
  options.get = [&](const rpc::CallContext&, const GetRequest& request) -> StatusOr<Record> {
    (request.name().size() < 100 ? small : large) = std::this_thread::get_id();
    return Record();
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  Record record;
  ASSERT_TRUE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  ASSERT_TRUE(agency->Call(kGetCase, GetCase(std::string(20'000, 'n')), record, kTimeoutMs).ok());
  EXPECT_NE(small, large);
}

}  // namespace
}  // namespace enlace::testing
