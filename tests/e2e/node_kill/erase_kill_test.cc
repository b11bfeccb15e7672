// kill -9 in place of each call with which an erasure changes files, and of the starts after it:
// a record is wholly there or wholly erased, and one whose erasure was acknowledged stays erased.
// ENLACE_ERASE_KILLS sets the number of kills, ENLACE_TEST_SEED repeats a run.
#include <gtest/gtest.h>

#include <thread>

#include "tests/e2e/node_kill/erasable.h"

namespace enlace::testing {
namespace {

constexpr int kSettleMs = 100;  // In which nothing more is written after an erasure.
constexpr size_t kBystanders = 4;
constexpr size_t kRecordsMax = 1000;  // Of one delivery.
constexpr int kWriters = 3;
constexpr uint64_t kCallsAmongOthers = 40;

class EraseKillTest : public ::testing::Test {
 protected:
  void Deliver(size_t records) {
    ASSERT_TRUE(node_.Start());
    records_.Deliver(*Client(), std::min(records, kRecordsMax));
    End();
  }
  std::unique_ptr<client::Client> Client() { return node_.Connect(Erasable::kPath); }

  // The node that starts next is killed in place of one of its calls: the n-th after Arm(), or
  // after its beginning when it is `armed` at once. Of 0 they are only counted.
  void SetKill(uint64_t at, bool torn, bool armed = false) {
    std::filesystem::remove(dir_.path("armed"));
    std::filesystem::remove(dir_.path("count"));
    std::vector<std::string> environment = {
        "LD_PRELOAD=" FILE_CALLS, "ASAN_OPTIONS=verify_asan_link_order=0",
        "ENLACE_KILL_ARMED=" + dir_.path("armed"), "ENLACE_COUNT_TO=" + dir_.path("count")};
    if (at > 0) environment.push_back(fmt::format("ENLACE_KILL_AT={}", at));
    if (torn) environment.push_back("ENLACE_KILL_TORN=1");
    if (armed) {
      Arm();
    } else {
      environment.push_back("ENLACE_KILL_BUT=rocksdb");  // A compaction comes when it likes.
    }
    node_.SetEnvironment(environment);
  }
  void Arm() { dir_.Write("armed", ""); }
  uint64_t Counted() const {
    return std::strtoull(TempDir::Read(dir_.path("count")).c_str(), nullptr, 10);
  }
  // Until it is killed, or writes nothing more.
  void Settle() {
    uint64_t counted = Counted();
    for (int still = 0; still < kSettleMs && node_.Running(); still += kLookMs) {
      poll(nullptr, 0, kLookMs);
      if (counted != std::exchange(counted, Counted())) still = 0;
    }
  }
  void End() {
    if (node_.Running()) {
      node_.Kill();
    } else {
      node_.AwaitKilled();
    }
    node_.SetEnvironment({});
  }
  uint64_t CallsOfAStart() {
    SetKill(0, false, true);
    EXPECT_TRUE(node_.Start());
    const uint64_t calls = Counted();
    End();
    return calls;
  }
  uint64_t CallsOfAnErasure(size_t victim) {
    SetKill(0, false);
    EXPECT_TRUE(node_.Start());
    const auto client = Client();
    Arm();
    EXPECT_TRUE(records_.Erase(*client, victim).ok());
    Settle();
    const uint64_t calls = Counted();
    End();
    return calls;
  }
  void KillAStart(uint64_t at) {
    SetKill(at, random_() % 2 == 0, true);
    node_.Spawn();
    EXPECT_TRUE(Eventually([&] { return !node_.Running() || node_.IsReady(); }));
    End();
    ++records_.figures().kills;
  }
  // After the kill: rows, and what a node that starts on them says.
  void Check(size_t victim) {
    ++records_.figures().kills;
    if (random_() % 3 == 0) KillAStart(1 + random_() % start_calls_);
    ASSERT_TRUE(node_.Start());
    records_.Check(*Client(), victim);
    End();
    const auto store = node_.OpenStore();
    ASSERT_TRUE(store.ok()) << store.status();
    records_.CheckRows(*(*store)->Read());
  }
  void Finish(const std::string& part, uint64_t calls) {
    ASSERT_TRUE(node_.Start());
    records_.DeliverAgain(*Client());
    End();
    EXPECT_TRUE(node_.Verifies()) << node_.output();
    const EraseFigures& figures = records_.figures();
    EXPECT_EQ(figures.lost, 0U);
    EXPECT_EQ(figures.half, 0U);
    fmt::print(
        "erase kill: part={} seed={} calls={} kills={} acks={} done={} undone={} lost={} half={}\n",
        part, seed_, calls, figures.kills, figures.acks, figures.done, figures.undone, figures.lost,
        figures.half);
  }

