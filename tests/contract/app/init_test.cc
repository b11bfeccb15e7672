#include "node/app/init.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/app/node_keys.h"
#include "node/app/verify.h"
#include "node/store/channel_table.h"
#include "tests/testing/node_world.h"

namespace enlace::app {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(InitTest, MakesClosedDirectoryAndEmptySignedChannels) {
  testing::NodeWorld world({"ARG"});
  const auto made = world.Init("ARG");
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  const std::string data = world.Folder("ARG") + "/data";
  EXPECT_EQ(ModeOf(data), 0700U);
  EXPECT_EQ(ModeOf(data + "/keys"), 0700U);
  EXPECT_EQ(ModeOf(data + "/keys/channel.key"), 0600U);
  EXPECT_EQ(ModeOf(data + "/keys/subject.key"), 0600U);
  EXPECT_EQ(made->identity.instance_id.size(), 32U);
  EXPECT_EQ(made->verifier_keys.size(), 3U);

  const auto report = VerifyOffline(world.ConfigFile("ARG"), world.clock);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->channels, 3U);
  EXPECT_EQ(report->entries, 0U);
  EXPECT_TRUE(report->findings.empty()) << report->findings.front();
}

TEST(InitTest, SignsEveryChannelWithThePrintedKey) {
  testing::NodeWorld world({"ARG"});
  const auto made = world.Init("ARG");
  ASSERT_TRUE(made.ok());
  const auto config = config::LoadNodeConfig(world.ConfigFile("ARG"));
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  const auto store = store::Store::Open(StoreOptionsOf(*config), world.clock);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  for (const char* kind : {"directory", "statistics", "training"}) {
    const std::string origin = std::string("demo/ARG/") + kind;
    const auto head = store::LoadChannel(*(*store)->Read(), origin);
    ASSERT_TRUE(head.ok()) << head.status().ToString();
    const auto note = channel::OpenCheckpoint(head->checkpoint, origin, made->channel_key);
    ASSERT_TRUE(note.ok()) << note.status().ToString();
    EXPECT_EQ(note->size, 0U);
  }
}

TEST(InitTest, RefusesWhatIsThereAndChangesNothing) {
  testing::NodeWorld world({"ARG"});
  ASSERT_TRUE(world.Init("ARG").ok());
  const std::string key = world.Folder("ARG") + "/data/keys/channel.key";
  const std::string before = testing::TempDir::Read(key);
  const auto again = world.Init("ARG");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(ReasonOf(again.status()), Reason::STORE_EXISTS);
  EXPECT_EQ(testing::TempDir::Read(key), before);
  EXPECT_TRUE(VerifyOffline(world.ConfigFile("ARG"), world.clock).ok());
}

TEST(InitTest, PinsTheSecretariat) {
  testing::NodeWorld world({"ARG", "OAS"});
  const auto secretariat = world.Init("OAS");
  ASSERT_TRUE(secretariat.ok());
  const std::string key(secretariat->channel_key.begin(), secretariat->channel_key.end());
  EXPECT_EQ(secretariat->identity.secretariat_key, key) << "it pins its own";
  const auto state = world.Init("ARG", Base64Encode(key));
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->identity.secretariat_key, key);
}

TEST(InitTest, RefusesABadSecretariatKeyBeforeItMakesAnything) {
  testing::NodeWorld world({"ARG"});
  for (const char* bad : {"AAAA", ""}) {
    const auto made = world.Init("ARG", bad);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(ReasonOf(made.status()), Reason::KEY_INVALID);
    EXPECT_FALSE(std::filesystem::exists(world.Folder("ARG") + "/data"));
  }
}

TEST(InitTest, PinsLaterOnceAndForGood) {
  testing::NodeWorld world({"ARG"});
  ASSERT_TRUE(world.Init("ARG").ok());
  const auto config = config::LoadNodeConfig(world.ConfigFile("ARG")).value();
  const auto store = store::Store::Open(StoreOptionsOf(config), world.clock).value();
  NodeIdentity identity = LoadIdentity(*store->Read()).value();
  EXPECT_EQ(identity.secretariat_key, "");
  crypto::PublicKey first{};
  first.fill('a');
  crypto::PublicKey second{};
  second.fill('b');
  ASSERT_TRUE(PinSecretariat(*store, first, identity).ok());
  ASSERT_TRUE(PinSecretariat(*store, second, identity).ok());
  EXPECT_EQ(identity.secretariat_key, std::string(32, 'a'));
  EXPECT_EQ(LoadIdentity(*store->Read())->secretariat_key, std::string(32, 'a'));
}

// The data directory says that its format is `version`.
void SetFormat(store::Store& store, uint32_t version) {
  ASSERT_TRUE(store
                  .Write([version](store::Transaction& transaction) -> Status {
                    storage::v1::StoreMeta meta;
                    EXPECT_TRUE(
                        meta.ParseFromString(**transaction.Get(store::Table::kMeta, "store")));
                    meta.set_format_version(version);
                    transaction.Put(store::Table::kMeta, "store", meta.SerializeAsString());
                    return Status();
                  })
                  .ok());
}

