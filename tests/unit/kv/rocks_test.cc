// What only an engine on a disk can break: lost power, refused syncs, damaged files.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>

#include "node/kv/rocks_engine.h"
#include "node/kv/rocks_options.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/kv/lossy_file_system.h"

namespace enlace::kv {
namespace {

namespace fs = std::filesystem;

class RocksTest : public ::testing::Test {
 protected:
  RocksOptions Options(const std::string& name = "db", bool create = false) const {
    return {.path = dir_.path(name), .table_names = {"a", "b"}, .create = create};
  }
  StatusOr<std::unique_ptr<Engine>> Open(const RocksOptions& options) {
    return OpenRocksEngineOn(options, env_.get());
  }
  static Status Put(Engine& engine, std::string key, std::string value) {
    return engine.Commit({{}, {{0, key, value}, {1, key, value}}});
  }
  std::string OneFile(const std::string& ending, const std::string& name = "db") const {
    std::string found;
    for (const auto& entry : fs::directory_iterator(dir_.path(name))) {
      const std::string path = entry.path().string();
      if (path.find(ending) != std::string::npos && path > found) found = path;
    }
    return found;
  }
  static void FlipMiddle(const std::string& path) {
    std::string bytes = testing::TempDir::Read(path);
    bytes[bytes.size() / 2] ^= 4;
    std::ofstream(path, std::ios::binary) << bytes;
  }
  // A database whose rows lie in SST files.
  void MakeFlushed() {
    const std::string value(20000, 'v');
    ASSERT_TRUE(Put(*Open(Options("db", true)).value(), "k", value).ok());
    ASSERT_TRUE(Open(Options()).ok());  // Opening moves the log into SST files.
  }

  testing::TempDir dir_;
  std::shared_ptr<LossyFileSystem> files_ = std::make_shared<LossyFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
};

// The test that a build without sync must fail.
TEST_F(RocksTest, AcknowledgedWritesSurviveLossOfUnsyncedBytes) {
  const auto engine = Open(Options("db", true)).value();
  for (int i = 0; i < 30; ++i) {
    const std::string key = std::to_string(i);
    const int before = files_->syncs();
    ASSERT_TRUE(Put(*engine, key, std::string(static_cast<size_t>(i) * 100 + 1, 'v')).ok());
    EXPECT_GT(files_->syncs(), before) << "acknowledged without a sync";
    const std::string copy = "lost-power-" + key;
    files_->CopyAfterPowerLoss(dir_.path("db"), dir_.path(copy));
    const auto after = OpenRocksEngine(Options(copy));
    ASSERT_TRUE(after.ok()) << after.status().ToString();
    const auto snapshot = (*after)->TakeSnapshot();
    for (int j = 0; j <= i; ++j) {
      ASSERT_TRUE(snapshot->Get(1, std::to_string(j)).value().has_value()) << j << " of " << i;
    }
  }
}

TEST_F(RocksTest, ARefusedSyncFailsTheCommitAndAllAfterIt) {
  const auto engine = Open(Options("db", true)).value();
  ASSERT_TRUE(Put(*engine, "a", "1").ok());
  files_->FailSyncs();
  EXPECT_EQ(ReasonOf(Put(*engine, "b", "2")), Reason::STORE_FAILED);
  EXPECT_EQ(ReasonOf(engine->Health()), Reason::STORE_FAILED);
  const int syncs = files_->syncs();
  EXPECT_EQ(ReasonOf(Put(*engine, "c", "3")), Reason::STORE_FAILED);
  EXPECT_EQ(files_->syncs(), syncs) << "a refused sync is never tried again";
  EXPECT_EQ(engine->TakeSnapshot()->Get(0, "a").value(), "1") << "reads go on";
}

TEST_F(RocksTest, OpeningNamesWhatIsMissingOrThere) {
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options()).status()), Reason::STORE_FORMAT);
  ASSERT_TRUE(OpenRocksEngine(Options("db", true)).ok());
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options("db", true)).status()), Reason::STORE_FORMAT);
  RocksOptions other = Options();
  other.table_names = {"a"};
  EXPECT_EQ(ReasonOf(OpenRocksEngine(other).status()), Reason::STORE_FORMAT);
  other.table_names = {"a", "b", "c"};
  EXPECT_EQ(ReasonOf(OpenRocksEngine(other).status()), Reason::STORE_FORMAT);
  fs::remove(dir_.path("db/CURRENT"));
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options()).status()), Reason::STORE_CORRUPT);
}

