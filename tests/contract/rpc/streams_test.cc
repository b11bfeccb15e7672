// Many open calls asked by one thread, against a real server.
#include "node/transport/remote_streams.h"

#include <map>
#include <memory>
#include <string>

#include "client/lib/stream_group.h"
#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

using Record = RpcWorld::Record;
using GetRequest = RpcWorld::GetRequest;
using transport::RemoteStreams;
constexpr int64_t kAnswerMsMax = 10'000;

GetRequest Question(const std::string& entity) {
  GetRequest request;
  request.set_name("jurisdictions/ARG/cases/" + std::string(32, '0'));
  request.set_as_of_ms(std::stol(entity));
  return request;
}

// Answers what it was asked; nothing before `gate` for 1, never for 2.
RpcWorld::Options Answering(Gate* gate) {
  RpcWorld::Options options;
  options.get = [gate](const rpc::CallContext&, const GetRequest& request) -> StatusOr<Record> {
    if (request.as_of_ms() == 1) gate->Enter();
    if (request.as_of_ms() == 2) return Error(Reason::CASE_NOT_FOUND, "no");
    Record record;
    record.set_entity(std::to_string(request.as_of_ms()));
    return record;
  };
  return options;
}

std::string EntityOf(RemoteStreams& streams, size_t stream) {
  Record record;
  EXPECT_TRUE(record.ParseFromString(streams.TakeBytes(stream).value()));
  return record.entity();
}

// The connection is made, and a first question leaves, while answers are waited for.
void Begin(RemoteStreams& streams, size_t stream) {
  ASSERT_TRUE(streams.Send(stream, Question("7")).ok());
  const auto answer = streams.Next(kAnswerMsMax);
  ASSERT_TRUE(answer.has_value() && answer->status.ok());
}

TEST(StreamsTest, EachAnswerIsThatOfItsStreamsQuestion) {
  RpcWorld world(Answering(nullptr));
  const auto agency = world.Agency();
  RemoteStreams streams;
  constexpr size_t kStreams = 5;
  for (size_t i = 0; i < kStreams; ++i) EXPECT_EQ(streams.Open(*agency, kStreamGetCase), i);
  std::map<size_t, int> answers;
  for (int round = 0; round < 20; ++round) {
    for (size_t i = 0; i < kStreams; ++i) {
      ASSERT_TRUE(streams.Send(i, Question(std::to_string(100 * (i + 1) + round))).ok());
    }
    for (size_t i = 0; i < kStreams; ++i) {
      const auto answer = streams.Next(kAnswerMsMax);
      ASSERT_TRUE(answer.has_value() && answer->status.ok());
      EXPECT_EQ(EntityOf(streams, answer->stream),
                std::to_string(100 * (answer->stream + 1) + round));
      ++answers[answer->stream];
    }
  }
  for (size_t i = 0; i < kStreams; ++i) EXPECT_EQ(answers[i], 20) << i;
}

TEST(StreamsTest, OneThatFailsEndsAloneWithItsStatus) {
  RpcWorld world(Answering(nullptr));
  const auto agency = world.Agency();
  RemoteStreams streams;
  const size_t failing = streams.Open(*agency, kStreamGetCase);
  const size_t other = streams.Open(*agency, kStreamGetCase);
  ASSERT_TRUE(streams.Send(failing, Question("2")).ok());
  const auto failed = streams.Next(kAnswerMsMax);
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->stream, failing);
  EXPECT_THAT(failed->status, IsReason(Reason::CASE_NOT_FOUND));
  EXPECT_THAT(streams.Send(failing, Question("7")), IsReason(Reason::CALL_CANCELLED));
  ASSERT_TRUE(streams.Send(other, Question("8")).ok());
  const auto answer = streams.Next(kAnswerMsMax);
  ASSERT_TRUE(answer.has_value() && answer->status.ok());
  EXPECT_EQ(EntityOf(streams, other), "8");
}

