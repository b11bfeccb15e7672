// kill -9 against a real writing process, with a journal of what it acknowledged.
// ENLACE_STORE_KILLS sets the number of kills, ENLACE_TEST_SEED repeats a run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/e2e/store_kill/writer_process.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store::kill {
namespace {

TEST(StoreKillTest, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
  const uint64_t kills = Setting("ENLACE_STORE_KILLS", 50);
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  testing::TempDir dir;
  StoreOptions options;
  options.data_dir = dir.path("data");
  options.anchor_path = dir.path("anchor");
  ASSERT_TRUE(Store::Create(options, SomeMeta()).ok());

  Journal journal{};
  Figures figures;
  const auto started = std::chrono::steady_clock::now();
  while (figures.kills < kills && !HasFailure()) {
    {
      WriterProcess writer(options, seed);
      // A quarter of the kills may fall into the opening itself, and each that follows an
      // unchecked one: so what a kill left is repaired, and the repair is killed as well.
      const bool opening = figures.unchecked > 0;
      if (!opening && random() % 4 != 0) writer.WaitForOutput();
      // The kill is the event under test; it waits for nothing but time.
      std::this_thread::sleep_for(
          std::chrono::milliseconds(opening ? random() % 300 : 20 + random() % 381));
      ReadJournal(writer.KillAndRead(), journal, figures);
      ++figures.kills;
      ++figures.unchecked;
    }
    const bool first = figures.torn == 0;
    if ((first || random() % 4 == 0) && TearTail(options)) ++figures.torn;
    if ((first && figures.torn > 0) || random() % 3 != 0) {
      Check(options, seed, figures.kills % 10 == 0, journal, figures);
    }
  }
  Check(options, seed, true, journal, figures);
  EXPECT_EQ(figures.lost, 0u);
  EXPECT_EQ(figures.half, 0u);
  EXPECT_EQ(figures.refused, 0u);
  EXPECT_GT(figures.torn, 0u);
  EXPECT_GT(figures.repaired, 0u) << "no opening had to repair";
  EXPECT_GT(figures.acks, kills) << "the writer hardly wrote: the kills proved little";
  fmt::print(
      "store kill: seed={} kills={} acks={} lost={} half={} refused={} torn={} "
      "repaired={} seconds={:.0f}\n",
      seed, figures.kills, figures.acks, figures.lost, figures.half, figures.refused, figures.torn,
      figures.repaired,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
}

}  // namespace
}  // namespace enlace::store::kill
