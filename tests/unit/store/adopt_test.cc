// Adopting a database: what it gives up, what it refuses, and that it keeps channels from
// being signed twice.
#include "node/store/adopt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "node/crypto/hash.h"
#include "node/store/channel_table.h"
#include "node/store/recovery.h"
#include "tests/unit/store/disk_fixture.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

constexpr char kOrigin[] = "demo/ARG/training";

class AdoptTest : public ::testing::Test, protected DiskFixture {
 protected:
  AdoptTest() { EXPECT_TRUE(Create().ok()); }

  Status Append(Store& store) const {
    return store.Write([&](Transaction& transaction) {
      return AppendEntries(
                 transaction, kOrigin,
                 {{"training.programme", "subject", model::Audience::Network(), "payload"}}, keys_)
          .status();
    });
  }
  void CopyData(const std::string& name) const {
    fs::copy(options_.data_dir, dir_.path(name), fs::copy_options::recursive);
  }
  void PutBack(const std::string& name) const {
    fs::remove_all(options_.data_dir);
    fs::rename(dir_.path(name), options_.data_dir);
  }
  // An own channel of two entries of which the directory holds one.
  void GoBackOneEntry() {
    ASSERT_TRUE(Append(*Open().value()).ok());
    CopyData("old");
    ASSERT_TRUE(Append(*Open().value()).ok());
    PutBack("old");
  }

  const ChannelKeys keys_{crypto::SigningKey::FromSeed(std::string(32, 'k')).value(),
                          std::string(32, 's')};
};

TEST_F(AdoptTest, AnOlderStateDoesNotSignASecondHistory) {
  GoBackOneEntry();
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_BEHIND_ANCHOR);
  const AdoptedDatabase adopted = AdoptDatabase(options_).value();
  EXPECT_EQ(adopted.commit_sequence, 2u);
  EXPECT_TRUE(adopted.signing_closed);
  EXPECT_EQ(adopted.own_sizes, (ChannelSizes{{kOrigin, 1}}));
  const auto store = Open().value();
  EXPECT_EQ(ReasonOf(Append(*store)), Reason::CHANNEL_STOPPED);
  EXPECT_TRUE(Put(*store, "a", "1").ok()) << "national data are taken";
  EXPECT_TRUE(store->VerifyRows().ok());
}

TEST_F(AdoptTest, ALostAnchorClosesSigningToo) {
  ASSERT_TRUE(Append(*Open().value()).ok());
  fs::remove(options_.anchor_path);
  EXPECT_TRUE(AdoptDatabase(options_).value().signing_closed);
  EXPECT_EQ(ReasonOf(Append(*Open().value())), Reason::CHANNEL_STOPPED);
}

TEST_F(AdoptTest, SigningOpensOnceThePeersHoldNoMoreThanThisNode) {
  GoBackOneEntry();
  ASSERT_TRUE(AdoptDatabase(options_).ok());
  const auto store = Open().value();
  EXPECT_EQ(ReasonOf(ConfirmChannelSizes(*store, {})), Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(ConfirmChannelSizes(*store, {{kOrigin, 1}, {"demo/BRA/training", 1}})),
            Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(ConfirmChannelSizes(*store, {{kOrigin, 2}})), Reason::STORE_BEHIND_ANCHOR);
  EXPECT_EQ(ReasonOf(Append(*store)), Reason::CHANNEL_STOPPED) << "each was refused";
  ASSERT_TRUE(ConfirmChannelSizes(*store, {{kOrigin, 1}}).ok());
  EXPECT_TRUE(Append(*store).ok());
  EXPECT_TRUE(ConfirmChannelSizes(*store, {}).ok()) << "nothing is closed any more";
}

// The numbers of commits alone would let the other history pass.
TEST_F(AdoptTest, TheDirectoryThatWasGivenUpNoLongerFits) {
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  CopyData("old");
  {
    const auto store = Open().value();
    for (int n = 0; n < 10; ++n) ASSERT_TRUE(Put(*store, "b", "2").ok());
  }
  CopyData("newest");
  PutBack("old");
  ASSERT_TRUE(AdoptDatabase(options_).ok());
  ASSERT_TRUE(Put(*Open().value(), "c", "3").ok());
  PutBack("newest");
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_FORMAT);
  EXPECT_EQ(ReasonOf(AdoptDatabase(options_).status()), Reason::STORE_FORMAT);
}

TEST_F(AdoptTest, AStoreThatItsAnchorProvesIsLeftAsItIs) {
  ASSERT_TRUE(Append(*Open().value()).ok());
  EXPECT_FALSE(AdoptDatabase(options_).value().signing_closed);
  const auto store = Open().value();
  EXPECT_EQ(store->commit_sequence(), 2u);
  EXPECT_TRUE(Append(*store).ok());
}

TEST_F(AdoptTest, AKillBetweenDatabaseAndAnchorIsFinishedByAdoptingAgain) {
  GoBackOneEntry();
  const std::string anchor = testing::TempDir::Read(options_.anchor_path);
  ASSERT_TRUE(AdoptDatabase(options_).ok());
  dir_.Write("anchor", anchor);
  EXPECT_EQ(ReasonOf(Open().status()), Reason::STORE_FORMAT);
  EXPECT_TRUE(AdoptDatabase(options_).value().signing_closed);
  EXPECT_EQ(ReasonOf(Append(*Open().value())), Reason::CHANNEL_STOPPED);
}

