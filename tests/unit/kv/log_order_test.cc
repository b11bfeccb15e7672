// Several logs in use at once: what is found after a loss of power is always all up to some write.
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "node/kv/log_space.h"
#include "node/kv/rocks_engine.h"
#include "tests/testing/settings.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/kv/lossy_file_system.h"

namespace enlace::kv {
namespace {

namespace fs = std::filesystem;

class LogOrderTest : public ::testing::Test {
 protected:
  ~LogOrderTest() override { Release(); }

  RocksOptions Options(const std::string& name = "db") const {
    return {.path = dir_.path(name), .table_names = {"a", "b"}};
  }
  void Create(const std::string& name = "db") {
    RocksOptions options = Options(name);
    options.create = true;
    path_ = options.path;
    key_ = 0;
    release_ = {};
    held_ = release_.get_future().share();
    released_ = false;
    files_->BeforeSync(nullptr);
    engine_ = OpenRocksEngineOn(options, env_.get()).value();
  }
  // The next key, with a value of so many bytes.
  void Put(size_t bytes, bool sync) {
    const std::string key = std::to_string(key_++);
    std::string value(bytes, 'v');
    for (size_t i = 0; i < bytes; ++i) value[i] = static_cast<char>('a' + (i * 7 + bytes) % 26);
    ASSERT_TRUE(engine_->Commit({{}, {{0, key, value}, {1, key, value}}, sync}).ok());
  }
  static size_t SomeSize(std::mt19937_64& random) {
    const uint64_t kind = random() % 20;
    return random() % (kind == 0 ? 900'000 : kind < 4 ? 60'000 : 3'000);
  }
  static void Overwrite(const std::string& path, uint64_t place, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place));
    file << bytes;
  }
  // Begins a new log. The old one stays in use: it is not synced before Release. Once only:
  // behind a second one writes would wait.
  void BeginLog() {
    files_->BeforeSync([held = held_](const std::string& path) {
      if (LogNumber(path)) held.wait();
    });
    ASSERT_TRUE(engine_->SaveSpace(true).ok());
  }
  void Release() {
    if (!released_) release_.set_value();
    released_ = true;
  }
  std::vector<std::string> Logs(const std::string& name = "db") const {
    std::vector<std::string> logs;
    for (const auto& entry : fs::directory_iterator(dir_.path(name))) {
      if (LogNumber(entry.path().string())) logs.push_back(entry.path().string());
    }
    std::sort(logs.begin(), logs.end());
    return logs;
  }

  // What a loss of power leaves of the folder: any part of what was not synced.
  void CutPower(const std::string& from, const std::string& to, std::mt19937_64& random) {
    const auto progress = [&random](const std::string&) {
      const uint64_t odds = random() % 5;  // Of four.
      return LossyFileSystem::Progress{random() % 2 == 0,
                                       [&random, odds](uint64_t) { return random() % 4 < odds; }};
    };
    files_->CopyAfterPowerLossOfEach(from, dir_.path(to), progress);
  }

  // Rows from 0 on without a gap; -1 when they have one, -2 when the database does not open.
  int RowsFound(const std::string& name, bool strict, bool read_only = true) const {
    RocksOptions options = Options(name);
    options.strict = strict;
    options.read_only = read_only;
    const auto engine = OpenRocksEngine(options);
    if (!engine.ok()) return -2;
    std::set<int> keys;
    const auto visit = [&keys](std::string_view key, std::string_view) {
      return keys.insert(std::stoi(std::string(key))).second;
    };
    if (!(*engine)->TakeSnapshot()->Scan(1, {}, visit).ok()) return -2;
    const int count = static_cast<int>(keys.size());
    return count == 0 || *keys.rbegin() == count - 1 ? count : -1;
  }

  // The same of an opening as the store makes it, and whether it was a strict one.
  std::pair<int, bool> RowsAfterStart(const std::string& name) const {
    const int found = RowsFound(name, true);
    return found == -2 ? std::pair(RowsFound(name, false), false) : std::pair(found, true);
  }

