// The order of calls on the disk around each acknowledgement, as recorded from a real process.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/store_faults/faults_fixture.h"

namespace enlace::store::faults {
namespace {

namespace fs = std::filesystem;

class StoreOrderTest : public StoreFaultsFixture {};

bool IsSync(const Event& event, const std::string& path) {
  return (event.call == "fsync" || event.call == "fdatasync") && event.path == path &&
         event.result == 0;
}

// Whether between `from` (a beginning) and line `end` the file was synced with success.
bool SyncedBetween(const Trace& trace, const std::string& path, long from, size_t end) {
  return std::any_of(trace.begin(), trace.begin() + static_cast<ptrdiff_t>(end),
                     [&](const Event& event) { return event.begin > from && IsSync(event, path); });
}

// Whether a log was written after `from` and synced after that, all of it before line `end`.
bool LogSyncedBetween(const Trace& trace, long from, size_t end) {
  for (size_t i = 0; i < end; ++i) {
    const Event& event = trace[i];
    const bool writes = event.call == "write" || event.call == "pwrite";
    if (writes && event.begin > from && KindOf(event.path) == ".log" &&
        SyncedBetween(trace, event.path, event.begin, end)) {
      return true;
    }
  }
  return false;
}

TEST_F(StoreOrderTest, EveryAcknowledgementComesAfterASyncOfTheLog) {
  const Said said = Run({}, true);
  ASSERT_TRUE(said.closed);
  int acks = 0;
  int unsynced = 0;
  std::map<std::string, long> asked;  // "WRITER.BATCH": its beginning.
  for (size_t i = 0; i < trace_.size(); ++i) {
    const Event& event = trace_[i];
    if (event.call != "say") continue;
    if (event.path.starts_with("ask.")) asked[event.path.substr(4)] = event.begin;
    if (!event.path.starts_with("ack.")) continue;
    ++acks;
    if (!LogSyncedBetween(trace_, asked.at(event.path.substr(4)), i)) {
      ++unsynced;
      ADD_FAILURE() << event.path << " was said before its log was synced";
    }
  }
  fmt::print("store order: acks={} without_sync={} calls={}\n", acks, unsynced, trace_.size());
  EXPECT_EQ(acks, 2 * static_cast<int>(kBatches) + kBigParts);
}

// A file of which only the bytes are safe may be gone after a loss of power, with its name.
TEST_F(StoreOrderTest, TheFolderOfEveryNewNameIsSynced) {
  ASSERT_TRUE(Run({}, true).closed);
  int made = 0;
  for (const Event& event : trace_) {
    if (event.call != "made" || !fs::exists(event.path)) continue;  // Renamed or removed since.
    ++made;
    EXPECT_TRUE(SyncedBetween(trace_, fs::path(event.path).parent_path().string(), event.begin,
                              trace_.size()))
        << event.path;
  }
  fmt::print("store order: new names={}\n", made);
  EXPECT_GT(made, 3) << "a log, a list of files, its name in CURRENT, a file of rows";
}

// The first acknowledgement that relies on a new log also relies on its name.
TEST_F(StoreOrderTest, ANewLogIsInItsFolderBeforeItIsReliedUpon) {
  ASSERT_TRUE(Run({}, true).closed);
  std::map<std::string, long> fresh;  // Logs whose folder is not known to be synced.
  int logs = 0;
  for (size_t i = 0; i < trace_.size(); ++i) {
    const Event& event = trace_[i];
    if (event.call == "made" && KindOf(event.path) == ".log") {
      fresh[event.path] = event.begin;
      ++logs;
    }
    if (event.call != "say" || !event.path.starts_with("ack.")) continue;
    for (const auto& [log, begin] : fresh) {
      const bool written = std::any_of(
          trace_.begin(), trace_.begin() + static_cast<ptrdiff_t>(i), [&](const Event& other) {
            return other.call == "fdatasync" && other.path == log && other.begin > begin;
          });
      if (!written) continue;
      EXPECT_TRUE(SyncedBetween(trace_, fs::path(log).parent_path().string(), begin, i)) << log;
    }
  }
  EXPECT_GT(logs, 1) << "the log was never exchanged";
}

}  // namespace
}  // namespace enlace::store::faults
