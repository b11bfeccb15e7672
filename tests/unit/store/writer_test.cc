// The bounds of the writer's queue and groups, and what its witness may stop.
#include "node/store/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "tests/testing/process.h"
#include "tests/unit/store/test_engine.h"

namespace enlace::store {
namespace {

class TestWitness final : public CommitWitness {
 public:
  Status Advance(uint64_t commit_sequence) override {
    seen.push_back(commit_sequence);
    return answer;
  }
  Status Health() const override { return health; }
  std::vector<uint64_t> seen;  // Written on the writer thread, read after a Write returned.
  Status answer;
  Status health;  // Set while no write runs.
};

class WriterTest : public ::testing::Test {
 protected:
  static constexpr size_t kQueueMax = 3;

  void Start(size_t group_bytes_max = 1 << 20) {
    writer_ = std::make_unique<Writer>(engine_, *space_, &witness_, health_, clock_,
                                       Writer::Limits{group_bytes_max, kQueueMax, &metrics_}, 0);
  }
  Status Put(const std::string& key, const std::string& value = "v") {
    return writer_->Write([&](Transaction& transaction) {
      transaction.Put(Table::kSecret, key, value);
      return absl::OkStatus();
    });
  }

  Status Record(const std::string& key) {
    return writer_->Write(
        [&](Transaction& transaction) {
          transaction.Put(Table::kSecret, key, "read");
          return absl::OkStatus();
        },
        WriteClass::kReadRecord);
  }

  // Writes that wait while the writer thread is held inside a commit: of many, kQueueMax
  // find room, and when the others were refused these are queued for sure.
  class Gathering {
   public:
    Gathering(WriterTest& test, std::function<Status(Transaction&)> work) : test_(test) {
      test_.engine_.Block();
      threads_.emplace_back([this] { EXPECT_TRUE(test_.Put("first").ok()); });
      test_.engine_.WaitForBlockedCommit();
      for (int i = 0; i < kOthers; ++i) {
        threads_.emplace_back([this, work] {
          const Status status = test_.writer_->Write(work);
          if (status.ok()) {
            ++done;
          } else {
            ++(ReasonOf(status) == Reason::NODE_OVERLOADED ? refused : failed);
          }
        });
      }
      while (refused < kOthers - static_cast<int>(kQueueMax)) std::this_thread::yield();
    }
    void Join() { threads_.clear(); }

    std::atomic<int> refused = 0;
    std::atomic<int> done = 0;
    std::atomic<int> failed = 0;

   private:
    static constexpr int kOthers = 8;
    WriterTest& test_;
    std::vector<std::jthread> threads_;
  };

