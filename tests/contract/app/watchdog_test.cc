// When a node's look at its own door ends it.
#include "node/app/watchdog.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/testing/process.h"

namespace enlace::app {
namespace {

using testing::Eventually;

class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogOptions Options() {
    return {.interval_ms = 1, .fail = [this] { ++failures_; }};
  }
  std::atomic<int> asked_ = 0;
  std::atomic<int> failures_ = 0;
};

const Status kNoAnswer = Error(Reason::PEER_UNREACHABLE, "none");

TEST_F(WatchdogTest, FailsOnceAfterThreeMissesInARow) {
  Watchdog watchdog(Options(), [this] {
    ++asked_;
    return kNoAnswer;
  });
  EXPECT_TRUE(Eventually([this] { return failures_ == 1; }));
  EXPECT_EQ(asked_, Watchdog::kMissesMax);
}

TEST_F(WatchdogTest, AnAnswerAmongMissesBeginsAnew) {
  Watchdog watchdog(Options(),
                    [this] { return ++asked_ % Watchdog::kMissesMax == 0 ? Status() : kNoAnswer; });
  EXPECT_TRUE(Eventually([this] { return asked_ > 60; }));
  EXPECT_EQ(failures_, 0);
}

TEST_F(WatchdogTest, DoesNotFailOnceItWasToldToStop) {
  Watchdog* self = nullptr;
  std::atomic<bool> made = false;
  auto watchdog = std::make_unique<Watchdog>(Options(), [&, this] {
    Eventually([&] { return made.load(); });
    if (++asked_ == Watchdog::kMissesMax) self->AskToStop();
    return kNoAnswer;
  });
  self = watchdog.get();
  made = true;
  EXPECT_TRUE(Eventually([this] { return asked_ == Watchdog::kMissesMax; }));
  watchdog.reset();
  EXPECT_EQ(failures_, 0);
}

}  // namespace
}  // namespace enlace::app
