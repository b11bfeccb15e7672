// What Store promises, over the memory engine and over engines that fail on command.
#include "node/store/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "node/base/bytes.h"
#include "node/store/group.h"
#include "tests/unit/store/test_engine.h"

namespace enlace::store {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Status PutRow(Store& store, std::string_view key, std::string_view value) {
  return store.Write([&](Transaction& transaction) {
    transaction.Put(Table::kSecret, key, value);
    return absl::OkStatus();
  });
}

std::optional<std::string> GetRow(const Reader& reader, std::string_view key) {
  return reader.Get(Table::kSecret, key).value();
}

Rows ScanRows(const Reader& reader, const kv::KeyRange& range) {
  Rows rows;
  EXPECT_TRUE(reader
                  .Scan(Table::kSecret, range,
                        [&](std::string_view key, std::string_view value) {
                          rows.emplace_back(key, value);
                          return true;
                        })
                  .ok());
  return rows;
}

class StoreTest : public ::testing::Test {
 protected:
  TestEngine* engine_ = new TestEngine;  // Owned by store_.
  ManualClock clock_;
  std::unique_ptr<Store> store_ = Store::OpenOnEngine(std::unique_ptr<kv::Engine>(engine_), clock_);
};

TEST_F(StoreTest, WrittenRowsAreReadInKeyOrder) {
  ASSERT_TRUE(PutRow(*store_, "b", "2").ok());
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  const auto reader = store_->Read();
  EXPECT_EQ(GetRow(*reader, "a"), "1");
  EXPECT_EQ(GetRow(*reader, "c"), std::nullopt);
  EXPECT_EQ(ScanRows(*reader, {}), (Rows{{"a", "1"}, {"b", "2"}}));
}

TEST_F(StoreTest, AReaderKeepsItsState) {
  ASSERT_TRUE(PutRow(*store_, "a", "old").ok());
  const auto reader = store_->Read();
  ASSERT_TRUE(PutRow(*store_, "a", "new").ok());
  EXPECT_EQ(GetRow(*reader, "a"), "old");
  EXPECT_EQ(GetRow(*store_->Read(), "a"), "new");
}

TEST_F(StoreTest, AFailedWriteLeavesNothingAndReturnsItsStatus) {
  const Status status = store_->Write([](Transaction& transaction) {
    transaction.Put(Table::kSecret, "a", "1");
    return Error(Reason::CASE_NOT_FOUND, "no");
  });
  EXPECT_EQ(ReasonOf(status), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(GetRow(*store_->Read(), "a"), std::nullopt);
  EXPECT_EQ(store_->commit_sequence(), 0u);
  EXPECT_TRUE(store_->Health().ok());
}

TEST_F(StoreTest, AWriteThatThrowsFailsAloneAndTheNextOneIsTaken) {
  const auto throwing = [this](const auto& thrown) {
    return store_->Write([&](Transaction& transaction) -> Status {
      transaction.Put(Table::kSecret, "a", "1");
      throw thrown;
    });
  };
  const Status status = throwing(std::out_of_range("a value of the write"));
  EXPECT_EQ(ReasonOf(status), Reason::INTERNAL);
  EXPECT_EQ(MessageOf(status).find("a value"), std::string::npos);
  EXPECT_EQ(ReasonOf(throwing(7)), Reason::INTERNAL);
  EXPECT_EQ(engine_->commits(), 0);
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE(PutRow(*store_, "b", "2").ok());
  EXPECT_EQ(ScanRows(*store_->Read(), {}), (Rows{{"b", "2"}}));
}

TEST_F(StoreTest, ATransactionReadsItsOwnWrites) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  ASSERT_TRUE(PutRow(*store_, "c", "3").ok());
  ASSERT_TRUE(PutRow(*store_, "e", "5").ok());
  ASSERT_TRUE(store_
                  ->Write([](Transaction& transaction) {
                    transaction.Put(Table::kSecret, "b", "2");
                    transaction.Put(Table::kSecret, "c", "33");
                    transaction.Delete(Table::kSecret, "e");
                    transaction.Put(Table::kSecret, "f", "6");
                    transaction.Delete(Table::kSecret, "never");
                    EXPECT_EQ(GetRow(transaction, "c"), "33");
                    EXPECT_EQ(GetRow(transaction, "e"), std::nullopt);
                    EXPECT_EQ(ScanRows(transaction, {}),
                              (Rows{{"a", "1"}, {"b", "2"}, {"c", "33"}, {"f", "6"}}));
                    EXPECT_EQ(ScanRows(transaction, {"b", "d"}), (Rows{{"b", "2"}, {"c", "33"}}));
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(ScanRows(*store_->Read(), {}), (Rows{{"a", "1"}, {"b", "2"}, {"c", "33"}, {"f", "6"}}));
}

TEST_F(StoreTest, AVisitorMayWriteAndStopInsideItsScan) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  ASSERT_TRUE(PutRow(*store_, "b", "2").ok());
  int visits = 0;
  ASSERT_TRUE(store_
                  ->Write([&](Transaction& transaction) {
                    transaction.Put(Table::kSecret, "aa", "3");
                    return transaction.Scan(Table::kSecret, {},
                                            [&](std::string_view key, std::string_view) {
                                              transaction.Put(Table::kSecret, key, "seen");
                                              return ++visits < 2;
                                            });
                  })
                  .ok());
  EXPECT_EQ(visits, 2);
  EXPECT_EQ(ScanRows(*store_->Read(), {}), (Rows{{"a", "seen"}, {"aa", "seen"}, {"b", "2"}}));
}

TEST_F(StoreTest, SequenceAndIndexAreUniqueAndAscendingOverAllWrites) {
  std::vector<std::string> keys;  // Filled on the writer thread only.
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        ASSERT_TRUE(store_
                        ->Write([&](Transaction& transaction) {
                          for (int row = 0; row < 3; ++row) {
                            std::string key;
                            AppendU64(key, transaction.commit_sequence());
                            AppendU32(key, transaction.NextIndex());
                            transaction.Put(Table::kSecret, key, "x");
                            keys.push_back(key);
                          }
                          return absl::OkStatus();
                        })
                        .ok());
      }
    });
  }
  writers.clear();
  EXPECT_EQ(keys.size(), 8u * 50u * 3u);
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST_F(StoreTest, TheWallClockOfTheCommitIsTheStoresClock) {
  clock_.SetWallMs(1234);
  ASSERT_TRUE(store_
                  ->Write([](Transaction& transaction) {
                    EXPECT_EQ(transaction.now_ms(), 1234);
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_F(StoreTest, AWriteWithoutChangesCommitsNothing) {
  ASSERT_TRUE(store_->Write([](Transaction&) { return absl::OkStatus(); }).ok());
  EXPECT_EQ(engine_->commits(), 0);
  EXPECT_EQ(store_->commit_sequence(), 0u);
}

TEST_F(StoreTest, CommitSequenceContinuesAfterReopening) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  ASSERT_TRUE(PutRow(*store_, "a", "2").ok());
  auto state = engine_->shared_state();
  store_.reset();
  store_ = Store::OpenOnEngine(std::make_unique<TestEngine>(state), clock_);
  EXPECT_EQ(store_->commit_sequence(), 2u);
  ASSERT_TRUE(PutRow(*store_, "a", "3").ok());
  EXPECT_EQ(store_->commit_sequence(), 3u);
}

TEST_F(StoreTest, LimitsOfOneWriteAreRefusedAloneAndNothingOfItIsWritten) {
  const std::string big_key(kv::kKeyBytesMax + 1, 'k');
  const std::string big_value(kv::kValueBytesMax, 'v');  // With its envelope above the limit.
  for (const auto& [key, value] : Rows{{"", "v"}, {big_key, "v"}, {"k", big_value}}) {
    const Status status = store_->Write([&](Transaction& transaction) {
      transaction.Put(Table::kSecret, "beside", "1");
      transaction.Put(Table::kSecret, key, value);
      transaction.Put(Table::kSecret, "after", "1");
      return absl::OkStatus();
    });
    EXPECT_EQ(ReasonOf(status), Reason::STORE_LIMIT);
  }
  EXPECT_EQ(ScanRows(*store_->Read(), {}), Rows{});
  EXPECT_TRUE(PutRow(*store_, std::string(kv::kKeyBytesMax, 'k'), "v").ok());
}

TEST_F(StoreTest, AWriteOverTheTransactionLimitIsRefused) {
  const std::string value(1 << 19, 'v');
  const Status status = store_->Write([&](Transaction& transaction) {
    for (size_t i = 0; i <= kTransactionBytesMax / value.size(); ++i) {
      transaction.Put(Table::kSecret, "row" + std::to_string(i), value);
    }
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(status), Reason::STORE_LIMIT);
  EXPECT_TRUE(PutRow(*store_, "small", "1").ok());
}

TEST_F(StoreTest, TheLargestGroupFitsOneBatch) {
  // A full group and the largest last member: what the engine must be able to take.
  const std::string value(1 << 19, 'v');
  const auto reader = store_->Read();
  Group group(*reader, 1, 0);
  const auto fill = [&](std::string_view prefix, size_t bytes) {
    return group.Run([&](Transaction& transaction) {
      for (size_t i = 0; i + 1 < bytes / value.size(); ++i) {
        transaction.Put(Table::kSecret, std::string(prefix) + std::to_string(i), value);
      }
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(fill("a", kGroupBytesLimit).ok());
  ASSERT_LT(group.bytes(), kGroupBytesLimit);
  ASSERT_TRUE(fill("b", kTransactionBytesMax).ok());
  EXPECT_TRUE(engine_->Commit(group.ToBatch()).ok());
}

TEST_F(StoreTest, AFailedCommitFailsEveryWriteForGood) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  engine_->FailNextCommit(Error(Reason::STORE_FAILED, "disk says no"));
  EXPECT_EQ(ReasonOf(PutRow(*store_, "b", "2")), Reason::STORE_FAILED);
  EXPECT_EQ(ReasonOf(store_->Health()), Reason::STORE_FAILED);
  EXPECT_EQ(ReasonOf(PutRow(*store_, "c", "3")), Reason::STORE_FAILED);
  EXPECT_EQ(GetRow(*store_->Read(), "a"), "1");
  EXPECT_EQ(engine_->commits(), 1);
}

TEST_F(StoreTest, AnotherWriterOnTheSameDatabaseIsAFailure) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  auto other = Store::OpenOnEngine(std::make_unique<TestEngine>(engine_->shared_state()), clock_);
  ASSERT_TRUE(PutRow(*other, "a", "2").ok());
  EXPECT_EQ(ReasonOf(PutRow(*store_, "a", "3")), Reason::STORE_FAILED);
  EXPECT_EQ(GetRow(*other->Read(), "a"), "2");
}

TEST_F(StoreTest, AValueOfAnotherRowIsRefusedAndStopsWrites) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  ASSERT_TRUE(PutRow(*store_, "b", "2").ok());
  const auto table = static_cast<kv::TableId>(Table::kSecret);
  const auto stored = engine_->TakeSnapshot()->Get(table, "a").value();
  ASSERT_TRUE(engine_->Commit({{}, {{table, "b", stored}}}).ok());
  EXPECT_EQ(ReasonOf(store_->Read()->Get(Table::kSecret, "b").status()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(store_->Health()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(PutRow(*store_, "c", "3")), Reason::STORE_CORRUPT);
}

TEST_F(StoreTest, DamageMetByAScanOrByATransactionStopsWritesToo) {
  const auto table = static_cast<kv::TableId>(Table::kSecret);
  ASSERT_TRUE(engine_->Commit({{}, {{table, "b", "not an envelope"}}}).ok());
  const Status status = store_->Write([](Transaction& transaction) {
    transaction.Put(Table::kSecret, "a", "1");
    return transaction.Scan(Table::kSecret, {},
                            [](std::string_view, std::string_view) { return true; });
  });
  EXPECT_EQ(ReasonOf(status), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(store_->Health()), Reason::STORE_CORRUPT);
}

TEST_F(StoreTest, AnUnreadableCommitSequenceOpensAStoreThatTakesNoWrites) {
  ASSERT_TRUE(engine_
                  ->Commit({{},
                            {{static_cast<kv::TableId>(kCommitTable), std::string(kCommitKey),
                              "not an envelope"}}})
                  .ok());
  const auto store =
      Store::OpenOnEngine(std::make_unique<TestEngine>(engine_->shared_state()), clock_);
  EXPECT_EQ(ReasonOf(store->Health()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(PutRow(*store, "a", "1")), Reason::STORE_CORRUPT);
}

TEST_F(StoreTest, VerifyRowsCountsEveryRowOfEveryTable) {
  ASSERT_TRUE(PutRow(*store_, "a", "1").ok());
  ASSERT_TRUE(PutRow(*store_, "b", "2").ok());
  EXPECT_EQ(store_->VerifyRows().value(), 3u);  // And the commit sequence.
}

TEST_F(StoreTest, VerifyRowsRefusesAValueThatIsNotOfItsTable) {
  ASSERT_TRUE(store_
                  ->Write([](Transaction& transaction) {
                    transaction.Put(Table::kAudit, "a", "\xff\xff\xff");
                    return absl::OkStatus();
                  })
                  .ok());
  const auto rows = store_->VerifyRows();
  EXPECT_EQ(ReasonOf(rows.status()), Reason::STORE_CORRUPT);
  EXPECT_NE(MessageOf(rows.status()).find("audit"), std::string::npos);
  EXPECT_EQ(ReasonOf(store_->Health()), Reason::STORE_CORRUPT);
}

TEST_F(StoreTest, VerifyRowsEndsWithinARowWhenItIsToldAndTheStoreGoesOn) {
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(PutRow(*store_, key, "1").ok());
  for (int limit = 0; limit <= 4; ++limit) {  // The last one before the engine's own pass.
    int asked = 0;
    const auto rows = store_->VerifyRows([&asked, limit] { return ++asked > limit; });
    EXPECT_EQ(ReasonOf(rows.status()), Reason::CALL_CANCELLED) << limit;
    EXPECT_EQ(asked, limit + 1);
  }
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE(store_->VerifyRows().ok());
}

TEST_F(StoreTest, VerifyRowsAsksTheEngine) {
  engine_->FailVerify(Error(Reason::STORE_CORRUPT, "block 7"));
  EXPECT_EQ(ReasonOf(store_->VerifyRows().status()), Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