  TestEngine engine_;
  TestWitness witness_;
  ManualClock clock_;
  metrics::Metrics metrics_;
  std::shared_ptr<StoreHealth> health_ = std::make_shared<StoreHealth>();
  const std::unique_ptr<SpaceWatch> space_ = SpaceWatch::Open({}).value();  // Watches nothing.
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, WritesBeyondTheQueueAreRefusedAndTheOthersComplete) {
  Start();
  Gathering others(*this, [](Transaction&) { return absl::OkStatus(); });
  EXPECT_EQ(others.done, 0);
  engine_.Unblock();
  others.Join();
  EXPECT_EQ(others.done, static_cast<int>(kQueueMax));
  EXPECT_EQ(others.failed, 0);
}

TEST_F(WriterTest, WritesThatWaitTogetherBecomeOneCommitAndSeeEachOther) {
  Start();
  int ran = 0;               // On the writer thread only.
  std::vector<size_t> seen;  // Rows of those before.
  Gathering others(*this, [&](Transaction& transaction) {
    size_t rows = 0;
    EXPECT_TRUE(transaction
                    .Scan(Table::kSecret, kv::PrefixRange("row"),
                          [&rows](std::string_view, std::string_view) { return ++rows > 0; })
                    .ok());
    seen.push_back(rows);
    transaction.Put(Table::kSecret, "row" + std::to_string(ran), "v");
    // The second fails: the third must not see what it put.
    return ++ran == 2 ? Error(Reason::CASE_NOT_FOUND, "no") : absl::OkStatus();
  });
  engine_.Unblock();
  others.Join();
  EXPECT_EQ(others.done, 2);
  EXPECT_EQ(others.failed, 1);
  EXPECT_EQ(seen, (std::vector<size_t>{0, 1, 1}));
  EXPECT_EQ(engine_.commits(), 2) << "the first, and one for all that waited";
  EXPECT_EQ(writer_->commit_sequence(), 2u);
}

TEST_F(WriterTest, CommitsGroupsAndWaitingWritesAreCounted) {
  Start();
  Gathering others(*this, [](Transaction& transaction) {
    transaction.Put(Table::kSecret, "k", "v");
    return absl::OkStatus();
  });
  const auto shows = [this](const std::string& line) {
    return metrics_.Render().find("\n" + line + "\n") != std::string::npos;
  };
  EXPECT_TRUE(shows("enlace_store_queue_writes 3"));
  engine_.Unblock();
  others.Join();
  EXPECT_TRUE(shows("enlace_store_queue_writes 0"));
  EXPECT_TRUE(shows("enlace_store_commits_total{result=\"ok\"} 2"));
  EXPECT_TRUE(shows("enlace_store_writes_total 4"));
  EXPECT_TRUE(shows("enlace_store_group_writes_sum 4"));
  engine_.FailNextCommit(Error(Reason::STORE_FAILED, "no"));
  EXPECT_FALSE(Put("late").ok());
  EXPECT_TRUE(shows("enlace_store_commits_total{result=\"failed\"} 1"));
  EXPECT_TRUE(shows("enlace_store_writes_total 4"));
}

TEST_F(WriterTest, AGroupEndsAtItsByteLimit) {
  Start(100);
  engine_.Block();
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { EXPECT_TRUE(Put("first").ok()); });
  engine_.WaitForBlockedCommit();
  std::atomic<int> started = 0;
  for (size_t i = 0; i < kQueueMax; ++i) {
    threads.emplace_back([&, i] {
      ++started;
      EXPECT_TRUE(Put(std::to_string(i), std::string(200, 'v')).ok());
    });
  }
  while (started < static_cast<int>(kQueueMax)) std::this_thread::yield();
  engine_.Unblock();
  threads.clear();
  EXPECT_EQ(engine_.commits(), 1 + static_cast<int>(kQueueMax)) << "each alone is over the limit";
}

TEST_F(WriterTest, TheWitnessSeesEveryCommitBeforeItIsAcknowledged) {
  Start();
  for (uint64_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(Put("k").ok());
    ASSERT_EQ(witness_.seen.size(), n);
    EXPECT_EQ(witness_.seen.back(), n);
  }
}

TEST_F(WriterTest, ARecordOfAReadIsAnsweredBeforeItsSyncWhichFollowsByItself) {
  Start();
  ASSERT_TRUE(Record("read").ok());
  EXPECT_EQ(writer_->commit_sequence(), 1u);
  ASSERT_TRUE(testing::Eventually([this] { return engine_.synced() == 1; }));
  EXPECT_EQ(engine_.commits(), 2) << "the record, and a commit of nothing that syncs it";
  writer_.reset();
  EXPECT_EQ(witness_.seen, std::vector<uint64_t>{2}) << "what is not on disk is not witnessed";
}

TEST_F(WriterTest, AChangeTakesTheRecordsOfReadsToTheDisk) {
  Start();
  ASSERT_TRUE(Record("read").ok());
  ASSERT_TRUE(Put("change").ok());
  writer_.reset();
  EXPECT_EQ(engine_.synced(), engine_.commits() - 1) << "the record alone was not synced";
  EXPECT_EQ(witness_.seen.back(), static_cast<uint64_t>(engine_.commits()));
}

TEST_F(WriterTest, AGroupWithAChangeInItIsSynced) {
  Start();
  engine_.Block();
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { EXPECT_TRUE(Put("first").ok()); });
  engine_.WaitForBlockedCommit();
  threads.emplace_back([&] { EXPECT_TRUE(Record("read").ok()); });
  threads.emplace_back([&] { EXPECT_TRUE(Put("change").ok()); });
  ASSERT_TRUE(testing::Eventually([this] {
    return metrics_.Render().find("\nenlace_store_queue_writes 2\n") != std::string::npos;
  }));
  engine_.Unblock();
  threads.clear();
  EXPECT_EQ(engine_.commits(), 2);
  EXPECT_EQ(engine_.synced(), 2);
}

