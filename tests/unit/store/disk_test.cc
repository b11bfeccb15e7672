// The store on a disk: creating, opening, locking, repairing, refusing.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "node/kv/log_end.h"
#include "node/store/adopt.h"
#include "node/store/recovery.h"
#include "node/store/store.h"
#include "tests/unit/store/disk_fixture.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

class DiskTest : public ::testing::Test, protected DiskFixture {
 protected:
  DiskTest() { EXPECT_TRUE(Create().ok()); }

  // Cuts the last `bytes` off the newest log, as a write that was under way when the
  // process was killed leaves it.
  void TearLogTail(size_t bytes) {
    const std::string log = Newest(".log");
    fs::resize_file(log, fs::file_size(log) - bytes);
  }
};

TEST_F(DiskTest, WhatWasAcknowledgedIsThereAfterReopening) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
    ASSERT_TRUE(Put(*store, "b", "2").ok());
    EXPECT_EQ(store->commit_sequence(), 3u) << "1 is the store's own first commit";
  }
  OpenReport report;
  const auto store = Open(&report).value();
  EXPECT_EQ(Get(*store, "a"), "1");
  EXPECT_EQ(Get(*store, "b"), "2");
  EXPECT_EQ(store->commit_sequence(), 3u);
  EXPECT_FALSE(report.repaired);
  EXPECT_EQ(store->VerifyRows().value(), 4u);
}

TEST_F(DiskTest, CreateNeverOverwritesAStoreOrAnAnchor) {
  EXPECT_EQ(ReasonOf(Create()), Reason::STORE_EXISTS);
  StoreOptions elsewhere = options_;
  elsewhere.data_dir = dir_.path("other");
  EXPECT_EQ(ReasonOf(Store::Create(elsewhere, Meta('x'))), Reason::STORE_EXISTS);
}

TEST_F(DiskTest, CreateRefusesMetaWithoutInstanceId) {
  StoreOptions fresh;
  fresh.data_dir = dir_.path("fresh");
  fresh.anchor_path = dir_.path("fresh-anchor");
  EXPECT_EQ(ReasonOf(Store::Create(fresh, "")), Reason::STORE_FORMAT);
  EXPECT_FALSE(fs::exists(fresh.data_dir));
}

TEST_F(DiskTest, AnUninitialisedDirectoryIsNamedAsSuch) {
  StoreOptions empty = options_;
  empty.data_dir = dir_.path("nothing");
  const auto store = Store::Open(empty, clock_);
  EXPECT_EQ(ReasonOf(store.status()), Reason::STORE_FORMAT);
  EXPECT_NE(MessageOf(store.status()).find("enlaced init"), std::string::npos);
}

TEST_F(DiskTest, ASecondOpeningIsLockedOut) {
  auto store = Open();
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_LOCKED);
  EXPECT_EQ(ReasonOf(AdoptDatabase(options_).status()), Reason::STORE_LOCKED);
  store->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(DiskTest, TwoDirectoriesCannotShareAnAnchorAtOnce) {
  const auto store = Open().value();
  StoreOptions copy = options_;
  copy.data_dir = dir_.path("copy");
  fs::create_directory(copy.data_dir);
  dir_.Write("copy/LOCK", "");
  EXPECT_EQ(ReasonOf(Store::Open(copy, clock_).status()), Reason::STORE_LOCKED);
}

TEST_F(DiskTest, ATornTailBehindWhatWasAcknowledgedIsRepairedAndReported) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
  }
  const std::string anchor = testing::TempDir::Read(options_.anchor_path);
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "big", std::string(500000, 'x')).ok());
  }
  // The kill came before the second write was acknowledged: its anchor never happened.
  dir_.Write("anchor", anchor);
  TearLogTail(1000);
  OpenReport report;
  {
    const auto store = Open(&report).value();
    EXPECT_TRUE(report.repaired);
    EXPECT_NE(report.description.find("evidence-1"), std::string::npos);
    EXPECT_EQ(report.description.find('\n'), std::string::npos);
    EXPECT_EQ(Get(*store, "a"), "1");
    EXPECT_EQ(Get(*store, "big"), std::nullopt);
    EXPECT_EQ(store->commit_sequence(), 2u);
    ASSERT_TRUE(Put(*store, "after", "1").ok());
  }
  EXPECT_TRUE(fs::exists(options_.data_dir + "/evidence-1/CURRENT"));
  const auto store = Open(&report).value();
  EXPECT_FALSE(report.repaired);
  EXPECT_EQ(Get(*store, "after"), "1");
}

