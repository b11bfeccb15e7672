// A disk that is nearly full: who is still let in, what the reserve gives, and how it ends.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>

#include <atomic>

#include "node/store/space.h"
#include "tests/unit/store/disk_fixture.h"
#include "tests/unit/store/test_engine.h"

namespace enlace::store {
namespace {

constexpr uint64_t kLow = 64 << 20;
constexpr uint64_t kFloor = kLow / 8;
constexpr uint64_t kReserve = 4 << 20;

uint64_t BlocksOf(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0);
  return static_cast<uint64_t>(found.st_blocks) * 512;
}

// A disk whose free space the test sets; the reserve's blocks count as its own.
class SpaceTest : public ::testing::Test {
 protected:
  StoreOptions Options() {
    StoreOptions options;
    options.data_dir = dir_.path();
    options.low_water_bytes = kLow;
    options.reserve_bytes = kReserve;
    options.free_bytes = [this]() -> StatusOr<uint64_t> {
      if (broken_) return Error(Reason::STORE_FAILED, "no answer");
      return others_leave_ - std::min<uint64_t>(others_leave_, BlocksOf(dir_.path("reserve")));
    };
    return options;
  }
  void Open() {
    auto engine = std::make_unique<TestEngine>();
    engine_ = engine.get();
    store_ = Store::OpenOnEngine(std::move(engine), clock_, Options());
  }
  Status Put(const std::string& key, WriteClass write_class = WriteClass::kOrdinary) {
    return store_->Write(
        [&](Transaction& transaction) {
          transaction.Put(Table::kSecret, key, "v");
          return absl::OkStatus();
        },
        write_class);
  }
  uint64_t Held() const { return BlocksOf(dir_.path("reserve")); }

