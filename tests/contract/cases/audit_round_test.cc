// Reads that arrive together.
#include <deque>
#include <latch>

#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

class ReadsThatArriveTogether : public CaseContractTest {
 protected:
  // Begins a read; its answer goes to answers_.
  void Begin(const std::string& name) {
    pb::GetCaseRecordRequest request;
    request.set_name(name);
    requests_.push_back(request.SerializeAsString());
    auto ticket = node_.dispatcher.Admit(node_.police, node_.table.Find(kMethod));
    ASSERT_TRUE(ticket.ok());
    node_.dispatcher.Run(*std::move(ticket),
                         {.caller = node_.police,
                          .method = kMethod,
                          .request = requests_.back(),
                          .deadline_steady_ms = node_.db.clock.SteadyMs() + 60'000},
                         [this](const rpc::Reply& reply) { answers_.push_back(reply.status); });
  }

  static constexpr char kMethod[] = "/enlace.exchange.v1.CaseService/GetCaseRecord";
  std::deque<std::string> requests_;  // Stay where they are.
  std::vector<Status> answers_;
};

TEST_F(ReadsThatArriveTogether, HaveARecordEachWrittenInOneCommitBeforeAnyIsAnswered) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.push_back(Create(ValidRecord()).name());
  const uint64_t records = AuditLength();
  const uint64_t commits = node_.db.store->commit_sequence();
  {
    rpc::AuditRound round(node_.audit);
    for (const std::string& name : names) Begin(name);
    EXPECT_TRUE(answers_.empty());
    EXPECT_EQ(AuditLength(), records);
  }
  EXPECT_EQ(answers_, std::vector<Status>(5, Status()));
  EXPECT_EQ(AuditLength(), records + 5);
  EXPECT_EQ(node_.db.store->commit_sequence(), commits + 1);
}

TEST_F(ReadsThatArriveTogether, DoNotFailForOneThatFindsNothing) {
  const std::string name = Create(ValidRecord()).name();
  const uint64_t records = AuditLength();
  {
    rpc::AuditRound round(node_.audit);
    Begin(name);
    Begin("jurisdictions/ARG/cases/" + std::string(32, 'a'));
  }
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_TRUE(answers_[0].ok());
  EXPECT_EQ(ReasonOf(answers_[1]), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(AuditLength(), records + 2) << "what was looked for is recorded too";
}

TEST_F(ReadsThatArriveTogether, BesideARefusalAreRecordedAsIfTheyCameAlone) {
  const uint64_t records = AuditLength();
  std::latch told(2);
  const auto done = [&told](const Status& status) {
    EXPECT_TRUE(status.ok());
    told.count_down();
  };
  node_.audit.BeginAll({{{"caller", kMethod, "none", "allow", "1"}, done},
                        {{"caller", kMethod, "none", "deny", "2"}, done}});
  told.wait();
  EXPECT_EQ(AuditLength(), records + 2);
}

}  // namespace
}  // namespace enlace::testing
