// What the gRPC front end promises to every caller, over real sockets.
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

using Record = RpcWorld::Record;
using GetRequest = RpcWorld::GetRequest;
constexpr int64_t kTimeoutMs = 10'000;

TEST(Server, AnswersACallOverMutualTls) {
  RpcWorld world;
  Record record;
  ASSERT_TRUE(world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  EXPECT_EQ(record.name(), GetCase().name());
}

TEST(Server, TellsTheHandlerWhoCalls) {
  std::string caller;
  std::string entity;
  RpcWorld::Options options;
  options.get = [&](const rpc::CallContext& call, const GetRequest&) -> StatusOr<Record> {
    caller = call.caller.Name();
    entity = call.caller.entity;
    return Record();
  };
  RpcWorld world(options);
  Record record;
  ASSERT_TRUE(world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  EXPECT_EQ(caller, kArgAgency);
  EXPECT_EQ(entity, "police");
}

TEST(Server, AnErrorKeepsReasonMetadataAndViolations) {
  RpcWorld::Options options;
  options.get = [](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    return InvalidFields({{"name", "expected a name", Reason::NAME_INVALID},
                          {"view", "expected a view", Reason::REQUEST_INVALID}});
  };
  RpcWorld world(options);
  Record record;
  const Status status = world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs);
  EXPECT_THAT(status, IsReason(Reason::REQUEST_INVALID));
  const std::vector<FieldViolation> violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0], (FieldViolation{"name", "expected a name", Reason::NAME_INVALID}));
  EXPECT_EQ(MetadataOf(status).at("request_id").size(), 36u);
}

TEST(Server, AnInternalErrorLeavesWithoutItsText) {
  RpcWorld::Options options;
  options.get = [](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    return Status(absl::StatusCode::kDataLoss, "secret of another library");
  };
  RpcWorld world(options);
  Record record;
  const Status status = world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs);
  EXPECT_THAT(status, IsReason(Reason::INTERNAL));
  EXPECT_EQ(status.ToString().find("secret"), std::string::npos);
  EXPECT_NE(MessageOf(status).find(MetadataOf(status).at("request_id")), std::string::npos);
}

TEST(Server, AnUnknownMethodIsUnimplemented) {
  RpcWorld world;
  Record record;
  EXPECT_THAT(world.Agency()->Call("/enlace.exchange.v1.CaseService/Nothing", GetCase(), record,
                                   kTimeoutMs),
              IsReason(Reason::METHOD_UNKNOWN));
}

TEST(Server, DeniesBeforeItLooksWhetherARecordExists) {
  RpcWorld::Options options;
  bool called = false;
  options.get = [&called](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    called = true;
    return Error(Reason::CASE_NOT_FOUND, "there is no such record");
  };
  RpcWorld world(options);
  const auto analyst =
      world.Caller(world.Identity(world.arg_ca_, "spiffe://arg.demo/person/analyst"));
  Record record;
  const Status one =
      analyst->Call(kGetCase, GetCase("jurisdictions/ARG/cases/1"), record, kTimeoutMs);
  const Status two = analyst->Call(kGetCase, GetCase(), record, kTimeoutMs);
  EXPECT_THAT(one, IsReason(Reason::PERMISSION_DENIED));
  EXPECT_EQ(MessageOf(one), MessageOf(two));
  EXPECT_FALSE(called);
}

TEST(Server, AnotherJurisdictionsAgencySeesNoCase) {
  RpcWorld world;
  const auto agency =
      world.Caller(world.Identity(world.bra_ca_, "spiffe://bra.demo/entity/police/x"));
  Record record;
  EXPECT_THAT(agency->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::PERMISSION_DENIED));
}

TEST(Server, TheAdminSocketReadsNoCase) {
  RpcWorld world;
  Record record;
  EXPECT_THAT(world.Operator()->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::PERMISSION_DENIED));
}

TEST(Server, ARequestAboveItsMethodsBytesIsRefusedWithTheLimit) {
  RpcWorld::Options options;
  options.get_limits.request_bytes_max = 2000;
  RpcWorld world(options);
  Record record;
  const Status status =
      world.Agency()->Call(kGetCase, GetCase(std::string(3000, 'x')), record, kTimeoutMs);
  EXPECT_THAT(status, IsReason(Reason::REQUEST_TOO_LARGE));
  EXPECT_EQ(MetadataOf(status).at("bytes_max"), "2000");
}

