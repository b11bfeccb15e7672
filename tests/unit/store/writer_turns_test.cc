// Who runs a write, when, and who is told: writes without a thread that waits.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "node/store/writer.h"
#include "tests/testing/process.h"
#include "tests/unit/store/test_engine.h"

namespace enlace::store {
namespace {

constexpr size_t kQueueMax = 4;

class WriterTurnsTest : public ::testing::Test {
 protected:
  ~WriterTurnsTest() override { engine_.Unblock(); }

  // What became of a write, and on which threads.
  struct Fate {
    std::promise<Status> told;
    std::atomic<std::thread::id> ran_on = std::thread::id();
    Status Wait() { return told.get_future().get(); }
  };

  void Submit(const std::string& key, WriteClass write_class, Fate& fate) {
    writer_.Submit(
        [key, &fate](Transaction& transaction) {
          fate.ran_on = std::this_thread::get_id();
          transaction.Put(Table::kSecret, key, "v");
          return absl::OkStatus();
        },
        write_class, [&fate](const Status& status) { fate.told.set_value(status); });
  }
  void Change(const std::string& key, Fate& fate) { Submit(key, WriteClass::kOrdinary, fate); }
  void Read(const std::string& key, Fate& fate) { Submit(key, WriteClass::kReadRecord, fate); }

  // A group of kQueueMax changes whose commit takes `ms` by the clock.
  void CommitTogether(int64_t ms) {
    std::vector<Fate> fates(1 + kQueueMax);
    engine_.Block();
    Change("first", fates[0]);
    engine_.WaitForBlockedCommit();
    for (size_t i = 1; i <= kQueueMax; ++i) Change(std::to_string(i), fates[i]);
    engine_.OnCommits([this, ms](int commit) {
      if (commit == 1) clock_.AdvanceMs(ms);
    });
    engine_.Unblock();
    for (Fate& fate : fates) ASSERT_TRUE(fate.Wait().ok());
    ASSERT_EQ(engine_.commits(), 2);
  }