  testing::TempDir dir_;
  ManualClock clock_;
  std::atomic<uint64_t> others_leave_ = 10 * kLow;
  std::atomic<bool> broken_ = false;
  TestEngine* engine_ = nullptr;
  std::unique_ptr<Store> store_;
};

TEST_F(SpaceTest, TheReserveIsReallyTakenFromTheDisk) {
  Open();
  EXPECT_GE(Held(), kReserve);
  EXPECT_EQ(store_->Space().state, SpaceState::kPlenty);
  EXPECT_EQ(store_->Space().reserve_bytes, kReserve);
}

TEST_F(SpaceTest, BelowTheMarkOrdinaryWritesAreRefusedAndTheStoreStaysWell) {
  Open();
  ASSERT_TRUE(Put("before").ok());
  others_leave_ = kLow + Held() - 1;
  EXPECT_EQ(ReasonOf(Put("refused")), Reason::STORE_FULL);
  EXPECT_EQ(store_->Space().state, SpaceState::kLow);
  EXPECT_TRUE(store_->Health().ok()) << "a full disk that was not met is no failure";
  EXPECT_TRUE(store_->Read()->Get(Table::kSecret, "before").value().has_value());
  EXPECT_FALSE(store_->Read()->Get(Table::kSecret, "refused").value().has_value());
  EXPECT_TRUE(Put("audit", WriteClass::kReserved).ok());
  EXPECT_GE(Held(), kReserve) << "what is above the floor goes first";
}

TEST_F(SpaceTest, ARefusedWriteIsNotEvenTried) {
  Open();
  others_leave_ = 0;
  bool tried = false;
  const Status status = store_->Write([&](Transaction&) {
    tried = true;
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(status), Reason::STORE_FULL);
  EXPECT_FALSE(tried);
}

TEST_F(SpaceTest, ReservedWritesGetTheReserveStepByStepAndThenEnd) {
  Open();
  const uint64_t whole = Held();
  others_leave_ = kFloor + whole - 1;  // One byte below the floor.
  EXPECT_TRUE(Put("a", WriteClass::kReserved).ok());
  EXPECT_EQ(store_->Space().reserve_bytes, kReserve - kReserve / Reserve::kSteps);
  others_leave_ = kFloor + kReserve / 2;
  EXPECT_TRUE(Put("b", WriteClass::kReserved).ok());
  EXPECT_EQ(store_->Space().reserve_bytes, kReserve / 2);
  others_leave_ = kFloor;
  EXPECT_TRUE(Put("c", WriteClass::kReserved).ok());
  EXPECT_EQ(store_->Space().reserve_bytes, 0u);
  others_leave_ = kFloor - 1;
  EXPECT_EQ(ReasonOf(Put("d", WriteClass::kReserved)), Reason::STORE_FULL);
  EXPECT_EQ(store_->Space().state, SpaceState::kSpent);
  EXPECT_TRUE(store_->Health().ok());
}

TEST_F(SpaceTest, WithSpaceAgainWritesAreTakenAndTheReserveIsWholeWithoutRestart) {
  Open();
  others_leave_ = kFloor - 1;
  ASSERT_EQ(ReasonOf(Put("a", WriteClass::kReserved)), Reason::STORE_FULL);
  others_leave_ = kFloor + 1;
  EXPECT_TRUE(Put("b", WriteClass::kReserved).ok());
  EXPECT_EQ(store_->Space().state, SpaceState::kLow);
  others_leave_ = kLow + 1;
  EXPECT_EQ(ReasonOf(Put("c")), Reason::STORE_FULL) << "just above the mark is not enough";
  others_leave_ = 2 * kLow;
  EXPECT_TRUE(Put("d").ok());
  EXPECT_EQ(store_->Space().state, SpaceState::kPlenty);
  EXPECT_EQ(store_->Space().reserve_bytes, kReserve);
}

TEST_F(SpaceTest, OrdinaryAndReservedWritesOfOneGroupAreJudgedApart) {
  Open();
  engine_->Block();
  std::jthread first([&] { EXPECT_TRUE(Put("first").ok()); });
  engine_->WaitForBlockedCommit();
  others_leave_ = kLow / 2;
  std::jthread ordinary([&] { EXPECT_EQ(ReasonOf(Put("ordinary")), Reason::STORE_FULL); });
  std::jthread reserved([&] { EXPECT_TRUE(Put("audit", WriteClass::kReserved).ok()); });
  engine_->Unblock();
}

TEST_F(SpaceTest, AStartOnAFullDiskGivesTheReserveBackForTheDatabaseToOpen) {
  Open();
  store_.reset();
  ASSERT_GE(Held(), kReserve);
  others_leave_ = kReserve;
  Open();
  EXPECT_EQ(store_->Space().reserve_bytes, 0u);
  EXPECT_NE(store_->Space().state, SpaceState::kPlenty);
  EXPECT_EQ(ReasonOf(Put("a")), Reason::STORE_FULL);
}

TEST_F(SpaceTest, ADiskThatCannotBeMeasuredKeepsWhatIsKnown) {
  Open();
  broken_ = true;
  EXPECT_TRUE(Put("a").ok());
  broken_ = false;
  others_leave_ = kLow / 2;
  EXPECT_EQ(ReasonOf(Put("b")), Reason::STORE_FULL);
  broken_ = true;
  EXPECT_EQ(ReasonOf(Put("c")), Reason::STORE_FULL);
}

TEST_F(SpaceTest, ASmallerReserveIsGivenBackAndACopiedHoleIsNone) {
  dir_.Write("reserve", "");
  ASSERT_EQ(truncate(dir_.path("reserve").c_str(), kReserve), 0);
  Reserve hole = Reserve::Open(dir_.path("reserve"), kReserve).value();
  EXPECT_EQ(hole.held(), 0u);
  ASSERT_TRUE(hole.Fill().ok());
  EXPECT_GE(Held(), kReserve);
  const Reserve smaller = Reserve::Open(dir_.path("reserve"), kReserve / 2).value();
  EXPECT_EQ(smaller.held(), kReserve / 2);
  EXPECT_LT(Held(), kReserve);
}

TEST_F(SpaceTest, WithoutAMarkNothingIsWatchedAndNoFileIsMade) {
  store_ = Store::OpenOnEngine(std::make_unique<TestEngine>(), clock_);
  EXPECT_TRUE(Put("a").ok());
  EXPECT_EQ(store_->Space().state, SpaceState::kPlenty);
  EXPECT_FALSE(std::filesystem::exists(dir_.path("reserve")));
}

// The same on a real database, which writes out what it has in memory and holds its compactions
// while the disk is nearly full.
TEST_F(SpaceTest, ARealStoreGoesThroughATimeOfLittleSpaceUnharmed) {
  StoreOptions options = Options();
  options.data_dir = dir_.path("data");
  options.anchor_path = dir_.path("anchor");
  options.free_bytes = [this]() -> StatusOr<uint64_t> { return others_leave_.load(); };
  ASSERT_TRUE(Store::Create(options, DiskFixture::Meta('i')).ok());
  store_ = Store::Open(options, clock_).value();
  ASSERT_TRUE(Put("before").ok());
  others_leave_ = kLow - 1;
  EXPECT_EQ(ReasonOf(Put("refused")), Reason::STORE_FULL);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Put("audit" + std::to_string(i), WriteClass::kReserved).ok());
  }
  others_leave_ = 2 * kLow;
  EXPECT_TRUE(Put("after").ok());
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE(store_->VerifyRows().ok());
  store_.reset();
  store_ = Store::Open(options, clock_).value();
  EXPECT_TRUE(store_->Read()->Get(Table::kSecret, "audit19").value().has_value());
  EXPECT_TRUE(store_->Read()->Get(Table::kSecret, "after").value().has_value());
}

}  // namespace
}  // namespace enlace::store
