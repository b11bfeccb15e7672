// kill -9 in the middle of backups and restores. ENLACE_BACKUP_KILLS sets the kills of each loop,
// ENLACE_TEST_SEED repeats a run.
#include <fmt/format.h>

#include <thread>

#include "tests/e2e/backup/fixture.h"

namespace enlace::testing {
namespace {

// A folder that a kill has left is a whole backup or plainly none.
TEST_F(BackupProcessTest, ANodeKilledInTheMiddleStartsCleanAndLeavesNothingThatLooksWhole) {
  MakeLarge();
  auto node = Serve();
  const auto whole = TimeOf([&] { return BackUp("first"); });
  uint64_t absent = 0, half = 0, complete = 0;
  for (uint64_t kill = 0; kill < kills_ && !HasFailure(); ++kill) {
    const std::string name = "killed";
    fs::remove_all(Folder(name));
    const auto command = Run({"backup", "--config", Config(), "--to", Folder(name)});
    std::this_thread::sleep_for(
        std::chrono::milliseconds(random_() % static_cast<uint64_t>(whole.count() + 1)));
    node->Signal(SIGKILL);
    EXPECT_EQ(node->Wait(), -1);
    command->Wait();
    if (!fs::exists(Folder(name))) {
      ++absent;
    } else if (fs::exists(Folder(name) + "/MANIFEST")) {
      ++complete;
      EXPECT_EQ(VerifyBackup(name), 0) << output_;
    } else {
      ++half;
      EXPECT_EQ(VerifyBackup(name), 1);
      EXPECT_TRUE(Told("BACKUP_INVALID") && Told("interrupted")) << output_;
      EXPECT_EQ(BackUp(name), 1);
      EXPECT_TRUE(Told("remove it")) << output_;
    }
    node = Serve();
  }
  ASSERT_EQ(BackUp("last"), 0) << output_;
  EXPECT_EQ(VerifyBackup("last"), 0) << output_;
  fmt::print("node killed in a backup: seed={} kills={} absent={} half={} complete={}\n", seed_,
             kills_, absent, half, complete);
}

TEST_F(BackupProcessTest, ACommandKilledInTheMiddleDisturbsNothing) {
  MakeLarge();
  const auto node = Serve();
  const auto whole = TimeOf([&] { return BackUp("first"); });
  for (uint64_t kill = 0; kill < kills_ / 4 + 1 && !HasFailure(); ++kill) {
    const std::string name = fmt::format("killed{}", kill);
    {
      const auto command = Run({"backup", "--config", Config(), "--to", Folder(name)});
      std::this_thread::sleep_for(
          std::chrono::milliseconds(random_() % static_cast<uint64_t>(whole.count() + 1)));
      command->Signal(SIGKILL);
    }
    // The node gives it up, or has finished it.
    EXPECT_TRUE(Eventually(
        [&] { return !fs::exists(Folder(name)) || fs::exists(Folder(name) + "/MANIFEST"); }));
  }
  ASSERT_EQ(BackUp("last"), 0) << output_;
}

TEST_F(BackupProcessTest, ARestoreKilledAnywhereIsRunAgainAndNothingHalfEverOpens) {
  MakeLarge();
  ASSERT_EQ(BackUp("backup", {"--with-keys"}), 0) << output_;
  fs::remove_all(Data());
  const auto whole = TimeOf([&] { return Exit(RestoreArguments()); });
  fs::remove_all(Data());
  fs::remove_all(world_.Folder("ARG") + "/anchor");
  uint64_t refused = 0, finished = 0;
  for (uint64_t kill = 0; kill < kills_ && !HasFailure(); ++kill) {
    {
      const auto restore = Run(RestoreArguments());
      std::this_thread::sleep_for(
          std::chrono::milliseconds(random_() % static_cast<uint64_t>(whole.count() + 1)));
      restore->Signal(SIGKILL);
    }
    if (Exit({"verify", "--config", Config()}) == 0) {
      ++finished;
      EXPECT_EQ(Exit(RestoreArguments()), 1);
      EXPECT_TRUE(Told("STORE_EXISTS")) << output_;
      fs::remove_all(Data());
      fs::remove_all(world_.Folder("ARG") + "/anchor");
    } else {
      ++refused;
      EXPECT_TRUE(Told("STORE_FORMAT")) << output_;
    }
  }
  if (!fs::exists(Data() + "/db/db") || fs::exists(Data() + "/db/RESTORING")) {
    EXPECT_EQ(Exit(RestoreArguments()), 0) << output_;
  }
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
  const auto node = Serve();
  fmt::print("restore killed: seed={} kills={} refused={} finished={}\n", seed_, kills_, refused,
             finished);
}

}  // namespace
}  // namespace enlace::testing
