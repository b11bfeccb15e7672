// How often a refusal is recorded, and that none is lost on the way.
#include "node/rpc/denials.h"

#include "gtest/gtest.h"

namespace enlace::rpc {
namespace {

class Events final : public AuditSink {
 public:
  Status Record(const AuditEvent& event) override {
    if (!failure.ok()) return failure;
    events.push_back(event);
    return Status();
  }
  // Refusals that the records stand for.
  uint64_t Count() const {
    uint64_t count = 0;
    for (const AuditEvent& event : events) {
      const bool repeated = event.resource.starts_with(kResourceRepeated);
      count += repeated ? std::stoull(event.resource.substr(kResourceRepeated.size())) : 1;
    }
    return count;
  }
  std::vector<AuditEvent> events;
  Status failure;
};

authz::Caller CallerNamed(const std::string& domain, const std::string& path) {
  authz::Caller caller;
  caller.identity.id.uri = "spiffe://" + domain + path;
  caller.identity.id.trust_domain = domain;
  caller.identity.id.jurisdiction = domain;
  return caller;
}

class DenialsTest : public ::testing::Test {
 protected:
  void Add(const authz::Caller& caller, const std::string& method = "/a.B/C") {
    ASSERT_TRUE(denials_.Add(caller, method, "r" + std::to_string(++sent_)).ok());
  }
  const authz::Caller eva_ = CallerNamed("bra.demo", "/person/eva");
  const authz::Caller ana_ = CallerNamed("bra.demo", "/person/ana");
  ManualClock clock_;
  Events audit_;
  Denials denials_{audit_, clock_};
  uint64_t sent_ = 0;
};

TEST_F(DenialsTest, TellsCallersAndMethodsApart) {
  Add(eva_);
  Add(eva_, "/a.B/D");
  Add(ana_);
  EXPECT_EQ(audit_.events.size(), 3u);
  Add(eva_);
  EXPECT_EQ(audit_.events.size(), 3u);
}

TEST_F(DenialsTest, AMinuteOfSilenceEndsTheCounting) {
  Add(eva_);
  clock_.AdvanceMs(Denials::kSummaryMs);
  Add(eva_);
  ASSERT_EQ(audit_.events.size(), 2u);
  EXPECT_EQ(audit_.events[1].resource, kResourceUnread);
}

TEST_F(DenialsTest, ALateOneTakesTheCountWithIt) {
  for (int i = 0; i < 5; ++i) Add(eva_);
  clock_.AdvanceMs(Denials::kSummaryMs);
  Add(eva_);
  ASSERT_EQ(audit_.events.size(), 2u);
  EXPECT_EQ(audit_.events[1].resource, "repeated:5");
  EXPECT_EQ(audit_.events[1].request_id, "r6");
}

TEST_F(DenialsTest, TheEndOfTheNodeRecordsAll) {
  for (int i = 0; i < 5; ++i) Add(eva_);
  ASSERT_TRUE(denials_.Flush(false).ok());
  EXPECT_EQ(audit_.Count(), 1u);
  ASSERT_TRUE(denials_.Flush(true).ok());
  EXPECT_EQ(audit_.Count(), 5u);
  ASSERT_TRUE(denials_.Flush(true).ok());
  EXPECT_EQ(audit_.events.size(), 2u);
}

TEST_F(DenialsTest, WhatCannotBeRecordedFailsAndStaysCounted) {
  audit_.failure = Error(Reason::STORE_FAILED, "the disk refused a write");
  EXPECT_EQ(ReasonOf(denials_.Add(eva_, "/a.B/C", "r")), Reason::STORE_FAILED);
  EXPECT_EQ(ReasonOf(denials_.Add(eva_, "/a.B/C", "r")), Reason::STORE_FAILED);
  EXPECT_EQ(ReasonOf(denials_.Flush(true)), Reason::STORE_FAILED);
  audit_.failure = Status();
  ASSERT_TRUE(denials_.Flush(true).ok());
  EXPECT_EQ(audit_.Count(), 2u);
}

TEST_F(DenialsTest, ManyNamesOfOneAuthorityShareACountAndOthersHaveTheirs) {
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 1000; ++i) {
      Add(CallerNamed("bra.demo", "/person/p" + std::to_string(minute * 1000 + i)));
    }
    clock_.AdvanceMs(Denials::kSummaryMs);
    ASSERT_TRUE(denials_.Flush(false).ok());
  }
  EXPECT_LE(audit_.events.size(), 3 * (Denials::kPerJurisdictionMax + 3));
  EXPECT_EQ(audit_.Count(), 3000u);
  EXPECT_EQ(audit_.events.back().caller, "spiffe://bra.demo/*");
  const authz::Caller other = CallerNamed("arg.demo", "/person/eva");
  Add(other);
  EXPECT_EQ(audit_.events.back().caller, other.Name());
}

}  // namespace
}  // namespace enlace::rpc