  TestEngine engine_;
  ManualClock clock_;
  std::shared_ptr<StoreHealth> health_ = std::make_shared<StoreHealth>();
  const std::unique_ptr<SpaceWatch> space_ = SpaceWatch::Open({}).value();  // Watches nothing.
  Writer writer_{
      engine_, *space_,
      nullptr, health_,
      clock_,  {.group_bytes_max = 1 << 20, .queue_max = kQueueMax, .gather_us_max = 60'000'000},
      0};
};

TEST_F(WriterTurnsTest, AChangeIsRunByTheStoresThreadAndToldOnceItIsCommitted) {
  Fate fate;
  engine_.Block();
  Change("k", fate);
  engine_.WaitForBlockedCommit();
  auto told = fate.told.get_future();
  EXPECT_EQ(told.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_NE(fate.ran_on.load(), std::this_thread::get_id());
  engine_.Unblock();
  EXPECT_TRUE(told.get().ok());
  EXPECT_EQ(engine_.synced(), 1);
}

TEST_F(WriterTurnsTest, TheRecordOfAReadIsRunByTheThreadThatBringsItWhenNothingElseWaits) {
  Fate fate;
  Read("r", fate);
  EXPECT_EQ(fate.ran_on.load(), std::this_thread::get_id());
  EXPECT_TRUE(fate.Wait().ok());
  EXPECT_EQ(engine_.commits(), 1);
  EXPECT_EQ(engine_.synced(), 0);
}

TEST_F(WriterTurnsTest, TheRecordOfAReadKeepsNoThreadWhileAChangeIsCommitted) {
  Fate change;
  Fate read;
  engine_.Block();
  Change("k", change);
  engine_.WaitForBlockedCommit();
  Read("r", read);  // Returns, or this test does not end.
  EXPECT_EQ(read.ran_on.load(), std::thread::id());
  engine_.Unblock();
  EXPECT_TRUE(read.Wait().ok());
  EXPECT_TRUE(change.Wait().ok());
}

TEST_F(WriterTurnsTest, RecordsThatComeWhileOneIsWrittenAreRunByTheSameThread) {
  std::vector<Fate> fates(3);
  engine_.Block();
  std::jthread first([&] { Read("0", fates[0]); });
  engine_.WaitForBlockedCommit();
  Read("1", fates[1]);
  Read("2", fates[2]);
  const std::thread::id leader = first.get_id();
  engine_.Unblock();
  for (Fate& fate : fates) {
    EXPECT_TRUE(fate.Wait().ok());
    EXPECT_EQ(fate.ran_on.load(), leader);
  }
  EXPECT_EQ(engine_.commits(), 2) << "the first, and one for both that came meanwhile";
}

TEST_F(WriterTurnsTest, AChangeBehindARecordIsLeftToTheStoresThread) {
  Fate read;
  Fate change;
  engine_.Block();
  std::jthread first([&] { Read("r", read); });
  engine_.WaitForBlockedCommit();
  Change("k", change);
  const std::thread::id leader = first.get_id();
  engine_.Unblock();
  EXPECT_TRUE(change.Wait().ok());
  EXPECT_NE(change.ran_on.load(), leader);
  EXPECT_TRUE(read.Wait().ok());
}

TEST_F(WriterTurnsTest, WhoFindsNoRoomIsToldAtOnce) {
  std::vector<Fate> fates(2 + kQueueMax);
  engine_.Block();
  Change("first", fates[0]);
  engine_.WaitForBlockedCommit();
  for (size_t i = 1; i <= kQueueMax; ++i) Change(std::to_string(i), fates[i]);
  Read("one too many", fates.back());
  EXPECT_EQ(ReasonOf(fates.back().Wait()), Reason::NODE_OVERLOADED);
  engine_.Unblock();
  for (size_t i = 0; i <= kQueueMax; ++i) EXPECT_TRUE(fates[i].Wait().ok());
}

TEST_F(WriterTurnsTest, AStoreThatFailedTellsAtOnce) {
  health_->Fail(Error(Reason::STORE_FAILED, "no"));
  Fate fate;
  Change("k", fate);
  EXPECT_EQ(ReasonOf(fate.Wait()), Reason::STORE_FAILED);
  EXPECT_EQ(fate.ran_on.load(), std::thread::id());
}

TEST_F(WriterTurnsTest, ThoseWhoWroteTogetherAreWaitedForAndWriteTogetherAgain) {
  CommitTogether(120'000);
  std::vector<Fate> again(kQueueMax * 3 / 4);
  for (size_t i = 0; i < again.size(); ++i) Change("again" + std::to_string(i), again[i]);
  for (Fate& fate : again) EXPECT_TRUE(fate.Wait().ok());
  EXPECT_EQ(engine_.commits(), 3);
}

TEST_F(WriterTurnsTest, NobodyIsWaitedForLongerThanHalfACommit) {
  CommitTogether(0);
  Fate alone;
  Change("alone", alone);
  EXPECT_TRUE(alone.Wait().ok());
}

TEST_F(WriterTurnsTest, ARecordOfAReadDoesNotWaitForThoseWhoAreWaitedFor) {
  CommitTogether(120'000);
  Fate change;
  Change("waits", change);
  Fate read;
  Read("r", read);
  EXPECT_TRUE(read.Wait().ok());
  std::vector<Fate> others(2);
  for (size_t i = 0; i < others.size(); ++i) Change(std::to_string(i), others[i]);
  EXPECT_TRUE(change.Wait().ok());
  for (Fate& fate : others) EXPECT_TRUE(fate.Wait().ok());
}

TEST_F(WriterTurnsTest, WhoIsToldMayWriteAgain) {
  std::promise<Status> told;
  writer_.Submit([](Transaction&) { return absl::OkStatus(); }, WriteClass::kOrdinary,
                 [&](const Status&) {
                   writer_.Submit([](Transaction&) { return absl::OkStatus(); },
                                  WriteClass::kOrdinary,
                                  [&told](const Status& status) { told.set_value(status); });
                 });
  EXPECT_TRUE(told.get_future().get().ok());
}

TEST_F(WriterTurnsTest, OneWhoIsToldMustNotWaitForAnotherWrite) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Fate fate;
        writer_.Submit([](Transaction&) { return absl::OkStatus(); }, WriteClass::kReadRecord,
                       [&](const Status&) {
                         writer_.Write([](Transaction&) { return absl::OkStatus(); }).IgnoreError();
                       });
      },
      "busy_with");
}

// Nobody waits behind all of a long delivery.
TEST_F(WriterTurnsTest, ASmallChangeGoesWithTheNextLargeOneAndTheOthersFollowOneByOne) {
  std::array<Fate, 5> fates;
  std::array<uint64_t, 5> commits{};  // That took each of them.
  const auto submit = [&](size_t number, WriteClass write_class) {
    writer_.Submit(
        [&commits, number](Transaction& transaction) {
          commits[number] = transaction.commit_sequence();
          transaction.Put(Table::kSecret, std::to_string(number), "v");
          return absl::OkStatus();
        },
        write_class,
        [&fates, number](const Status& status) { fates[number].told.set_value(status); });
  };
  engine_.Block();
  submit(0, WriteClass::kOrdinary);
  engine_.WaitForBlockedCommit();
  for (const size_t large : {1, 2, 3}) submit(large, WriteClass::kLarge);
  submit(4, WriteClass::kOrdinary);
  engine_.Unblock();
  for (Fate& fate : fates) EXPECT_TRUE(fate.Wait().ok());
  EXPECT_EQ(commits, (std::array<uint64_t, 5>{1, 2, 3, 4, 2}));
}

TEST_F(WriterTurnsTest, LargeChangesCountAmongThoseThatWait) {
  std::vector<Fate> fates(2 + kQueueMax);
  engine_.Block();
  Change("first", fates[0]);
  engine_.WaitForBlockedCommit();
  for (size_t i = 1; i <= kQueueMax; ++i) {
    Submit(std::to_string(i), i % 2 == 0 ? WriteClass::kLarge : WriteClass::kOrdinary, fates[i]);
  }
  Submit("more", WriteClass::kLarge, fates.back());
  EXPECT_EQ(ReasonOf(fates.back().Wait()), Reason::NODE_OVERLOADED);
  engine_.Unblock();
  for (size_t i = 0; i <= kQueueMax; ++i) EXPECT_TRUE(fates[i].Wait().ok()) << i;
}

}  // namespace
}  // namespace enlace::store
