// What every call passes, in its order, with no socket.
#include "node/rpc/dispatcher.h"

#include <limits>
#include <new>
#include <stdexcept>

#include "enlace/exchange/v1/case_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace enlace::rpc {
namespace {

using exchange::v1::CaseRecord;
using exchange::v1::GetCaseRecordRequest;

constexpr char kRead[] = "/a.Cases/Read";
constexpr char kWrite[] = "/a.Cases/Write";
constexpr char kPlain[] = "/a.Other/Plain";
constexpr char kOperators[] = "/a.Other/Operators";
constexpr char kNoRow[] = "/a.Other/NoRow";
constexpr char kPolicy[] = R"(
methods:
  - {method: /a.Cases/Read, roles: [contributor], audit: call}
  - {method: /a.Cases/Write, roles: [contributor], audit: commit}
  - {method: /a.Other/Plain, roles: [contributor]}
  - {method: /a.Other/Operators, doors: [admin]}
  - {method: /a.Other/NoHandler, roles: [contributor]}
grants: [{role: contributor, identity: "spiffe://*.*/entity/*/*"}]
)";
constexpr char kName[] = "jurisdictions/ARG/cases/00112233445566778899aabbccddeeff";

class Audit final : public AuditSink {
 public:
  Status Record(const AuditEvent& event) override {
    if (no_memory) throw std::bad_alloc();
    if (!failure.ok()) return failure;
    events.push_back(event);
    return Status();
  }
  std::vector<AuditEvent> events;
  Status failure;
  bool no_memory = false;
};

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    agency_.identity.id.kind = trust::SpiffeId::Kind::kEntity;
    agency_.identity.id.uri = "spiffe://arg.demo/entity/police/files";
    agency_.identity.id.jurisdiction = "ARG";
    agency_.roles = {authz::Role::kContributor};
    stranger_.identity.id.uri = "spiffe://arg.demo/person/eva";
    stranger_.identity.id.jurisdiction = "ARG";
    stranger_.identity.id.kind = trust::SpiffeId::Kind::kPerson;
    MethodLimits limits;
    limits.request_bytes_max = 100;
    limits.elements_max = 1;
    for (const char* method : {kRead, kWrite, kPlain, kOperators, kNoRow}) {
      table_.Register<GetCaseRecordRequest, CaseRecord>(
          method,
          [this](const CallContext& call,
                 const GetCaseRecordRequest& request) -> StatusOr<CaseRecord> {
            ++handled_;
            request_id_ = call.request_id;
            recorded_before_ = audit_.events.size();
            while (works_until_told_ && !call.cancelled()) clock_.AdvanceMs(100);
            return handler_(request);
          },
          limits);
    }
  }

  Reply Send(const std::string& method, const std::string& bytes) {
    return Send(method, bytes, agency_);
  }
  Reply Send(const std::string& method, const std::string& bytes, const authz::Caller& caller) {
    return dispatcher_.Dispatch(
        {caller, method, bytes, clock_.SteadyMs() + 1000, [this] { return cancelled_; }});
  }
  static std::string Bytes(const std::string& name = kName) {
    GetCaseRecordRequest request;
    request.set_name(name);
    return request.SerializeAsString();
  }
  Reason Refusal(const Reply& reply) {
    EXPECT_FALSE(reply.status.ok());
    EXPECT_EQ(reply.response, "");
    return ReasonOf(reply.status);
  }

  ManualClock clock_;
  authz::Caller agency_;
  authz::Caller stranger_;
  metrics::Metrics metrics_;
  Admission admission_{AdmissionLimits(), metrics_};
  authz::Policy policy_ = *authz::Policy::Parse(kPolicy);
  Audit audit_;
  HandlerTable table_;
  int ids_ = 0;
  Dispatcher dispatcher_{{table_, policy_, admission_, audit_, metrics_, clock_, "ARG",
                          [this] { return "req-" + std::to_string(++ids_); }}};
  std::function<StatusOr<CaseRecord>(const GetCaseRecordRequest&)> handler_ =
      [](const GetCaseRecordRequest& request) {
        CaseRecord record;
        record.set_name(request.name());
        return StatusOr<CaseRecord>(record);
      };
  int handled_ = 0;
  size_t recorded_before_ = 0;
  std::string request_id_;
  bool cancelled_ = false;
  bool works_until_told_ = false;
};

