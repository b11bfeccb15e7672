#include "node/store/delivery_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const BatchId kBatch{"police", "0123456789abcdef"};

class DeliveryTableTest : public ::testing::Test {
 protected:
  BatchAccount Open(BatchSubject subject = BatchSubject::kCaseRecords) {
    auto account = OpenBatch(*db_.store->Read(), kBatch, "ctdc", subject);
    EXPECT_TRUE(account.ok()) << account.status();
    return *std::move(account);
  }
  void Put(uint64_t row, const BatchRow& became) {
    db_.Commit([&](Transaction& t) {
      auto account = *OpenBatch(t, kBatch, "ctdc", BatchSubject::kCaseRecords);
      PutBatchRow(t, kBatch, row, *LoadBatchRow(t, kBatch, row), became, account);
      PutBatch(t, kBatch, account);
    });
  }
  std::vector<QuarantineRow> Aside(size_t rows_max = 100) {
    return *ListQuarantine(*db_.store->Read(), kBatch, rows_max);
  }

  enlace::testing::MemoryStore db_;
};

TEST_F(DeliveryTableTest, AnUnknownBatchIsNothing) {
  EXPECT_FALSE(LoadBatch(*db_.store->Read(), kBatch)->has_value());
  EXPECT_FALSE(LoadBatchRow(*db_.store->Read(), kBatch, 1)->has_value());
}

TEST_F(DeliveryTableTest, CountsFollowWhatRowsBecame) {
  Put(1, {RowOutcome::kAccepted, "hash", "subject", "", ""});
  Put(2, {RowOutcome::kQuarantined, "", "", "VALUE_UNKNOWN", "gender"});
  Put(3, {RowOutcome::kUnchanged, "hash", "subject", "", ""});
  BatchAccount account = Open();
  EXPECT_EQ(account.Count(RowOutcome::kAccepted), 1u);
  EXPECT_EQ(account.Count(RowOutcome::kQuarantined), 1u);
  EXPECT_EQ(account.Count(RowOutcome::kUnchanged), 1u);
  EXPECT_EQ(account.Count(RowOutcome::kReplaced), 0u);
  // A row is counted once, as what it became last.
  Put(2, {RowOutcome::kAccepted, "hash", "subject", "", ""});
  account = Open();
  EXPECT_EQ(account.Count(RowOutcome::kAccepted), 2u);
  EXPECT_EQ(account.Count(RowOutcome::kQuarantined), 0u);
}

TEST_F(DeliveryTableTest, TheListOfRowsSetAsideFollowsTheRows) {
  Put(300, {RowOutcome::kQuarantined, "", "", "VALUE_BLANK", "age"});
  Put(2, {RowOutcome::kQuarantined, "", "", "VALUE_UNKNOWN", "gender"});
  EXPECT_THAT(Aside(), ElementsAre(QuarantineRow{2, "gender", "VALUE_UNKNOWN"},
                                   QuarantineRow{300, "age", "VALUE_BLANK"}));
  EXPECT_THAT(Aside(1), ElementsAre(QuarantineRow{2, "gender", "VALUE_UNKNOWN"}));
  Put(2, {RowOutcome::kAccepted, "hash", "subject", "", ""});
  Put(300, {RowOutcome::kAccepted, "hash", "subject", "", ""});
  EXPECT_THAT(Aside(), IsEmpty());
}

TEST_F(DeliveryTableTest, ARowReadsBackWhole) {
  Put(9, {RowOutcome::kQuarantined, "", "", "VALUE_BLANK", "age"});
  const auto row = *LoadBatchRow(*db_.store->Read(), kBatch, 9);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->outcome, RowOutcome::kQuarantined);
  EXPECT_EQ(row->reason, "VALUE_BLANK");
  EXPECT_EQ(row->field, "age");
}

TEST_F(DeliveryTableTest, AnIdUsedForSomethingElseConflicts) {
  Put(1, {RowOutcome::kAccepted, "hash", "subject", "", ""});
  EXPECT_EQ(
      ReasonOf(
          OpenBatch(*db_.store->Read(), kBatch, "glotip", BatchSubject::kCaseRecords).status()),
      Reason::BATCH_CONFLICT);
  EXPECT_EQ(
      ReasonOf(OpenBatch(*db_.store->Read(), kBatch, "ctdc", BatchSubject::kObservations).status()),
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
    t.Put(Table::kQuarantine, "police/0123456789abcdef/short", "");
  });
  EXPECT_EQ(ReasonOf(LoadBatch(*db_.store->Read(), kBatch).status()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(LoadBatchRow(*db_.store->Read(), kBatch, 1).status()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(ListQuarantine(*db_.store->Read(), kBatch, 10).status()),
            Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
