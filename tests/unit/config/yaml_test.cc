#include "node/config/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace enlace::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Yaml MustParse(std::string_view text) {
  auto parsed = Yaml::Parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *parsed;
}

TEST(YamlTest, ReadsScalarsListsAndMaps) {
  const Yaml root = MustParse("a: 5\nb: [x, y]\nc: {d: true}\n");
  Faults faults;
  MapReader reader(&root, "", faults);
  EXPECT_EQ(reader.Int("a", 0, 9), 5);
  EXPECT_THAT(reader.Strings("b"), ElementsAre("x", "y"));
  MapReader inner(reader.Member("c"), "c", faults);
  EXPECT_TRUE(inner.Bool("d"));
  inner.Finish();
  reader.Finish();
  EXPECT_TRUE(faults.empty());
}

TEST(YamlTest, AllFaultsAreReportedWithPathAndLine) {
  const Yaml root = MustParse("a: ten\nextra: 1\nlist:\n  - {n: 1}\n  - {n: 700}\n");
  Faults faults;
  MapReader reader(&root, "", faults);
  reader.Int("a", 0, 9);
  reader.String("missing");
  ForEachMap(reader.Member("list"), "list", faults, [](MapReader& item) { item.Int("n", 0, 9); });
  reader.Finish();
  const Status status = faults.ToStatus(Reason::CONFIG_INVALID, "node.yaml");
  EXPECT_EQ(ReasonOf(status), Reason::CONFIG_INVALID);
  for (const char* part :
       {"a (line 1)", "missing: required", "list[1].n (line 5)", "extra (line 2): unknown key"}) {
    EXPECT_THAT(MessageOf(status), HasSubstr(part));
  }
}

TEST(YamlTest, DuplicateKeysAreRefused) {
  const auto parsed = Yaml::Parse("a: 1\nb: 2\na: 3\n");
  ASSERT_FALSE(parsed.ok());
  EXPECT_THAT(MessageOf(parsed.status()), HasSubstr("line 3"));
}

TEST(YamlTest, MalformedTextNamesItsLine) {
  EXPECT_EQ(ReasonOf(Yaml::Parse("a: [1\n").status()), Reason::CONFIG_INVALID);
}

TEST(YamlTest, DeepNestingIsRefused) {
  EXPECT_FALSE(Yaml::Parse(std::string(100, '[') + std::string(100, ']')).ok());
}

TEST(YamlTest, MissingFileHasItsOwnReason) {
  EXPECT_EQ(ReasonOf(Yaml::LoadFile("/nonexistent/x.yaml").status()), Reason::FILE_UNREADABLE);
}

}  // namespace
}  // namespace enlace::config
