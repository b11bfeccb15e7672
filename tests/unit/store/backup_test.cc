// Backups: what they hold, what they leave out, and what is refused.
#include "node/store/backup.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "node/crypto/hash.h"
#include "node/store/stoppable_reader.h"
#include "tests/testing/golden.h"
#include "tests/unit/store/backup_fixture.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

class BackupTest : public ::testing::Test, protected BackupFixture {};

TEST_F(BackupTest, HoldsTheStoreAsItWasWhenItBegan) {
  const auto store = Open().value();
  Fill(*store);
  const auto before = AllRows(*store->Read());
  const BackupManifest made = BackUp(*store).value();
  ASSERT_TRUE(Append(*store).ok());
  const auto backup = OpenBackup(BackupFolder()).value();
  EXPECT_EQ(AllRows(*backup), before);
  EXPECT_EQ(backup->manifest(), made);
  EXPECT_EQ(made.commit_sequence, store->commit_sequence() - 1);
  EXPECT_EQ(made.rows(), before.size());
  EXPECT_EQ(made.audit_records, 3u);
  ASSERT_EQ(made.channels.size(), 1u);
  EXPECT_EQ(made.channels[0].origin, kTraining);
  EXPECT_EQ(made.channels[0].size, 3u);
  EXPECT_EQ(backup->ExtraFile("channel.key"), "secret\n");
  EXPECT_EQ(backup->ExtraFile("other"), std::nullopt);
}

