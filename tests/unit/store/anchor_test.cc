#include "node/store/anchor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "node/store/anchor_keeper.h"
#include "tests/testing/temp_dir.h"
#include "tests/unit/store/disk_fixture.h"
#include "tests/unit/store/golden.h"
#include "tests/unit/store/test_engine.h"

namespace enlace::store {
namespace {

const std::string kInstance(kInstanceIdBytes, 'i');

// An anchor whose syncs can be held back and made to fail.
class TestAnchor final : public Anchor {
 public:
  TestAnchor() { state_.instance_id = kInstance; }

  const AnchorState& state() const override { return state_; }
  Status Write(uint64_t commit_sequence, const kv::FileListMark& files) override {
    MutexLock lock(mutex_);
    state_ = {kInstance, commit_sequence, files};
    written_ = commit_sequence;
    changed_.NotifyAll();
    return absl::OkStatus();
  }
  Status Sync() override {
    MutexLock lock(mutex_);
    ++syncs_;
    changed_.NotifyAll();
    changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return !blocked_; });
    return failure_;
  }

  void Block() {
    MutexLock lock(mutex_);
    blocked_ = true;
  }
  void Unblock() {
    MutexLock lock(mutex_);
    blocked_ = false;
    changed_.NotifyAll();
  }
  void FailSync(Status status) {
    MutexLock lock(mutex_);
    failure_ = std::move(status);
  }
  // Whether it happened in time.
  bool WaitForSyncs(int count) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, kPatienceMs,
                            [&]() ENLACE_NO_ANALYSIS { return syncs_ >= count; });
  }
  bool WaitForWrite(uint64_t commit_sequence, int64_t timeout_ms) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, timeout_ms,
                            [&]() ENLACE_NO_ANALYSIS { return written_ >= commit_sequence; });
  }

 private:
  static constexpr int64_t kPatienceMs = 20'000;

  AnchorState state_;  // As AnchorFile's: for whoever writes.
  Mutex mutex_;
  CondVar changed_;
  uint64_t written_ ENLACE_GUARDED_BY(mutex_) = 0;
  int syncs_ ENLACE_GUARDED_BY(mutex_) = 0;
  bool blocked_ ENLACE_GUARDED_BY(mutex_) = false;
  Status failure_ ENLACE_GUARDED_BY(mutex_);
};

// The descriptor under which this process has `path` open.
int DescriptorOf(const std::string& path) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code code;
    if (std::filesystem::read_symlink(entry.path(), code) == path) {
      return std::stoi(entry.path().filename().string());
    }
  }
  return -1;
}

class AnchorTest : public ::testing::Test {
 protected:
  AnchorTest() { EXPECT_TRUE(AnchorFile::Create(path_, {kInstance, 1, {}}).ok()); }
  uint64_t SequenceOnDisk() const {
    return AnchorFile::Open(path_).value()->state().commit_sequence;
  }
  std::string Bytes() const { return testing::TempDir::Read(path_); }

  testing::TempDir dir_;
  const std::string path_ = dir_.path("anchor");
  TestEngine engine_;
};

TEST(AnchorFormatTest, MatchesTheGoldenVectors) {
  const auto vectors = ReadGolden("anchor.txt", 9);
  EXPECT_EQ(vectors.size(), 2u);
  for (const auto& fields : vectors) {
    const std::string slot =
        EncodeAnchorSlot(std::stoull(fields[0]), {*HexDecode(fields[1]),
                                                  std::stoull(fields[2]),
                                                  {std::stoull(fields[3]), std::stoull(fields[4]),
                                                   static_cast<uint32_t>(std::stoul(fields[5]))}});
    ASSERT_EQ(slot.size(), kAnchorSlotBytes);
    EXPECT_EQ(HexEncode(AsView(crypto::Sha256(slot))), fields[6]);
    EXPECT_EQ(HexEncode(slot.substr(0, 60)), fields[7]);
    EXPECT_EQ(HexEncode(slot.substr(kAnchorSlotBytes - 4)), fields[8]);
  }
}