// A node whose method takes requests of 8 kB.
class RequestAboveItsLimit : public ::testing::Test {
 protected:
  RequestAboveItsLimit() : world_(Limits()) {}
  Status Send(size_t bytes) {
    Record record;
    return world_.Agency()->Call(kGetCase, GetCase(std::string(bytes, 'x')), record, kTimeoutMs);
  }
  RpcWorld world_;

 private:
  static RpcWorld::Options Limits() {
    RpcWorld::Options options;
    options.get_limits.request_bytes_max = 8 << 10;
    return options;
  }
};

// Within what the connection has to spare beside its calls.
TEST_F(RequestAboveItsLimit, IsRefusedByReason) {
  EXPECT_THAT(Send(200 << 10), IsReason(Reason::REQUEST_TOO_LARGE));
}

// What goes far beyond may be cut on its way, as bytes that no call explains.
TEST_F(RequestAboveItsLimit, ByFarIsRefusedOrCutAndNeverWorkedOn) {
  EXPECT_THAT(Send(1 << 20), ::testing::AnyOf(IsReason(Reason::REQUEST_TOO_LARGE),
                                              IsReason(Reason::PEER_UNREACHABLE)));
  EXPECT_TRUE(world_.audit_.events().empty());
}

TEST(Server, ARequestWithTooManyElementsIsRefused) {
  RpcWorld::Options options;
  options.get_limits.elements_max = 0;
  RpcWorld world(options);
  Record record;
  EXPECT_THAT(world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::REQUEST_TOO_LARGE));
}

TEST(Server, ARequestOfAnotherTypeIsRefused) {
  RpcWorld world;
  exchange::v1::ListCaseRecordsRequest other;
  other.set_page_token("token");
  Record record;
  EXPECT_THAT(world.Agency()->Call(kGetCase, other, record, kTimeoutMs),
              ::testing::AnyOf(IsReason(Reason::REQUEST_UNKNOWN_FIELD),
                               IsReason(Reason::REQUEST_MALFORMED)));
}

TEST(Server, ALateAnswerIsDeadlinePassedAndTheHandlerSeesTheCancellation) {
  Gate gone;
  std::atomic<bool> entered = false;
  RpcWorld::Options options;
  options.get = [&](const rpc::CallContext& call, const GetRequest&) -> StatusOr<Record> {
    entered = true;
    while (!call.cancelled()) std::this_thread::yield();
    gone.Open();
    return Error(Reason::CALL_CANCELLED, "the caller went away");
  };
  RpcWorld world(options);
  Record record;
  // On a busy machine the deadline may pass before the call has reached the handler.
  while (!entered) {
    EXPECT_THAT(world.Agency()->Call(kGetCase, GetCase(), record, 200),
                IsReason(Reason::DEADLINE_PASSED));
  }
  gone.Enter();  // Returns only when the handler saw it.
}

TEST(Server, TheCallersDeadlineReachesTheHandler) {
  int64_t left_ms = 0;
  RpcWorld::Options options;
  SystemClock clock;
  options.get = [&](const rpc::CallContext& call, const GetRequest&) -> StatusOr<Record> {
    left_ms = call.deadline_steady_ms - clock.SteadyMs();
    return Record();
  };
  RpcWorld world(options);
  Record record;
  ASSERT_TRUE(world.Agency()->Call(kGetCase, GetCase(), record, 60'000).ok());
  EXPECT_GT(left_ms, 30'000);
  EXPECT_LE(left_ms, 60'000);
}

TEST(Server, ACallAboveTheLimitOfItsClassIsToldWhenToComeBack) {
  Gate gate;
  RpcWorld::Options options;
  options.limits.client_calls_max = 1;
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  std::jthread first([&] {
    Record record;
    EXPECT_TRUE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  });
  ASSERT_TRUE(gate.AwaitWaiting(1));
  Record record;
  const Status status = world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs);
  EXPECT_THAT(status, IsReason(Reason::NODE_OVERLOADED));
  EXPECT_EQ(MetadataOf(status).at("retry_delay_ms"), "250");
  // Neither peers nor the operator are kept out by clients.
  grpc::health::v1::HealthCheckResponse health;
  EXPECT_TRUE(world.Operator()
                  ->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), health, kTimeoutMs)
                  .ok());
  gate.Open();
}

TEST(Server, ClientsThatFillTheirPlacesKeepNoNodeOut) {
  Gate gate;
  RpcWorld::Options options;
  options.server.workers = 2;
  options.server.waiting_calls_max = 2;
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  RpcWorld world(options);
  std::vector<std::jthread> callers;
  for (const char* uri :
       {"spiffe://arg.demo/entity/police/files", "spiffe://arg.demo/entity/a/b"}) {
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([agency = world.Caller(world.Identity(world.arg_ca_, uri))] {
        Record record;
        (void)agency->Call(kGetCase, GetCase(), record, kTimeoutMs);  // Or refused: no matter.
      });
    }
  }
  ASSERT_TRUE(gate.AwaitWaiting(1));
  const auto node = world.Caller(world.Identity(world.arg_ca_, kArgNode));
  grpc::health::v1::HealthCheckResponse health;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        node->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), health, kTimeoutMs).ok());
  }
  gate.Open();
}

