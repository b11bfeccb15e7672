// The bounds of the writer's queue and groups, and what its witness may stop.
#include "node/store/writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/unit/store/test_engine.h"

namespace enlace::store {
namespace {

class TestWitness final : public CommitWitness {
 public:
  Status Advance(uint64_t commit_sequence) override {
    seen.push_back(commit_sequence);
    return answer;
  }
  std::vector<uint64_t> seen;  // Written on the writer thread, read after a Write returned.
  Status answer;
};

class WriterTest : public ::testing::Test {
 protected:
  static constexpr size_t kQueueMax = 3;

  void Start(size_t group_bytes_max = 1 << 20) {
    writer_ = std::make_unique<Writer>(engine_, &witness_, health_, clock_,
                                       Writer::Limits{group_bytes_max, kQueueMax}, 0);
  }
  Status Put(const std::string& key, const std::string& value = "v") {
    return writer_->Write([&](Transaction& transaction) {
      transaction.Put(Table::kSecret, key, value);
      return absl::OkStatus();
    });
  }

  TestEngine engine_;
  TestWitness witness_;
  ManualClock clock_;
  std::shared_ptr<StoreHealth> health_ = std::make_shared<StoreHealth>();
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, WritesBeyondTheQueueAreRefusedAndTheOthersComplete) {
  Start();
  engine_.Block();
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { EXPECT_TRUE(Put("first").ok()); });
  engine_.WaitForBlockedCommit();
  // The writer thread is held inside a commit, so of these exactly kQueueMax find room.
  constexpr int kOthers = 8;
  for (int i = 0; i < kOthers; ++i) {
    threads.emplace_back([&, i] {
      const Status status = Put(std::to_string(i));
      if (status.ok()) {
        ++done;
      } else {
        EXPECT_EQ(ReasonOf(status), Reason::NODE_OVERLOADED);
        ++refused;
      }
    });
  }
  while (refused < kOthers - static_cast<int>(kQueueMax)) std::this_thread::yield();
  EXPECT_EQ(done, 0);
  engine_.Unblock();
  threads.clear();
  EXPECT_EQ(done, static_cast<int>(kQueueMax));
  EXPECT_EQ(refused, kOthers - static_cast<int>(kQueueMax));
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

TEST_F(WriterTest, QueuedWritesCompleteWhenTheWriterEnds) {
  Start();
  engine_.Block();
  std::vector<std::jthread> threads;
  std::atomic<int> done = 0;
  std::atomic<int> started = 0;
  const auto write = [&](const std::string& key) {
    threads.emplace_back([&, key] {
      ++started;
      EXPECT_TRUE(Put(key).ok());
      ++done;
    });
  };
  write("first");
  engine_.WaitForBlockedCommit();
  write("second");
  while (started < 2) std::this_thread::yield();
  engine_.Unblock();
  threads.clear();
  writer_.reset();
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace enlace::store
