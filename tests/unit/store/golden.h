#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace enlace::store {

// The lines of tests/golden/`name`, split at spaces; lines that begin with # are comments.
inline std::vector<std::vector<std::string>> ReadGolden(const std::string& name, size_t fields) {
  std::ifstream file(std::string(ENLACE_SOURCE_DIR) + "/tests/golden/" + name);
  EXPECT_TRUE(file.good()) << name;
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::vector<std::string> split;
    for (std::string word; words >> word;) split.push_back(word);
    EXPECT_EQ(split.size(), fields) << line;
    if (split.size() == fields) lines.push_back(split);
  }
  return lines;
}

}  // namespace enlace::store
