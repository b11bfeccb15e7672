// Who is shut out, for what, and for how long.
#include "node/rpc/conduct.h"

#include <gtest/gtest.h>

namespace enlace::rpc {
namespace {

constexpr char kNode[] = "spiffe://arg.demo/node";
constexpr char kPeer[] = "spiffe://bra.demo/node";
constexpr char kOther[] = "spiffe://bra.demo/entity/police/files";

class ConductTest : public ::testing::Test {
 protected:
  // How many calls `uri` gives up until it is shut out; at most `most`.
  int64_t ResetsUntilShutOut(const std::string& uri, int64_t most = 10'000) {
    for (int64_t count = 1; count <= most; ++count) {
      if (conduct_.CountReset(uri)) return count;
    }
    return most;
  }
  ManualClock clock_;
  Conduct conduct_{clock_, kNode};
};

TEST_F(ConductTest, NobodyIsShutOutForNothing) { EXPECT_FALSE(conduct_.IsShutOut(kPeer)); }

TEST_F(ConductTest, ResetsByTheHundredAtOnceShutOutWhoMadeThemAndNobodyElse) {
  EXPECT_EQ(ResetsUntilShutOut(kPeer), Conduct::kResetsAtOnce + 1);
  EXPECT_TRUE(conduct_.IsShutOut(kPeer));
  EXPECT_FALSE(conduct_.IsShutOut(kOther));
}

TEST_F(ConductTest, AsManyResetsAsAreAllowedEachSecondMayGoOn) {
  for (int second = 0; second < 600; ++second) {
    for (int64_t i = 0; i < Conduct::kResetsPerSecond; ++i) {
      ASSERT_FALSE(conduct_.CountReset(kPeer)) << second;
    }
    clock_.AdvanceMs(1000);
  }
}

TEST_F(ConductTest, TwiceAsManyMayNot) {
  int second = 0;
  for (; !conduct_.IsShutOut(kPeer) && second < 60; ++second) {
    for (int64_t i = 0; i < 2 * Conduct::kResetsPerSecond; ++i) conduct_.CountReset(kPeer);
    clock_.AdvanceMs(1000);
  }
  EXPECT_LT(second, 10);
}

TEST_F(ConductTest, RefusedCallsByTheThousandAtOnceShutOutWhoMakesThem) {
  for (int64_t i = 0; i < Conduct::kRefusalsAtOnce; ++i) {
    ASSERT_FALSE(conduct_.CountRefusal(kPeer)) << i;
  }
  EXPECT_TRUE(conduct_.CountRefusal(kPeer));
  EXPECT_TRUE(conduct_.IsShutOut(kPeer));
  EXPECT_FALSE(conduct_.IsShutOut(kOther));
  // Each time anew.
  clock_.AdvanceMs(Conduct::kShutOutMs);
  EXPECT_FALSE(conduct_.CountRefusal(kPeer));
}

TEST_F(ConductTest, AThousandRefusedCallsEachSecondMayGoOn) {
  for (int second = 0; second < 60; ++second) {
    for (int64_t i = 0; i < Conduct::kRefusalsPerSecond; ++i) {
      ASSERT_FALSE(conduct_.CountRefusal(kPeer)) << second;
    }
    clock_.AdvanceMs(1000);
  }
}

TEST_F(ConductTest, ThreeCutConnectionsInAMinuteAreEnough) {
  EXPECT_FALSE(conduct_.CountCut(kPeer));
  EXPECT_FALSE(conduct_.CountCut(kPeer));
  clock_.AdvanceMs(Conduct::kShutOutMs + 1);  // Those are old now.
  EXPECT_FALSE(conduct_.CountCut(kPeer));
  EXPECT_FALSE(conduct_.CountCut(kPeer));
  EXPECT_TRUE(conduct_.CountCut(kPeer));
  EXPECT_TRUE(conduct_.IsShutOut(kPeer));
}

TEST_F(ConductTest, TheTimeDoublesUpToAnHourAndIsForgottenInTheEnd) {
  int64_t expected_ms = Conduct::kShutOutMs;
  for (int time = 0; time < 10; ++time) {
    ResetsUntilShutOut(kPeer);
    clock_.AdvanceMs(expected_ms - 1);
    EXPECT_TRUE(conduct_.IsShutOut(kPeer)) << time;
    clock_.AdvanceMs(1);
    EXPECT_FALSE(conduct_.IsShutOut(kPeer)) << time;
    expected_ms = std::min(2 * expected_ms, Conduct::kShutOutMsMax);
  }
  clock_.AdvanceMs(Conduct::kForgottenMs);
  ResetsUntilShutOut(kPeer);
  clock_.AdvanceMs(Conduct::kShutOutMs);
  EXPECT_FALSE(conduct_.IsShutOut(kPeer));
}

TEST_F(ConductTest, WhatComesWhileShutOutIsNotCountedAgain) {
  ResetsUntilShutOut(kPeer);
  EXPECT_EQ(ResetsUntilShutOut(kPeer, 1'000), 1'000);
  clock_.AdvanceMs(Conduct::kShutOutMs);
  EXPECT_FALSE(conduct_.IsShutOut(kPeer));
}

TEST_F(ConductTest, TheNodeNeverShutsItselfOut) {
  EXPECT_EQ(ResetsUntilShutOut(kNode), 10'000);
  EXPECT_FALSE(conduct_.IsShutOut(kNode));
}

TEST_F(ConductTest, ManyIdentitiesDoNotFreeWhoIsShutOut) {
  ResetsUntilShutOut(kPeer);
  for (size_t i = 0; i < 2 * Conduct::kRememberedMax; ++i) {
    conduct_.CountReset("spiffe://bra.demo/entity/e" + std::to_string(i) + "/files");
  }
  EXPECT_TRUE(conduct_.IsShutOut(kPeer));
}

}  // namespace
}  // namespace enlace::rpc
