// Restoring: what comes back, what stays closed, what is refused, and that a half restored
// directory is never a store.
#include "node/store/restore.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "node/store/adopt.h"
#include "node/store/data_lock.h"
#include "node/store/recovery.h"
#include "node/store/signing.h"
#include "tests/unit/store/backup_fixture.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

class RestoreTest : public ::testing::Test, protected BackupFixture {
 protected:
  void MakeBackup() {
    const auto store = Open().value();
    Fill(*store);
    ASSERT_TRUE(BackUp(*store).ok());
  }
};

// All rows but the two that a new incarnation writes.
std::vector<std::string> OldRows(const Reader& reader) {
  std::vector<std::string> rows = AllRows(reader);
  std::erase_if(rows, [](const std::string& row) {
    return row.starts_with("meta store") || row.starts_with("meta commit") ||
           row.starts_with("meta signing_closed");
  });
  return rows;
}

TEST_F(RestoreTest, BringsBackEveryRowAsANewIncarnationThatDoesNotSign) {
  MakeBackup();
  const auto before = OldRows(*Open().value()->Read());
  const std::string instance = ReadMeta(*Open().value()->Read())->instance_id();
  MoveStoreAside();
  const RestoredDatabase restored = Restore(BackupFolder()).value();
  EXPECT_EQ(restored.own_sizes, (ChannelSizes{{kTraining, 3}}));
  EXPECT_EQ(restored.commits_given_up, 0u);
  const auto store = Open().value();
  EXPECT_EQ(OldRows(*store->Read()), before);
  EXPECT_EQ(store->commit_sequence(), restored.commit_sequence + 1);
  EXPECT_NE(ReadMeta(*store->Read())->instance_id(), instance);
  EXPECT_TRUE(store->VerifyRows().ok());
  EXPECT_EQ(ReasonOf(Append(*store)), Reason::CHANNEL_STOPPED);
  EXPECT_TRUE(Put(*store, "a", "1").ok()) << "national data are taken";
  ASSERT_TRUE(ConfirmChannelSizes(*store, {{kTraining, 3}}).ok());
  EXPECT_TRUE(Append(*store).ok());
  EXPECT_TRUE(VerifyStoredChannel(*store->Read(), kTraining, keys_.signing.public_key()).ok());
}

TEST_F(RestoreTest, TellsWhatIsGivenUpAndLetsNoOlderDirectoryInAgain) {
  MakeBackup();
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(Append(*Open().value()).ok());
  MoveStoreAside();
  EXPECT_EQ(Restore(BackupFolder()).value().commits_given_up, 5u);
  EXPECT_EQ(ReasonOf(ConfirmChannelSizes(*Open().value(), {{kTraining, 8}})),
            Reason::STORE_BEHIND_ANCHOR);
  fs::rename(options_.data_dir, dir_.path("restored"));
  fs::rename(options_.data_dir + ".aside", options_.data_dir);
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_FORMAT);
}

TEST_F(RestoreTest, WithoutAnAnchorNobodyKnowsWhatIsGivenUp) {
  MakeBackup();
  MoveStoreAside();
  fs::remove(options_.anchor_path);
  EXPECT_EQ(Restore(BackupFolder()).value().commits_given_up, std::nullopt);
  EXPECT_TRUE(Open().ok());
}

TEST_F(RestoreTest, NeverOverwritesAStoreOrTheAnchorOfAnother) {
  MakeBackup();
  EXPECT_EQ(ReasonOf(Restore(BackupFolder()).status()), Reason::STORE_EXISTS);
  EXPECT_TRUE(Open().ok());
  MoveStoreAside();
  StoreOptions other = options_;
  other.data_dir = dir_.path("other");
  other.anchor_path = dir_.path("other-anchor");
  ASSERT_TRUE(Store::Create(other, Meta('o')).ok());
  options_.anchor_path = other.anchor_path;
  {
    const auto running = Store::Open(other, clock_).value();
    EXPECT_EQ(ReasonOf(Restore(BackupFolder()).status()), Reason::STORE_LOCKED);
  }
  EXPECT_EQ(ReasonOf(Restore(BackupFolder()).status()), Reason::STORE_FORMAT);
  EXPECT_TRUE(Store::Open(other, clock_).ok());
  options_.anchor_path = dir_.path("anchor");
  EXPECT_TRUE(Restore(BackupFolder()).ok()) << "the refusals left nothing in the way";
}