TEST(InitTest, AnEarlierFormatIsRaisedAndAnUnknownOneRefused) {
  testing::NodeWorld world({"ARG"});
  ASSERT_TRUE(world.Init("ARG").ok());
  const auto config = config::LoadNodeConfig(world.ConfigFile("ARG")).value();
  const auto store = store::Store::Open(StoreOptionsOf(config), world.clock).value();
  SetFormat(*store, 1);
  EXPECT_TRUE(LoadIdentity(*store->Read()).ok());
  ASSERT_TRUE(RaiseFormat(*store).ok());
  storage::v1::StoreMeta meta;
  ASSERT_TRUE(meta.ParseFromString(**store->Read()->Get(store::Table::kMeta, "store")));
  EXPECT_EQ(meta.format_version(), 2u);
  for (const uint32_t unknown : {0u, 3u}) {
    SetFormat(*store, unknown);
    EXPECT_EQ(ReasonOf(LoadIdentity(*store->Read()).status()), Reason::STORE_FORMAT);
  }
}

TEST(NodeKeysTest, ComeBackAsTheyWereMade) {
  testing::TempDir dir;
  const DataLayout layout(dir.path());
  const auto made = CreateKeys(layout);
  ASSERT_TRUE(made.ok());
  const auto loaded = LoadKeys(layout);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->signing.public_key(), made->signing.public_key());
  EXPECT_EQ(loaded->subject_key, made->subject_key);
  EXPECT_EQ(loaded->subject_key.size(), 32U);
  EXPECT_EQ(ReasonOf(CreateKeys(layout).status()), Reason::STORE_EXISTS);
}

TEST(NodeKeysTest, RefusesOpenMissingOrDamagedFiles) {
  testing::TempDir dir;
  const DataLayout layout(dir.path());
  EXPECT_EQ(ReasonOf(LoadKeys(layout).status()), Reason::STORE_FORMAT);
  ASSERT_TRUE(CreateKeys(layout).ok());
  const std::string file = layout.keys + "/channel.key";
  chmod(file.c_str(), 0640);
  EXPECT_EQ(ReasonOf(LoadKeys(layout).status()), Reason::KEY_INVALID);
  chmod(file.c_str(), 0600);
  EXPECT_TRUE(LoadKeys(layout).ok());
  for (const char* text : {"", "AAAA\n", "not base64\n"}) {
    std::ofstream(file) << text;
    EXPECT_EQ(ReasonOf(LoadKeys(layout).status()), Reason::KEY_INVALID) << text;
  }
}

TEST(NodeKeysTest, ReplacesASmallFileWhole) {
  testing::TempDir dir;
  const std::string path = dir.path("endpoint");
  ASSERT_TRUE(ReplaceFile(path, "one\n").ok());
  ASSERT_TRUE(ReplaceFile(path, "two\n").ok());
  EXPECT_EQ(testing::TempDir::Read(path), "two\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_EQ(ReasonOf(ReplaceFile(dir.path("no/such/folder"), "x")), Reason::STORE_FAILED);
}

// As an operator does who stands in the folder.
class WorkingDirectory {
 public:
  explicit WorkingDirectory(const std::string& folder) { std::filesystem::current_path(folder); }
  ~WorkingDirectory() { std::filesystem::current_path(before_); }

 private:
  const std::filesystem::path before_ = std::filesystem::current_path();
};

TEST(NodeKeysTest, TakesABareFileNameAsOneOfTheWorkingDirectory) {
  testing::TempDir dir;
  const WorkingDirectory here(dir.path());
  const Status written = ReplaceFile("ready", "127.0.0.1:1\n");
  EXPECT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(testing::TempDir::Read(dir.path("ready")), "127.0.0.1:1\n");
  EXPECT_TRUE(WriteNewFile("new", "x", 0600).ok());
}

TEST(NodeKeysTest, LeavesNoPartOfAFileThatCannotBeReplaced) {
  testing::TempDir dir;
  std::filesystem::create_directories(dir.path("folder/inside"));
  EXPECT_EQ(ReasonOf(ReplaceFile(dir.path("folder"), "x")), Reason::STORE_FAILED);
  EXPECT_FALSE(std::filesystem::exists(dir.path("folder.part")));
}

TEST(InitTest, TakesBareNamesOfDirectoryAndAnchor) {
  testing::NodeWorld world({"ARG"});
  world.WriteConfig("ARG");
  const WorkingDirectory here(world.Folder("ARG"));
  auto config = config::LoadNodeConfig("node.yaml", config::Files::kIgnore);
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  config->data_dir = "bare";
  config->anchor_path = "bare-anchor";
  const auto made = InitNode(*config, std::nullopt, world.clock);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_TRUE(store::Store::Open(StoreOptionsOf(*config), world.clock).ok());
}

}  // namespace
}  // namespace enlace::app