TEST(Server, ACallBeyondTheWaitingQueueIsToldWhenToComeBack) {
  Gate gate;
  RpcWorld::Options options;
  options.server.workers = 1;
  options.server.waiting_calls_max = 0;
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  RpcWorld world(options);
  Record record;
  EXPECT_THAT(world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::NODE_OVERLOADED));
  EXPECT_EQ(world.admission_.InFlight(), 0);
  gate.Open();
}

TEST(Server, DrainRefusesNewCallsFinishesOldOnesAndSaysSo) {
  Gate gate;
  RpcWorld::Options options;
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  std::jthread running([&] {
    Record record;
    EXPECT_TRUE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  });
  ASSERT_TRUE(gate.AwaitWaiting(1));
  bool clean = false;
  std::jthread drain([&] {
    clean = rpc::Drain(world.health_, world.admission_, {world.network_.get(), world.admin_.get()});
  });
  while (!world.admission_.draining()) std::this_thread::yield();
  Record record;
  EXPECT_THAT(world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::NODE_DRAINING));
  grpc::health::v1::HealthCheckResponse health;
  ASSERT_TRUE(world.Operator()
                  ->Call(kHealthCheck, grpc::health::v1::HealthCheckRequest(), health, kTimeoutMs)
                  .ok());
  EXPECT_EQ(health.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  gate.Open();
  drain.join();
  EXPECT_TRUE(clean);
  EXPECT_THAT(world.Agency()->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::PEER_UNREACHABLE));
}

TEST(Server, DrainEndsThoughACallDoesNot) {
  RpcWorld::Options options;
  Gate inside;
  options.get = [&inside](const rpc::CallContext& call, const GetRequest&) -> StatusOr<Record> {
    inside.Open();
    while (!call.cancelled()) std::this_thread::yield();
    return Error(Reason::CALL_CANCELLED, "the node stopped");
  };
  RpcWorld world(options);
  const auto agency = world.Agency();
  std::jthread running([&] {
    Record record;
    EXPECT_FALSE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  });
  inside.Enter();
  EXPECT_FALSE(rpc::Drain(world.health_, world.admission_,
                          {world.network_.get(), world.admin_.get()}, /*drain_ms=*/10));
}

TEST(Server, AHandlerThatDoesNotEndIsGivenUp) {
  Gate gate;
  RpcWorld::Options options;
  options.get = [&gate](const rpc::CallContext&, const GetRequest&) -> StatusOr<Record> {
    gate.Enter();
    return Record();
  };
  bool given_up = false;
  options.server.stop_ms_max = 50;
  options.server.give_up = [&] {
    given_up = true;
    gate.Open();  // Instead of the end of the process.
  };
  RpcWorld world(options);
  std::jthread running([agency = world.Agency()] {
    Record record;
    EXPECT_FALSE(agency->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  });
  ASSERT_TRUE(gate.AwaitWaiting(1));
  EXPECT_FALSE(rpc::Drain(world.health_, world.admission_, {world.network_.get()}, 10));
  EXPECT_TRUE(given_up);
}

TEST(Server, ARefusedReadIsInTheAuditRecord) {
  RpcWorld world;
  const auto analyst =
      world.Caller(world.Identity(world.arg_ca_, "spiffe://arg.demo/person/analyst"));
  Record record;
  EXPECT_FALSE(analyst->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  ASSERT_EQ(world.audit_.events().size(), 1u);
  EXPECT_EQ(world.audit_.events()[0].decision, "deny");
  EXPECT_EQ(world.audit_.events()[0].caller, "spiffe://arg.demo/person/analyst");
}

}  // namespace
}  // namespace enlace::testing