TEST(StreamsTest, AQuestionStaysUnderWayWhenNoAnswerCameInTime) {
  Gate gate;
  RpcWorld world(Answering(&gate));
  const auto agency = world.Agency();
  RemoteStreams streams;
  const size_t stream = streams.Open(*agency, kStreamGetCase);
  Begin(streams, stream);
  ASSERT_TRUE(streams.Send(stream, Question("1")).ok());
  ASSERT_TRUE(gate.AwaitWaiting(1));
  EXPECT_FALSE(streams.Next(1).has_value());
  gate.Open();
  const auto answer = streams.Next(kAnswerMsMax);
  ASSERT_TRUE(answer.has_value() && answer->status.ok());
  EXPECT_EQ(EntityOf(streams, stream), "1");
}

TEST(StreamsTest, OneThatIsGivenUpTakesNoQuestionAndOwesNoAnswer) {
  Gate gate;
  RpcWorld world(Answering(&gate));
  const auto agency = world.Agency();
  RemoteStreams streams;
  const size_t given_up = streams.Open(*agency, kStreamGetCase);
  const size_t other = streams.Open(*agency, kStreamGetCase);
  Begin(streams, given_up);
  ASSERT_TRUE(streams.Send(given_up, Question("1")).ok());
  ASSERT_TRUE(gate.AwaitWaiting(1));
  streams.GiveUp(given_up);
  gate.Open();
  EXPECT_THAT(streams.Send(given_up, Question("7")), IsReason(Reason::CALL_CANCELLED));
  ASSERT_TRUE(streams.Send(other, Question("8")).ok());
  const auto answer = streams.Next(kAnswerMsMax);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->stream, other);
  EXPECT_FALSE(streams.Next(1).has_value());
}

TEST(StreamsTest, EndWithQuestionsUnderWay) {
  Gate gate;
  RpcWorld world(Answering(&gate));
  const auto agency = world.Agency();
  {
    RemoteStreams streams;
    for (size_t i = 0; i < 2; ++i) {
      Begin(streams, streams.Open(*agency, kStreamGetCase));
      ASSERT_TRUE(streams.Send(i, Question("1")).ok());
    }
    ASSERT_TRUE(gate.AwaitWaiting(1));
  }
  gate.Open();
}

TEST(StreamsTest, SomebodyWhoMayNotCallIsToldSo) {
  RpcWorld world(Answering(nullptr));
  const auto stranger = world.Caller(world.Identity(world.bra_ca_, "spiffe://bra.demo/node"));
  RemoteStreams streams;
  streams.Open(*stranger, kStreamGetCase);
  ASSERT_TRUE(streams.Send(0, Question("7")).ok());
  const auto answer = streams.Next(kAnswerMsMax);
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(answer->status, IsReason(Reason::PERMISSION_DENIED));
}

TEST(StreamGroupTest, RefusesOptionsThatNoClientIsMadeOf) {
  client::StreamGroup group;
  client::ClientOptions options;
  options.endpoint = "unix:/nowhere/node.sock";
  options.timeout_ms = 0;
  EXPECT_EQ(ReasonOf(group.Open(options, kStreamGetCase).status()), Reason::CONFIG_INVALID);
  EXPECT_EQ(group.size(), 0u);
}

TEST(StreamGroupTest, TellsThatNobodyIsThere) {
  client::StreamGroup group;
  client::ClientOptions options;
  options.endpoint = "unix:/nowhere/node.sock";
  ASSERT_EQ(group.Open(options, kStreamGetCase).value(), 0u);
  EXPECT_EQ(group.size(), 1u);
  ASSERT_TRUE(group.Send(0, Question("7")).ok());
  const auto answer = group.Next(kAnswerMsMax);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(ReasonOf(answer->bytes.status()), Reason::PEER_UNREACHABLE);
  EXPECT_EQ(ReasonOf(group.Send(0, Question("7"))), Reason::CALL_CANCELLED);
  EXPECT_EQ(ReasonOf(group.Next(1).status()), Reason::DEADLINE_PASSED);
}

}  // namespace
}  // namespace enlace::testing
