#include "node/store/delivery_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const BatchId kBatch{"police", "0123456789abcdef"};

class DeliveryTableTest : public ::testing::Test {
 protected:
  BatchAccount Open(BatchSubject subject = BatchSubject::kObservations) {
    auto account = OpenBatch(*db_.store->Read(), kBatch, "ctdc", subject);
    EXPECT_TRUE(account.ok()) << account.status();
    return *std::move(account);
  }
  // As one part of a delivery.
  void Put(const std::map<uint64_t, BatchRow>& became,
           BatchSubject subject = BatchSubject::kObservations) {
    db_.Commit([&](Transaction& t) {
      auto account = *OpenBatch(t, kBatch, "ctdc", subject);
      BatchRows rows(t, kBatch);
      for (const auto& [row, after] : became) ASSERT_TRUE(rows.Put(row, after, account).ok());
      rows.Flush();
      PutBatch(t, kBatch, account);
    });
  }
  StatusOr<std::optional<BatchRow>> Find(uint64_t row,
                                         BatchSubject subject = BatchSubject::kObservations) {
    StatusOr<std::optional<BatchRow>> found;
    db_.Commit([&](Transaction& t) {
      const auto account = *OpenBatch(t, kBatch, "ctdc", subject);
      found = BatchRows(t, kBatch).Find(row, account);
    });
    return found;
  }
  std::vector<QuarantineRow> Aside(size_t rows_max = 100) {
    return *ListQuarantine(*db_.store->Read(), kBatch, rows_max);
  }

  enlace::testing::MemoryStore db_;
};

TEST_F(DeliveryTableTest, AnUnknownBatchIsNothing) {
  EXPECT_FALSE(LoadBatch(*db_.store->Read(), kBatch)->has_value());
  EXPECT_FALSE(Find(1)->has_value());
  EXPECT_FALSE(Find(1, BatchSubject::kCaseRecords)->has_value());
}

TEST_F(DeliveryTableTest, CountsFollowWhatRowsBecame) {
  Put({{1, {RowOutcome::kAccepted, "hash", "subject", "", ""}}});
  Put({{2, {RowOutcome::kQuarantined, "", "", "VALUE_UNKNOWN", "gender"}}});
  Put({{3, {RowOutcome::kUnchanged, "hash", "subject", "", ""}}});
  BatchAccount account = Open();
  EXPECT_EQ(account.Count(RowOutcome::kAccepted), 1u);
  EXPECT_EQ(account.Count(RowOutcome::kQuarantined), 1u);
  EXPECT_EQ(account.Count(RowOutcome::kUnchanged), 1u);
  EXPECT_EQ(account.Count(RowOutcome::kReplaced), 0u);
  // A row is counted once, as what it became last.
  Put({{2, {RowOutcome::kAccepted, "hash", "subject", "", ""}}});
  account = Open();
  EXPECT_EQ(account.Count(RowOutcome::kAccepted), 2u);
  EXPECT_EQ(account.Count(RowOutcome::kQuarantined), 0u);
}

TEST_F(DeliveryTableTest, TheListOfRowsSetAsideFollowsTheRows) {
  Put({{300, {RowOutcome::kQuarantined, "", "", "VALUE_BLANK", "age"}}});
  Put({{2, {RowOutcome::kQuarantined, "", "", "VALUE_UNKNOWN", "gender"}}});
  EXPECT_THAT(Aside(), ElementsAre(QuarantineRow{2, "gender", "VALUE_UNKNOWN"},
                                   QuarantineRow{300, "age", "VALUE_BLANK"}));
  EXPECT_THAT(Aside(1), ElementsAre(QuarantineRow{2, "gender", "VALUE_UNKNOWN"}));
  Put({{2, {RowOutcome::kAccepted, "hash", "subject", "", ""}}});
  Put({{300, {RowOutcome::kAccepted, "hash", "subject", "", ""}}});
  EXPECT_THAT(Aside(), IsEmpty());
}

TEST_F(DeliveryTableTest, ARowReadsBackWhole) {
  Put({{9, {RowOutcome::kQuarantined, "", "", "VALUE_BLANK", "age"}}});
  const auto row = *Find(9);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->outcome, RowOutcome::kQuarantined);
  EXPECT_EQ(row->reason, "VALUE_BLANK");
  EXPECT_EQ(row->field, "age");
}

// Rows in blocks against rows of their own, over random deliveries and repeats of them.
TEST_F(DeliveryTableTest, BlocksAgreeWithSingleRows) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<uint64_t, BatchRow> expected;
  for (int part = 0; part < 30; ++part) {
    std::map<uint64_t, BatchRow> became;
    const uint64_t first = 1 + random() % 600;
    for (uint64_t row = first; row < first + random() % 300; ++row) {
      BatchRow& after = became[row];
      after.outcome = static_cast<RowOutcome>(random() % 5 + 1);
      after.keyed = random() % 2 == 0;
      if (after.outcome == RowOutcome::kQuarantined) {
        after.reason = "VALUE_BLANK";
        after.field = "age";
      } else {
        AppendU64(after.revision, random() % 1000);
        AppendU32(after.revision, static_cast<uint32_t>(random()));
      }
      expected[row] = after;
    }
    Put(became, BatchSubject::kCaseRecords);
  }
  std::map<RowOutcome, uint64_t> outcomes;
  std::vector<QuarantineRow> aside;
  for (uint64_t row = 1; row < 1000; ++row) {
    const auto found = *Find(row, BatchSubject::kCaseRecords);
    const auto at = expected.find(row);
    ASSERT_EQ(found.has_value(), at != expected.end()) << row;
    if (!found.has_value()) continue;
    EXPECT_EQ(found->outcome, at->second.outcome);
    EXPECT_EQ(found->keyed, at->second.keyed);
    EXPECT_EQ(found->revision, at->second.revision);
    ++outcomes[found->outcome];
    if (found->outcome == RowOutcome::kQuarantined) aside.push_back({row, "age", "VALUE_BLANK"});
  }
  EXPECT_EQ(Open(BatchSubject::kCaseRecords).outcomes, outcomes);
  EXPECT_EQ(Aside(2000), aside);
}