TEST_F(BackupTest, IsReadByKeyAndByRange) {
  const auto store = Open().value();
  Fill(*store);
  ASSERT_TRUE(BackUp(*store).ok());
  const auto backup = OpenBackup(BackupFolder()).value();
  for (int n = 0; n < 200; ++n) {
    EXPECT_EQ(backup->Get(Table::kSecret, fmt::format("row{}", n)).value(),
              std::string(static_cast<size_t>(n), 'v'));
  }
  for (const char* absent : {"a", "row", "row1999", "z"}) {
    EXPECT_EQ(backup->Get(Table::kSecret, absent).value(), std::nullopt) << absent;
  }
  size_t rows = 0;
  EXPECT_TRUE(backup
                  ->Scan(Table::kSecret, {"row15", "row17"},
                         [&rows](std::string_view, std::string_view) {
                           ++rows;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(rows, 22u) << "row15, row150 to row159, and the same of 16";
}

// Files of the database hold what was erased until they are merged.
TEST_F(BackupTest, DoesNotCarryOnWhatWasErased) {
  const std::string marker = "WHAT-IS-ERASED";
  const auto store = Open().value();
  ASSERT_TRUE(Append(*store, marker).ok());
  ASSERT_TRUE(store->Write([](Transaction& t) { return ErasePayload(t, kTraining, 0); }).ok());
  ASSERT_TRUE(BackUp(*store).ok());
  for (const auto& file : fs::directory_iterator(BackupFolder())) {
    EXPECT_EQ(TempDir::Read(file.path()).find(marker), std::string::npos) << file.path();
  }
  bool on_disk = false;
  for (const auto& file : fs::recursive_directory_iterator(options_.data_dir)) {
    on_disk = on_disk || (file.is_regular_file() &&
                          TempDir::Read(file.path()).find(marker) != std::string::npos);
  }
  EXPECT_TRUE(on_disk) << "the store's own files show that this could fail";
}

TEST_F(BackupTest, IsClosedToOthers) {
  const mode_t before = umask(0);
  ASSERT_TRUE(BackUp(*Open().value()).ok());
  umask(before);
  EXPECT_EQ(fs::status(BackupFolder()).permissions(), fs::perms(0700));
  for (const auto& file : fs::directory_iterator(BackupFolder())) {
    EXPECT_EQ(file.status().permissions(), fs::perms(0600)) << file.path();
  }
}

TEST_F(BackupTest, NeverOverwrites) {
  const auto store = Open().value();
  fs::create_directory(BackupFolder());
  EXPECT_EQ(ReasonOf(BackUp(*store).status()), Reason::BACKUP_TARGET);
  EXPECT_TRUE(fs::is_empty(BackupFolder()));
  fs::remove(BackupFolder());
  ASSERT_TRUE(BackUp(*store).ok());
  EXPECT_EQ(ReasonOf(BackUp(*store).status()), Reason::BACKUP_TARGET);
  EXPECT_TRUE(OpenBackup(BackupFolder()).ok()) << "the first one is as it was";
}

TEST_F(BackupTest, AFailureLeavesNothing) {
  const auto store = Open().value();
  Fill(*store);
  int asked = 0;
  const StoppableReader stopped(store->Read(), [&asked] { return ++asked > 50; });
  EXPECT_EQ(ReasonOf(WriteBackup(stopped, keys_.signing, {BackupFolder(), {}, "", 0}).status()),
            Reason::CALL_CANCELLED);
  EXPECT_FALSE(fs::exists(BackupFolder()));
  const auto refused =
      WriteBackup(*store->Read(), keys_.signing, {dir_.path("none/backup"), {}, "", 0});
  EXPECT_EQ(ReasonOf(refused.status()), Reason::BACKUP_TARGET);
  EXPECT_TRUE(store->Health().ok());
}

TEST_F(BackupTest, OneWithoutManifestWasInterrupted) {
  ASSERT_TRUE(BackUp(*Open().value()).ok());
  fs::rename(BackupFolder() + "/MANIFEST", BackupFolder() + "/MANIFEST.part");
  const Status refused = OpenBackup(BackupFolder()).status();
  EXPECT_EQ(ReasonOf(refused), Reason::BACKUP_INVALID);
  EXPECT_NE(MessageOf(refused).find("interrupted"), std::string::npos) << refused;
  EXPECT_EQ(ReasonOf(OpenBackup(dir_.path("none")).status()), Reason::FILE_UNREADABLE);
}

TEST_F(BackupTest, OneThatAnotherKeySignedIsForged) {
  ASSERT_TRUE(BackUp(*Open().value()).ok());
  const BackupManifest manifest = OpenBackup(BackupFolder()).value()->manifest();
  const auto forger = crypto::SigningKey::FromSeed(std::string(32, 'f')).value();
  dir_.Write("backup/MANIFEST", SealManifest(manifest, forger));
  EXPECT_EQ(ReasonOf(OpenBackup(BackupFolder()).status()), Reason::KEY_INVALID);
  EXPECT_TRUE(BackupReader::Open(BackupFolder(), std::nullopt).ok())
      << "only the key tells it from a true one";
}

TEST_F(BackupTest, OneOfAnotherFormatOrOtherTablesIsNotRead) {
  ASSERT_TRUE(BackUp(*Open().value()).ok());
  BackupManifest manifest = OpenBackup(BackupFolder()).value()->manifest();
  std::string text = TempDir::Read(BackupFolder() + "/MANIFEST");
  std::string body = text.substr(0, text.find("sha256: "));
  body.replace(body.find("backup: 1"), 9, "backup: 2");
  body += "sha256: " + HexEncode(AsView(crypto::Sha256(body))) + "\n";
  body += "signature: " + Base64Encode(keys_.signing.Sign(body)) + "\n";
  EXPECT_EQ(ReasonOf(OpenManifest(body).status()), Reason::STORE_FORMAT);

  manifest.files.erase(manifest.files.begin());
  dir_.Write("backup/MANIFEST", SealManifest(manifest, keys_.signing));
  EXPECT_EQ(ReasonOf(OpenBackup(BackupFolder()).status()), Reason::STORE_FORMAT);
  manifest.files.push_back({"later.rows", 0, 0, {}});
  dir_.Write("backup/MANIFEST", SealManifest(manifest, keys_.signing));
  EXPECT_EQ(ReasonOf(OpenBackup(BackupFolder()).status()), Reason::STORE_FORMAT);
}

TEST_F(BackupTest, AManifestThatContradictsItsRowsIsRefused) {
  const auto store = Open().value();
  Fill(*store);
  ASSERT_TRUE(BackUp(*store).ok());
  const BackupManifest good = OpenBackup(BackupFolder()).value()->manifest();
  const std::function<void(BackupManifest&)> changes[] = {
      [](BackupManifest& m) { ++m.commit_sequence; },
      [](BackupManifest& m) { m.network = "other"; },
      [](BackupManifest& m) { m.channels[0].size = 2; },
      [](BackupManifest& m) { m.channels.clear(); },
      [](BackupManifest& m) { m.audit_head = {}; },
  };
  for (const auto& change : changes) {
    BackupManifest changed = good;
    change(changed);
    dir_.Write("backup/MANIFEST", SealManifest(changed, keys_.signing));
    EXPECT_EQ(ReasonOf(OpenBackup(BackupFolder()).status()), Reason::BACKUP_INVALID);
  }
}

TEST(BackupFormatTest, IsPinned) {
  BackupManifest manifest;
  manifest.network = "demo";
  manifest.jurisdiction = "ARG";
  manifest.instance_id = std::string(16, 'i');
  manifest.commit_sequence = 7;
  manifest.time_ms = 1'700'000'000'000;
  manifest.software_version = "0.1.0";
  manifest.audit_records = 2;
  manifest.audit_head.fill(0xab);
  manifest.channels = {{"demo/ARG/training", true, 3, {}}, {"demo/BRA/training", false, 0, {}}};
  manifest.files = {{"meta.rows", 10, 1, {}}, {"channel.key", 45, 0, {}}};
  const std::string text =
      SealManifest(manifest, crypto::SigningKey::FromSeed(std::string(32, 'k')).value());
  testing::TempDir dir;
  auto rows = BackupFileWriter::CreateForRows(dir.path(), Table::kChannelNode).value();
  ASSERT_TRUE(rows.AppendRow("key", "value").ok());
  ASSERT_TRUE(rows.AppendRow("longer", "").ok());
  const BackupFile file = rows.Finish().value();
  const std::string bytes = TempDir::Read(dir.path("channel_node.rows"));
  testing::ExpectGoldenLines("backup.txt",
                             {"manifest " + HexEncode(text), "rows " + HexEncode(bytes)});
  EXPECT_EQ(file.sha256, crypto::Sha256(bytes));
  EXPECT_EQ(file.bytes, bytes.size());
  manifest.channel_key = OpenManifest(text).value().channel_key;
  EXPECT_EQ(OpenManifest(text).value(), manifest);
}

}  // namespace
}  // namespace enlace::store
