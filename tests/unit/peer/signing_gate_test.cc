// When signing opens by itself after a restore, and when it must not.
#include "node/peer/signing_gate.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/testing/channel_log.h"
#include "tests/testing/federation_node.h"

namespace enlace::peer {
namespace {

constexpr char kGateOrigin[] = "demo/ARG/training";

class SigningGateTest : public ::testing::Test {
 protected:
  SigningGateTest() {
    EXPECT_TRUE(node_.Publish("training", 3).ok());
    note_ = Head();
    EXPECT_TRUE(node_.store()
                    .Write([](store::Transaction& transaction) {
                      store::CloseSigning(transaction, std::string(16, 'i'));
                      return absl::OkStatus();
                    })
                    .ok());
    gate_.emplace(node_.store(), node_.public_key(), std::set<std::string>{"BRA", "CHL"},
                  [this] { ++opened_; });
  }
  std::string Head() { return store::LoadChannel(*node_.store().Read(), kGateOrigin)->checkpoint; }
  bool IsOpen() { return store::CheckSigningOpen(*node_.store().Read()).ok(); }
  std::string Signed(uint64_t size, char root, const std::string& jurisdiction = "ARG") const {
    Hash hash;
    hash.fill(static_cast<uint8_t>(root));
    return channel::SignCheckpoint({kGateOrigin, size, hash}, testing::KeyOf(jurisdiction));
  }

  ManualClock clock_;
  testing::FederationNode node_{"ARG", {"BRA", "CHL"}, clock_};
  std::string note_;
  int opened_ = 0;
  std::optional<SigningGate> gate_;  // Made once signing is closed, as at a start.
};

TEST_F(SigningGateTest, OpensOnceAllPeersHoldNoMore) {
  gate_->Note("BRA", {{kGateOrigin, note_}});
  gate_->Note("BRA", {{kGateOrigin, note_}});
  gate_->Note("PER", {{kGateOrigin, note_}});
  EXPECT_FALSE(IsOpen()) << "CHL has not been heard, and PER is no peer";
  gate_->Note("CHL", {});
  EXPECT_TRUE(IsOpen());
  EXPECT_EQ(opened_, 1);
  gate_->Note("CHL", {});
  EXPECT_EQ(opened_, 1);
  EXPECT_TRUE(node_.Publish("training", 1).ok());
}

TEST_F(SigningGateTest, StaysClosedWhileAPeerHoldsMore) {
  gate_->Note("CHL", {});
  gate_->Note("BRA", {{kGateOrigin, Signed(4, 'x')}});
  EXPECT_FALSE(IsOpen());
  gate_->Note("BRA", {{"demo/ARG/unheard", channel::SignCheckpoint({"demo/ARG/unheard", 0, {}},
                                                                   testing::KeyOf("ARG"))}});
  EXPECT_FALSE(IsOpen()) << "a channel of its own that it has forgotten";
}

TEST_F(SigningGateTest, AnotherHistoryOrAForeignNoteConfirmsNothing) {
  gate_->Note("CHL", {});
  for (const std::string& note : {Signed(3, 'x'), Signed(2, 'x', "BRA"), std::string("no note")}) {
    gate_->Note("BRA", {{kGateOrigin, note}});
    EXPECT_FALSE(IsOpen());
  }
  gate_->Note("BRA", {{kGateOrigin, note_}});
  EXPECT_TRUE(IsOpen());
}

TEST_F(SigningGateTest, WhatAPeerSaysLastCounts) {
  gate_->Note("BRA", {});
  gate_->Note("BRA", {{kGateOrigin, Signed(4, 'x')}});
  gate_->Note("CHL", {});
  EXPECT_FALSE(IsOpen());
}

}  // namespace
}  // namespace enlace::peer
