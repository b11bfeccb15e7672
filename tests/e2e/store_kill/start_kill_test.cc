// kill -9 at each single file operation of a start, of a repair, of a flush and of a compaction:
// the next start finishes or undoes what the killed one had begun, and nothing acknowledged is
// lost. ENLACE_START_KILLS sets how many points each part visits; 0 visits all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/store_kill/writer_process.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store::kill {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kOpeningsBefore = 4;  // Each leaves a table file: the next one is compacted.
constexpr int kPatienceMs = 5'000;       // For a call that background threads may never make.

class StartKillTest : public ::testing::Test {
 protected:
  StartKillTest() {
    SetFolder("base");
    fs::create_directory(dir_.path("base"));
    EXPECT_TRUE(Store::Create(options_, SomeMeta()).ok());
    for (uint64_t opening = 0; opening < kOpeningsBefore; ++opening) {
      WriterProcess writer(options_, seed_);
      std::string output;
      EXPECT_TRUE(testing::Eventually([&] {
        output += writer.ReadNow();
        return std::count(output.begin(), output.end(), '\n') > 40;
      }));
      ReadJournal(output + writer.KillAndRead(), base_journal_, base_figures_);
      ++base_figures_.unchecked;
      Check(options_, seed_, false, base_journal_, base_figures_);
    }
  }

  void SetFolder(const std::string& name) {
    options_.data_dir = dir_.path(name) + "/data";
    options_.anchor_path = dir_.path(name) + "/anchor";
  }
  void CopyBase() {
    fs::remove_all(dir_.path("trial"));
    fs::copy(dir_.path("base"), dir_.path("trial"), fs::copy_options::recursive);
    SetFolder("trial");
  }
  std::vector<std::string> Environment(const std::string& thread, uint64_t kill_at) const {
    std::vector<std::string> environment = {"LD_PRELOAD=" FILE_CALLS,
                                            "ASAN_OPTIONS=verify_asan_link_order=0",
                                            "ENLACE_COUNT_TO=" + dir_.path("count")};
    if (!thread.empty()) environment.push_back("ENLACE_KILL_THREAD=" + thread);
    if (kill_at > 0) environment.push_back(fmt::format("ENLACE_KILL_AT={}", kill_at));
    return environment;
  }
  uint64_t Counted() const {
    return std::strtoull(testing::TempDir::Read(dir_.path("count")).c_str(), nullptr, 10);
  }
  // Runs a writer that is killed at the given call, or at the latest after a while.
  void RunKilled(const std::string& thread, uint64_t kill_at, Journal& journal, Figures& figures) {
    fs::remove(dir_.path("count"));
    WriterProcess writer(options_, seed_, Environment(thread, kill_at));
    std::string output;
    for (int waited = 0; waited < kPatienceMs && Counted() < kill_at; waited += testing::kLookMs) {
      output += writer.ReadNow();
      poll(nullptr, 0, testing::kLookMs);
    }
    if (Counted() < kill_at) ++missed_;
    output += Counted() < kill_at ? writer.KillAndRead() : writer.ReadToEnd();
    ReadJournal(output, journal, figures);
    ++figures.kills;
    ++figures.unchecked;
  }
  // How many calls the part under test makes.
  uint64_t CallsOfAStart() {
    CopyBase();
    if (torn_) {
      EXPECT_TRUE(TearTail(options_));
    }
    fs::remove(dir_.path("count"));
    WriterProcess writer(options_, seed_, Environment("", 0));
    writer.WaitForOutput();
    const uint64_t calls = Counted();
    writer.KillAndRead();
    return calls;
  }
  // Kills at `points` of the calls 1 to `calls`, each on a fresh copy, and every second time the
  // start after it as well.
  void KillAtEach(const std::string& part, const std::string& thread, uint64_t calls) {
    const uint64_t wanted = Setting("ENLACE_START_KILLS", 5);
    const uint64_t points = wanted == 0 ? calls : std::min(wanted, calls);
    ASSERT_GT(points, 0U);
    Figures figures;
    for (uint64_t i = 0; i < points && !HasFailure(); ++i) {
      CopyBase();
      if (torn_ && TearTail(options_)) ++figures.torn;
      Journal journal = base_journal_;
      figures.unchecked = 1;  // The writer that made the base was killed too.
      const uint64_t at = 1 + i * calls / points;
      SCOPED_TRACE(fmt::format("{}: killed at call {} of {}, seed {}", part, at, calls, seed_));
      RunKilled(thread, at, journal, figures);
      if (i % 2 == 1) RunKilled("", 1 + random_() % calls, journal, figures);
      Check(options_, seed_, true, journal, figures);
      EXPECT_FALSE(fs::exists(options_.data_dir + "/recovering"));
      EXPECT_FALSE(fs::exists(options_.data_dir + "/recovered"));
    }
    EXPECT_EQ(figures.lost, 0U);
    EXPECT_EQ(figures.half, 0U);
    EXPECT_EQ(figures.refused, 0U);
    EXPECT_LE(missed_, figures.kills / 4) << "hardly a kill fell where it was meant to";
    fmt::print(
        "start kill: part={} seed={} calls={} kills={} missed={} torn={} repaired={} lost={} "
        "half={} refused={}\n",
        part, seed_, calls, figures.kills, missed_, figures.torn, figures.repaired, figures.lost,
        figures.half, figures.refused);
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  testing::TempDir dir_;
  StoreOptions options_;
  Journal base_journal_{};
  Figures base_figures_;
  bool torn_ = false;
  uint64_t missed_ = 0;
};

TEST_F(StartKillTest, AStartThatIsKilledAtAnyCallIsFinishedByTheNext) {
  KillAtEach("start", "", CallsOfAStart());
}

TEST_F(StartKillTest, ARepairThatIsKilledAtAnyCallIsFinishedOrUndoneByTheNext) {
  torn_ = true;
  KillAtEach("repair", "", CallsOfAStart());
}

TEST_F(StartKillTest, AFlushOrCompactionThatIsKilledAtAnyCallLosesNothing) {
  CopyBase();
  fs::remove(dir_.path("count"));
  uint64_t calls = 0;
  {
    WriterProcess writer(options_, seed_, Environment("rocksdb", 0));
    EXPECT_TRUE(testing::Eventually([&] {
      writer.ReadNow();
      return Counted() > 30;
    })) << "background threads hardly work";
    calls = Counted();
  }
  KillAtEach("background", "rocksdb", calls);
}

}  // namespace
}  // namespace enlace::store::kill
