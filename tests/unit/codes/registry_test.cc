#include "node/codes/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/testing/temp_dir.h"

namespace enlace::codes {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr char kLists[] = ENLACE_SOURCE_DIR "/config/codelists";

// A copy of the shipped bundle in which a test may change one file.
class RegistryLoadTest : public ::testing::Test {
 protected:
  RegistryLoadTest() {
    std::filesystem::copy(kLists, folder_.path(), std::filesystem::copy_options::recursive);
  }
  Status LoadWith(std::string_view file, std::string_view content) {
    folder_.Write(file, content);
    return Registry::Load(folder_.path()).status();
  }
  // Loads with one extra list made of the given codes.
  Status LoadCodes(const std::string& codes, const std::string& head = "") {
    return LoadWith("extra.yaml",
                    "list: extra\nversion: 1\nsource: a test\n" + head + "codes:\n" + codes);
  }
  void ExpectFault(const Status& status, const std::string& text) {
    EXPECT_EQ(ReasonOf(status), Reason::CODELIST_INVALID) << status;
    EXPECT_THAT(MessageOf(status), HasSubstr(text));
  }

  enlace::testing::TempDir folder_;
};

TEST_F(RegistryLoadTest, ReadsTheShippedBundle) {
  const auto registry = Registry::Load(folder_.path());
  ASSERT_TRUE(registry.ok()) << registry.status();
  EXPECT_EQ((*registry)->version(), 1U);
  for (const std::string_view name : RequiredLists()) {
    EXPECT_NE((*registry)->Find(name), nullptr) << name;
  }
}

TEST_F(RegistryLoadTest, ReadsEveryMemberOfACode) {
  ASSERT_TRUE(LoadCodes("  - {number: 7, id: a_b, labels: {en: A, es: Á}, properties: {k: v},\n"
                        "     until: 1, superseded_by: 8}\n"
                        "  - {number: 8, id: c, labels: {en: C}, parent: 7}\n")
                  .ok());
  const auto registry = *Registry::Load(folder_.path());
  const Code* code = registry->Get("extra").Find(7);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->id, "a_b");
  EXPECT_EQ(code->labels, (std::map<std::string, std::string>{{"en", "A"}, {"es", "Á"}}));
  EXPECT_EQ(code->properties.at("k"), "v");
  EXPECT_EQ(code->until, 1U);
  EXPECT_EQ(code->superseded_by, 8U);
  EXPECT_EQ(registry->Get("extra").Find(8)->parent, 7U);
}

TEST_F(RegistryLoadTest, ListsAllFaultsOfAllFiles) {
  folder_.Write("extra.yaml", "list: other\nversion: 1\nsource: s\ncodes: [{number: -1, id: A}]\n");
  const Status status = LoadWith("more.yaml", "nothing: 1\n");
  for (const char* part : {"extra.yaml.list (line 1)", "extra.yaml.codes[0].number (line 4)",
                           "extra.yaml.codes[0].id (line 4)", "extra.yaml.codes[0].labels",
                           "more.yaml.nothing (line 1): unknown key", "more.yaml.codes"}) {
    ExpectFault(status, part);
  }
}

TEST_F(RegistryLoadTest, RefusesRepeatedNumbersAndIds) {
  const Status status = LoadCodes(
      "  - {number: 1, id: a, labels: {en: A}}\n"
      "  - {number: 1, id: b, labels: {en: B}}\n"
      "  - {number: 2, id: b, labels: {en: C}}\n");
  ExpectFault(status, "the number stands twice");
  ExpectFault(status, "the id stands twice");
}

TEST_F(RegistryLoadTest, SetListsHoldOneToSixtyThree) {
  EXPECT_TRUE(LoadCodes("  - {number: 63, id: a, labels: {en: A}}\n", "set: true\n").ok());
  ExpectFault(LoadCodes("  - {number: 64, id: a, labels: {en: A}}\n", "set: true\n"), "1 to 63");
  ExpectFault(LoadCodes("  - {number: 0, id: a, labels: {en: A}}\n", "set: true\n"), "1 to 63");
}

TEST_F(RegistryLoadTest, NumbersEndAt65535) {
  EXPECT_TRUE(LoadCodes("  - {number: 65535, id: a, labels: {en: A}}\n").ok());
  ExpectFault(LoadCodes("  - {number: 65536, id: a, labels: {en: A}}\n"), "65535");
}

TEST_F(RegistryLoadTest, RefusesBrokenAndOverlongLabels) {
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: \"Pa\xEF\xBF\xBDs\"}}\n"),
              "clean UTF-8");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: \" \"}}\n"), "clean UTF-8");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: \"a\\nb\"}}\n"), "one line");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: " + std::string(401, 'x') + "}}\n"),
              "400 bytes");
}

TEST_F(RegistryLoadTest, EnglishIsRequiredAndOtherLanguagesAreKnownOnes) {
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {es: A}}\n"), "labels.en: required");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: A, de: A}}\n"), "unknown key");
}

TEST_F(RegistryLoadTest, RefusesReferencesThatLeadNowhere) {
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: A}, parent: 2}\n"), "parent");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: A}, parent: 2}\n"
                        "  - {number: 2, id: b, labels: {en: B}, parent: 1}\n"),
              "parent");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: A}, until: 1, superseded_by: 2}\n"),
              "superseded_by");
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: A}, superseded_by: 2}\n"
                        "  - {number: 2, id: b, labels: {en: B}}\n"),
              "still valid");
}

TEST_F(RegistryLoadTest, RefusesVersionsThatContradict) {
  ExpectFault(LoadCodes("  - {number: 1, id: a, labels: {en: A}, since: 2}\n"),
              "later than the list's version");
  ExpectFault(LoadWith("extra.yaml",
                       "list: extra\nversion: 3\nsource: s\n"
                       "codes: [{number: 1, id: a, labels: {en: A}, since: 3, until: 2}]\n"),
              "earlier than since");
}

