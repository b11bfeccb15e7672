#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/config/yaml.h"
#include "tests/testing/temp_dir.h"

namespace enlace::config {
namespace {

TEST(ReadFileTest, ReadsTheWholeFileWithEveryByte) {
  const testing::TempDir folder;
  const std::string bytes("a\0b\r\n\xFF", 6);
  EXPECT_EQ(*ReadFile(folder.Write("file", bytes)), bytes);
  EXPECT_EQ(*ReadFile(folder.Write("empty", "")), "");
}

TEST(ReadFileTest, RefusesAtOnceWhatIsNoRegularFile) {
  const testing::TempDir folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const std::string& path :
       {folder.path("pipe"), folder.path(), std::string("/dev/zero"), folder.path("absent")}) {
    const auto read = ReadFile(path);
    EXPECT_EQ(ReasonOf(read.status()), Reason::FILE_UNREADABLE) << path;
    EXPECT_NE(MessageOf(read.status()).find(path), std::string::npos);
  }
}

TEST(ReadFileTest, RefusesAFileOverItsLimitWithoutReadingIt) {
  const testing::TempDir folder;
  const std::string path = folder.Write("large", "");
  ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(kFileBytesMax) + 1), 0);
  EXPECT_EQ(ReasonOf(ReadFile(path).status()), Reason::FILE_UNREADABLE);
}

}  // namespace
}  // namespace enlace::config