TEST_F(AdoptTest, AnAnchorOfAnotherStoreIsNeverOverwritten) {
  auto running = Open().value();
  StoreOptions other;
  other.data_dir = dir_.path("other");
  other.anchor_path = dir_.path("other-anchor");
  ASSERT_TRUE(Store::Create(other, Meta('o')).ok());
  other.anchor_path = options_.anchor_path;
  EXPECT_EQ(ReasonOf(AdoptDatabase(other).status()), Reason::STORE_LOCKED);
  running.reset();
  const auto refused = AdoptDatabase(other);
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STORE_FORMAT);
  EXPECT_NE(MessageOf(refused.status()).find("another store"), std::string::npos);
  EXPECT_TRUE(Open().ok());
}

TEST_F(AdoptTest, WhatTheCallerDoesNotAcceptStaysAsItIs) {
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  fs::remove(options_.anchor_path);
  const auto refused = AdoptDatabase(
      options_, [](const Reader&) { return Error(Reason::STORE_FORMAT, "of another country"); });
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STORE_FORMAT);
  EXPECT_FALSE(fs::exists(options_.anchor_path));
  EXPECT_EQ(AdoptDatabase(options_).value().commit_sequence, 2u);
}

TEST_F(AdoptTest, ATornTailIsGivenUpAndKept) {
  {
    const auto store = Open().value();
    ASSERT_TRUE(Put(*store, "a", "1").ok());
    ASSERT_TRUE(Put(*store, "b", std::string(5000, 'x')).ok());
  }
  const std::string log = Newest(".log");
  fs::resize_file(log, fs::file_size(log) - 100);
  fs::remove(options_.anchor_path);
  const AdoptedDatabase adopted = AdoptDatabase(options_).value();
  EXPECT_EQ(adopted.commit_sequence, 2u);
  EXPECT_TRUE(adopted.signing_closed);
  EXPECT_TRUE(fs::exists(adopted.evidence + "/CURRENT")) << adopted.evidence;
  const auto store = Open().value();
  EXPECT_EQ(Get(*store, "a"), "1");
  EXPECT_EQ(Get(*store, "b"), std::nullopt);
}

// What a folder holds, but for what is no data.
std::map<std::string, std::string> FilesOf(const std::string& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& file : fs::directory_iterator(folder)) {
    const std::string name = file.path().filename().string();
    if (name.starts_with("LOG") || name == "LOCK") continue;
    contents[name] = testing::TempDir::Read(file.path().string());
  }
  return contents;
}

// Where RocksDB's list of files may be cut: behind one of its last records, which is not seen, and
// elsewhere. Records begin with a checksum (4), their length (2, the lower byte first) and their
// type (1).
std::set<size_t> CutsOf(const std::string& list) {
  std::vector<size_t> ends;
  for (size_t end = 0; end + 7 <= list.size();) {
    const auto low = static_cast<unsigned char>(list[end + 4]);
    const auto high = static_cast<unsigned char>(list[end + 5]);
    end += 7 + low + 256u * high;
    if (end < list.size()) ends.push_back(end);
  }
  std::set<size_t> cuts{1, list.size() / 2, list.size() - 1};
  cuts.insert(ends.end() - std::min<std::ptrdiff_t>(8, std::ssize(ends)), ends.end());
  return cuts;
}

// A cut list opens, and opening removes the files that it no longer names.
TEST_F(AdoptTest, ADatabaseWithACutFileListIsKeptAsItWas) {
  size_t adopted = 0;
  // Where RocksDB happened to merge files in the background, no shorter list opens.
  for (int round = 0; round < 20 && adopted == 0; ++round) {
    for (const char* name : {"data", "anchor", "sound"}) fs::remove_all(dir_.path(name));
    ASSERT_TRUE(Create().ok());
    ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
    { const auto store = Open().value(); }  // Moves the log into SST files.
    CopyData("sound");
    const std::string anchor = testing::TempDir::Read(options_.anchor_path);
    for (const size_t length : CutsOf(testing::TempDir::Read(Newest("MANIFEST-")))) {
      SCOPED_TRACE(length);
      fs::remove_all(options_.data_dir);
      fs::copy(dir_.path("sound"), options_.data_dir, fs::copy_options::recursive);
      dir_.Write("anchor", anchor);
      fs::resize_file(Newest("MANIFEST-"), length);
      const auto before = FilesOf(DatabasePath(options_.data_dir));
      const auto result = AdoptDatabase(options_);
      if (!result.ok()) {
        EXPECT_EQ(FilesOf(DatabasePath(options_.data_dir)), before);
        continue;
      }
      ++adopted;
      ASSERT_NE(result->evidence, "");
      EXPECT_EQ(FilesOf(result->evidence), before);
      EXPECT_TRUE(result->signing_closed);
    }
  }
  EXPECT_GT(adopted, 0u) << "no cut was adopted, so nothing was shown";
}

TEST_F(AdoptTest, DamageBeyondATornTailIsNotAdopted) {
  ASSERT_TRUE(Put(*Open().value(), "a", "1").ok());
  { const auto store = Open().value(); }  // Moves the log into SST files.
  fs::remove(Newest(".sst"));
  fs::remove(options_.anchor_path);
  EXPECT_EQ(ReasonOf(AdoptDatabase(options_).status()), Reason::STORE_CORRUPT);
  EXPECT_FALSE(fs::exists(options_.anchor_path));
  EXPECT_FALSE(fs::exists(options_.data_dir + "/recovering"));
}

}  // namespace
}  // namespace enlace::store
