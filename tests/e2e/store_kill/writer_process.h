#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/store_kill/rows.h"
#include "tests/e2e/store_kill/setup.h"

// The writer program under a journal of what it acknowledged, and the comparison of a store
// with that journal.
namespace enlace::store::kill {

using Journal = std::array<uint64_t, kWriters>;  // The last acknowledged batch of each.

struct Figures {
  uint64_t kills = 0, acks = 0, lost = 0, half = 0, refused = 0, torn = 0, repaired = 0;
  // Kills since the last Check. Each may have left one batch of each writer that was whole
  // and not acknowledged.
  uint64_t unchecked = 0;
};

// The writer program, whose output is read through a pipe.
class WriterProcess {
 public:
  // `environment` is added to that of the test, as "NAME=value".
  WriterProcess(const StoreOptions& options, uint64_t seed,
                std::vector<std::string> environment = {}) {
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
    std::vector<char*> variables;
    for (std::string& variable : environment) variables.push_back(variable.data());
    for (char** variable = environ; *variable != nullptr; ++variable) {
      variables.push_back(*variable);
    }
    variables.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, STORE_KILL_WRITER, &actions, nullptr,
                          const_cast<char* const*>(arguments.data()), variables.data()),
              0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    out_ = ends[0];
  }
  ~WriterProcess() {
    if (pid_ > 0) KillAndRead();
    close(out_);
  }
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const { ::kill(pid_, signal); }
  // Returns when the program has printed something (or ended).
  void WaitForOutput() const {
    pollfd waiting{.fd = out_, .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&waiting, 1, 60000), 1);
  }
  // What it has printed until now and nobody has read.
  std::string ReadNow() const {
    std::string text;
    pollfd waiting{.fd = out_, .events = POLLIN, .revents = 0};
    std::array<char, 65536> chunk;
    while (poll(&waiting, 1, 0) == 1) {
      const ssize_t count = read(out_, chunk.data(), chunk.size());
      if (count <= 0) break;
      text.append(chunk.data(), static_cast<size_t>(count));
    }
    return text;
  }
  // All it has printed until it was gone.
  std::string KillAndRead() {
    ::kill(pid_, SIGKILL);
    return ReadToEnd();
  }
  // The same of one that ends by itself.
  std::string ReadToEnd() {
    std::string text;
    std::array<char, 65536> chunk;
    for (ssize_t count; (count = read(out_, chunk.data(), chunk.size())) > 0;) {
      text.append(chunk.data(), static_cast<size_t>(count));
    }
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    return text;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

// Follows what writers say, through kills.
inline void ReadJournal(const std::string& output, Journal& journal, Figures& figures) {
  std::array<bool, kWriters> seen{};
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.starts_with("failed")) << line;
    if (line.starts_with("refused")) {
      ++figures.refused;
      ADD_FAILURE() << line;
    } else if (line == "open repaired") {
      ++figures.repaired;
    } else if (line != "open") {
      int writer = 0;
      uint64_t batch = 0;
      ASSERT_TRUE(std::istringstream(line) >> writer >> batch) << line;
      uint64_t& last = journal.at(static_cast<size_t>(writer));
      // The first one goes on from what the kills before left.
      bool& known = seen.at(static_cast<size_t>(writer));
      EXPECT_GE(batch, last + 1) << line << ": an acknowledged batch is written again";
      EXPECT_LE(batch, last + 1 + (known ? 0 : figures.unchecked)) << line;
      known = true;
      last = batch;
      ++figures.acks;
    }
  }
}

// Leaves the begin of a record at the end of the newest log, as a kill in the middle of a
// large write does. False where the log's own blocks leave no room to say so.
inline bool TearTail(const StoreOptions& options) {
  constexpr size_t kBlockBytes = 32 << 10;  // Of RocksDB's log format.
  // Checksum (4), length (2, little-endian), type (1: a whole record); then some of 1,024 bytes.
  std::string begin("\1\2\3\4\0\4\1", 7);
  begin.resize(100, 'x');
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(options.data_dir + "/db")) {
    if (entry.path().extension() == ".log" && entry.path() > log) log = entry.path();
  }
  if (log.empty()) return false;
  const size_t used = std::filesystem::file_size(log) % kBlockBytes;
  if (kBlockBytes - used < 2048) return false;
  std::ofstream(log, std::ios::binary | std::ios::app) << begin;
  return true;
}

// Compares the store with the journal and moves the journal on to what the store holds.
inline void Check(const StoreOptions& options, uint64_t seed, bool verify, Journal& journal,
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
    EXPECT_LE(last, acknowledged + figures.unchecked) << "a batch that was never begun";
    expected.merge(WriterRows(seed, writer, last));
    acknowledged = last;  // The one under way was whole: it counts from now on.
  }
  figures.unchecked = 0;
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

}  // namespace enlace::store::kill
