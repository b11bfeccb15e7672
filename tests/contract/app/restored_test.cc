// A data directory that was put back to an older state: with the newer anchor it does not
// start; with its old anchor only peers can tell, and until they were asked nothing is signed.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "enlace/admin/v1/admin_service.pb.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "tests/testing/node_world.h"
#include "tests/testing/process.h"

namespace enlace::app {
namespace {

namespace admin = enlace::admin::v1;
namespace exchange = enlace::exchange::v1;
namespace fs = std::filesystem;

constexpr char kDirectory[] = "demo/ARG/directory";

// ARG has published a first card; a copy of its directory and anchor was taken; then it has
// published a second one, which BRA holds. Each card names another institution, so that every
// start with a new name is a wish to sign.
class RestoredNodeTest : public ::testing::Test {
 protected:
  RestoredNodeTest() {
    nodes_ = world_.StartAll();
    End("ARG");
    for (const char* part : {"data", "anchor"}) {
      fs::copy(Path(part), Path(part) + ".old", fs::copy_options::recursive);
    }
    EXPECT_TRUE(Begin("ARG", "second").ok());
    EXPECT_TRUE(VisitsUntil("ARG", [this] { return SizeAt("ARG") == 2; }));
    EXPECT_TRUE(VisitsUntil("BRA", [this] { return SizeAt("BRA") == 2; }));
    End("ARG");
  }

  std::string Path(const std::string& part) const { return world_.Folder("ARG") + "/" + part; }
  void Exchange(const std::string& part) {
    fs::rename(Path(part), Path(part) + ".new");
    fs::rename(Path(part) + ".old", Path(part));
  }
  void End(const std::string& jurisdiction) {
    nodes_[jurisdiction]->Stop(1000);
    nodes_.erase(jurisdiction);
  }
  Status Begin(const std::string& jurisdiction, const std::string& institution) {
    world_.WriteConfig(jurisdiction, "institution: {en: " + institution + "}\n");
    auto node = world_.Start(jurisdiction);
    if (node.ok()) nodes_[jurisdiction] = *std::move(node);
    return node.status();
  }
  // True once `met` is, after as many visits as a busy machine needs.
  bool VisitsUntil(const std::string& jurisdiction, const std::function<bool()>& met) {
    return testing::Eventually([&] {
      nodes_[jurisdiction]->PullNow();
      return met();
    });
  }
  // Entries of ARG's directory as this node holds it; 99 when it says nothing.
  uint64_t SizeAt(const std::string& jurisdiction) {
    const auto channels =
        world_.ConnectAdmin(jurisdiction)
            ->Call<exchange::ListChannelsResponse>(
                "/enlace.exchange.v1.ChannelService/ListChannels", exchange::ListChannelsRequest());
    if (!channels.ok()) return 99;
    for (const auto& channel : channels->channels()) {
      if (channel.origin() == kDirectory) return channel.size();
    }
    return 99;
  }
  admin::NodeStatus StatusOf(const std::string& jurisdiction) {
    return world_.ConnectAdmin(jurisdiction)
        ->Call<admin::NodeStatus>("/enlace.admin.v1.AdminService/GetStatus",
                                  admin::GetStatusRequest())
        .value_or(admin::NodeStatus());
  }
  bool SigningIsClosed() { return !StatusOf("ARG").signing_closed().empty(); }
  // Longer than the node's own look at whether its card can be published.
  void AFewLooks() { poll(nullptr, 0, 1'500); }

  testing::NodeWorld world_{{"ARG", "BRA"}};
  std::map<std::string, std::unique_ptr<Node>> nodes_;
};

TEST_F(RestoredNodeTest, DoesNotStartWithTheNewerAnchor) {
  Exchange("data");
  EXPECT_EQ(ReasonOf(Begin("ARG", "third")), Reason::STORE_BEHIND_ANCHOR);
}

TEST_F(RestoredNodeTest, LearnsFromThePeerThatItVisitsAndSignsNothing) {
  Exchange("data");
  Exchange("anchor");
  ASSERT_TRUE(Begin("ARG", "third").ok()) << "nothing on its own disks can tell";
  EXPECT_TRUE(VisitsUntil("ARG", [this] { return SigningIsClosed(); }));
  AFewLooks();
  EXPECT_EQ(SizeAt("ARG"), 1U) << "a second root for size 2 would be evidence against it";
  nodes_["BRA"]->PullNow();
  EXPECT_EQ(StatusOf("BRA").channels_stopped(), 0U);
  EXPECT_EQ(SizeAt("BRA"), 2U);
  // It knows for good, also when nobody is there any more.
  End("ARG");
  End("BRA");
  ASSERT_TRUE(Begin("ARG", "fourth").ok());
  EXPECT_TRUE(SigningIsClosed());
  EXPECT_EQ(SizeAt("ARG"), 1U);
}

TEST_F(RestoredNodeTest, WaitsWhileNobodyIsThereAndLearnsFromThePeerThatVisitsIt) {
  End("BRA");
  Exchange("data");
  Exchange("anchor");
  ASSERT_TRUE(Begin("ARG", "third").ok());
  nodes_["ARG"]->PullNow();
  AFewLooks();
  EXPECT_EQ(SizeAt("ARG"), 1U) << "it does not sign before it met a peer";
  EXPECT_FALSE(SigningIsClosed()) << "nobody has shown it anything";
  // BRA visits at its start; ARG itself would visit again only after a while.
  ASSERT_TRUE(Begin("BRA", "other").ok());
  EXPECT_TRUE(VisitsUntil("BRA", [this] { return SigningIsClosed(); }));
  EXPECT_EQ(SizeAt("ARG"), 1U);
  EXPECT_EQ(StatusOf("BRA").channels_stopped(), 0U);
}

TEST_F(RestoredNodeTest, TheNewerDirectoryPutBackGoesOn) {
  Exchange("data");
  Exchange("anchor");
  ASSERT_TRUE(Begin("ARG", "third").ok());
  EXPECT_TRUE(VisitsUntil("ARG", [this] { return SigningIsClosed(); }));
  End("ARG");
  for (const char* part : {"data", "anchor"}) {
    fs::remove_all(Path(part));
    fs::rename(Path(part) + ".new", Path(part));
  }
  ASSERT_TRUE(Begin("ARG", "third").ok());
  EXPECT_TRUE(VisitsUntil("ARG", [this] { return SizeAt("ARG") == 3; }));
  EXPECT_TRUE(VisitsUntil("BRA", [this] { return SizeAt("BRA") == 3; }));
  EXPECT_EQ(StatusOf("BRA").channels_stopped(), 0U);
}

}  // namespace
}  // namespace enlace::app
