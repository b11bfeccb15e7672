// Who waits for a request is told once that it is late, or was removed in time.
#include "node/rpc/read_timeouts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "tests/testing/process.h"

namespace enlace::rpc {
namespace {

class Counter final : public ReadTimeouts::Waiter {
 public:
  void OnTimeout() override { ++told; }
  std::atomic<int> told = 0;
};

TEST(ReadTimeoutsTest, TellsEachWhoWaitsOnce) {
  ReadTimeouts timeouts(5);
  std::deque<Counter> waiters(100);
  for (Counter& waiter : waiters) timeouts.Add(waiter);
  for (Counter& waiter : waiters) {
    EXPECT_TRUE(testing::Eventually([&] { return waiter.told == 1; }));
    EXPECT_FALSE(timeouts.Remove(waiter)) << "it was told already";
  }
}

TEST(ReadTimeoutsTest, WhoIsRemovedIsNotTold) {
  ReadTimeouts timeouts(60'000);
  Counter first;
  Counter second;
  Counter third;
  for (Counter* waiter : {&first, &second, &third}) timeouts.Add(*waiter);
  for (Counter* waiter : {&second, &first, &third}) {
    EXPECT_TRUE(timeouts.Remove(*waiter));
    EXPECT_FALSE(timeouts.Remove(*waiter));
    EXPECT_EQ(waiter->told, 0);
  }
}

TEST(ReadTimeoutsTest, OneMayWaitAgain) {
  ReadTimeouts timeouts(5);
  Counter waiter;
  for (int turn = 1; turn <= 3; ++turn) {
    timeouts.Add(waiter);
    EXPECT_TRUE(testing::Eventually([&] { return waiter.told == turn; }));
  }
}

TEST(ReadTimeoutsTest, EachIsEitherToldOrRemovedUnderLoad) {
  ReadTimeouts timeouts(2);
  std::vector<std::jthread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&timeouts, seed] {
      std::mt19937 random(seed);
      for (int turn = 0; turn < 300; ++turn) {
        Counter waiter;
        timeouts.Add(waiter);
        const bool wait = random() % 8 == 0;
        if (wait) {
          EXPECT_TRUE(testing::Eventually([&] { return waiter.told == 1; }));
        }
        if (timeouts.Remove(waiter)) {
          EXPECT_EQ(waiter.told, 0);
        } else {
          EXPECT_TRUE(testing::Eventually([&] { return waiter.told == 1; }));
        }
      }
    });
  }
}

}  // namespace
}  // namespace enlace::rpc