TEST_F(DispatcherTest, AnswersWithTheHandlersResponse) {
  const Reply reply = Send(kPlain, Bytes());
  ASSERT_TRUE(reply.status.ok());
  CaseRecord record;
  ASSERT_TRUE(record.ParseFromString(reply.response));
  EXPECT_EQ(record.name(), kName);
  EXPECT_EQ(reply.request_id, "req-1");
  EXPECT_EQ(request_id_, "req-1");
}

TEST_F(DispatcherTest, AMethodWithoutHandlerOrRowIsUnknown) {
  EXPECT_EQ(Refusal(Send("/a.Other/NoHandler", Bytes())), Reason::METHOD_UNKNOWN);
  EXPECT_EQ(Refusal(Send(kNoRow, Bytes())), Reason::METHOD_UNKNOWN);
  EXPECT_EQ(handled_, 0);
}

TEST_F(DispatcherTest, DecidesBeforeItLooksAtTheBytes) {
  const Status malformed = Send(kRead, "nonsense", stranger_).status;
  const Status large = Send(kRead, std::string(5000, 'x'), stranger_).status;
  const Status good = Send(kRead, Bytes(), stranger_).status;
  EXPECT_EQ(ReasonOf(good), Reason::PERMISSION_DENIED);
  EXPECT_EQ(malformed, good);
  EXPECT_EQ(large, good);
}

TEST_F(DispatcherTest, HasALimitOnBytes) {
  const Reply reply = Send(kPlain, Bytes(std::string(99, 'x')));
  EXPECT_EQ(Refusal(reply), Reason::REQUEST_TOO_LARGE);
  EXPECT_EQ(MetadataOf(reply.status).at("bytes_max"), "100");
  EXPECT_TRUE(Send(kPlain, Bytes(std::string(98, 'x'))).status.ok());
}

TEST_F(DispatcherTest, ScansTheRawBytes) {
  EXPECT_EQ(Refusal(Send(kPlain, "\x78\x01")), Reason::REQUEST_UNKNOWN_FIELD);
  EXPECT_EQ(Refusal(Send(kPlain, "\x0a\x05x")), Reason::REQUEST_MALFORMED);
  EXPECT_EQ(Refusal(Send(kPlain, "\x0a\x01x\x0a\x01x")), Reason::REQUEST_TOO_LARGE);
  EXPECT_EQ(handled_, 0);
}

TEST_F(DispatcherTest, RecordsAReadBeforeItIsDone) {
  ASSERT_TRUE(Send(kRead, Bytes()).status.ok());
  ASSERT_EQ(audit_.events.size(), 1u);
  EXPECT_EQ(recorded_before_, 1u);
  EXPECT_EQ(audit_.events[0].caller, agency_.Name());
  EXPECT_EQ(audit_.events[0].method, kRead);
  EXPECT_EQ(audit_.events[0].resource, kName);
  EXPECT_EQ(audit_.events[0].decision, "allow");
  EXPECT_EQ(audit_.events[0].request_id, "req-1");
}

TEST_F(DispatcherTest, LeavesTheRecordOfAWriteToItsCommit) {
  ASSERT_TRUE(Send(kWrite, Bytes()).status.ok());
  EXPECT_TRUE(audit_.events.empty());
}

TEST_F(DispatcherTest, RecordsRefusalsOfBothKindsButNotOfOtherMethods) {
  Send(kRead, Bytes(), stranger_);
  Send(kWrite, Bytes(), stranger_);
  Send(kPlain, Bytes(), stranger_);
  ASSERT_EQ(audit_.events.size(), 2u);
  EXPECT_EQ(audit_.events[0].decision, "deny");
  EXPECT_EQ(audit_.events[0].resource, kResourceUnread);
  EXPECT_EQ(audit_.events[1].method, kWrite);
}

TEST_F(DispatcherTest, FailsTheCallWhenItCannotBeRecorded) {
  audit_.failure = Error(Reason::STORE_FAILED, "the disk refused a write");
  EXPECT_EQ(Refusal(Send(kRead, Bytes())), Reason::STORE_FAILED);
  EXPECT_EQ(Refusal(Send(kRead, Bytes(), stranger_)), Reason::STORE_FAILED);
  EXPECT_EQ(handled_, 0);
}