TEST_F(DiskTest, ATornTailThatWasAcknowledgedIsRefusedAndLeftAsItIs) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", std::string(5000, 'x')).ok());
  }
  TearLogTail(100);
  for (int again = 0; again < 2; ++again) {
    const auto store = Open();
    EXPECT_EQ(ReasonOf(store.status()), Reason::STORE_BEHIND_ANCHOR);
    EXPECT_NE(MessageOf(store.status()).find("restore"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(options_.data_dir + "/evidence-1"));
  EXPECT_FALSE(fs::exists(options_.data_dir + "/recovering"));
}

// RocksDB would replay both and end the process.
TEST_F(DiskTest, ACopyOfTheLiveLogBesideItIsRefusedAndNamed) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
  }
  const fs::path log = Newest(".log");
  const fs::path copy = log.parent_path() / "999999.log";
  fs::copy_file(log, copy);
  const auto refused = Open();
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STORE_CORRUPT);
  EXPECT_NE(MessageOf(refused.status()).find("999999.log"), std::string::npos);
  EXPECT_FALSE(fs::exists(options_.data_dir + "/evidence-1"));
  fs::remove(copy);
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
}

// Of a log with space behind its records.
size_t RecordBytes(const std::string& log) {
  const std::string bytes = testing::TempDir::Read(log);
  kv::LogEnd end;
  for (size_t at = 0; at < bytes.size(); at += kv::kLogBlockBytes) {
    end.Take(std::string_view(bytes).substr(at, kv::kLogBlockBytes));
  }
  EXPECT_EQ(end.Tail(), kv::LogTail::kSpace);
  return end.bytes();
}

TEST_F(DiskTest, ARefusedStartChangesNothingSoThatAFileThatIsPutBackStillFits) {
  std::string log;
  size_t size_before = 0;
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
    log = Newest(".log");
    size_before = RecordBytes(log);
    ASSERT_TRUE(Put(*store, "b", "2").ok());
  }
  const std::string whole = testing::TempDir::Read(log);
  fs::resize_file(log, size_before);  // A whole prefix: it opens strictly.
  const auto names = [this] {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(options_.data_dir)) {
      found.insert(entry.path().string());
    }
    return found;
  };
  const std::set<std::string> before = names();
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_BEHIND_ANCHOR);
  EXPECT_EQ(names(), before);
  std::ofstream(log, std::ios::binary) << whole;
  EXPECT_EQ(Get(*Open().value(), "b"), "2");
}

// RocksDB opens this database without a word: only the anchor knows.
TEST_F(DiskTest, ADeletedLiveLogIsRefused) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
  }
  fs::remove(Newest(".log"));
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_BEHIND_ANCHOR);
}

TEST_F(DiskTest, AnOldCopyOfTheDirectoryIsRefused) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
  }
  fs::copy(options_.data_dir, dir_.path("old"), fs::copy_options::recursive);
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "b", "2").ok());
  }
  fs::remove_all(options_.data_dir);
  fs::rename(dir_.path("old"), options_.data_dir);
  const auto store = Open();
  EXPECT_EQ(ReasonOf(store.status()), Reason::STORE_BEHIND_ANCHOR);
  EXPECT_NE(MessageOf(store.status()).find("old copy"), std::string::npos);
}

// Every cut, in steps: RocksDB opens many of them and has lost the rows of some tables.
TEST_F(DiskTest, ACutFileListIsRefusedAtAnyLengthBeforeAnythingIsRemoved) {
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  { const auto store = Open().value(); }
  const std::string list = Newest("MANIFEST-");
  const std::string sound = testing::TempDir::Read(list);
  const std::string table = Newest(".sst");
  for (size_t length = 0; length < sound.size(); length += 1 + sound.size() / 40) {
    fs::resize_file(list, length);
    EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_BEHIND_ANCHOR) << length;
    EXPECT_TRUE(fs::exists(table));
    Overwrite(list, length, std::string_view(sound).substr(length));
  }
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
}

TEST_F(DiskTest, AFlippedBitAnywhereInTheFileListIsRefused) {
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  const std::string list = Newest("MANIFEST-");
  const std::string sound = testing::TempDir::Read(list);
  for (size_t bit = 0; bit < sound.size() * 8; bit += 1 + sound.size() * 8 / 59) {
    Overwrite(list, bit / 8, WithFlippedBit(sound, bit).substr(bit / 8, 1));
    ASSERT_EQ(ReasonOf(Open().status()), Reason::STORE_CORRUPT) << bit;
    Overwrite(list, bit / 8, sound.substr(bit / 8, 1));
  }
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
}

