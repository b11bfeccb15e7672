// Audit records that are written together.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "node/rpc/audit_sink.h"

namespace enlace::rpc {
namespace {

// Keeps which records came together.
class Batches final : public AuditSink {
 public:
  Status Record(const AuditEvent& event) override {
    batches.push_back({event.request_id});
    return outcome;
  }
  void BeginAll(std::vector<Begun> records) override {
    batches.emplace_back();
    for (const Begun& record : records) batches.back().push_back(record.event.request_id);
    for (const Begun& record : records) record.done(outcome);
  }
  std::vector<std::vector<std::string>> batches;
  Status outcome;
};

using Ids = std::vector<std::string>;

class AuditRoundTest : public ::testing::Test {
 protected:
  void Begin(const std::string& id) {
    BeginAudit(audit_, {"caller", "method", "resource", "allow", id},
               [this, id](const Status& status) {
                 told_.push_back(id);
                 status_ = status;
               });
  }

  Batches audit_;
  Ids told_;
  Status status_;
};

TEST_F(AuditRoundTest, RecordsWaitForItsEndAndAreWrittenTogetherInTheirOrder) {
  {
    AuditRound round(audit_);
    EXPECT_TRUE(round.empty());
    for (const char* id : {"a", "b", "c"}) Begin(id);
    EXPECT_FALSE(round.empty());
    EXPECT_TRUE(audit_.batches.empty());
    EXPECT_TRUE(told_.empty());
  }
  EXPECT_EQ(audit_.batches, (std::vector<Ids>{{"a", "b", "c"}}));
  EXPECT_EQ(told_, (Ids{"a", "b", "c"}));
}

TEST_F(AuditRoundTest, AnEmptyOneWritesNothing) {
  { AuditRound round(audit_); }
  EXPECT_TRUE(audit_.batches.empty());
}

TEST_F(AuditRoundTest, WithoutOneARecordIsWrittenAtOnce) {
  Begin("a");
  EXPECT_EQ(audit_.batches, (std::vector<Ids>{{"a"}}));
  EXPECT_EQ(told_, Ids{"a"});
}

TEST_F(AuditRoundTest, AFailureIsToldToEach) {
  audit_.outcome = Error(Reason::STORE_FAILED, "no disk");
  {
    AuditRound round(audit_);
    Begin("a");
    Begin("b");
  }
  EXPECT_EQ(told_, (Ids{"a", "b"}));
  EXPECT_EQ(ReasonOf(status_), Reason::STORE_FAILED);
}

TEST_F(AuditRoundTest, ARecordThatBeginsWhileItsRecordsAreWrittenIsWrittenAtOnce) {
  {
    AuditRound round(audit_);
    BeginAudit(audit_, {"caller", "method", "resource", "allow", "a"},
               [this](const Status&) { Begin("b"); });
  }
  EXPECT_EQ(audit_.batches, (std::vector<Ids>{{"a"}, {"b"}}));
}

TEST_F(AuditRoundTest, OfAnotherSinkOrThreadIsNotUsed) {
  Batches other;
  AuditRound round(other);
  Begin("a");
  std::jthread([&] { BeginAudit(other, {"c", "m", "r", "allow", "b"}, [](const Status&) {}); });
  EXPECT_EQ(audit_.batches, (std::vector<Ids>{{"a"}}));
  EXPECT_EQ(other.batches, (std::vector<Ids>{{"b"}}));
  EXPECT_TRUE(round.empty());
}

}  // namespace
}  // namespace enlace::rpc