TEST_F(DispatcherTest, CountsRefusalsThatAreRepeated) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(Refusal(Send(kRead, Bytes(), stranger_)), Reason::PERMISSION_DENIED);
  }
  ASSERT_TRUE(dispatcher_.RecordDenials(false).ok());
  EXPECT_EQ(audit_.events.size(), 1u);
  clock_.AdvanceMs(Denials::kSummaryMs);
  ASSERT_TRUE(dispatcher_.RecordDenials(false).ok());
  ASSERT_EQ(audit_.events.size(), 2u);
  EXPECT_EQ(audit_.events[0].resource, kResourceUnread);
  EXPECT_EQ(audit_.events[1].resource, "repeated:999");
  EXPECT_EQ(audit_.events[1].caller, stranger_.Name());
  EXPECT_EQ(audit_.events[1].method, kRead);
  EXPECT_EQ(audit_.events[1].decision, "deny");
}

TEST_F(DispatcherTest, WhoIsLetInIsRecordedEachTime) {
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Send(kRead, Bytes()).status.ok());
  EXPECT_EQ(audit_.events.size(), 20u);
}

TEST_F(DispatcherTest, FreeTextOfACallerIsNotRecorded) {
  ASSERT_TRUE(Send(kRead, Bytes("Maria Gomez")).status.ok());
  EXPECT_EQ(audit_.events[0].resource, kResourceOther);
}

TEST_F(DispatcherTest, DoesNotBeginAfterTheDeadline) {
  const authz::Caller& caller = agency_;
  const std::string bytes = Bytes();
  const Reply reply = dispatcher_.Dispatch({caller, kRead, bytes, clock_.SteadyMs()});
  EXPECT_EQ(Refusal(reply), Reason::DEADLINE_PASSED);
  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(audit_.events.empty());
}

TEST_F(DispatcherTest, DoesNotBeginForACallerWhoIsGone) {
  cancelled_ = true;
  EXPECT_EQ(Refusal(Send(kPlain, Bytes())), Reason::CALL_CANCELLED);
  EXPECT_EQ(handled_, 0);
}

TEST_F(DispatcherTest, AHandlersErrorIsTheAnswer) {
  handler_ = [](const GetCaseRecordRequest&) {
    return StatusOr<CaseRecord>(Error(Reason::CASE_NOT_FOUND, "no such record"));
  };
  EXPECT_EQ(Refusal(Send(kPlain, Bytes())), Reason::CASE_NOT_FOUND);
}

TEST_F(DispatcherTest, AnExceptionIsAnInternalErrorAndTheNodeGoesOn) {
  handler_ = [](const GetCaseRecordRequest&) -> StatusOr<CaseRecord> {
    throw std::runtime_error("secret");
  };
  EXPECT_EQ(Refusal(Send(kPlain, Bytes())), Reason::INTERNAL);
  EXPECT_EQ(admission_.InFlight(), 0);
}

TEST_F(DispatcherTest, AnExceptionOutsideAHandlerIsOneToo) {
  audit_.no_memory = true;
  EXPECT_EQ(Refusal(Send(kRead, Bytes())), Reason::INTERNAL);
  EXPECT_EQ(Refusal(Send(kRead, Bytes(), stranger_)), Reason::INTERNAL);
  EXPECT_EQ(admission_.InFlight(), 0);
}

TEST_F(DispatcherTest, TellsAHandlerToStopAtTheDeadlineAndTakesNoPartOfAnAnswer) {
  works_until_told_ = true;
  const int64_t begin_ms = clock_.SteadyMs();
  EXPECT_EQ(Refusal(Send(kPlain, Bytes())), Reason::DEADLINE_PASSED);
  EXPECT_EQ(handled_, 1);
  EXPECT_EQ(clock_.SteadyMs(), begin_ms + 1000);
}

TEST_F(DispatcherTest, TellsAHandlerToStopWhateverItsCallerAllows) {
  works_until_told_ = true;
  const int64_t begin_ms = clock_.SteadyMs();
  const authz::Caller& caller = agency_;
  const std::string bytes = Bytes();
  const int64_t never = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Refusal(dispatcher_.Dispatch({caller, kPlain, bytes, never})), Reason::DEADLINE_PASSED);
  EXPECT_EQ(clock_.SteadyMs(), begin_ms + Dispatcher::kCallMsMax);
}

