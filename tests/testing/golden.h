#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "node/base/bytes.h"

// Formats that are frozen: tests/golden/<file> holds what others build on, one fact a line;
// lines that begin with # explain.
namespace enlace::testing {

inline std::string GoldenPath(const std::string& file) {
  return std::string(ENLACE_SOURCE_DIR) + "/tests/golden/" + file;
}

// Expects that `seen` is what the file says, no more and no less: a new line is as much a
// decision as a changed one.
inline void ExpectGoldenLines(const std::string& file, const std::set<std::string>& seen) {
  std::ifstream in(GoldenPath(file));
  std::set<std::string> golden;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') golden.insert(line);
  }
  ASSERT_FALSE(golden.empty()) << "tests/golden/" << file << " cannot be read";
  std::string gone;
  std::string fresh;
  for (const std::string& line : golden) {
    if (!seen.contains(line)) gone += "  " + line + "\n";
  }
  for (const std::string& line : seen) {
    if (!golden.contains(line)) fresh += "  " + line + "\n";
  }
  EXPECT_EQ(gone, "") << "others build on these lines of tests/golden/" << file
                      << ": if they must change, change the file and docs/ARCHITECTURE.md with "
                         "it and say how old data are read";
  EXPECT_EQ(fresh, "") << "once out they stay: add these lines to tests/golden/" << file;
}

// 32 bytes that count upwards from `first`: the keys and random bytes of the vectors.
inline std::string Counting(int first) {
  std::string bytes;
  for (int i = first; i < first + 32; ++i) bytes += static_cast<char>(i);
  return bytes;
}

// The bytes by name, from lines "<name> <hexadecimal bytes>".
inline std::map<std::string, std::string> GoldenBytes(const std::string& file) {
  std::ifstream in(GoldenPath(file));
  std::map<std::string, std::string> bytes;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' ');
    bytes[line.substr(0, space)] = HexDecode(line.substr(space + 1)).value();
  }
  return bytes;
}

}  // namespace enlace::testing
