#include "node/peer/signing_hold.h"

#include <gtest/gtest.h>

namespace enlace::peer {
namespace {

class SigningHoldTest : public ::testing::Test {
 protected:
  bool Waits() { return ReasonOf(hold_.Check()) == Reason::SIGNING_WAITS && !hold_.Check().ok(); }

  ManualClock clock_;
  SigningHold hold_{clock_, {"BRA", "CHL"}};
};

TEST_F(SigningHoldTest, ANodeWithoutPeersWaitsForNobody) {
  SigningHold alone(clock_, {});
  EXPECT_TRUE(alone.Check().ok());
}

TEST_F(SigningHoldTest, OpensWhenEachPeerWasVisitedAndOneAnswered) {
  EXPECT_TRUE(Waits());
  hold_.Visited("BRA", true);
  EXPECT_TRUE(Waits()) << "the other one may hold more";
  hold_.Visited("BRA", true);
  EXPECT_TRUE(Waits());
  hold_.Visited("CHL", false);
  EXPECT_TRUE(hold_.Check().ok());
}

TEST_F(SigningHoldTest, WaitsForAnAnswerWhenNobodyIsThere) {
  hold_.Visited("BRA", false);
  hold_.Visited("CHL", false);
  EXPECT_TRUE(Waits());
  hold_.Visited("CHL", true);
  EXPECT_TRUE(hold_.Check().ok());
}

TEST_F(SigningHoldTest, ALonelyNodeSignsAgainAfterAWhile) {
  hold_.Visited("BRA", false);
  hold_.Visited("CHL", false);
  clock_.AdvanceMs(kSigningHoldMs - 1);
  EXPECT_TRUE(Waits());
  EXPECT_NE(MessageOf(hold_.Check()).find(" 1 more seconds"), std::string::npos);
  clock_.AdvanceMs(1);
  EXPECT_TRUE(hold_.Check().ok());
}

TEST_F(SigningHoldTest, StaysOpen) {
  hold_.Visited("BRA", true);
  hold_.Visited("CHL", true);
  hold_.Visited("BRA", false);
  EXPECT_TRUE(hold_.Check().ok());
}

TEST_F(SigningHoldTest, TheWallClockCannotOpenIt) {
  clock_.SetWallMs(clock_.NowMs() + 10 * kSigningHoldMs);
  EXPECT_TRUE(Waits());
}

}  // namespace
}  // namespace enlace::peer