  const uint64_t kills_ = Setting("ENLACE_ERASE_KILLS", 12);
  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  TempDir dir_;
  RealNode node_;
  Erasable records_{random_};
  uint64_t start_calls_ = 1;
};

TEST_F(EraseKillTest, AnErasureThatIsKilledAtAnyCallIsWholeOrHasNotHappened) {
  Deliver(kills_ + 1 + kBystanders);
  start_calls_ = CallsOfAStart();
  const uint64_t calls = CallsOfAnErasure(0);
  ASSERT_GT(calls, 1U);
  // The call after the last one never comes: then the kill falls behind the acknowledgement.
  for (uint64_t i = 0; i < kills_ && i + 1 < records_.count() && !HasFailure(); ++i) {
    const size_t victim = i + 1;
    const uint64_t at = 1 + i % (calls + 1);
    const bool torn = i / (calls + 1) % 2 == 1;
    SCOPED_TRACE(fmt::format("killed at call {} of {}{}, seed {}", at, calls,
                             torn ? ", in the middle of it" : "", seed_));
    SetKill(at, torn);
    ASSERT_TRUE(node_.Start());
    const auto client = Client();
    Arm();
    const Status erased = records_.Erase(*client, victim);
    EXPECT_TRUE(erased.ok() || IsLost(erased)) << erased;
    Settle();
    EXPECT_EQ(node_.Running(), at > calls);
    End();
    Check(victim);
  }
  EXPECT_GT(records_.figures().done, 0U) << "no kill fell between the commit and its answer";
  EXPECT_GT(records_.figures().undone, 0U) << "no kill fell before the commit";
  Finish("each call", calls);
}

TEST_F(EraseKillTest, ErasuresThatShareTheirCommitsWithOtherWritesAreWholeToo) {
  Deliver(kills_ * 8 + kBystanders);
  start_calls_ = CallsOfAStart();
  size_t victim = 0;
  for (uint64_t i = 0; i < kills_ / 3 + 1 && victim < records_.count() && !HasFailure(); ++i) {
    const uint64_t at = 1 + random_() % kCallsAmongOthers;
    SCOPED_TRACE(fmt::format("killed at call {}, seed {}", at, seed_));
    SetKill(at, random_() % 2 == 0);
    ASSERT_TRUE(node_.Start());
    const auto client = Client();
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      std::shared_ptr<client::Client> other =
          node_.Connect(fmt::format("entity/shelter/records{}", writer));
      writers.emplace_back([other, seed = random_()] {
        std::mt19937_64 random(seed);
        Status made;
        while (made.ok()) {
          pb::CreateCaseRecordRequest request;
          *request.mutable_case_record() = SomeRecord(random);
          made = CallCases<pb::CaseRecord>(*other, "CreateCaseRecord", request).status();
        }
        EXPECT_TRUE(IsLost(made)) << made;
      });
    }
    Arm();
    Status erased;
    while (victim < records_.count() && (erased = records_.Erase(*client, victim)).ok()) ++victim;
    EXPECT_TRUE(erased.ok() || IsLost(erased)) << erased;
    if (victim == records_.count()) --victim;
    writers.clear();
    End();
    Check(victim++);
  }
  Finish("among others", kCallsAmongOthers);
}

}  // namespace
}  // namespace enlace::testing
