// docs/STORAGE_FORMAT.md lists exactly the tables that there are.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "node/store/tables.h"

namespace enlace::store {
namespace {

TEST(StorageFormatTest, TheDocumentListsExactlyTheTables) {
  std::ifstream file(std::string(ENLACE_SOURCE_DIR) + "/docs/STORAGE_FORMAT.md");
  ASSERT_TRUE(file.good());
  const std::regex row(R"(^\| (\d+) \| `([a-z_]+)` \|.*)");
  std::vector<std::string> listed;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    EXPECT_EQ(std::stoul(match[1]), listed.size()) << line;
    listed.push_back(match[2]);
  }
  EXPECT_EQ(listed, TableNames());
}

}  // namespace
}  // namespace enlace::store
