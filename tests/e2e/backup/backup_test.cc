// Backup, verification and restore as an operator does them, with the real processes.
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <map>
#include <thread>

#include "enlace/admin/v1/admin_service.pb.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/mutex.h"
#include "node/model/attributes.h"
#include "node/store/backup.h"
#include "node/store/case_table.h"
#include "tests/e2e/backup/fixture.h"

namespace enlace::testing {
namespace {

namespace admin = enlace::admin::v1;
namespace exchange = enlace::exchange::v1;

constexpr int kWriters = 8;

TEST_F(BackupProcessTest, IsMadeOfARunningAndOfAStoppedNodeByTheSameCommand) {
  {
    const auto node = Serve();
    ASSERT_EQ(BackUp("online"), 0) << output_;
    EXPECT_TRUE(Told("made by the running node")) << output_;
    EXPECT_TRUE(Told("does not hold the keys")) << output_;
    EXPECT_EQ(BackUp("online"), 1);
    EXPECT_TRUE(Told("BACKUP_TARGET")) << output_;
    EXPECT_EQ(VerifyBackup("online"), 0) << "also while the node runs: " << output_;
    Stop(*node);
  }
  ASSERT_EQ(BackUp("offline", {"--with-keys"}), 0) << output_;
  EXPECT_TRUE(Told("since the node is stopped")) << output_;
  EXPECT_EQ(VerifyBackup("offline"), 0) << output_;
  EXPECT_TRUE(Told("all holds") && Told("holds keys: yes")) << output_;
  EXPECT_FALSE(fs::exists(Folder("online") + "/channel.key"));
  EXPECT_TRUE(fs::exists(Folder("offline") + "/channel.key"));
}

TEST_F(BackupProcessTest, IsNotMadeInsideTheDataDirectory) {
  EXPECT_EQ(Exit({"backup", "--config", Config(), "--to", Data() + "/backup"}), 1);
  EXPECT_TRUE(Told("outside")) << output_;
  fs::create_directory_symlink(Data(), logs_.path("link"));
  EXPECT_EQ(BackUp("link/backup"), 1) << "nor by another name";
  EXPECT_FALSE(fs::exists(Data() + "/backup"));
}

TEST_F(BackupProcessTest, RestoresANodeThatServesAndSignsOnceTheSizesAreConfirmed) {
  {
    const auto node = Serve();
    ASSERT_EQ(BackUp(), 0) << output_;
    Stop(*node);
  }
  EXPECT_EQ(Exit(RestoreArguments()), 1);
  EXPECT_TRUE(Told("STORE_EXISTS") && Told("move it aside")) << output_;
  LoseStore();
  ASSERT_EQ(Exit(RestoreArguments()), 0) << output_;
  EXPECT_TRUE(Told("demo/ARG/directory: 1 entries here") && Told("--confirm-sizes")) << output_;
  {
    const auto node = Serve();
    const auto status = world_.ConnectAdmin("ARG")->Call<admin::NodeStatus>(
        "/enlace.admin.v1.AdminService/GetStatus", admin::GetStatusRequest());
    ASSERT_TRUE(status.ok()) << status.status();
    EXPECT_NE(status->signing_closed(), "");
    Stop(*node);
  }
  EXPECT_EQ(Exit({"adopt", "--config", Config(), "--confirm-sizes",
                  "demo/ARG/directory=1,demo/ARG/statistics=0,demo/ARG/training=0"}),
            0)
      << output_;
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
}

TEST_F(BackupProcessTest, KeysComeBackFromTheBackupOrFromWhereTheyWereKept) {
  ASSERT_EQ(BackUp("bare"), 0) << output_;
  ASSERT_EQ(BackUp("full", {"--with-keys"}), 0) << output_;
  fs::rename(Data(), Data() + ".lost");
  EXPECT_EQ(VerifyBackup("bare"), 1);
  EXPECT_TRUE(Told("KEY_INVALID") && Told("--channel-key")) << output_;
  EXPECT_EQ(Exit(RestoreArguments("bare")), 1);
  EXPECT_TRUE(Told("KEY_INVALID") && Told("subject.key")) << output_;
  EXPECT_EQ(VerifyBackup("full"), 0) << output_;
  EXPECT_TRUE(Told("carried by the backup itself")) << output_;
  ASSERT_EQ(Exit(RestoreArguments("full")), 0) << output_;
  for (const char* name : {"channel.key", "subject.key"}) {
    const std::string key = Data() + "/keys/" + name;
    EXPECT_EQ(TempDir::Read(key), TempDir::Read(Data() + ".lost/keys/" + name));
    EXPECT_EQ(fs::status(key).permissions(), fs::perms(0600));
  }
  EXPECT_EQ(fs::status(Data()).permissions(), fs::perms(0700));
  fs::remove_all(Data());
  fs::remove_all(world_.Folder("ARG") + "/anchor");
  fs::create_directories(Data());
  fs::copy(Data() + ".lost/keys", Data() + "/keys");
  EXPECT_EQ(Exit(RestoreArguments("bare")), 0) << output_;
  EXPECT_TRUE(Told("no anchor told how much")) << output_;
}

// What is in the folder, by name, with the bytes of the files.
std::map<std::string, std::string> Everything(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    all[entry.path().string()] =
        entry.is_regular_file() ? TempDir::Read(entry.path().string()) : "a folder";
  }
  return all;
}

TEST_F(BackupProcessTest, WithAKeyThatIsNotThatOfTheBackupNothingIsWritten) {
  ASSERT_EQ(BackUp("bare"), 0) << output_;
  ASSERT_EQ(BackUp("full", {"--with-keys"}), 0) << output_;
  LoseStore();
  const std::string keys = Data() + "/keys/";
  const std::string right = TempDir::Read(keys + "subject.key");
  const std::string other(right.size() - 3, 'A');  // Base64 of zeros.
  const auto refuses = [&](const std::string& backup, const std::string& told) {
    const auto before = Everything(world_.Folder("ARG"));
    EXPECT_EQ(Exit(RestoreArguments(backup)), 1) << backup;
    EXPECT_TRUE(Told("KEY_INVALID") && Told(told)) << output_;
    EXPECT_TRUE(Everything(world_.Folder("ARG")) == before) << backup;
  };
  std::ofstream(keys + "subject.key") << other << "A=\n";
  refuses("bare", "keys/subject.key");
  refuses("full", "keys/subject.key");
  // What an interrupted restore might have left, and did not.
  fs::rename(keys + "channel.key", keys + "aside");
  refuses("full", "keys/subject.key");
  fs::rename(keys + "aside", keys + "channel.key");

  std::ofstream(keys + "subject.key") << right;
  fs::rename(keys + "channel.key", keys + "aside");
  std::ofstream(keys + "channel.key") << other << "A=\n";
  fs::permissions(keys + "channel.key", fs::perms::owner_read | fs::perms::owner_write);
  refuses("bare", "channel key");
  fs::rename(keys + "subject.key", keys + "aside2");
  refuses("full", "keys/channel.key");
  fs::rename(keys + "aside2", keys + "subject.key");

  fs::rename(keys + "aside", keys + "channel.key");
  EXPECT_EQ(Exit(RestoreArguments("bare")), 0) << output_;
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
}

TEST_F(BackupProcessTest, OneOfAnotherNodeIsRefused) {
  ASSERT_EQ(BackUp("foreign", {"--with-keys"}), 0) << output_;
  NodeWorld other({"BRA"});
  other.WriteConfig("BRA");
  const std::vector<std::string> restore = {"restore", "--config", other.ConfigFile("BRA"),
                                            "--from", Folder("foreign")};
  EXPECT_EQ(Exit(restore), 1);
  EXPECT_TRUE(Told("STORE_FORMAT")) << output_;
  EXPECT_FALSE(fs::exists(other.Folder("BRA") + "/data"));
  ASSERT_EQ(Exit({"init", "--config", other.ConfigFile("BRA"), "--pin-secretariat-later"}), 0);
  fs::remove_all(other.Folder("BRA") + "/data/db");
  EXPECT_EQ(Exit(restore), 1);
  EXPECT_TRUE(Told("KEY_INVALID")) << output_;
}

exchange::CreateCaseRecordRequest OneCase() {
  exchange::CreateCaseRecordRequest request;
  exchange::CaseRecord& record = *request.mutable_case_record();
  record.set_codelist_version(1);
  record.set_registration_year(2020);
  record.set_registration_quarter(2);
  auto& single = *record.add_singles();
  single.set_attribute(model::kSex);
  single.set_code(1);
  return request;
}

// The first revision of the record of this name.
std::string ReferenceOf(const std::string& name) {
  return HexDecode(name.substr(name.rfind('/') + 1)).value_or("");
}

TEST_F(BackupProcessTest, UnderWritesItHoldsAllThatWasAcknowledgedBefore) {
  const auto node = Serve();
  std::atomic<bool> ended = false;
  enlace::Mutex mutex;
  std::vector<std::string> acknowledged;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    auto client = world_.Connect("ARG", fmt::format("entity/police/writer{}", writer));
    writers.emplace_back([&, client = std::move(client)] {
      while (!ended) {
        const auto made = client->Call<exchange::CaseRecord>(
            "/enlace.exchange.v1.CaseService/CreateCaseRecord", OneCase());
        enlace::MutexLock lock(mutex);
        if (made.ok()) acknowledged.push_back(made->name());
      }
    });
  }
  const auto count = [&] {
    enlace::MutexLock lock(mutex);
    return acknowledged.size();
  };
  ASSERT_TRUE(Eventually([&] { return count() > 50; }));
  std::vector<std::string> before;
  {
    enlace::MutexLock lock(mutex);
    before = acknowledged;
  }
  EXPECT_EQ(BackUp(), 0) << output_;
  const size_t during = count();
  EXPECT_TRUE(Eventually([&] { return count() > during; })) << "writes go on";
  ended = true;
  writers.clear();
  Stop(*node);
  EXPECT_GT(during, before.size()) << "nothing was written while the backup was made";

  const auto backup = store::BackupReader::Open(Folder(), std::nullopt);
  ASSERT_TRUE(backup.ok()) << backup.status();
  for (const std::string& name : before) {
    EXPECT_TRUE(store::LoadCase(**backup, ReferenceOf(name)).ok()) << name;
  }
  LoseStore();
  ASSERT_EQ(Exit(RestoreArguments()), 0) << output_;
  EXPECT_EQ(Exit({"verify", "--config", Config()}), 0) << output_;
  EXPECT_TRUE(Told("all holds")) << output_;
  fmt::print("backup under writes: before={} during={} after={}\n", before.size(),
             during - before.size(), count() - during);
}

}  // namespace
}  // namespace enlace::testing