TEST_F(RegistryLoadTest, AllFilesCarryOneVersion) {
  ExpectFault(
      LoadWith(
          "extra.yaml",
          "list: extra\nversion: 2\nsource: s\ncodes: [{number: 1, id: a, labels: {en: A}}]\n"),
      "all lists carry one version");
}

TEST_F(RegistryLoadTest, EveryRequiredListMustBeThere) {
  for (const std::string_view name : RequiredLists()) {
    const std::string file = folder_.path(std::string(name) + ".yaml");
    const std::string content = enlace::testing::TempDir::Read(file);
    std::filesystem::remove(file);
    ExpectFault(Registry::Load(folder_.path()).status(),
                std::string(name) + ".yaml: the list is required");
    folder_.Write(std::string(name) + ".yaml", content);
  }
}

TEST_F(RegistryLoadTest, AnEmptyListIsRefused) {
  ExpectFault(LoadCodes("  []\n"), "at least one code");
}

TEST_F(RegistryLoadTest, MalformedYamlIsAFaultOfItsFile) {
  ExpectFault(LoadWith("extra.yaml", "list: [\n"), "extra.yaml");
}

TEST_F(RegistryLoadTest, TooManyListsAreRefused) {
  for (int i = 0; i < 257; ++i) {
    const std::string name = "x" + std::to_string(i);
    folder_.Write(name + ".yaml",
                  "list: " + name +
                      "\nversion: 1\nsource: s\ncodes: [{number: 1, id: a, labels: {en: A}}]\n");
  }
  ExpectFault(Registry::Load(folder_.path()).status(), "more than 256 lists");
}

TEST_F(RegistryLoadTest, TooManyCodesAreRefused) {
  std::string codes;
  for (int i = 1; i <= 10'001; ++i) {
    codes += "  - {number: " + std::to_string(i) + ", id: c" + std::to_string(i) +
             ", labels: {en: A}}\n";
  }
  ExpectFault(LoadCodes(codes), "more than 10,000 codes");
}

TEST(RegistryTest, AMissingFolderIsUnreadable) {
  EXPECT_EQ(ReasonOf(Registry::Load("/nonexistent/lists").status()), Reason::FILE_UNREADABLE);
}

TEST(CodeListTest, MasksHoldExactlyTheCodesThatAreValid) {
  std::vector<Code> codes;
  for (uint32_t number = 1; number < 70; number += 3) {
    Code code;
    code.number = number;
    code.since = number % 4;
    code.until = number % 5;
    codes.push_back(code);
  }
  const CodeList list("l", 3, "s", codes);
  uint64_t any = 0;
  for (uint32_t version = 0; version < 5; ++version) {
    const uint64_t mask = list.Mask(version);
    for (uint32_t number = 0; number < 64; ++number) {
      EXPECT_EQ(((mask >> number) & 1U) != 0, list.Has(number, version)) << number;
    }
  }
  for (uint32_t number = 0; number < 64; ++number) {
    if (list.Find(number) != nullptr) any |= uint64_t{1} << number;
  }
  EXPECT_EQ(list.MaskOfAll(), any);
  EXPECT_EQ(list.Find(68), nullptr);
  EXPECT_EQ(list.Find(67)->number, 67u);
  EXPECT_EQ(list.Find(1'000'000), nullptr);
}

TEST(RegistryTest, ACodeIsValidFromSinceToUntil) {
  Code code{.number = 5, .id = "a", .labels = {{"en", "A"}}, .properties = {}};
  code.since = 2;
  code.until = 3;
  const CodeList list("extra", 4, "a test", {code});
  EXPECT_FALSE(list.Has(5, 1));
  EXPECT_TRUE(list.Has(5, 2));
  EXPECT_TRUE(list.Has(5, 3));
  EXPECT_FALSE(list.Has(5, 4));
  EXPECT_FALSE(list.Has(6, 2));
  EXPECT_NE(list.Find(5), nullptr) << "an ended code keeps its label";
}

TEST(RegistryTest, NothingIsValidInAVersionThatTheListDoesNotHave) {
  const CodeList list("extra", 1, "a test",
                      {{.number = 5, .id = "a", .labels = {}, .properties = {}}});
  EXPECT_TRUE(list.Has(5, 1));
  EXPECT_FALSE(list.Has(5, 2));
  EXPECT_FALSE(list.Has(5, 0));
}

TEST(RegistryTest, IdsAreFoundInCapitalsToo) {
  const CodeList list("extra", 1, "a test",
                      {{.number = 32, .id = "arg", .labels = {}, .properties = {}}});
  EXPECT_EQ(list.FindId("ARG"), list.Find(32));
  EXPECT_EQ(list.FindId("arg"), list.Find(32));
  EXPECT_EQ(list.FindId("ar"), nullptr);
  EXPECT_EQ(list.FindId(""), nullptr);
}

TEST(RegistryTest, AMissingLabelIsNeverAnotherLanguages) {
  const CodeList list("extra", 1, "a test",
                      {{.number = 1, .id = "a", .labels = {{"en", "A"}}, .properties = {}}});
  EXPECT_THAT(list.Label(1, "en"), Optional(Eq("A")));
  EXPECT_EQ(list.Label(1, "es"), std::nullopt);
  EXPECT_EQ(list.Label(2, "en"), std::nullopt);
}

TEST(RegistryTest, AnUnknownListIsNull) {
  EXPECT_EQ(Registry(std::vector<CodeList>()).Find("sex"), nullptr);
}

}  // namespace
}  // namespace enlace::codes
