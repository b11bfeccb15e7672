#include "node/peer/backoff.h"

#include <gtest/gtest.h>

#include <random>

namespace enlace::peer {
namespace {

constexpr int64_t kInterval = 5000;
constexpr int64_t kCap = 300'000;

TEST(BackoffTest, StaysNearTheIntervalAfterSuccess) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const int64_t delay = NextDelayMs(0, kInterval, kCap, static_cast<uint32_t>(random()));
    EXPECT_GE(delay, kInterval * 9 / 10);
    EXPECT_LE(delay, kInterval);
  }
}

TEST(BackoffTest, DoublesWithEachFailureUpToTheCap) {
  EXPECT_EQ(NextDelayMs(1, kInterval, kCap, 0), 10'000);
  EXPECT_EQ(NextDelayMs(2, kInterval, kCap, 0), 20'000);
  EXPECT_EQ(NextDelayMs(5, kInterval, kCap, 0), 160'000);
  EXPECT_EQ(NextDelayMs(6, kInterval, kCap, 0), kCap);
  EXPECT_EQ(NextDelayMs(1'000'000, kInterval, kCap, 0), kCap);
}

TEST(BackoffTest, SpreadsByUpToAHalfAndNeverBelow) {
  std::mt19937 random(2);
  int64_t least = kCap;
  int64_t most = 0;
  for (int i = 0; i < 5000; ++i) {
    const int64_t delay = NextDelayMs(10, kInterval, kCap, static_cast<uint32_t>(random()));
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, kCap / 2);
  EXPECT_LE(most, kCap);
  EXPECT_LT(least, kCap * 6 / 10);
  EXPECT_GT(most, kCap * 9 / 10);
}

TEST(BackoffTest, AnIntervalAboveTheCapIsKept) {
  EXPECT_EQ(NextDelayMs(0, 1'000'000, kCap, 0), 1'000'000);
  EXPECT_EQ(NextDelayMs(5, 1'000'000, kCap, 0), 1'000'000);
}

}  // namespace
}  // namespace enlace::peer