TEST_F(WriterTest, RecordsOfReadsAreSyncedAtTheEnd) {
  Start();
  ASSERT_TRUE(Record("read").ok());
  writer_.reset();
  EXPECT_EQ(engine_.synced(), 1);
}

TEST_F(WriterTest, AStreamOfReadsDoesNotPutTheSyncOff) {
  Start();
  ASSERT_TRUE(Record("first").ok());
  clock_.AdvanceMs(kReadRecordMs);
  ASSERT_TRUE(Record("second").ok());
  ASSERT_TRUE(testing::Eventually([this] { return engine_.synced() == 1; }));
}

TEST_F(WriterTest, AnUnsyncedRecordThatCannotBeWrittenIsRefused) {
  Start();
  engine_.FailNextCommit(Error(Reason::STORE_FAILED, "no"));
  EXPECT_EQ(ReasonOf(Record("read")), Reason::STORE_FAILED);
  EXPECT_FALSE(health_->Get().ok());
}

TEST_F(WriterTest, AWitnessThatFailsStopsTheAcknowledgementAndAllWrites) {
  Start();
  ASSERT_TRUE(Put("a").ok());
  witness_.answer = Error(Reason::STORE_FAILED, "anchor disk is full");
  EXPECT_EQ(ReasonOf(Put("b")), Reason::STORE_FAILED);
  EXPECT_EQ(writer_->commit_sequence(), 1u);
  EXPECT_EQ(ReasonOf(health_->Get()), Reason::STORE_FAILED);
  EXPECT_EQ(ReasonOf(Put("c")), Reason::STORE_FAILED);
  EXPECT_EQ(witness_.seen.size(), 2u);
}

TEST_F(WriterTest, AWitnessThatCannotFollowStopsTheCommitBeforeItIsWritten) {
  Start();
  ASSERT_TRUE(Put("a").ok());
  witness_.health = Error(Reason::STORE_FAILED, "the anchor was not synced");
  EXPECT_EQ(ReasonOf(Put("b")), Reason::STORE_FAILED);
  EXPECT_EQ(engine_.commits(), 1);
  EXPECT_EQ(ReasonOf(health_->Get()), Reason::STORE_FAILED);
}

TEST_F(WriterTest, QueuedWritesCompleteWhenTheWriterEnds) {
  Start();
  Gathering others(*this, [](Transaction& transaction) {
    transaction.Put(Table::kSecret, "k", "v");
    return absl::OkStatus();
  });
  std::atomic<bool> ending = false;
  std::jthread end([&] {
    ending = true;
    writer_.reset();
  });
  // The end has begun when the writer thread is let go; nobody can see it from outside, so
  // it gets time enough that a writer which drops its queue would be found out.
  while (!ending) std::this_thread::yield();
  for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
  engine_.Unblock();
  end.join();
  others.Join();
  EXPECT_EQ(others.done, static_cast<int>(kQueueMax));
  EXPECT_EQ(engine_.commits(), 2);
}

}  // namespace
}  // namespace enlace::store
