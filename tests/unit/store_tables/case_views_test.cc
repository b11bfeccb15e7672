#include "node/store/case_views.h"

#include <gtest/gtest.h>

#include "node/model/attributes.h"
#include "node/model/case_wire.h"
#include "node/store/case_marks.h"
#include "node/store/case_table.h"
#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using model::CaseContent;
using model::CaseRecord;

CaseContent OfYear(uint32_t year) {
  CaseContent content;
  content.registration_year = year;
  content.singles[model::kSex] = {1, model::Missing::kNone};
  return content;
}

class CaseViewsTest : public ::testing::Test {
 protected:
  CaseRecord Add(uint32_t year) {
    CaseRecord record;
    db_.Commit([&](Transaction& t) { record = *AddCase(t, "police", OfYear(year), random_); });
    return record;
  }
  std::vector<CaseRecord> Scan(const std::string& cursor = "") {
    std::vector<CaseRecord> records;
    EXPECT_TRUE(ScanCaseViews(*db_.store->Read(), cursor, [&](const StoredCaseView& view) {
                  EXPECT_TRUE(ReadCaseView(view, records.emplace_back()).ok());
                  keys_.emplace_back(view.key);
                  return true;
                }).ok());
    return records;
  }

  enlace::testing::MemoryStore db_;
  RandomSource random_ = enlace::testing::CountingRandom();
  std::vector<std::string> keys_;
};

TEST_F(CaseViewsTest, AScanShowsEveryRevisionInCommitOrder) {
  const CaseRecord first = Add(2020);
  const CaseRecord second = Add(2021);
  db_.clock.AdvanceMs(1000);
  CaseRecord corrected;
  db_.Commit(
      [&](Transaction& t) { corrected = *CorrectCase(t, first.reference, OfYear(2022), 1); });
  EXPECT_EQ(Scan(), (std::vector<CaseRecord>{first, second, corrected}));
  EXPECT_EQ(Scan(keys_[1]), (std::vector<CaseRecord>{second, corrected}));
}

TEST_F(CaseViewsTest, ContentIsTheWireFormOfTheApi) {
  Add(2020);
  size_t seen = 0;
  ASSERT_TRUE(ScanCaseViews(*db_.store->Read(), "", [&](const StoredCaseView& view) {
                EXPECT_EQ(view.content, model::ContentWire(OfYear(2020)));
                ++seen;
                return true;
              }).ok());
  EXPECT_EQ(seen, 1u);
}

TEST_F(CaseViewsTest, ManyAreReadInTheOrderAskedForEachInItsLastRevision) {
  const CaseRecord first = Add(2020);
  const CaseRecord second = Add(2021);
  CaseRecord corrected;
  CaseRecord erased;
  db_.Commit([&](Transaction& t) {
    corrected = *CorrectCase(t, first.reference, OfYear(2022), 1);
    erased = *EraseCase(t, second.reference, 1);
  });
  const CaseRecord third = Add(2023);
  std::vector<std::optional<CaseRecord>> got;
  const std::vector<std::string> asked = {third.reference,  std::string(16, 'x'),
                                          first.reference,  "",
                                          second.reference, third.reference};
  ASSERT_TRUE(GetCaseViews(*db_.store->Read(), asked, [&](size_t at, const StoredCaseView* view) {
                EXPECT_EQ(at, got.size());
                got.emplace_back();
                if (view != nullptr) {
                  EXPECT_TRUE(ReadCaseView(*view, got.back().emplace()).ok());
                }
                return true;
              }).ok());
  EXPECT_EQ(got, (std::vector<std::optional<CaseRecord>>{third, std::nullopt, corrected,
                                                         std::nullopt, erased, third}));
}

TEST_F(CaseViewsTest, RevisionsAreReadByTheirKeys) {
  const CaseRecord first = Add(2020);
  CaseRecord corrected;
  db_.Commit(
      [&](Transaction& t) { corrected = *CorrectCase(t, first.reference, OfYear(2022), 1); });
  Scan();
  const std::vector<std::string> keys = {keys_[1], keys_[0]};
  std::vector<CaseRecord> got;
  ASSERT_TRUE(GetCaseRevisions(*db_.store->Read(), keys, [&](size_t at, const auto& view) {
                EXPECT_EQ(at, got.size());
                EXPECT_EQ(view.key, keys[at]);
                EXPECT_TRUE(ReadCaseView(view, got.emplace_back()).ok());
                return true;
              }).ok());
  EXPECT_EQ(got, (std::vector<CaseRecord>{corrected, first}));
  const std::vector<std::string> absent = {keys_[0], std::string(12, '\x7f')};
  EXPECT_EQ(ReasonOf(GetCaseRevisions(*db_.store->Read(), absent,
                                      [](size_t, const StoredCaseView&) { return true; })),
            Reason::STORE_CORRUPT);
}

TEST_F(CaseViewsTest, MarksTellWhatChangedBehindARow) {
  const CaseRecord first = Add(2020);
  Add(2021);
  std::vector<std::string> seen;
  const auto mark = [&seen](const CaseMark& at) {
    EXPECT_EQ(at.entity, "police");
    seen.push_back(std::to_string(at.revision) + "/" + std::to_string(at.year));
    return true;
  };
  Scan();
  db_.Commit([&](Transaction& t) {
    ASSERT_TRUE(CorrectCase(t, first.reference, OfYear(2022), 1).ok());
    ASSERT_TRUE(EraseCase(t, first.reference, 1).ok());
  });
  ASSERT_TRUE(ScanCaseMarks(*db_.store->Read(), keys_.back(), mark).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"2/0", "3/0"}));
  seen.clear();
  ASSERT_TRUE(ScanCaseMarks(*db_.store->Read(), "", mark).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"1/0", "1/2021", "2/0", "3/0"}));
  EXPECT_EQ(*FirstCaseKeys(*db_.store->Read(), {first.reference}),
            std::vector<std::string>{keys_[0]});
  EXPECT_EQ(ReasonOf(FirstCaseKeys(*db_.store->Read(), {std::string(16, 'x')}).status()),
            Reason::STORE_CORRUPT);
}

TEST_F(CaseViewsTest, AVisitorEndsItsReading) {
  const CaseRecord first = Add(2020);
  Add(2021);
  size_t scanned = 0;
  ASSERT_TRUE(ScanCaseViews(*db_.store->Read(), "", [&](const StoredCaseView&) {
                return ++scanned < 1;
              }).ok());
  size_t got = 0;
  ASSERT_TRUE(GetCaseViews(*db_.store->Read(), {first.reference, first.reference},
                           [&](size_t, const StoredCaseView*) { return ++got < 1; })
                  .ok());
  EXPECT_EQ(scanned, 1u);
  EXPECT_EQ(got, 1u);
}

TEST_F(CaseViewsTest, DamageIsTold) {
  db_.Commit([](Transaction& t) { t.Put(Table::kCaseRevision, "000000000001", "\xff\xff"); });
  const auto ignore = [](const StoredCaseView&) { return true; };
  EXPECT_EQ(ReasonOf(ScanCaseViews(*db_.store->Read(), "", ignore)), Reason::STORE_CORRUPT);
  // A row that has neither a reference nor what makes one.
  db_.Commit([](Transaction& t) { t.Put(Table::kCaseRevision, "000000000001", "\x40\x01"); });
  EXPECT_EQ(ReasonOf(ScanCaseViews(*db_.store->Read(), "", ignore)), Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
