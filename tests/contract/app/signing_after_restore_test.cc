// A restored node among its peers: it signs again when they hold no more than it, and only then.
#include <gtest/gtest.h>

#include <filesystem>

#include "node/app/backup.h"
#include "node/store/channel_table.h"
#include "node/store/signing.h"
#include "tests/testing/node_world.h"

namespace enlace::app {
namespace {

class SigningAfterRestoreTest : public ::testing::Test {
 protected:
  SigningAfterRestoreTest() {
    for (const char* jurisdiction : {"ARG", "BRA"}) EXPECT_TRUE(world_.Init(jurisdiction).ok());
    for (const char* jurisdiction : {"ARG", "BRA"}) world_.WriteConfig(jurisdiction);
  }
  void BackUp() {
    const auto made = BackUpNode(world_.ConfigFile("ARG"), {dir_.path("backup")}, world_.clock);
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_FALSE(made->online);
  }
  // Publishes the node's card, which BRA then holds.
  void LetPeerMirror() {
    const auto node = world_.Start("ARG");
    ASSERT_TRUE(node.ok()) << node.status();
    peer_ = world_.Start("BRA").value();
    peer_->PullNow();
  }
  void Restore() {
    std::filesystem::remove_all(world_.Folder("ARG") + "/data/db");
    const auto restored = RestoreNode(world_.ConfigFile("ARG"), dir_.path("backup"), world_.clock);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_TRUE(restored->contents.findings.empty()) << restored->contents.findings.front();
  }
  // Of a node that has visited its peers and was stopped.
  bool SignsAfterItsVisits() {
    {
      const auto node = world_.Start("ARG").value();
      node->PullNow();
    }
    const auto config = config::LoadNodeConfig(world_.ConfigFile("ARG")).value();
    const auto store = store::Store::Open(StoreOptionsOf(config), world_.clock).value();
    return store::CheckSigningOpen(*store->Read()).ok();
  }

  testing::NodeWorld world_{{"ARG", "BRA"}};
  testing::TempDir dir_;
  std::unique_ptr<Node> peer_;
};

TEST_F(SigningAfterRestoreTest, SignsAgainWhenItsPeersHoldNoMore) {
  LetPeerMirror();
  BackUp();
  Restore();
  EXPECT_TRUE(SignsAfterItsVisits());
}

TEST_F(SigningAfterRestoreTest, DoesNotSignWhenAPeerHoldsMore) {
  BackUp();
  LetPeerMirror();
  Restore();
  EXPECT_FALSE(SignsAfterItsVisits());
}

TEST_F(SigningAfterRestoreTest, DoesNotSignWhileAPeerIsNotReached) {
  LetPeerMirror();
  BackUp();
  Restore();
  ASSERT_TRUE(peer_->Stop(1000));
  peer_.reset();
  EXPECT_FALSE(SignsAfterItsVisits());
}

}  // namespace
}  // namespace enlace::app
