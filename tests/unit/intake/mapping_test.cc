#include "client/intake/mapping.h"

#include <algorithm>

#include "client/intake/case_mapper.h"
#include "tests/unit/intake/fixture.h"

namespace enlace::intake {
namespace {

StatusOr<const Format*> Recognise(const std::vector<std::string>& header) {
  Header order;
  return TestMappings().Recognise(header, order);
}

TEST(Mappings, RecogniseAFormatByItsExactHeader) {
  const auto found = Recognise(CanonicalHeader(Glotip()));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->id, "unodc-glotip-2025");
}

TEST(Mappings, ColumnsMayStandInAnyOrder) {
  std::vector<std::string> header = CanonicalHeader(Ctdc());
  std::reverse(header.begin(), header.end());
  Header order;
  const auto found = TestMappings().Recognise(header, order);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(order.At("yearOfRegistration"), 62u);
  EXPECT_EQ(order.NameAt(62), "yearOfRegistration");
}

TEST(Mappings, AcceptTheCodebooksSpellingOfAColumn) {
  std::vector<std::string> header = CanonicalHeader(Ctdc());
  std::replace(header.begin(), header.end(), std::string("Datasource"), std::string("datasource"));
  std::replace(header.begin(), header.end(), std::string("majorityEntry"),
               std::string("MajorityEntry"));
  std::replace(header.begin(), header.end(), std::string("CountryOfExploitation"),
               std::string("CountryofExploitation"));
  EXPECT_TRUE(Recognise(header).ok());
}

TEST(Mappings, RefuseAColumnThatTheFormatDoesNotKnowWithoutEchoingIt) {
  std::vector<std::string> header = CanonicalHeader(Ctdc());
  header.push_back("victimName");
  const Status refused = Recognise(header).status();
  EXPECT_EQ(ReasonOf(refused), Reason::FORMAT_COLUMN_REFUSED);
  EXPECT_EQ(MetadataOf(refused).at("column"), "64");
  EXPECT_EQ(refused.ToString().find("victimName"), std::string::npos);
}

TEST(Mappings, NameTheMissingColumnsOfTheNearestFormat) {
  std::vector<std::string> header = CanonicalHeader(Glotip());
  header.erase(header.begin() + 3);
  const Status unknown = Recognise(header).status();
  EXPECT_EQ(ReasonOf(unknown), Reason::FORMAT_UNKNOWN);
  EXPECT_NE(MessageOf(unknown).find("Subregion"), std::string::npos);
}

TEST(Mappings, RefuseAColumnThatStandsTwice) {
  std::vector<std::string> header = CanonicalHeader(Glotip());
  header.push_back("Year");
  EXPECT_EQ(ReasonOf(Recognise(header).status()), Reason::FORMAT_UNKNOWN);
}

TEST(Mappings, RefuseAHeaderOfNoFormatAtAll) {
  EXPECT_EQ(ReasonOf(Recognise({"name", "passport"}).status()), Reason::FORMAT_UNKNOWN);
}

TEST(Mappings, TwoSpellingsOfOneColumnAreTheColumnTwice) {
  std::vector<std::string> header = CanonicalHeader(Ctdc());
  header.push_back("datasource");
  EXPECT_EQ(ReasonOf(Recognise(header).status()), Reason::FORMAT_UNKNOWN);
}

// Faults of mapping files.

Status LoadText(const std::string& text) {
  testing::TempDir folder;
  folder.Write("table.yaml", text);
  return Mappings::Load(folder.path(), TestRegistry()).status();
}

constexpr char kSmall[] = R"(
kind: case_records
format: small
title: t
source: s
year: year
jurisdiction: country
columns: [year, country, COLUMNS]
singles:
  - {column: country, attribute: exploitation_country, property: alpha2}
SINGLES
sets: []
)";

std::string Small(const std::string& columns, const std::string& singles) {
  std::string text = kSmall;
  text.replace(text.find("COLUMNS"), 7, columns);
  text.replace(text.find("SINGLES"), 7, singles);
  return text;
}

