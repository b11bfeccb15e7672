// kill -9 against a real writing process, with a journal of what it acknowledged.
// ENLACE_STORE_KILLS sets the number of kills, ENLACE_TEST_SEED repeats a run.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/e2e/store_kill/rows.h"
#include "tests/e2e/store_kill/setup.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store::kill {
namespace {

using Journal = std::array<uint64_t, kWriters>;  // The last acknowledged batch of each.

struct Figures {
  uint64_t kills = 0, acks = 0, lost = 0, half = 0, refused = 0, repaired = 0;
};

// The writer program, whose output is read through a pipe.
class WriterProcess {
 public:
  WriterProcess(const StoreOptions& options, uint64_t seed) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    // A large pipe: the parent's sleep must not hold the writer back.
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const std::string seed_text = std::to_string(seed);
    std::array<const char*, 5> arguments = {STORE_KILL_WRITER, options.data_dir.c_str(),
                                            options.anchor_path.c_str(), seed_text.c_str(),
                                            nullptr};
    EXPECT_EQ(posix_spawn(&pid_, STORE_KILL_WRITER, &actions, nullptr,
                          const_cast<char* const*>(arguments.data()), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    out_ = ends[0];
  }
  ~WriterProcess() { close(out_); }

  // Returns when the program has printed something (or ended).
  void WaitForOutput() const {
    pollfd waiting{.fd = out_, .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&waiting, 1, 60000), 1);
  }
  // All it has printed until it was gone.
  std::string KillAndRead() {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    std::string text;
    std::array<char, 65536> chunk;
    for (ssize_t count; (count = read(out_, chunk.data(), chunk.size())) > 0;) {
      text.append(chunk.data(), static_cast<size_t>(count));
    }
    return text;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

void ReadJournal(const std::string& output, Journal& journal, Figures& figures) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.starts_with("failed")) << line;
    if (line.starts_with("refused")) {
      ++figures.refused;
      ADD_FAILURE() << line;
    } else if (line == "open repaired") {
      ++figures.repaired;
    } else if (int writer = 0; std::istringstream(line) >> writer && line != "open") {
      ++journal.at(static_cast<size_t>(writer));
      EXPECT_EQ(line, fmt::format("{} {}", writer, journal.at(static_cast<size_t>(writer))));
      ++figures.acks;
    }
  }
}

// Compares the store with the journal and moves the journal on to what the store holds.
void Check(const StoreOptions& options, uint64_t seed, bool verify, Journal& journal,
           Figures& figures) {
  SystemClock clock;
  OpenReport report;
  const auto store = Store::Open(options, clock, &report);
  if (!store.ok()) {
    ++figures.refused;
    ADD_FAILURE() << store.status().ToString();
    return;
  }
  if (report.repaired) ++figures.repaired;
  const auto reader = (*store)->Read();
  Rows expected;
  for (int writer = 0; writer < kWriters; ++writer) {
    uint64_t& acknowledged = journal.at(static_cast<size_t>(writer));
    const uint64_t last = LastBatch(*reader, writer).value();
    if (last < acknowledged) figures.lost += acknowledged - last;
    EXPECT_LE(last, acknowledged + 1) << "a batch that was never begun";
    expected.merge(WriterRows(seed, writer, last));
    acknowledged = last;  // The one under way was whole: it counts from now on.
  }
  const Rows found = ReadAll(*reader).value();
  for (const auto& [key, value] : expected) {
    const auto it = found.find(key);
    if (it == found.end() || it->second != value) ++figures.half;
  }
  if (found.size() != expected.size()) ++figures.half;
  if (verify) {
    EXPECT_TRUE((*store)->VerifyRows().ok());
  }
}

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
      // A quarter of the kills may fall into the opening itself.
      if (random() % 4 != 0) writer.WaitForOutput();
      // The kill is the event under test; it waits for nothing but time.
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 381));
      ReadJournal(writer.KillAndRead(), journal, figures);
      ++figures.kills;
    }
    Check(options, seed, figures.kills % 10 == 0, journal, figures);
  }
  EXPECT_EQ(figures.lost, 0u);
  EXPECT_EQ(figures.half, 0u);
  EXPECT_EQ(figures.refused, 0u);
  EXPECT_GT(figures.acks, kills) << "the writer hardly wrote: the kills proved little";
  fmt::print(
      "store kill: seed={} kills={} acks={} lost={} half={} refused={} repaired={} "
      "seconds={:.0f}\n",
      seed, figures.kills, figures.acks, figures.lost, figures.half, figures.refused,
      figures.repaired,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
}

}  // namespace
}  // namespace enlace::store::kill
