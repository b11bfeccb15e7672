// The node as a process: what it prints, how it exits, and how it ends.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <sys/resource.h>

#include <fstream>
#include <regex>

#include "enlace/admin/v1/admin_service.pb.h"
#include "tests/testing/operator_fixture.h"

namespace enlace::testing {
namespace {

namespace admin = enlace::admin::v1;

constexpr char kStatus[] = "/enlace.admin.v1.AdminService/GetStatus";
constexpr int64_t kDrainMsMax = 10'000;

class EnlacedTest : public OperatorFixture {
 protected:
  std::string ReadyFile() const { return logs_.path("ready"); }

  void Init() {
    world_.WriteConfig("ARG");
    ASSERT_EQ(Exit({"init", "--config", Config(), "--pin-secretariat-later"}), 0) << output_;
  }
  // A node that takes calls.
  std::unique_ptr<Process> Serve() {
    auto node = Run({"serve", "--config", Config(), "--ready-file", ReadyFile()});
    EXPECT_TRUE(
        Eventually([&] { return std::filesystem::exists(ReadyFile()) || !node->Running(); }));
    EXPECT_TRUE(node->Running()) << node->Output();
    return node;
  }
  bool Answers() {
    return world_.ConnectAdmin("ARG")
        ->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest())
        .ok();
  }
};

TEST_F(EnlacedTest, TellsWrongUsageFromRefusal) {
  EXPECT_EQ(Exit({"version"}), 0);
  EXPECT_NE(output_.find("enlaced 0."), std::string::npos) << output_;
  EXPECT_EQ(Exit({"--help"}), 0);
  EXPECT_EQ(Exit({}), 2);
  EXPECT_EQ(Exit({"serve"}), 2) << "no --config";
  EXPECT_EQ(Exit({"restart", "--config", Config()}), 2);
  EXPECT_EQ(Exit({"serve", "--config", Config() + ".none"}), 1);
  EXPECT_NE(output_.find("FILE_UNREADABLE"), std::string::npos) << output_;
}

TEST_F(EnlacedTest, ListsAllFaultsOfAConfiguration) {
  world_.WriteConfig("ARG", "surprise: 1\nlimits: {workers: 0}\n");
  EXPECT_EQ(Exit({"check-config", "--config", Config()}), 1);
  for (const char* part : {"CONFIG_INVALID", "surprise", "limits.workers"}) {
    EXPECT_NE(output_.find(part), std::string::npos) << part << " in " << output_;
  }
  world_.WriteConfig("ARG");
  EXPECT_EQ(Exit({"check-config", "--config", Config()}), 0) << output_;
}

TEST_F(EnlacedTest, PrintsTheKeyAtInitAndRefusesASecondOne) {
  Init();
  EXPECT_NE(output_.find("\nchannel_key: "), std::string::npos) << output_;
  EXPECT_NE(output_.find("  demo/ARG/training+"), std::string::npos) << output_;
  EXPECT_EQ(Exit({"init", "--config", Config(), "--pin-secretariat-later"}), 1);
  EXPECT_NE(output_.find("STORE_EXISTS"), std::string::npos) << output_;
}

TEST_F(EnlacedTest, InitAsksForTheSecretariatsKeyAndWarnsWithoutIt) {
  world_.WriteConfig("ARG");
  const std::string key(43, 'A');
  EXPECT_EQ(Exit({"init", "--config", Config()}), 1);
  EXPECT_NE(output_.find("KEY_INVALID"), std::string::npos) << output_;
  EXPECT_NE(output_.find("--secretariat-key"), std::string::npos) << output_;
  EXPECT_EQ(Exit({"init", "--config", Config(), "--pin-secretariat-later", "--secretariat-key",
                  key + "="}),
            2)
      << "either or";
  EXPECT_FALSE(std::filesystem::exists(world_.Folder("ARG") + "/data"));
  Init();
  EXPECT_NE(output_.find("warning: no key of OAS"), std::string::npos) << output_;
  EXPECT_EQ(Exit({"check-config", "--config", Config()}), 0) << output_;
  EXPECT_NE(output_.find("warning: peers: OAS"), std::string::npos) << output_;
}

TEST_F(EnlacedTest, InitRefusesACountryThatIsNone) {
  NodeWorld world({"XYZ"});
  world.WriteConfig("XYZ");
  for (const char* command : {"init", "check-config"}) {
    EXPECT_EQ(Exit({command, "--config", world.ConfigFile("XYZ")}), 1) << command;
    EXPECT_NE(output_.find("jurisdiction: XYZ is no country"), std::string::npos) << output_;
  }
  EXPECT_FALSE(std::filesystem::exists(world.Folder("XYZ") + "/data"));
}

TEST_F(EnlacedTest, ServesUntilSigtermAndLeavesNoAddressBehind) {
  Init();
  const auto node = Serve();
  EXPECT_TRUE(Answers());
  const std::string endpoint = world_.Folder("ARG") + "/data/endpoint";
  EXPECT_EQ(TempDir::Read(endpoint), TempDir::Read(ReadyFile()));
  const int64_t begin_ms = world_.clock.SteadyMs();
  node->Signal(SIGTERM);
  EXPECT_EQ(node->Wait(), 0) << node->Output();
  EXPECT_LE(world_.clock.SteadyMs() - begin_ms, kDrainMsMax + 5'000);
  EXPECT_FALSE(std::filesystem::exists(endpoint));
  EXPECT_FALSE(std::filesystem::exists(ReadyFile()));
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
  EXPECT_NE(output_.find("all holds"), std::string::npos) << output_;
}

TEST_F(EnlacedTest, WritesAReadyFileThatIsNamedWithoutAFolder) {
  Init();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(logs_.path());
  const auto node = Run({"serve", "--config", Config(), "--ready-file", "ready"});
  std::filesystem::current_path(before);
  EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(ReadyFile()) || !node->Running(); }));
  EXPECT_TRUE(node->Running()) << node->Output();
  EXPECT_FALSE(std::filesystem::exists(ReadyFile() + ".part"));
}

