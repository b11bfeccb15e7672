// kill -9 against a real node under eight agencies that write, each with a journal of what was
// acknowledged to it. ENLACE_NODE_KILLS sets the number of kills, ENLACE_TEST_SEED repeats the
// agencies' part of a run.
#include <gtest/gtest.h>

#include <thread>

#include "tests/e2e/node_kill/journal.h"

namespace enlace::testing {
namespace {

constexpr int kAgencies = 8;
constexpr uint64_t kKillsPerGeneration =
    10;  // Then other agencies go on, so that lists stay short.
constexpr uint64_t kKillsPerVerify = 5;

class NodeKillTest : public ::testing::Test {
 protected:
  void NextGeneration() {
    for (int agency = 0; agency < kAgencies; ++agency) {
      journals_.push_back(
          std::make_unique<Journal>(fmt::format("agency{}-{}", generations_, agency), random_()));
    }
    ++generations_;
  }
  // Those of the present generation.
  std::vector<Journal*> Writing() const {
    std::vector<Journal*> writing;
    for (size_t i = journals_.size() - kAgencies; i < journals_.size(); ++i) {
      writing.push_back(journals_[i].get());
    }
    return writing;
  }
  // Each with a connection and a thread of its own.
  void ForEach(const std::vector<Journal*>& journals,
               const std::function<void(Journal&, client::Client&)>& work) {
    std::vector<std::jthread> threads;
    for (Journal* journal : journals) {
      std::shared_ptr<client::Client> client = node_.Connect(journal->path());
      threads.emplace_back([journal, client, &work] { work(*journal, *client); });
    }
  }
  void CheckAll(const std::vector<Journal*>& journals) {
    ForEach(journals, [](Journal& journal, client::Client& client) { journal.Check(client); });
  }

  void WriteUntilKilled() {
    std::atomic<bool> stop = false;
    std::jthread killer([&] {
      // The kill is the event under test; it waits for nothing but time.
      poll(nullptr, 0, static_cast<int>(50 + random_() % 800));
      node_.Kill();
      stop = true;
    });
    ForEach(Writing(),
            [&](Journal& journal, client::Client& client) { journal.Write(client, stop); });
  }
  void KillInTheStart() {
    node_.Spawn();
    poll(nullptr, 0, static_cast<int>(random_() % (uint64_t(node_.StartMs(0.5)) + 1)));
    node_.Kill();
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  RealNode node_;
  std::vector<std::unique_ptr<Journal>> journals_;
  int generations_ = 0;
};

TEST_F(NodeKillTest, NothingAcknowledgedIsLostHalfThereOrThereTwice) {
  const uint64_t wanted = Setting("ENLACE_NODE_KILLS", 10);
  uint64_t kills = 0;
  uint64_t verified = 0;
  for (uint64_t life = 0; kills < wanted && !HasFailure(); ++life) {
    if (life % kKillsPerGeneration == 0) NextGeneration();
    ASSERT_TRUE(node_.Start());
    WriteUntilKilled();
    ++kills;
    if (kills < wanted && random_() % 4 == 0) {
      KillInTheStart();
      ++kills;
    }
    if (life % kKillsPerVerify == 0) {
      EXPECT_TRUE(node_.Verifies()) << node_.output();
      ++verified;
    }
    ASSERT_TRUE(node_.Start());
    CheckAll(Writing());
    node_.Kill();  // A kill of an idle node counts for nothing.
  }
  ASSERT_TRUE(node_.Start());
  std::vector<Journal*> all;
  for (const auto& journal : journals_) all.push_back(journal.get());
  for (size_t first = 0; first < all.size(); first += kAgencies) {
    CheckAll({all.begin() + static_cast<std::ptrdiff_t>(first),
              all.begin() + static_cast<std::ptrdiff_t>(first + kAgencies)});
  }
  node_.Kill();
  EXPECT_TRUE(node_.Verifies()) << node_.output();

  JournalFigures sum;
  size_t records = 0;
  for (const Journal* journal : all) {
    sum += journal->figures();
    records += journal->records();
  }
  EXPECT_EQ(sum.lost, 0U);
  EXPECT_EQ(sum.changed, 0U);
  EXPECT_EQ(sum.half, 0U);
  EXPECT_EQ(sum.twins, 0U);
  EXPECT_GT(sum.acks, kills * kAgencies) << "the agencies hardly wrote: the kills proved little";
  fmt::print(
      "node kill: seed={} kills={} acks={} records={} replays={} lost={} changed={} half={} "
      "twins={} verified={} start_p50_ms={} start_p99_ms={}\n",
      seed_, kills, sum.acks, records, sum.replays, sum.lost, sum.changed, sum.half, sum.twins,
      verified + 1, node_.StartMs(0.5), node_.StartMs(0.99));
}

}  // namespace
}  // namespace enlace::testing
