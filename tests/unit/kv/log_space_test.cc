// Logs that do not grow, on a real disk and under losses of power.
#include "node/kv/log_space.h"

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "node/kv/rocks_engine.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/kv/lossy_file_system.h"

namespace enlace::kv {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kPowerSeed = 20261129;

class LogSpaceTest : public ::testing::Test {
 protected:
  RocksOptions Options(const std::string& name = "db", bool create = false) const {
    return {.path = dir_.path(name), .table_names = {"a", "b"}, .create = create};
  }
  std::unique_ptr<Engine> Create() {
    return OpenRocksEngineOn(Options("db", true), env_.get()).value();
  }
  static Status Put(Engine& engine, int key, size_t bytes, bool sync = true) {
    std::string value(bytes, 'v');
    for (size_t i = 0; i < bytes; ++i) value[i] = static_cast<char>('a' + (i * 7 + bytes) % 26);
    return engine.Commit(
        {{}, {{0, std::to_string(key), value}, {1, std::to_string(key), value}}, sync});
  }
  // Keys from 0 on without a gap; -1 when they have one.
  static int Rows(Engine& engine) {
    std::set<int> keys;
    const auto visit = [&keys](std::string_view key, std::string_view) {
      return keys.insert(std::stoi(std::string(key))).second;
    };
    if (!engine.TakeSnapshot()->Scan(1, {}, visit).ok()) return -1;
    const int count = static_cast<int>(keys.size());
    return count == 0 || *keys.rbegin() == count - 1 ? count : -1;
  }
  std::vector<std::string> Logs(const std::string& name = "db") const {
    std::vector<std::string> logs;
    for (const auto& entry : fs::directory_iterator(dir_.path(name))) {
      if (LogNumber(entry.path().string())) logs.push_back(entry.path().string());
    }
    std::sort(logs.begin(), logs.end());
    return logs;
  }
  // What a kill at this moment leaves.
  void CopyAsKilled(const std::string& to) const {
    fs::copy(dir_.path("db"), dir_.path(to), fs::copy_options::recursive);
  }
  static void Overwrite(const std::string& path, uint64_t place, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place));
    file << bytes;
  }

  testing::TempDir dir_;
  std::shared_ptr<LossyFileSystem> files_ = std::make_shared<LossyFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
};

TEST_F(LogSpaceTest, ALogDoesNotGrowWithEachWrite) {
  const auto engine = Create();
  ASSERT_TRUE(Put(*engine, 0, 300).ok());
  const uint64_t size = fs::file_size(Logs().back());
  EXPECT_EQ(size, kLogSpaceBytes);
  for (int i = 1; i < 100; ++i) ASSERT_TRUE(Put(*engine, i, 300).ok());
  EXPECT_EQ(fs::file_size(Logs().back()), size);
}

