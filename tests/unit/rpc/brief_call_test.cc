// Calls whose answer comes later, and calls that are recorded beside their handler.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/rpc/dispatcher.h"

namespace enlace::rpc {
namespace {

using exchange::v1::CaseRecord;
using exchange::v1::GetCaseRecordRequest;

constexpr char kRead[] = "/a.Cases/Read";
constexpr char kPlain[] = "/a.Cases/Plain";
constexpr char kPolicy[] = R"(
methods:
  - {method: /a.Cases/Read, roles: [contributor], audit: call}
  - {method: /a.Cases/Plain, roles: [contributor]}
grants: [{role: contributor, identity: "spiffe://*.*/entity/*/*"}]
)";

// Keeps what is to be recorded until the test lets it end.
class SlowAudit final : public AuditSink {
 public:
  Status Record(const AuditEvent&) override { return Status(); }
  void Begin(const AuditEvent& event, const std::function<void(const Status&)>& done) override {
    begun.push_back(event);
    end = done;
  }
  std::vector<AuditEvent> begun;
  std::function<void(const Status&)> end;
};

class BriefCallTest : public ::testing::Test {
 protected:
  BriefCallTest() {
    agency_.identity.id.kind = trust::SpiffeId::Kind::kEntity;
    agency_.identity.id.uri = "spiffe://arg.demo/entity/police/files";
    agency_.identity.id.jurisdiction = "ARG";
    agency_.roles = {authz::Role::kContributor};
    for (const char* method : {kRead, kPlain}) {
      table_.RegisterAsync<GetCaseRecordRequest, CaseRecord>(
          method,
          [this](const CallContext& call, const GetCaseRecordRequest& request,
                 const Respond<CaseRecord>& respond) { handler_(call, request, respond); },
          {.brief = true});
    }
  }

  void Send(const std::string& method) {
    StatusOr<Admission::Ticket> ticket = dispatcher_.Admit(agency_, table_.Find(method));
    ASSERT_TRUE(ticket.ok());
    dispatcher_.Run(*std::move(ticket),
                    {agency_, method, bytes_, clock_.SteadyMs() + 1000, [this] { return gone_; }},
                    [this](Reply reply) {
                      inside_at_answer_ = admission_.InFlight();
                      replies_.push_back(std::move(reply));
                    });
  }
  static CaseRecord Record() {
    CaseRecord record;
    record.set_revision(7);
    return record;
  }

  ManualClock clock_;
  authz::Caller agency_;
  metrics::Metrics metrics_;
  Admission admission_{AdmissionLimits(), metrics_};
  authz::Policy policy_ = *authz::Policy::Parse(kPolicy);
  SlowAudit audit_;
  HandlerTable table_;
  Dispatcher dispatcher_{
      {table_, policy_, admission_, audit_, metrics_, clock_, "ARG", [] { return "req"; }}};
  std::function<void(const CallContext&, const GetCaseRecordRequest&, const Respond<CaseRecord>&)>
      handler_ = [](const CallContext&, const GetCaseRecordRequest&,
                    const Respond<CaseRecord>& respond) { respond(Record()); };
  const std::string bytes_ = GetCaseRecordRequest().SerializeAsString();
  bool gone_ = false;
  std::vector<Reply> replies_;
  int inside_at_answer_ = -1;
};

TEST_F(BriefCallTest, TheAnswerOfAReadIsHeldUntilItsRecordIsThere) {
  Send(kRead);
  ASSERT_EQ(audit_.begun.size(), 1u);
  EXPECT_EQ(audit_.begun[0].decision, "allow");
  EXPECT_TRUE(replies_.empty());
  audit_.end(Status());
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(replies_[0].response, Record().SerializeAsString());
}

TEST_F(BriefCallTest, AReadWhoseRecordFailsIsNotAnswered) {
  Send(kRead);
  audit_.end(Error(Reason::STORE_FAILED, "the disk refused a write"));
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(ReasonOf(replies_[0].status), Reason::STORE_FAILED);
  EXPECT_EQ(replies_[0].response, "");
}

TEST_F(BriefCallTest, AnErrorOfTheHandlerWaitsForTheRecordToo) {
  handler_ = [](const CallContext&, const GetCaseRecordRequest&,
                const Respond<CaseRecord>& respond) {
    respond(Error(Reason::CASE_NOT_FOUND, "no"));
  };
  Send(kRead);
  EXPECT_TRUE(replies_.empty());
  audit_.end(Status());
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(ReasonOf(replies_[0].status), Reason::CASE_NOT_FOUND);
}

TEST_F(BriefCallTest, AHandlerMayAnswerLaterFromAnotherThread) {
  std::optional<Respond<CaseRecord>> later;
  std::string seen_id;
  handler_ = [&](const CallContext& call, const GetCaseRecordRequest& request,
                 const Respond<CaseRecord>& respond) {
    later = [&call, &request, &seen_id, respond](const StatusOr<CaseRecord>& record) {
      seen_id = call.request_id + request.name();  // They live until the answer.
      respond(record);
    };
  };
  Send(kPlain);
  EXPECT_TRUE(replies_.empty());
  EXPECT_EQ(admission_.InFlight(), 1) << "the call keeps its place";
  std::thread([&] { (*later)(Record()); }).join();
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_TRUE(replies_[0].status.ok());
  EXPECT_EQ(seen_id, "req");
  EXPECT_EQ(inside_at_answer_, 0) << "the place is free when the answer leaves";
}

TEST_F(BriefCallTest, OnlyTheFirstAnswerCounts) {
  handler_ = [](const CallContext&, const GetCaseRecordRequest&,
                const Respond<CaseRecord>& respond) {
    respond(Record());
    respond(Error(Reason::CASE_NOT_FOUND, "no"));
    throw std::bad_alloc();
  };
  Send(kPlain);
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_TRUE(replies_[0].status.ok());
}

TEST_F(BriefCallTest, AnExceptionOfTheHandlerIsAnInternalErrorOnceTheRecordIsThere) {
  handler_ = [](const CallContext&, const GetCaseRecordRequest&, const Respond<CaseRecord>&) {
    throw std::bad_alloc();
  };
  Send(kRead);
  EXPECT_TRUE(replies_.empty());
  audit_.end(Status());
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(ReasonOf(replies_[0].status), Reason::INTERNAL);
}

TEST_F(BriefCallTest, APartOfAnAnswerIsNoneAlsoWhenItComesLater) {
  std::optional<Respond<CaseRecord>> later;
  handler_ = [&](const CallContext& call, const GetCaseRecordRequest&,
                 const Respond<CaseRecord>& respond) {
    gone_ = true;
    EXPECT_TRUE(call.cancelled());
    later = respond;
  };
  Send(kPlain);
  (*later)(Record());
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_EQ(ReasonOf(replies_[0].status), Reason::CALL_CANCELLED);
}

}  // namespace
}  // namespace enlace::rpc