TEST_F(EnlacedTest, LeavesNoCoreFileWhateverItsLimitWas) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;  // As far as this machine lets us; children inherit it.
  ASSERT_EQ(setrlimit(RLIMIT_CORE, &limit), 0);
  Init();
  const auto node = Serve();
  const std::string limits = TempDir::Read(fmt::format("/proc/{}/limits", node->pid()));
  const std::regex none(R"(Max core file size +0 +0 +bytes)");
  EXPECT_TRUE(std::regex_search(limits, none)) << limits;
}

TEST_F(EnlacedTest, StartsAgainByItselfAfterBeingKilled) {
  Init();
  for (int round = 0; round < 3; ++round) {
    const auto node = Serve();
    EXPECT_TRUE(Answers());
    node->Signal(SIGKILL);
    EXPECT_EQ(node->Wait(), -1);
    std::filesystem::remove(ReadyFile());
  }
  const auto node = Serve();
  EXPECT_TRUE(Answers());
  node->Signal(SIGTERM);
  EXPECT_EQ(node->Wait(), 0);
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
}

TEST_F(EnlacedTest, RefusesADirectoryThatANodeHolds) {
  Init();
  const auto node = Serve();
  EXPECT_EQ(Exit({"serve", "--config", Config()}), 1);
  EXPECT_NE(output_.find("STORE_LOCKED"), std::string::npos) << output_;
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 1);
  EXPECT_NE(output_.find("STORE_LOCKED"), std::string::npos) << output_;
  EXPECT_NE(output_.find("`enlace node verify --admin-socket /"), std::string::npos) << output_;
  EXPECT_TRUE(Answers()) << "the running node is not disturbed";
}

TEST_F(EnlacedTest, RefusesAnOldCopyOfItsData) {
  Init();
  const std::string data = world_.Folder("ARG") + "/data";
  std::filesystem::copy(data, data + ".old", std::filesystem::copy_options::recursive);
  {
    const auto node = Serve();  // Publishes its card: the anchor moves on.
    node->Signal(SIGTERM);
    ASSERT_EQ(node->Wait(), 0);
  }
  std::filesystem::remove_all(data);
  std::filesystem::rename(data + ".old", data);
  EXPECT_EQ(Exit({"serve", "--config", Config()}), 1);
  EXPECT_NE(output_.find("STORE_BEHIND_ANCHOR"), std::string::npos) << output_;
}

TEST_F(EnlacedTest, AdoptsAnOldCopyAndSignsAgainOnceTheSizesAreConfirmed) {
  Init();
  const std::string data = world_.Folder("ARG") + "/data";
  std::filesystem::copy(data, data + ".old", std::filesystem::copy_options::recursive);
  {
    const auto node = Serve();  // Publishes its card, which a peer may hold.
    node->Signal(SIGTERM);
    ASSERT_EQ(node->Wait(), 0);
  }
  std::filesystem::remove_all(data);
  std::filesystem::rename(data + ".old", data);
  EXPECT_EQ(Exit({"adopt", "--config", Config()}), 0) << output_;
  EXPECT_NE(output_.find("demo/ARG/directory: 0 entries here"), std::string::npos) << output_;
  const auto confirm = [&](const std::string& sizes) {
    return Exit({"adopt", "--config", Config(), "--confirm-sizes", sizes});
  };
  const std::string others = "demo/ARG/statistics=0,demo/ARG/training=0";
  for (const char* wrong : {"demo/ARG/directory", "=", "demo/ARG/directory=1x"}) {
    EXPECT_EQ(confirm(others + "," + wrong), 1) << wrong;
    EXPECT_NE(output_.find("REQUEST_INVALID"), std::string::npos) << output_;
  }
  EXPECT_EQ(confirm(others + ",demo/ARG/directory=1"), 1);
  EXPECT_NE(output_.find("STORE_BEHIND_ANCHOR"), std::string::npos) << output_;
  EXPECT_EQ(confirm(others + ",demo/ARG/directory=0"), 0) << output_;
  const auto node = Serve();
  EXPECT_TRUE(Answers());
}

TEST_F(EnlacedTest, VerifyFindsAByteThatChanged) {
  Init();
  {
    const auto node = Serve();
    node->Signal(SIGTERM);
    ASSERT_EQ(node->Wait(), 0);
  }
  // Open and close once more, so that the rows are in table files.
  ASSERT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
  size_t changed = 0;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(world_.Folder("ARG") + "/data/db")) {
    const std::string extension = file.path().extension().string();
    if (extension != ".sst" && extension != ".log") continue;
    if (file.file_size() < 40) continue;
    std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(30);
    const int byte = stream.get();
    stream.seekp(30);
    stream.put(static_cast<char>(byte ^ 0x40));
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 1) << output_;
}

}  // namespace
}  // namespace enlace::testing