  testing::TempDir dir_;
  std::string path_;
  std::promise<void> release_;
  std::shared_future<void> held_;
  bool released_ = true;
  std::shared_ptr<LossyFileSystem> files_ = std::make_shared<LossyFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  std::unique_ptr<Engine> engine_;
  int key_ = 0;
};

// The disk may write the newer log before the end of the older one, as long as neither was synced.
TEST_F(LogOrderTest, WritesOfANewerLogAreNothingWithoutThoseBeforeThemInTheOlderOne) {
  Create();
  Put(300, true);
  for (int i = 0; i < 3; ++i) Put(300, false);
  BeginLog();
  for (int i = 0; i < 3; ++i) Put(300, false);
  ASSERT_EQ(Logs().size(), 2u);
  const std::string newest = Logs().back();
  files_->CopyAfterPowerLossOfEach(dir_.path("db"), dir_.path("cut"), [&](const std::string& path) {
    if (path != newest) return LossyFileSystem::Progress();
    return LossyFileSystem::Progress{true, [](uint64_t) { return true; }};
  });
  EXPECT_EQ(RowsFound("cut", true), -2);
  EXPECT_EQ(RowsFound("cut", false), 1) << "what was synced, without a gap";
}

// Its size proves nothing: it was filled with zeros ahead.
TEST_F(LogOrderTest, AnOlderLogThatHasLostItsEndIsRefusedThoughTheNewerOneIsWhole) {
  Create();
  for (int i = 0; i < 10; ++i) Put(300, true);
  Put(300, false);
  BeginLog();
  Put(300, false);
  fs::copy(path_, dir_.path("lost"), fs::copy_options::recursive);
  const std::string log = Logs("lost").front();
  const std::string bytes = testing::TempDir::Read(log);
  const auto byte = [&](size_t at) { return size_t{static_cast<unsigned char>(bytes.at(at))}; };
  const size_t first_end = 7 + byte(4) + (byte(5) << 8U);  // Of its first record.
  Overwrite(log, first_end, std::string(bytes.size() - first_end, '\0'));
  EXPECT_EQ(RowsFound("lost", true), -2);
  EXPECT_EQ(RowsFound("lost", false), 1);
}

// Any sectors, old sizes or new ones, of two logs that were not synced to their ends.
TEST_F(LogOrderTest, AnyLossOfPowerLeavesAllThatWasSyncedAndNoGap) {
  const uint64_t seed = testing::TestSeed();
  const uint64_t databases = testing::Setting("ENLACE_LOG_ORDERS", 2);
  std::mt19937_64 random(seed);
  std::map<std::string, int> outcomes;
  for (uint64_t database = 0; database < databases && !HasFailure(); ++database) {
    Create("db-" + std::to_string(database));
    for (uint64_t i = random() % 20; i > 0; --i) Put(SomeSize(random), true);
    const int synced = key_;
    for (uint64_t i = 1 + random() % 5; i > 0; --i) Put(SomeSize(random), false);
    BeginLog();
    for (uint64_t i = random() % 9; i > 0; --i) Put(SomeSize(random), false);
    for (int cut = 0; cut < 15 && !HasFailure(); ++cut) {
      fs::remove_all(dir_.path("cut"));
      CutPower(path_, "cut", random);
      // The name of a file that was never synced may be missing too.
      if (random() % 4 == 0) fs::remove(Logs("cut").back());
      const auto [found, strict] = RowsAfterStart("cut");
      ++outcomes[strict ? "opened" : "repaired"];
      EXPECT_GE(found, synced) << "database " << database << " cut " << cut << " seed " << seed;
      EXPECT_LE(found, key_);
      EXPECT_EQ(RowsFound("cut", strict, false), found) << "opened for writing";
      EXPECT_EQ(RowsFound("cut", true), found) << "opened again";
    }
    Release();
    engine_.reset();
  }
  std::printf("log order: seed=%llu opened=%d repaired=%d\n", static_cast<unsigned long long>(seed),
              outcomes["opened"], outcomes["repaired"]);
}

// A sync of the newer log takes the older one along.
TEST_F(LogOrderTest, WhatWasSyncedInANewerLogIsThereWithAllBeforeIt) {
  const uint64_t seed = testing::TestSeed();
  const uint64_t databases = testing::Setting("ENLACE_LOG_ORDERS", 2);
  std::mt19937_64 random(seed);
  int cuts = 0;
  for (uint64_t database = 0; database < databases && !HasFailure(); ++database) {
    Create("db-" + std::to_string(database));
    for (uint64_t i = random() % 20; i > 0; --i) Put(SomeSize(random), true);
    for (uint64_t i = random() % 5; i > 0; --i) Put(SomeSize(random), false);
    Put(100, false);
    std::promise<void> writing_tables;
    bool told = false;
    files_->BeforeSync([&, held = held_](const std::string& path) {
      if (!path.ends_with(".sst")) return;
      if (!std::exchange(told, true)) writing_tables.set_value();
      held.wait();
    });
    ASSERT_TRUE(engine_->SaveSpace(true).ok());
    Put(SomeSize(random), true);
    int synced = key_;
    writing_tables.get_future().wait();
    ASSERT_EQ(Logs(fs::path(path_).filename()).size(), 2u);
    for (int cut = 0; cut < 15 && !HasFailure(); ++cut, ++cuts) {
      const bool sync = random() % 2 == 0;
      Put(SomeSize(random), sync);
      if (sync) synced = key_;
      fs::remove_all(dir_.path("cut"));
      CutPower(path_, "cut", random);
      const int found = RowsAfterStart("cut").first;
      EXPECT_GE(found, synced) << "cut " << cut << " seed " << seed;
    }
    Release();
    engine_.reset();
  }
  std::printf("log order: seed=%llu cuts behind a sync=%d\n", static_cast<unsigned long long>(seed),
              cuts);
}

// Once more while the logs that the first loss left are read and their rows moved to files.
TEST_F(LogOrderTest, ALossOfPowerInAnOpeningAfterOneLosesNothingThatWasSynced) {
  const uint64_t seed = testing::TestSeed();
  const uint64_t databases = testing::Setting("ENLACE_LOG_ORDERS", 2);
  std::mt19937_64 random(seed);
  int cuts = 0;
  int repaired = 0;
  for (uint64_t database = 0; database < databases && !HasFailure(); ++database) {
    Create("db-" + std::to_string(database));
    for (uint64_t i = random() % 20; i > 0; --i) Put(SomeSize(random), true);
    const int synced = key_;
    for (uint64_t i = 1 + random() % 5; i > 0; --i) Put(SomeSize(random), false);
    if (random() % 2 == 0) BeginLog();
    for (uint64_t i = random() % 5; i > 0; --i) Put(SomeSize(random), false);
    const std::string first = "first-" + std::to_string(database);
    CutPower(path_, first, random);
    Release();
    engine_.reset();
    std::vector<std::string> copies;
    files_->BeforeSync([&](const std::string& path) {
      if (!path.starts_with(dir_.path(first) + "/")) return;
      copies.push_back(first + "-" + std::to_string(copies.size()));
      CutPower(dir_.path(first), copies.back(), random);
    });
    RocksOptions options = Options(first);
    options.strict = RowsFound(first, true) >= 0;
    const auto opened = OpenRocksEngineOn(options, env_.get());
    files_->BeforeSync(nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString() << " seed " << seed;
    for (const std::string& copy : copies) {
      ++cuts;
      const auto [found, strict] = RowsAfterStart(copy);
      repaired += strict ? 0 : 1;
      EXPECT_GE(found, synced) << copy << " seed " << seed;
      EXPECT_EQ(RowsFound(copy, strict, false), found) << copy << " seed " << seed;
      fs::remove_all(dir_.path(copy));
    }
  }
  std::printf("log order: seed=%llu cuts in openings=%d repaired=%d\n",
              static_cast<unsigned long long>(seed), cuts, repaired);
}

// Damage that no loss of power explains: what opens has no gap.
TEST_F(LogOrderTest, NoDamageOfOneOfTwoLogsLeavesAGap) {
  const uint64_t seed = testing::TestSeed();
  std::mt19937_64 random(seed);
  Create("db-0");
  for (int i = 0; i < 60; ++i)
    Put(random() % 2'000, i % 7 != 3);  // The last one not: its log stays.
  BeginLog();
  for (int i = 0; i < 60; ++i) Put(random() % 2'000, false);
  std::map<int, int> outcomes;
  const uint64_t rounds = testing::Setting("ENLACE_LOG_DAMAGES", 100);
  for (uint64_t round = 0; round < rounds && !HasFailure(); ++round) {
    fs::remove_all(dir_.path("cut"));
    fs::copy(path_, dir_.path("cut"), fs::copy_options::recursive);
    const std::string log = Logs("cut").at(random() % 2);
    const uint64_t used = 30'000 + random() % 60'000;
    const uint64_t place = random() % used;
    switch (random() % 4) {
      case 0:
        Overwrite(log, place, std::string(1, static_cast<char>(random() & 0xffU)));
        break;
      case 1:
        Overwrite(log, place, std::string(random() % 40'000, '\0'));
        break;
      case 2:
        Overwrite(log, place, std::string(fs::file_size(log) - place, '\0'));
        break;
      case 3:
        fs::resize_file(log, place);
        break;
    }
    for (const bool strict : {true, false}) {
      const int found = RowsFound("cut", strict);
      EXPECT_NE(found, -1) << "round " << round << " seed " << seed << (strict ? " strict" : "");
      if (strict) ++outcomes[found == key_ ? 0 : found >= 0 ? 1 : 2];
    }
  }
  std::printf("log damage: whole=%d shorter=%d refused=%d\n", outcomes[0], outcomes[1],
              outcomes[2]);
  Release();
}

}  // namespace
}  // namespace enlace::kv