TEST_F(RestoreTest, ADirectoryThatIsHalfRestoredDoesNotOpenAndIsRestoredAgain) {
  MakeBackup();
  MoveStoreAside();
  const auto backup = OpenBackup(BackupFolder()).value();
  const auto refused = RestoreDatabase(options_, *backup, [this](const Reader& reader) {
    EXPECT_EQ(AllRows(reader).size(), AllRows(*OpenBackup(BackupFolder()).value()).size() + 1);
    return Error(Reason::STORE_FAILED, "the disk went away");
  });
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STORE_FAILED);
  const Status half = Open().status();
  EXPECT_EQ(ReasonOf(half), Reason::STORE_FORMAT);
  EXPECT_NE(MessageOf(half).find("enlaced restore"), std::string::npos) << half;
  EXPECT_EQ(ReasonOf(AdoptDatabase(options_).status()), Reason::STORE_FORMAT);
  EXPECT_TRUE(Restore(BackupFolder()).ok());
  EXPECT_TRUE(Open().ok());
}

// The anchor is written before the directory counts as a store.
TEST_F(RestoreTest, AKillAfterTheNewAnchorIsFinishedByRestoringAgain) {
  MakeBackup();
  MoveStoreAside();
  std::string mark;
  const auto backup = OpenBackup(BackupFolder()).value();
  ASSERT_TRUE(RestoreDatabase(options_, *backup, [&](const Reader&) {
                mark = testing::TempDir::Read(RestoringPath(options_.data_dir));
                return absl::OkStatus();
              }).ok());
  dir_.Write("data/RESTORING", mark);
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_FORMAT);
  EXPECT_TRUE(Restore(BackupFolder()).ok());
  EXPECT_TRUE(Open().ok());
}

TEST_F(RestoreTest, ABackupThatChangesWhileItIsReadIsNotTaken) {
  MakeBackup();
  MoveStoreAside();
  const auto backup = OpenBackup(BackupFolder()).value();
  const std::string file = BackupFolder() + "/secret.rows";
  const std::string bytes = testing::TempDir::Read(file);
  // One row less: all that are left fit their envelopes, and only the hash tells.
  const size_t row = 10 + 8 + 4 + 9;
  ASSERT_EQ(bytes.substr(10 + 8, 4), "row0");
  dir_.Write("backup/secret.rows", bytes.substr(0, 10) + bytes.substr(row));
  const auto refused =
      RestoreDatabase(options_, *backup, [](const Reader&) { return absl::OkStatus(); });
  EXPECT_EQ(ReasonOf(refused.status()), Reason::BACKUP_INVALID);
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_FORMAT);
  dir_.Write("backup/secret.rows", bytes);
  EXPECT_TRUE(Restore(BackupFolder()).ok());
}

TEST_F(RestoreTest, TheBackupIsOnlyRead) {
  MakeBackup();
  MoveStoreAside();
  std::map<std::string, std::string> before;
  for (const auto& file : fs::directory_iterator(BackupFolder())) {
    before[file.path()] = testing::TempDir::Read(file.path());
  }
  ASSERT_TRUE(Restore(BackupFolder()).ok());
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  for (const auto& file : fs::directory_iterator(BackupFolder())) {
    EXPECT_EQ(testing::TempDir::Read(file.path()), before[file.path()]) << file.path();
  }
}

}  // namespace
}  // namespace enlace::store