TEST_F(AnchorTest, KeepsTheLastWrite) {
  auto anchor = AnchorFile::Open(path_).value();
  EXPECT_EQ(anchor->state(), (AnchorState{kInstance, 1, {}}));
  for (uint64_t sequence = 2; sequence < 10; ++sequence) {
    ASSERT_TRUE(anchor->Write(sequence, {}).ok());
    ASSERT_TRUE(anchor->Sync().ok());
  }
  anchor.reset();
  EXPECT_EQ(SequenceOnDisk(), 9u);
  EXPECT_EQ(Bytes().size(), 2 * kAnchorSlotBytes) << "the file never grows";
}

TEST_F(AnchorTest, ATornSlotLeavesTheOneBefore) {
  {
    auto anchor = AnchorFile::Open(path_).value();
    ASSERT_TRUE(anchor->Write(2, {}).ok());
    ASSERT_TRUE(anchor->Write(3, {}).ok());
  }
  std::string bytes = Bytes();
  const bool newest_is_first = ReadU64(bytes, 8) > ReadU64(bytes, kAnchorSlotBytes + 8);
  bytes[(newest_is_first ? 0 : kAnchorSlotBytes) + 39] ^= 1;
  dir_.Write("anchor", bytes);
  EXPECT_EQ(SequenceOnDisk(), 2u);
  // The next write takes the torn slot, not the sound one.
  ASSERT_TRUE(AnchorFile::Open(path_).value()->Write(3, {}).ok());
  EXPECT_EQ(SequenceOnDisk(), 3u);
}

TEST_F(AnchorTest, AFlippedBitLeavesTheStateOfTheOtherSlot) {
  ASSERT_TRUE(AnchorFile::Open(path_).value()->Write(2, {}).ok());
  const std::string sound = Bytes();
  const size_t newest = ReadU64(sound, 8) > ReadU64(sound, kAnchorSlotBytes + 8) ? 0 : 1;
  for (size_t bit = 0; bit < sound.size() * 8; bit += 61) {
    const auto chosen = ChooseAnchorSlot(WithFlippedBit(sound, bit));
    ASSERT_TRUE(chosen.has_value()) << bit;
    const bool in_newest = bit / 8 / kAnchorSlotBytes == newest;
    EXPECT_EQ(chosen->state, (AnchorState{kInstance, in_newest ? 1U : 2U, {}})) << bit;
  }
  // The file is read the same way.
  for (size_t bit = 0; bit < sound.size() * 8; bit += sound.size() * 8 / 6 + 1) {
    Overwrite(path_, bit / 8, WithFlippedBit(sound, bit).substr(bit / 8, 1));
    EXPECT_EQ(SequenceOnDisk(), bit / 8 / kAnchorSlotBytes == newest ? 1U : 2U) << bit;
    Overwrite(path_, bit / 8, sound.substr(bit / 8, 1));
  }
}

TEST_F(AnchorTest, SyncsWhatItWrites) {
  const auto syncs_of = [](const auto& work) {
    const uint64_t before = SyncsDone();
    EXPECT_TRUE(work().ok());
    return SyncsDone() - before;
  };
  const AnchorState state{kInstance, 1, {}};
  const std::string fresh = dir_.path("fresh");
  EXPECT_EQ(syncs_of([&] { return AnchorFile::Create(fresh, state); }), 2u) << "file and folder";
  EXPECT_EQ(syncs_of([&] { return AnchorFile::Replace(fresh, state); }), 2u) << "file and folder";
  const auto anchor = AnchorFile::Open(path_).value();
  EXPECT_EQ(syncs_of([&] { return anchor->Write(2, {}); }), 0u);
  EXPECT_EQ(syncs_of([&] { return anchor->Sync(); }), 1u);
}

TEST_F(AnchorTest, TwoDamagedSlotsAreRefusedWithAdvice) {
  for (const std::string& bytes :
       {std::string(), std::string(2 * kAnchorSlotBytes, '\0'), Bytes().substr(1)}) {
    dir_.Write("anchor", bytes);
    const auto anchor = AnchorFile::Open(path_);
    EXPECT_EQ(ReasonOf(anchor.status()), Reason::STORE_CORRUPT);
    EXPECT_NE(MessageOf(anchor.status()).find("enlaced adopt"), std::string::npos);
  }
}

TEST_F(AnchorTest, AMissingFileIsRefusedWithAdvice) {
  const auto anchor = AnchorFile::Open(dir_.path("elsewhere"));
  EXPECT_EQ(ReasonOf(anchor.status()), Reason::STORE_FORMAT);
  EXPECT_NE(MessageOf(anchor.status()).find("enlaced adopt"), std::string::npos);
}

