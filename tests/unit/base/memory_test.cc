// Memory that was freed goes back to the system.
#include "node/base/memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

// Sanitizers bring an allocator of their own, which gives nothing back.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace enlace {
namespace {

constexpr size_t kPieces = 30'000;
constexpr size_t kPieceBytes = 5'000;  // Small, so that the allocator keeps them.

// Much memory, all of it freed but the last piece of each hundred, as a flood leaves it.
std::vector<std::unique_ptr<char[]>> LeaveHoles(bool keep_all = false) {
  std::vector<std::unique_ptr<char[]>> pieces;
  while (pieces.size() < kPieces) {
    pieces.push_back(std::make_unique<char[]>(kPieceBytes));
  }
  if (keep_all) return pieces;
  std::vector<std::unique_ptr<char[]>> kept;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (i % 1000 == 999) kept.push_back(std::move(pieces[i]));
  }
  return kept;
}

TEST(MemoryKeeperTest, GivesBackWhatIsFreeAndNotWhileThereIsLittle) {
  MemoryKeeper keeper;
  EXPECT_FALSE(keeper.Look());
  const int64_t before = ResidentBytes();
  EXPECT_GT(before, 0);
  const auto kept = LeaveHoles();
  EXPECT_GT(ResidentBytes() - before, 3 * MemoryKeeper::kGrowthBytes);
  EXPECT_FALSE(keeper.Look()) << "it has grown just now";
  EXPECT_TRUE(keeper.Look());
  EXPECT_LT(ResidentBytes() - before, MemoryKeeper::kGrowthBytes);
  EXPECT_FALSE(keeper.Look());
}

TEST(MemoryKeeperTest, AsksAgainLaterWhatIsInUseNow) {
  MemoryKeeper keeper;
  EXPECT_FALSE(keeper.Look());
  const int64_t before = ResidentBytes();
  auto used = LeaveHoles(/*keep_all=*/true);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(keeper.Look());
  for (size_t i = 0; i < used.size(); ++i) {
    if (i % 1000 != 999) used[i].reset();
  }
  bool gave = false;
  for (int i = 0; i <= MemoryKeeper::kLooksMax && !gave; ++i) gave = keeper.Look();
  EXPECT_TRUE(gave);
  EXPECT_LT(ResidentBytes() - before, MemoryKeeper::kGrowthBytes);
}

}  // namespace
}  // namespace enlace
#endif
