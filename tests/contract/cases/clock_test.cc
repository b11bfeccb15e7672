// A wall clock that is years away, and comes back, while the node runs. Of the years of the records
// all have begun at each of these times.
#include <gtest/gtest.h>

#include <set>

#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kJumpsMs[] = {-3 * kDayMs, 3'650 * kDayMs, -3'650 * kDayMs, 400 * kDayMs,
                                -9'000 * kDayMs};
constexpr char kRequestId[] = "8f14e45f-ceea-467a-9575-2b4b1c6a7d10";

class ClockJumps : public CaseContractTest {
 protected:
  void Jump(int64_t ms) { node_.db.clock.SetWallMs(node_.db.clock.NowMs() + ms); }
};

TEST_F(ClockJumps, CommitsGoOnCountingAndNoRecordVanishes) {
  std::set<std::string> created = {Create(ValidRecord(1990)).name()};
  uint64_t last = node_.db.store->commit_sequence();
  for (const int64_t jump : kJumpsMs) {
    Jump(jump);
    created.insert(Create(ValidRecord(1990)).name());
    EXPECT_TRUE(Get(node_.police, *created.begin()).ok());
    EXPECT_GT(node_.db.store->commit_sequence(), last) << jump;
    last = node_.db.store->commit_sequence();
    std::set<std::string> listed;
    const auto all = List(node_.police);
    for (const auto& row : all.case_records()) listed.insert(row.name());
    EXPECT_EQ(listed, created) << jump;
  }
}

TEST_F(ClockJumps, RevisionsAndTimesOfARecordNeverGoBack) {
  auto record = Create(ValidRecord(1990));
  for (const int64_t jump : kJumpsMs) {
    Jump(jump);
    auto changed = ValidRecord(1990, record.revision() % 2 + 1);
    changed.set_name(record.name());
    const auto next = Correct(node_.police, changed, record.etag());
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_EQ(next->revision(), record.revision() + 1);
    EXPECT_GE(next->update_time_ms(), record.update_time_ms()) << jump;
    record = *next;
  }
}

TEST_F(ClockJumps, ARequestIdIsNotForgottenByOneJump) {
  const auto first = TryCreate(node_.police, ValidRecord(1990), kRequestId);
  ASSERT_TRUE(first.ok()) << first.status();
  for (const int64_t jump : kJumpsMs) {
    Jump(jump);
    Create(ValidRecord(1990));
    const auto again = TryCreate(node_.police, ValidRecord(1990), kRequestId);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->name(), first->name()) << jump;
  }
}

TEST_F(ClockJumps, APageTokenStaysGood) {
  for (uint32_t i = 0; i < 4; ++i) Create(ValidRecord(1990 + i));
  pb::ListCaseRecordsRequest request;
  request.set_page_size(1);
  std::set<std::string> listed;
  for (const int64_t jump : kJumpsMs) {
    const auto page = TryList(node_.police, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& row : page->case_records()) listed.insert(row.name());
    if (page->next_page_token().empty()) break;
    request.set_page_token(page->next_page_token());
    Jump(jump);
  }
  EXPECT_EQ(listed.size(), 4u);
}

}  // namespace
}  // namespace enlace::testing