// As a copy that was broken off leaves it: some files whole, one in part, the others not there.
TEST_F(DiskTest, AHalfCopiedDirectoryIsRefusedWithAReasonOfItsOwn) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Put(*Open().value(), "a" + std::to_string(i), std::string(3000, 'x')).ok());
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(options_.data_dir + "/db")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  const StoreOptions whole = options_;
  options_.data_dir = dir_.path("copy");
  options_.anchor_path = dir_.path("copied-anchor");
  for (size_t copied = 0; copied < files.size(); ++copied) {
    fs::remove_all(options_.data_dir);
    fs::create_directories(options_.data_dir + "/db");
    fs::copy(whole.data_dir + "/LOCK", options_.data_dir + "/LOCK");
    fs::copy(whole.anchor_path, options_.anchor_path, fs::copy_options::overwrite_existing);
    for (size_t i = 0; i <= copied; ++i) {
      fs::copy(files[i], fs::path(options_.data_dir) / "db" / files[i].filename());
    }
    const fs::path last = fs::path(options_.data_dir) / "db" / files[copied].filename();
    fs::resize_file(last, fs::file_size(last) / 2);
    const auto store = Open();
    if (store.ok()) {  // Only what the database makes anew was missing.
      EXPECT_EQ(Get(**store, "a2"), std::string(3000, 'x')) << files[copied];
      continue;
    }
    const Reason reason = ReasonOf(store.status());
    EXPECT_TRUE(reason == Reason::STORE_FORMAT || reason == Reason::STORE_CORRUPT ||
                reason == Reason::STORE_BEHIND_ANCHOR)
        << files[copied] << ": " << store.status();
  }
  options_ = whole;
  EXPECT_EQ(Get(*Open().value(), "a2"), std::string(3000, 'x'));
}

TEST_F(DiskTest, AForeignAnchorIsRefused) {
  ASSERT_TRUE(
      AnchorFile::Replace(options_.anchor_path, {std::string(kInstanceIdBytes, 'z'), 1, {}}).ok());
  const auto store = Open();
  EXPECT_EQ(ReasonOf(store.status()), Reason::STORE_FORMAT);
  EXPECT_NE(MessageOf(store.status()).find("another store"), std::string::npos);
}

TEST_F(DiskTest, AMissingAnchorIsRefusedUntilTheOperatorAdoptsTheDatabase) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
  }
  fs::remove(options_.anchor_path);
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_FORMAT);
  EXPECT_EQ(AdoptDatabase(options_).value().commit_sequence, 2u);
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
}

TEST_F(DiskTest, DamageBeyondATornTailIsRefused) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
  }
  { const auto store = Open().value(); }  // Moves the log into SST files.
  fs::remove(Newest(".sst"));
  const auto store = Open();
  EXPECT_EQ(ReasonOf(store.status()), Reason::STORE_CORRUPT);
  EXPECT_FALSE(fs::exists(options_.data_dir + "/recovering"));
}

TEST_F(DiskTest, EvidenceIsBounded) {
  for (size_t tear = 0; tear < kEvidenceMax + 2; ++tear) {
    const std::string anchor = testing::TempDir::Read(options_.anchor_path);
    ASSERT_TRUE(Put(*Open().value(), "k", std::string(3000, 'x')).ok());
    dir_.Write("anchor", anchor);
    TearLogTail(10);
    OpenReport report;
    ASSERT_TRUE(Open(&report).ok());
    ASSERT_TRUE(report.repaired);
  }
  size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(options_.data_dir)) {
    if (entry.path().filename().string().starts_with("evidence-")) ++kept;
  }
  EXPECT_EQ(kept, kEvidenceMax);
  EXPECT_FALSE(fs::exists(options_.data_dir + "/evidence-1"));
}

TEST_F(DiskTest, AKillAtAnyStepOfTheExchangeIsFinishedOrUndone) {
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  const std::string db = DatabasePath(options_.data_dir);
  const auto copy = [&](const std::string& name) {
    fs::copy(db, options_.data_dir + "/" + name, fs::copy_options::recursive);
  };
  copy("recovering");  // Before it was proven.
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
  copy("recovered");  // Proven, the original not yet moved.
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
  EXPECT_FALSE(fs::exists(options_.data_dir + "/recovered"));
  copy("recovered");  // The original moved away, the copy not yet in its place.
  fs::rename(db, options_.data_dir + "/evidence-1");
  EXPECT_EQ(Get(*Open().value(), "a"), "1");
}

TEST_F(DiskTest, ManyWritersShareCommitsAndAllIsThereAfterReopening) {
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  {
    const auto store = Open().value();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int n = 0; n < kEach; ++n) {
          const std::string key = std::to_string(thread) + "/" + std::to_string(n);
          EXPECT_TRUE(Put(*store, key, key).ok());
        }
      });
    }
    threads.clear();
    EXPECT_LT(store->commit_sequence(), 1u + kThreads * kEach);
  }
  EXPECT_EQ(Open().value()->VerifyRows().value(), 2u + kThreads * kEach);
}

}  // namespace
}  // namespace enlace::store
