// Every n-th call of a kind on the store's files fails, in a real process. Whatever fails, nothing
// acknowledged is lost, nothing is acknowledged that is not there, and the process says so and
// writes no more. ENLACE_STORE_FAULT_PAIRS sets how many faults are tried (0: all there are).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/e2e/store_faults/faults_fixture.h"

namespace enlace::store::faults {
namespace {

constexpr uint64_t kPairs = 110;  // Of the short form.
// Not sync_file_range: the database only asks by it, for each file, whether the system has it, and
// ends the process at an answer that it does not know.
constexpr std::array<const char*, 9> kCalls = {"fsync",     "fdatasync", "write", "pwrite", "open",
                                               "ftruncate", "rename",    "close", "read"};
// Those whose failure may leave bytes unwritten or unsafe.
const std::set<std::string> kWriting = {"fsync", "fdatasync", "write", "pwrite", "rename"};
// Those that a run of this program makes at all; the others may be absent.
const std::set<std::string> kAlwaysMade = {"fsync", "fdatasync", "write", "pwrite",
                                           "open",  "rename",    "close", "read"};
constexpr std::array<int, 2> kErrors = {EIO, ENOSPC};

class StoreFaultsTest : public StoreFaultsFixture {
 protected:
  // How often an undisturbed run makes each kind of call.
  std::map<std::string, long> Count(bool big) {
    const Said said = Run({}, big);
    EXPECT_TRUE(said.closed && said.troubles.empty()) << testing::TempDir::Read(dir_.path("said"));
    std::map<std::string, long> counts;
    for (const Event& event : trace_) ++counts[event.call];
    for (const std::string& call : kAlwaysMade) EXPECT_GT(counts[call], 0) << call;
    return counts;
  }

  // After a failed sync nobody knows what of the file is on the disk, and a second sync that
  // succeeds would only seem to say so. A folder is synced for each name in it, also for one of
  // another thread that was on its way: there it counts that no write is taken any more.
  void CheckNoRetry(const std::string& name, Figures& figures) {
    std::set<std::string> failed;
    for (const Event& event : trace_) {
      if (event.call != "fsync" && event.call != "fdatasync") continue;
      if (KindOf(event.path).starts_with("folder ")) continue;
      if (failed.contains(event.path)) {
        ++figures.retried;
        ADD_FAILURE() << name << ": " << event.path << " is synced again after its sync failed";
      }
      if (event.fault) failed.insert(event.path);
    }
  }

  void Try(const Fault& fault, bool big, Figures& figures) {
    const Said said = Run(fault, big);
    ++figures.pairs;
    const auto struck =
        std::find_if(trace_.begin(), trace_.end(), [](const Event& event) { return event.fault; });
    const std::string kind = struck == trace_.end() ? "none" : KindOf(struck->path);
    const std::string name = fmt::format("{} {} of {}, errno {}, {}{}", fault.call, fault.at, kind,
                                         fault.error, fault.mode, big ? ", big" : "");
    EXPECT_FALSE(hangs_) << name;
    // RocksDB 7.8 loses count of a table when it cannot open its next log, and so ends the process
    // when it is closed; all has been said by then.
    EXPECT_TRUE(code_ != -1 || !said.troubles.empty()) << name << ": the process crashed untold";
    const bool told = !said.troubles.empty() || code_ != 0;
    if (struck != trace_.end()) {
      ++figures.struck;
      figures.told += told ? 1 : 0;
      ++table_[fmt::format("{:9} {}", fault.call, kind)][told ? "told" : "untold"];
      EXPECT_TRUE(told || !kWriting.contains(fault.call)) << name << ": nobody was told";
    }
    if (said.wrote_again) {
      ++figures.again;
      ADD_FAILURE() << name << ": a write succeeded after one that failed";
    }
    EXPECT_FALSE(said.read_wrong) << name << ": wrong rows were answered";
    CheckNoRetry(name, figures);
    Check(said, name, figures);
  }

  void Print(const Figures& figures) const {
    fmt::print(
        "store faults: seed={} pairs={} struck={} told={} acks={} lost={} wrong={} half={} "
        "again={} retried={} refused_restarts={}\n",
        seed_, figures.pairs, figures.struck, figures.told, figures.acks, figures.lost,
        figures.wrong, figures.half, figures.again, figures.retried, figures.refused_restarts);
    for (const auto& [cell, outcomes] : table_) {
      fmt::print("  {:30}", cell);
      for (const auto& [outcome, count] : outcomes) fmt::print(" {}={}", outcome, count);
      fmt::print("\n");
    }
  }

  std::map<std::string, std::map<std::string, int>> table_;
};

std::vector<Fault> FaultsOf(const std::string& call, long count) {
  std::vector<Fault> faults;
  for (long at = 1; at <= count; ++at) {
    for (const int error : kErrors) {
      if (error == ENOSPC && call == "read") continue;
      faults.push_back({call, at, error, "before"});
      if (kWriting.contains(call)) faults.push_back({call, at, error, "after"});
      if (call.ends_with("write")) faults.push_back({call, at, error, "half"});
    }
  }
  return faults;
}

// `some` of all faults (0: all), each call as often as the others as far as it has so many.
std::vector<Fault> ChooseFaults(const std::map<std::string, long>& counts, uint64_t some,
                                std::mt19937_64& random, size_t& all) {
  std::vector<std::vector<Fault>> by_call;
  size_t longest = 0;
  all = 0;
  for (const char* call : kCalls) {
    const auto count = counts.find(call);
    if (count == counts.end()) continue;
    by_call.push_back(FaultsOf(call, count->second));
    std::shuffle(by_call.back().begin(), by_call.back().end(), random);
    longest = std::max(longest, by_call.back().size());
    all += by_call.back().size();
  }
  std::vector<Fault> chosen;
  for (size_t round = 0; round < longest; ++round) {
    for (const std::vector<Fault>& faults : by_call) {
      if (some > 0 && chosen.size() == some) return chosen;
      if (round < faults.size()) chosen.push_back(faults[round]);
    }
  }
  return chosen;
}

TEST_F(StoreFaultsTest, WhateverCallFailsNothingAcknowledgedIsLost) {
  Figures figures;
  std::mt19937_64 random(seed_);
  const uint64_t pairs = kill::Setting("ENLACE_STORE_FAULT_PAIRS", kPairs);
  for (const bool big : {false, true}) {
    // Big ones cost more and differ only in what the database does while it runs.
    size_t all = 0;
    const auto faults = ChooseFaults(Count(big), big ? pairs / 10 : pairs, random, all);
    fmt::print("store faults: {} of {} faults{}\n", faults.size(), all, big ? ", big" : "");
    for (const Fault& fault : faults) Try(fault, big, figures);
  }
  Print(figures);
  EXPECT_GT(figures.struck, figures.pairs / 2) << "the faults hardly struck";
  EXPECT_GT(figures.acks, 0u) << "the faults came before every write";
}

// It comes when the store closes, and nobody asks how the store is any more.
TEST_F(StoreFaultsTest, AFailureOfTheLastWriteOfTheAnchorIsTold) {
  Figures figures;
  const long last = Count(true)["pwrite"];
  for (const char* mode : {"before", "after"}) Try({"pwrite", last, EIO, mode}, true, figures);
  EXPECT_EQ(figures.told, figures.struck);
}

}  // namespace
}  // namespace enlace::store::faults