TEST_F(RocksTest, ASecondOpeningIsLockedOut) {
  const auto engine = OpenRocksEngine(Options("db", true)).value();
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options()).status()), Reason::STORE_LOCKED);
}

TEST_F(RocksTest, ADamagedRowIsRefusedAtReadAndEndsAllCommits) {
  MakeFlushed();
  const auto engine = OpenRocksEngine(Options()).value();
  // Under the open engine, so that no check at opening sees it first.
  std::string bytes = testing::TempDir::Read(OneFile(".sst"));
  for (size_t at = 0; at < 60; ++at) bytes[at] ^= 0x55;
  std::fstream(OneFile(".sst"), std::ios::in | std::ios::out | std::ios::binary) << bytes;
  const auto snapshot = engine->TakeSnapshot();
  bool refused = false;
  for (TableId table = 0; table < 2; ++table) {
    const auto value = snapshot->Get(table, "k");
    refused = refused || ReasonOf(value.status()) == Reason::STORE_CORRUPT;
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(ReasonOf(engine->Health()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(Put(*engine, "x", "1")), Reason::STORE_CORRUPT);
}

TEST_F(RocksTest, VerifyChecksumsFindsADamagedBlockThatNobodyRead) {
  MakeFlushed();
  const auto engine = OpenRocksEngine(Options()).value();
  EXPECT_TRUE(engine->VerifyChecksums().ok());
  std::string bytes = testing::TempDir::Read(OneFile(".sst"));
  bytes[10] ^= 1;
  std::fstream(OneFile(".sst"), std::ios::in | std::ios::out | std::ios::binary) << bytes;
  EXPECT_EQ(ReasonOf(engine->VerifyChecksums()), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(engine->Health()), Reason::STORE_CORRUPT);
}

TEST_F(RocksTest, ATornTailIsRefusedStrictlyAndDroppedTolerantly) {
  {
    const auto engine = OpenRocksEngine(Options("db", true)).value();
    ASSERT_TRUE(Put(*engine, "a", "1").ok());
    ASSERT_TRUE(Put(*engine, "b", std::string(5000, 'x')).ok());
  }
  const std::string log = OneFile(".log");
  fs::resize_file(log, fs::file_size(log) - 100);
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options()).status()), Reason::STORE_CORRUPT);
  RocksOptions tolerant = Options();
  tolerant.strict = false;
  const auto engine = OpenRocksEngine(tolerant).value();
  const auto snapshot = engine->TakeSnapshot();
  EXPECT_EQ(snapshot->Get(0, "a").value(), "1");
  EXPECT_EQ(snapshot->Get(0, "b").value(), std::nullopt);
  EXPECT_EQ(snapshot->Get(1, "b").value(), std::nullopt) << "a batch is torn as a whole";
}

TEST_F(RocksTest, AReadOnlyOpeningIsAsStrictChangesNoFileAndTakesNoCommit) {
  ASSERT_TRUE(Put(*OpenRocksEngine(Options("db", true)).value(), "a", "1").ok());
  const std::string log = OneFile(".log");
  const std::string bytes = testing::TempDir::Read(log);
  const std::string list = testing::TempDir::Read(OneFile("MANIFEST-"));
  RocksOptions look = Options();
  look.read_only = true;
  {
    const auto engine = OpenRocksEngine(look).value();
    const auto snapshot = engine->TakeSnapshot();
    EXPECT_EQ(snapshot->Get(0, "a").value(), "1");
    int rows = 0;
    EXPECT_TRUE(
        snapshot->Scan(1, {}, [&](std::string_view, std::string_view) { return ++rows > 0; }).ok());
    EXPECT_EQ(rows, 1);
    EXPECT_FALSE(Put(*engine, "b", "2").ok());
  }
  EXPECT_EQ(OneFile(".log"), log);
  EXPECT_EQ(testing::TempDir::Read(log), bytes);
  EXPECT_EQ(testing::TempDir::Read(OneFile("MANIFEST-")), list);
  fs::resize_file(log, bytes.size() - 10);
  EXPECT_EQ(ReasonOf(OpenRocksEngine(look).status()), Reason::STORE_CORRUPT);
}