TEST(MappingFile, AWellFormedTableLoads) {
  const Status loaded =
      LoadText(Small("sex", "  - {column: sex, attribute: sex, cells: {F: female}}"));
  EXPECT_TRUE(loaded.ok()) << loaded;
}

struct BadTable {
  const char* columns;
  const char* singles;
  const char* expected;
};

TEST(MappingFile, FaultsAreNamedWithFileAndPath) {
  const BadTable tables[] = {
      {"sex", "  - {column: sex, attribute: sex, cells: {F: femal}}", "no such code"},
      {"sex", "  - {column: sexo, attribute: sex, cells: {F: female}}", "not a column"},
      {"sex", "  - {column: sex, attribute: gender, cells: {F: female}}", "no such attribute"},
      {"sex", "  - {column: sex, attribute: means, cells: {F: threats}}", "several-valued"},
      {"sex", "", "nothing says what this column means"},
      {"sex, sex", "  - {column: sex, attribute: sex, cells: {F: female}}", "stands twice"},
      {"sex", "  - {column: sex, attribute: sex, cels: {F: female}}", "unknown key"},
      {"sex", "  - {column: country, attribute: sex, cells: {F: female}}", "used twice"},
  };
  for (const BadTable& table : tables) {
    const Status refused = LoadText(Small(table.columns, table.singles));
    EXPECT_EQ(ReasonOf(refused), Reason::CONFIG_INVALID);
    EXPECT_NE(MessageOf(refused).find(table.expected), std::string::npos) << refused;
    EXPECT_NE(MessageOf(refused).find("table.yaml"), std::string::npos) << refused;
  }
}

TEST(MappingFile, AnUnknownKindAndAnAbsentFolderAreRefused) {
  EXPECT_EQ(ReasonOf(LoadText("kind: spreadsheet\n")), Reason::CONFIG_INVALID);
  EXPECT_EQ(ReasonOf(Mappings::Load("/nonexistent", TestRegistry()).status()),
            Reason::FILE_UNREADABLE);
}

TEST(MappingFile, AnAliasThatMeansAnotherPlaceIsRefused) {
  const Status refused = LoadText(
      "kind: aliases\nlist: place\naliases:\n"
      "  - {code: bra, texts: [Argentina], source: nobody}\n");
  EXPECT_EQ(ReasonOf(refused), Reason::CONFIG_INVALID);
  EXPECT_NE(MessageOf(refused).find("means another code"), std::string::npos);
}

TEST(MappingFile, AnAliasWithoutSourceIsRefused) {
  const Status refused =
      LoadText("kind: aliases\nlist: place\naliases:\n  - {code: bra, texts: [Brasilia]}\n");
  EXPECT_EQ(ReasonOf(refused), Reason::CONFIG_INVALID);
  EXPECT_NE(MessageOf(refused).find("source"), std::string::npos);
}

TEST(AliasTable, EveryAliasOfTheProjectHasASource) {
  const AliasTable* table = TestMappings().FindAliases("place");
  ASSERT_NE(table, nullptr);
  ASSERT_FALSE(table->aliases().empty());
  for (const Alias& alias : table->aliases()) {
    EXPECT_FALSE(alias.source.empty()) << alias.text;
    EXPECT_EQ(table->Find(alias.text).code, alias.code) << alias.text;
  }
}

TEST(AliasTable, ALabelThatTwoCodesShareIsAmbiguous) {
  codes::Code one;
  one.number = 1;
  one.id = "one";
  one.labels = {{"en", "Twin"}};
  codes::Code two = one;
  two.number = 2;
  two.id = "two";
  two.labels = {{"en", "twin"}, {"es", "Otro"}};
  const AliasTable table(codes::CodeList("l", 1, "s", {one, two}), {});
  EXPECT_EQ(table.Find("TWIN").verdict, AliasTable::Verdict::kAmbiguous);
  EXPECT_EQ(table.Find("otro").code, 2u);
  EXPECT_EQ(table.Find("").verdict, AliasTable::Verdict::kUnknown);
}

}  // namespace
}  // namespace enlace::intake
