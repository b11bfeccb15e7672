#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/store_faults/big_rows.h"
#include "tests/e2e/store_kill/rows.h"
#include "tests/e2e/store_kill/setup.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

// Runs the writer program over the recorder (disk_faults.cc) and reads what it left: what was
// said, every call on its files, and what a start without the fault finds.
namespace enlace::store::faults {

// What was said (trace.said) and every call, in the order of their ends.
struct Event {
  long begin = 0;  // Beginnings are counted; a call that began later has a larger one.
  std::string call;
  std::string path;  // Of "say": the text.
  long result = 0;
  bool fault = false;
};
using Trace = std::vector<Event>;

inline Trace ReadTrace(const std::string& file) {
  Trace trace;
  std::istringstream lines(testing::TempDir::Read(file));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Event event;
    int error = 0;
    std::string fault;
    if (!(words >> event.begin >> event.call >> event.path >> event.result >> error)) continue;
    event.fault = static_cast<bool>(words >> fault);
    trace.push_back(event);
  }
  return trace;
}

// The kind of a file, for tables: what RocksDB or the store calls it, without its number.
inline std::string KindOf(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string name = file.filename().string();
  for (const char* kind : {".log", ".sst", ".dbtmp"}) {
    if (name.ends_with(kind)) return kind;
  }
  for (const char* kind : {"MANIFEST", "OPTIONS", "CURRENT", "IDENTITY", "LOCK", "anchor"}) {
    if (name.starts_with(kind)) return kind;
  }
  return name.find('.') == std::string::npos ? "folder " + name : "other " + name;
}

// Which call is to fail, and how; see disk_faults.cc. `at` 0: none.
struct Fault {
  std::string call = "none";
  long at = 0;
  int error = 5;
  std::string mode = "before";
};

// The environment of the programs that this test starts, for as long as it lives.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& settings) : settings_(settings) {
    for (const auto& [name, value] : settings_) setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto& [name, value] : settings_) unsetenv(name.c_str());
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const std::map<std::string, std::string> settings_;
};

// What one writer said.
struct Said {
  std::map<int, uint64_t> asked;         // The last batch of each writer.
  std::map<int, uint64_t> acknowledged;  // The same.
  std::vector<std::string> troubles;     // refused, failed, and bad news at the end.
  bool wrote_again = false;              // A write after a failed one succeeded.
  bool read_wrong = false;               // Rows were answered that are not what was written.
  bool closed = false;
};

inline Said ReadSaid(const std::string& output) {
  Said said;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    std::string reason;
    int writer = 0;
    uint64_t batch = 0;
    words >> word;
    if (word == "ask" && words >> writer >> batch) said.asked[writer] = batch;
    if (word == "ack" && words >> writer >> batch) said.acknowledged[writer] = batch;
    if (word == "failed" && words >> writer >> batch >> reason) said.troubles.push_back(line);
    // The end of a process is told in its log alone.
    if (line.find("event=store_failed") != std::string::npos) said.troubles.push_back(line);
    if (word == "refused") said.troubles.push_back(line);
    if (word == "again" && words >> reason && reason == "OK") said.wrote_again = true;
    if (line == "read WRONG") said.read_wrong = true;
    if (word == "read" || word == "verify" || word == "health") {
      if (words >> reason && reason != "OK") said.troubles.push_back(line);
    }
    if (word == "closed") said.closed = true;
  }
  return said;
}

}  // namespace enlace::store::faults
