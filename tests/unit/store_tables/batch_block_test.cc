#include "node/store/batch_block.h"

#include <gtest/gtest.h>

#include <random>

#include "enlace/storage/v1/records.pb.h"

namespace enlace::store {
namespace {

TEST(BatchBlockTest, ReadsBackWhatItWrote) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    BatchBlock block;
    for (uint64_t row = 0; row < BatchBlock::kRows; ++row) {
      auto& out = block.At(row);
      out.outcome = static_cast<uint8_t>(random() % 6);
      out.keyed = out.outcome != 0 && random() % 2 == 0;
      if (out.outcome == 0 || out.outcome == 5) continue;
      out.commit = random() >> random() % 64;
      out.index = static_cast<uint32_t>(random() >> (32 + random() % 32));
    }
    const auto parsed = BatchBlock::Parse(block.Encode());
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, block);
  }
}

TEST(BatchBlockTest, RowsOfOnePartTakeThreeBytesEach) {
  BatchBlock block;
  for (uint32_t row = 0; row < BatchBlock::kRows; ++row) block.At(row) = {1, false, 77, row};
  EXPECT_LT(block.Encode().size(), 3 * BatchBlock::kRows + 20);
  EXPECT_EQ(BatchBlock().Encode(), "");
}

TEST(BatchBlockTest, BlocksBeginAtMultiplesOfTheirSize) {
  EXPECT_EQ(BatchBlock::FirstRow(1), 0u);
  EXPECT_EQ(BatchBlock::FirstRow(127), 0u);
  EXPECT_EQ(BatchBlock::FirstRow(128), 128u);
  EXPECT_EQ(BatchBlock::FirstRow(UINT64_MAX), UINT64_MAX - 127);
}

TEST(BatchBlockTest, ListsThatDoNotFitAreCorruption) {
  const auto refused = [](const std::string& outcomes, int commits, int indexes) {
    enlace::storage::v1::StoredBatchBlock block;
    block.set_outcomes(outcomes);
    for (int i = 0; i < commits; ++i) block.add_commits(1);
    for (int i = 0; i < indexes; ++i) block.add_indexes(1);
    return ReasonOf(BatchBlock::Parse(block.SerializeAsString()).status()) == Reason::STORE_CORRUPT;
  };
  EXPECT_FALSE(refused("\1\2", 2, 2));
  EXPECT_TRUE(refused("\1\2", 1, 1));
  EXPECT_TRUE(refused("\1\2", 3, 3));
  EXPECT_TRUE(refused("\1\2", 2, 1));
  EXPECT_TRUE(refused(std::string(BatchBlock::kRows + 1, '\5'), 0, 0));
  EXPECT_EQ(ReasonOf(BatchBlock::Parse("\xff").status()), Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