TEST_F(LogSpaceTest, FurtherSpaceIsMadeWhenItIsUsedUp) {
  const auto engine = Create();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(Put(*engine, i, 30'000).ok());
  EXPECT_EQ(fs::file_size(Logs().back()), 3 * kLogSpaceBytes);
  CopyAsKilled("killed");
  EXPECT_EQ(Rows(*OpenRocksEngine(Options("killed")).value()), 40);
}

TEST_F(LogSpaceTest, ALargeWriteMakesNoSpaceAheadOfIt) {
  const auto engine = Create();
  ASSERT_TRUE(Put(*engine, 0, 700'000).ok());
  const uint64_t size = fs::file_size(Logs().back());
  EXPECT_GT(size, 1'400'000u);
  EXPECT_LT(size, 1'410'000u);
}

TEST_F(LogSpaceTest, AClosedLogHoldsItsRecordsOnly) {
  ASSERT_TRUE(Put(*Create(), 0, 300).ok());
  EXPECT_LT(fs::file_size(Logs().back()), 1'000u);
  EXPECT_EQ(Rows(*OpenRocksEngine(Options()).value()), 1);
}

TEST_F(LogSpaceTest, WhatAKillLeavesOpensWithAllThatWasWritten) {
  const auto engine = Create();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Put(*engine, i, static_cast<size_t>(i) * 97, i % 2 == 0).ok());
    const std::string copy = "killed-" + std::to_string(i);
    CopyAsKilled(copy);
    const auto opened = OpenRocksEngine(Options(copy));
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    ASSERT_EQ(Rows(**opened), i + 1);
  }
}

TEST_F(LogSpaceTest, AnyPartOfAnUnsyncedWriteThatALossOfPowerLeavesIsDropped) {
  std::printf("seed %u\n", kPowerSeed);
  std::mt19937 random(kPowerSeed);
  const auto engine = Create();
  int key = 0;
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    ASSERT_TRUE(Put(*engine, key++, random() % 3'000).ok());
    const int synced = key;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(Put(*engine, key++, random() % 9'000, false).ok());
    const std::string copy = "cut-" + std::to_string(round);
    std::set<uint64_t> reached;
    for (uint64_t sector = 0; sector < 10'000; ++sector) {
      if (random() % 10 < 7) reached.insert(sector);
    }
    files_->CopyAfterPowerLoss(dir_.path("db"), dir_.path(copy),
                               [&](uint64_t sector) { return reached.contains(sector); });
    const auto opened = OpenRocksEngine(Options(copy));
    if (!opened.ok()) {
      ++refused;
      continue;
    }
    const int rows = Rows(**opened);
    ASSERT_GE(rows, synced) << "round " << round;
    ASSERT_LE(rows, key) << "round " << round;
  }
  EXPECT_LE(refused, 2) << "only where fewer bytes are lost than records have by chance";
}

TEST_F(LogSpaceTest, AKillWhileSpaceIsMadeLosesNothing) {
  ASSERT_TRUE(Put(*Create(), 0, 300).ok());  // Closed: the log ends where its record does.
  for (const size_t zeros : {0, 1, 5, 6, 7, 8, 15, 4'095, 4'096, 32'768, 100'000}) {
    fs::remove_all(dir_.path("killed"));
    CopyAsKilled("killed");
    const std::string log = Logs("killed").back();
    fs::resize_file(log, fs::file_size(log) + zeros);
    const auto opened = OpenRocksEngine(Options("killed"));
    ASSERT_TRUE(opened.ok()) << zeros << " " << opened.status().ToString();
    EXPECT_EQ(Rows(**opened), 1) << zeros;
  }
}

TEST_F(LogSpaceTest, ALossOfPowerBehindAClosingLosesOnlyWhatWasNotSynced) {
  std::printf("seed %u\n", kPowerSeed);
  std::mt19937 random(kPowerSeed);
  for (int round = 0; round < 10; ++round) {
    fs::remove_all(dir_.path("db"));
    auto engine = Create();
    int key = 0;
    while (key < 5) ASSERT_TRUE(Put(*engine, key++, random() % 3'000).ok());
    while (key < 9) ASSERT_TRUE(Put(*engine, key++, random() % 9'000, false).ok());
    engine.reset();
    for (int cut = 0; cut < 10; ++cut) {
      const std::string copy = "cut-" + std::to_string(round) + "-" + std::to_string(cut);
      files_->CopyAfterPowerLossOfEach(dir_.path("db"), dir_.path(copy), [&](const std::string&) {
        return LossyFileSystem::Progress{random() % 2 == 0,
                                         [&](uint64_t) { return random() % 10 < 7; }};
      });
      RocksOptions options = Options(copy);
      auto opened = OpenRocksEngine(options);
      if (!opened.ok()) {
        options.strict = false;
        opened = OpenRocksEngine(options);
      }
      ASSERT_TRUE(opened.ok()) << opened.status().ToString();
      EXPECT_GE(Rows(**opened), 5) << copy;
    }
  }
}

TEST_F(LogSpaceTest, AHoleInALogThatIsNotTheNewestIsRefused) {
  {
    const auto engine = Create();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(Put(*engine, i, 500).ok());
  }
  const std::string log = Logs().back();
  // From the beginning of a block on, where RocksDB itself passes over zeros.
  Overwrite(log, 32'768, std::string(32'768, '\0'));
  std::ofstream(dir_.path("db/900000.log")) << "";
  EXPECT_EQ(ReasonOf(OpenRocksEngine(Options()).status()), Reason::STORE_CORRUPT);
  RocksOptions tolerant = Options();
  tolerant.strict = false;
  const auto engine = OpenRocksEngine(tolerant);
  ASSERT_TRUE(engine.ok()) << engine.status().ToString();
  EXPECT_GT(Rows(**engine), 10) << "what precedes it, without a gap";
}

TEST_F(LogSpaceTest, ADamagedRecordBeforeSpaceIsRefused) {
  std::mt19937 random(kPowerSeed);
  const auto engine = Create();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put(*engine, i, 500).ok());
  for (int round = 0; round < 20; ++round) {
    const std::string copy = "flipped-" + std::to_string(round);
    CopyAsKilled(copy);
    const std::string log = Logs(copy).back();
    const size_t place = random() % 19'000;
    const char byte = testing::TempDir::Read(log)[place];
    Overwrite(log, place, std::string(1, static_cast<char>(byte ^ (1 << random() % 8))));
    EXPECT_EQ(ReasonOf(OpenRocksEngine(Options(copy)).status()), Reason::STORE_CORRUPT) << place;
  }
}

TEST(LogNumberTest, IsThatOfALogAndOfNothingElse) {
  EXPECT_EQ(LogNumber("/a/b/000012.log"), 12u);
  EXPECT_EQ(LogNumber("000012.log"), 12u);
  for (const char* other : {"", ".log", "/a.log/", "/a/x12.log", "/a/12.sst", "/a/LOG", "/12.log/x",
                            "/a/1234567890123456789.log", "/a/-1.log"}) {
    EXPECT_EQ(LogNumber(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace enlace::kv