TEST_F(DeliveryTableTest, ADeliveryThatAnEarlierProgramBeganGoesOnWithoutBlocks) {
  db_.Commit([](Transaction& t) {
    BatchAccount account;
    account.format = "ctdc";
    account.subject = BatchSubject::kCaseRecords;
    PutBatch(t, kBatch, account);
  });
  BatchRow became;
  became.revision = "0123456789ab";
  became.keyed = true;
  Put({{1, became}}, BatchSubject::kCaseRecords);
  EXPECT_FALSE(Open(BatchSubject::kCaseRecords).blocks);
  const auto row = *Find(1, BatchSubject::kCaseRecords);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->revision, became.revision);
  EXPECT_TRUE(row->keyed);
}

TEST_F(DeliveryTableTest, AnIdUsedForSomethingElseConflicts) {
  Put({{1, {RowOutcome::kAccepted, "hash", "subject", "", ""}}});
  EXPECT_EQ(
      ReasonOf(
          OpenBatch(*db_.store->Read(), kBatch, "glotip", BatchSubject::kObservations).status()),
      Reason::BATCH_CONFLICT);
  EXPECT_EQ(
      ReasonOf(OpenBatch(*db_.store->Read(), kBatch, "ctdc", BatchSubject::kCaseRecords).status()),
      Reason::BATCH_CONFLICT);
  EXPECT_TRUE(
      OpenBatch(*db_.store->Read(), {"shelter", kBatch.id}, "glotip", BatchSubject::kObservations)
          .ok());
}

TEST_F(DeliveryTableTest, RowsOfOthersAreCountedOncePerPart) {
  BatchAccount account = Open();
  ASSERT_TRUE(CountNotOurs(account, {1, 1000}, 10).ok());
  ASSERT_TRUE(CountNotOurs(account, {1001, 2000}, 5).ok());
  ASSERT_TRUE(CountNotOurs(account, {1, 1000}, 10).ok());
  EXPECT_EQ(account.NotOurs(), 15u);
  ASSERT_TRUE(CountNotOurs(account, {1, 1000}, 0).ok());
  EXPECT_EQ(account.NotOurs(), 5u);
}

TEST_F(DeliveryTableTest, ADeliverySentAgainInOtherPartsCountsOnce) {
  BatchAccount account = Open();
  ASSERT_TRUE(CountNotOurs(account, {1, 1200}, 12).ok());
  ASSERT_TRUE(CountNotOurs(account, {1201, 2400}, 12).ok());
  for (const auto& [first, last] : {std::pair<uint64_t, uint64_t>{1, 1000}, {1001, 2000}}) {
    ASSERT_TRUE(CountNotOurs(account, {first, last}, 10).ok());
  }
  ASSERT_TRUE(CountNotOurs(account, {2001, 2400}, 4).ok());
  EXPECT_EQ(account.NotOurs(), 24u);
  ASSERT_TRUE(CountNotOurs(account, {1, 2400}, 24).ok());
  EXPECT_EQ(account.NotOurs(), 24u);
}

TEST_F(DeliveryTableTest, PartsOfADeliveryHaveALimit) {
  BatchAccount account = Open();
  for (uint64_t part = 1; part <= kBatchPartsMax; ++part) {
    ASSERT_TRUE(CountNotOurs(account, {part, part}, 1).ok());
  }
  EXPECT_EQ(ReasonOf(CountNotOurs(account, {kBatchPartsMax + 1, kBatchPartsMax + 1}, 1)),
            Reason::BATCH_TOO_LARGE);
  EXPECT_TRUE(CountNotOurs(account, {1, 1}, 2).ok());
  // The fullest account still fits into one value of the engine.
  db_.Commit([&](Transaction& t) { PutBatch(t, kBatch, account); });
  EXPECT_EQ(Open().NotOurs(), kBatchPartsMax + 1);
}

TEST_F(DeliveryTableTest, DamagedRowsAreCorruption) {
  db_.Commit([](Transaction& t) {
    t.Put(Table::kBatch, "police/0123456789abcdef", "\xff\xff");
    t.Put(Table::kBatchRow, std::string("police/0123456789abcdef/") + std::string(7, '\0') + "\1",
          "\xff\xff");
    t.Put(Table::kBatchRow, std::string("police/0123456789abcdef/") + std::string(8, '\0') + '\x80',
          "\xff\xff");
    t.Put(Table::kQuarantine, "police/0123456789abcdef/short", "");
  });
  EXPECT_EQ(ReasonOf(LoadBatch(*db_.store->Read(), kBatch).status()), Reason::STORE_CORRUPT);
  db_.Commit([](Transaction& t) {
    BatchAccount account;
    EXPECT_EQ(ReasonOf(BatchRows(t, kBatch).Find(1, account).status()), Reason::STORE_CORRUPT);
    account.blocks = true;
    EXPECT_EQ(ReasonOf(BatchRows(t, kBatch).Find(1, account).status()), Reason::STORE_CORRUPT);
  });
  EXPECT_EQ(ReasonOf(ListQuarantine(*db_.store->Read(), kBatch, 10).status()),
            Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