TEST_F(AnchorTest, IsHeldByOneOpeningAtATime) {
  const auto first = AnchorFile::Open(path_).value();
  EXPECT_EQ(ReasonOf(AnchorFile::Open(path_).status()), Reason::STORE_LOCKED);
}

TEST_F(AnchorTest, CreateNeverOverwritesAndReplaceDoes) {
  EXPECT_EQ(ReasonOf(AnchorFile::Create(path_, {kInstance, 7, {}})), Reason::STORE_EXISTS);
  EXPECT_EQ(SequenceOnDisk(), 1u);
  const std::string other(kInstanceIdBytes, 'o');
  ASSERT_TRUE(AnchorFile::Replace(path_, {other, 7, {}}).ok());
  EXPECT_EQ(AnchorFile::Open(path_).value()->state(), (AnchorState{other, 7, {}}));
}

TEST_F(AnchorTest, TheKeeperHasWrittenACommitWhenItIsAcknowledged) {
  AnchorKeeper keeper(AnchorFile::Open(path_).value(), engine_.FileListSource());
  for (uint64_t sequence = 2; sequence < 20; ++sequence) {
    ASSERT_TRUE(keeper.Advance(sequence).ok());
    // What a killed process would leave: the file as others see it.
    const std::string copy = dir_.Write("copy", Bytes());
    EXPECT_EQ(AnchorFile::Open(copy).value()->state().commit_sequence, sequence);
  }
}

TEST_F(AnchorTest, TheKeeperAnchorsAFileListThatMovedAfterTheLastCommit) {
  {
    AnchorKeeper keeper(AnchorFile::Open(path_).value(), engine_.FileListSource());
    ASSERT_TRUE(keeper.Advance(2).ok());
    engine_.SetFileList({7, 100, 5});
  }
  EXPECT_EQ(AnchorFile::Open(path_).value()->state(), (AnchorState{kInstance, 2, {7, 100, 5}}));
}

TEST_F(AnchorTest, ACommitWaitsForTheSyncOfTheAnchorBeforeIt) {
  auto made = std::make_unique<TestAnchor>();
  TestAnchor& anchor = *made;
  AnchorKeeper keeper(std::move(made), engine_.FileListSource());
  anchor.Block();
  ASSERT_TRUE(keeper.Advance(2).ok());
  ASSERT_TRUE(anchor.WaitForSyncs(1)) << "nothing syncs the anchor of commit 2";
  std::jthread next([&] { EXPECT_TRUE(keeper.Advance(3).ok()); });
  EXPECT_FALSE(anchor.WaitForWrite(3, 200)) << "commit 3 did not wait";
  anchor.Unblock();
  next.join();
  EXPECT_EQ(anchor.state().commit_sequence, 3u);
}

TEST_F(AnchorTest, ASyncThatFailsBehindACommitIsToldBeforeTheNextOne) {
  auto made = std::make_unique<TestAnchor>();
  TestAnchor& anchor = *made;
  AnchorKeeper keeper(std::move(made), engine_.FileListSource());
  anchor.Block();
  ASSERT_TRUE(keeper.Advance(2).ok());
  EXPECT_TRUE(keeper.Health().ok());
  anchor.FailSync(Error(Reason::STORE_FAILED, "no anchor disk"));
  anchor.Unblock();
  while (keeper.Health().ok()) std::this_thread::yield();
  EXPECT_EQ(ReasonOf(keeper.Advance(3)), Reason::STORE_FAILED);
  EXPECT_EQ(anchor.state().commit_sequence, 2u) << "nothing is written after a failure";
}

TEST_F(AnchorTest, AKeeperWhoseDiskRefusesFailsTheCommit) {
  // /dev/full refuses every write: the open file is exchanged for it under the keeper.
  auto anchor = AnchorFile::Open(path_).value();
  const int full = open("/dev/full", O_RDWR | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ASSERT_GE(dup2(full, DescriptorOf(path_)), 0);
  close(full);
  AnchorKeeper keeper(std::move(anchor), engine_.FileListSource());
  EXPECT_EQ(ReasonOf(keeper.Advance(2)), Reason::STORE_FAILED);
}

}  // namespace
}  // namespace enlace::store