// A backup of everything takes its time.
TEST_F(DispatcherTest, GivesTheOperatorMoreTime) {
  works_until_told_ = true;
  const int64_t begin_ms = clock_.SteadyMs();
  const authz::Caller caller = authz::Policy::AdminCaller();
  const std::string bytes = Bytes();
  const int64_t asked = begin_ms + 10 * Dispatcher::kCallMsMax;
  EXPECT_EQ(Refusal(dispatcher_.Dispatch({caller, kOperators, bytes, asked})),
            Reason::DEADLINE_PASSED);
  EXPECT_EQ(clock_.SteadyMs(), asked);
}

TEST_F(DispatcherTest, AnAnswerThatIsWholeLeavesThoughItIsLate) {
  handler_ = [this](const GetCaseRecordRequest&) {
    clock_.AdvanceMs(5000);
    return StatusOr<CaseRecord>(CaseRecord());
  };
  EXPECT_TRUE(Send(kPlain, Bytes()).status.ok());
}

TEST_F(DispatcherTest, RefusesWhenTheHouseIsFull) {
  std::vector<Admission::Ticket> inside;
  for (auto ticket = admission_.Enter(agency_); ticket.ok(); ticket = admission_.Enter(agency_)) {
    inside.push_back(*std::move(ticket));
  }
  EXPECT_EQ(Refusal(Send(kPlain, Bytes())), Reason::NODE_OVERLOADED);
  inside.clear();
  EXPECT_TRUE(Send(kPlain, Bytes()).status.ok());
}

TEST_F(DispatcherTest, CountsCallsByClassAndCode) {
  Send(kPlain, Bytes());
  Send(kRead, Bytes(), stranger_);
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, ::testing::HasSubstr("enlace_calls_total{class=\"client\",code=\"OK\"} 1"));
  EXPECT_THAT(text, ::testing::HasSubstr(
                        "enlace_calls_total{class=\"client\",code=\"PERMISSION_DENIED\"} 1"));
}

TEST(AuditResource, TellsResourceNamesFromOtherText) {
  const auto resource = [](const std::string& name) {
    GetCaseRecordRequest request;
    request.set_name(name);
    return AuditResource(request);
  };
  for (const char* name : {kName, "jurisdictions/ARG", "jurisdictions/ARG/cases",
                           "jurisdictions/ARG/programmes/course-1"}) {
    EXPECT_EQ(resource(name), name);
  }
  EXPECT_EQ(resource(""), kResourceNone);
  for (const char* name :
       {"maria", "jurisdictions/arg/cases", "jurisdictions/ARG/cases/maria-gomez",
        "jurisdictions/ARGX/cases", "jurisdictions/ARG/programmes/María",
        "jurisdictions/ARG/programmes/a/b", "jurisdictions/ARG/", "jurisdictions/ARG/cases/"}) {
    EXPECT_EQ(resource(name), kResourceOther) << name;
  }
  EXPECT_EQ(resource("jurisdictions/ARG/programmes/" + std::string(300, 'a')), kResourceOther);
}

TEST(AuditResource, NamesEveryRecordOfACallForSeveral) {
  exchange::v1::BatchGetCaseRecordsRequest request;
  EXPECT_EQ(AuditResource(request), kResourceNone);
  request.add_names(kName);
  EXPECT_EQ(AuditResource(request), kName);
  request.add_names("maria");
  request.add_names("jurisdictions/ARG/cases");
  EXPECT_EQ(AuditResource(request), std::string(kName) + ",other,jurisdictions/ARG/cases");
}

TEST(HandlerTable, KnowsItsMethodsAndTheLargestRequest) {
  HandlerTable table;
  const auto handler = [](const CallContext&, const GetCaseRecordRequest&) {
    return StatusOr<CaseRecord>(CaseRecord());
  };
  MethodLimits limits;
  limits.request_bytes_max = 7;
  table.Register<GetCaseRecordRequest, CaseRecord>("/a.B/C", handler, limits);
  limits.request_bytes_max = 9;
  table.Register<GetCaseRecordRequest, CaseRecord>("/a.B/D", handler, limits);
  EXPECT_EQ(table.Methods(), (std::vector<std::string>{"/a.B/C", "/a.B/D"}));
  EXPECT_EQ(table.RequestBytesMax(), 9u);
  EXPECT_EQ(table.Find("/a.B/E"), nullptr);
  EXPECT_DEATH((table.Register<GetCaseRecordRequest, CaseRecord>("/a.B/C", handler)), "");
}

}  // namespace
}  // namespace enlace::rpc