TEST_F(RocksTest, AFlippedBitInTheMiddleOfTheLogIsRefused) {
  {
    const auto engine = OpenRocksEngine(Options("db", true)).value();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(Put(*engine, std::to_string(i), std::string(300, 'x')).ok());
    }
  }
  FlipMiddle(OneFile(".log"));
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options()).status()), Reason::STORE_CORRUPT);
}

TEST_F(RocksTest, ASyncedBatchTakesTheUnsyncedOnesBeforeItToTheDisk) {
  const auto engine = Open(Options("db", true)).value();
  const int before = files_->syncs();
  ASSERT_TRUE(engine->Commit({{}, {{0, "a", "1"}}, false}).ok());
  EXPECT_EQ(files_->syncs(), before);
  ASSERT_TRUE(engine->Commit({{}, {{0, "b", "2"}}}).ok());
  EXPECT_EQ(files_->syncs(), before + 1);
}

TEST_F(RocksTest, TellsHowLongTheDiskTookAndHowTheDatabaseStands) {
  metrics::Metrics metrics;
  RocksOptions options = Options("db", true);
  options.metrics = &metrics;
  const auto count = [&metrics](const std::string& file) {
    const std::string name = "enlace_store_sync_seconds_count{file=\"" + file + "\"} ";
    const std::string text = metrics.Render();
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  const auto engine = Open(options).value();
  const int before = count("log");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Put(*engine, std::to_string(i), "v").ok());
  EXPECT_EQ(count("log"), before + 3) << "one sync for each commit";
  EXPECT_GT(count("list"), 0);
  const metrics::DatabaseFigures figures = engine->Figures();
  EXPECT_GT(figures.memory_bytes, 0u);
  // What root may take beyond it is of no use to a node.
  struct statvfs disk {};
  ASSERT_EQ(statvfs(dir_.path().c_str(), &disk), 0);
  EXPECT_GT(figures.free_bytes, 0u);
  if (disk.f_bfree > disk.f_bavail + (uint64_t{1} << 30) / disk.f_frsize) {
    EXPECT_LT(figures.free_bytes, disk.f_bfree * disk.f_frsize);
  }
  EXPECT_FALSE(figures.writes_stopped);
}

// The settings that reliability rests on, so that no edit drops one by accident.
TEST_F(RocksTest, AFileListThatCannotBeReadIsNotTakenForOneThatIsNotThere) {
  const FileListMark mark{.number = 5, .bytes = 100, .crc = 1};
  EXPECT_TRUE(CheckRocksFileList(dir_.path(), mark).ok()) << "opening says that nothing is there";
  std::filesystem::create_directory(dir_.path("CURRENT"));  // It opens, and no byte can be read.
  EXPECT_EQ(ReasonOf(CheckRocksFileList(dir_.path(), mark)), Reason::STORE_FAILED);
}

TEST(RocksOptionsTest, KeepTheRulesOfThisVersion) {
  const rocksdb::DBOptions db = MakeDbOptions({}, rocksdb::Env::Default());
  EXPECT_EQ(db.wal_recovery_mode, rocksdb::WALRecoveryMode::kAbsoluteConsistency);
  EXPECT_TRUE(db.track_and_verify_wals_in_manifest);
  EXPECT_TRUE(db.paranoid_checks);
  EXPECT_TRUE(db.atomic_flush);
  EXPECT_EQ(db.max_bgerror_resume_count, 0);
  EXPECT_EQ(db.wal_compression, rocksdb::kNoCompression);
  EXPECT_EQ(db.recycle_log_file_num, 0u);
  EXPECT_FALSE(db.allow_mmap_reads);
  EXPECT_FALSE(db.allow_mmap_writes);
  EXPECT_FALSE(db.manual_wal_flush);
  EXPECT_GT(db.max_open_files, 0);
  EXPECT_TRUE(MakeWriteOptions(true).sync);
  EXPECT_FALSE(MakeWriteOptions(false).disableWAL);
}

}  // namespace
}  // namespace enlace::kv
