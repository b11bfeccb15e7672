// Reading everything again, and how it ends early.
#include "gtest/gtest.h"
#include "node/service/store_verification.h"
#include "tests/testing/federation_node.h"

namespace enlace::testing {
namespace {

constexpr int kEntries = 200;

class StoreVerificationTest : public ::testing::Test {
 protected:
  StoreVerificationTest() {
    EXPECT_TRUE(node_.Publish("training", kEntries).ok());
    EXPECT_TRUE(node_.Publish("statistics", kEntries).ok());
  }
  service::StoreVerification Verify(const std::function<bool()>& stopped) {
    return service::VerifyStored(node_.store(), node_.key_of, stopped);
  }
  ManualClock clock_;
  FederationNode node_{"ARG", {"ARG"}, clock_};
};

TEST_F(StoreVerificationTest, ChecksEveryChannel) {
  int asked = 0;
  const auto all = Verify([&asked] { return ++asked < 0; });
  EXPECT_TRUE(all.findings.empty());
  EXPECT_EQ(all.entries, 2u * kEntries);
  EXPECT_GT(asked, 2 * kEntries);
}

TEST_F(StoreVerificationTest, EndsWithinARowWhenItIsTold) {
  for (const int limit : {0, 10, 100}) {
    int asked = 0;
    const auto part = Verify([&asked, limit] { return ++asked > limit; });
    EXPECT_LT(part.entries, 2u * kEntries);
    EXPECT_FALSE(part.findings.empty());
    EXPECT_LE(asked, limit + 4);  // Once for each step that is left.
  }
}

}  // namespace
}  // namespace enlace::testing
