// AdminService.Backup: the five cases of every method, and what it must not do.
#include "node/app/backup.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "enlace/admin/v1/admin_service.pb.h"
#include "node/app/init.h"
#include "node/app/node_keys.h"
#include "tests/testing/node_world.h"

namespace enlace::app {
namespace {

namespace fs = std::filesystem;
namespace admin = enlace::admin::v1;

constexpr char kBackup[] = "/enlace.admin.v1.AdminService/Backup";

class BackupMethod : public ::testing::Test {
 protected:
  BackupMethod() { nodes_ = world_.StartAll(); }

  StatusOr<admin::BackupResponse> Call(const std::string& folder, bool with_keys = false) {
    admin::BackupRequest request;
    request.set_folder(folder);
    request.set_with_keys(with_keys);
    return world_.ConnectAdmin("ARG")->Call<admin::BackupResponse>(kBackup, request);
  }
  std::string Folder() const { return dir_.path("backup"); }
  StatusOr<BackupVerification> Verify() {
    return VerifyBackup(world_.ConfigFile("ARG"), Folder(), std::nullopt, world_.clock);
  }

  testing::NodeWorld world_{{"ARG"}};
  testing::TempDir dir_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
};

TEST_F(BackupMethod, MakesABackupThatVerifies) {
  const auto made = Call(Folder());
  ASSERT_TRUE(made.ok()) << made.status();
  const auto verified = Verify();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_TRUE(verified->contents.findings.empty()) << verified->contents.findings.front();
  EXPECT_EQ(verified->contents.rows, made->rows());
  EXPECT_EQ(verified->contents.channels, made->channels());
  EXPECT_EQ(verified->manifest.bytes(), made->bytes());
  EXPECT_EQ(verified->manifest.files.size(), made->files());
  EXPECT_EQ(verified->manifest.commit_sequence, made->commit_sequence());
  EXPECT_EQ(verified->key_source, KeySource::kDataDirectory);
  EXPECT_FALSE(verified->with_keys);
  EXPECT_EQ(verified->contents.audit_records, 1U) << "that it was made is recorded";
}

TEST_F(BackupMethod, HoldsTheKeysOnlyWhenAskedAndTheAnchorNever) {
  ASSERT_TRUE(Call(Folder(), true).ok());
  EXPECT_TRUE(Verify()->with_keys);
  EXPECT_EQ(testing::TempDir::Read(Folder() + "/channel.key"),
            testing::TempDir::Read(world_.Folder("ARG") + "/data/keys/channel.key"));
  const std::string anchor = testing::TempDir::Read(world_.Folder("ARG") + "/anchor/anchor");
  for (const auto& file : fs::directory_iterator(Folder())) {
    EXPECT_EQ(testing::TempDir::Read(file.path()).find(anchor.substr(0, 8)), std::string::npos);
  }
}

TEST_F(BackupMethod, RefusesAFolderThatIsRelativeOrWithinTheData) {
  for (const std::string& folder :
       {std::string(), std::string("backup"), world_.Folder("ARG") + "/data/backup",
        world_.Folder("ARG") + "/data/../data/db"}) {
    EXPECT_EQ(ReasonOf(Call(folder).status()), Reason::REQUEST_INVALID) << folder;
  }
}

TEST_F(BackupMethod, IsForTheOperatorAlone) {
  admin::BackupRequest request;
  request.set_folder(Folder());
  for (const char* who : {"person/operator", "entity/police/files", "node"}) {
    const auto refused = world_.Connect("ARG", who)->Call<admin::BackupResponse>(kBackup, request);
    EXPECT_EQ(ReasonOf(refused.status()), Reason::PERMISSION_DENIED) << who;
  }
  EXPECT_FALSE(fs::exists(Folder()));
}

TEST_F(BackupMethod, TellsThatThereIsNoSuchPlace) {
  const Status refused = Call(dir_.path("none/backup")).status();
  EXPECT_EQ(ReasonOf(refused), Reason::BACKUP_TARGET);
  EXPECT_NE(MessageOf(refused).find("No such file"), std::string::npos) << refused;
  EXPECT_TRUE(nodes_["ARG"]->Readiness().ok()) << "the store has not failed by it";
}

TEST_F(BackupMethod, TheSameCallAgainIsRefusedAndTheFirstBackupStays) {
  ASSERT_TRUE(Call(Folder()).ok());
  EXPECT_EQ(ReasonOf(Call(Folder()).status()), Reason::BACKUP_TARGET);
  EXPECT_TRUE(Verify().ok());
}

TEST_F(BackupMethod, AnotherKeyThanTheGivenOneDoesNotPass) {
  ASSERT_TRUE(Call(Folder()).ok());
  const auto verify = [&](const std::string& key) {
    return ReasonOf(VerifyBackup(world_.ConfigFile("ARG"), Folder(), key, world_.clock).status());
  };
  EXPECT_EQ(verify("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), Reason::KEY_INVALID);
  EXPECT_EQ(verify("no key"), Reason::KEY_INVALID);
  const auto keys = LoadKeys(DataLayout(world_.Folder("ARG") + "/data")).value();
  const crypto::PublicKey& own = keys.signing.public_key();
  const auto verified =
      VerifyBackup(world_.ConfigFile("ARG"), Folder(),
                   Base64Encode(std::string(own.begin(), own.end())), world_.clock);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->key_source, KeySource::kGiven);
}

}  // namespace
}  // namespace enlace::app
