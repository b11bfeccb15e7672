#include "node/release/case_counts.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/model/attributes.h"
#include "node/release/official_table.h"
#include "tests/unit/release/lists.h"

namespace enlace::release {
namespace {

const codes::Registry& Lists() {
  static const auto* registry = new std::shared_ptr<const codes::Registry>(
      *codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists"));
  return **registry;
}

uint32_t Number(std::string_view list, std::string_view id) {
  return Lists().Get(list).FindId(id)->number;
}

struct Person {
  uint32_t year = 2022;
  std::string gender = "";
  std::string majority = "";
  std::string band = "";
  std::vector<std::string> forms = {};
  std::string status = "";
};

model::CaseContent Record(const Person& person) {
  model::CaseContent record;
  record.registration_year = person.year;
  const auto set = [&record](uint32_t attribute, std::string_view list, const std::string& id) {
    if (!id.empty()) record.singles[attribute] = {Number(list, id), model::Missing::kNone};
  };
  set(model::kSex, "gender", person.gender);
  set(model::kMajority, "majority", person.majority);
  set(model::kAgeBand, "age_band", person.band);
  set(model::kVictimStatus, "victim_status", person.status);
  for (const std::string& form : person.forms) {
    record.sets[model::kForms].affirmed |= uint64_t{1} << Number("form_of_exploitation", form);
  }
  return record;
}

uint64_t CountAt(const std::vector<model::Observation>& counts, const std::string& form,
                 const std::string& sex, const std::string& age, uint32_t year = 2022) {
  model::FigureKey key;
  key.indicator = Number("indicator", "detected_victims");
  key.dimension = Number("dimension", form.empty() ? "total" : "by_form");
  key.category = form.empty() ? 0 : Number("official_form", form);
  key.sex = Number("sex", sex);
  key.age = Number("age_group", age);
  key.year = year;
  for (const model::Observation& observation : counts) {
    if (observation.key == key) return observation.value;
  }
  ADD_FAILURE() << "no such figure";
  return 0;
}

TEST(CountCasesTest, CountsARecordOncePerFormAndOnceInTheTotal) {
  const std::vector<model::CaseContent> cases = {
      Record({.gender = "female",
              .majority = "adult",
              .forms = {"sexual_exploitation", "forced_labour"}})};
  const auto counts = CountCases(cases, Lists(), "agency").figures;
  EXPECT_EQ(CountAt(counts, "", "total", "total"), 1u);
  EXPECT_EQ(CountAt(counts, "", "female", "age_18_over"), 1u);
  EXPECT_EQ(CountAt(counts, "sexual_exploitation", "female", "total"), 1u);
  EXPECT_EQ(CountAt(counts, "forced_labour", "total", "age_18_over"), 1u);
  EXPECT_EQ(CountAt(counts, "other_forms", "total", "total"), 0u);
  EXPECT_EQ(CountAt(counts, "", "male", "total"), 0u);
}

TEST(CountCasesTest, TwoCaseFormsOfOneOfficialFormCountOnce) {
  const std::vector<model::CaseContent> cases = {
      Record({.forms = {"forced_marriage", "organ_removal"}})};
  EXPECT_EQ(CountAt(CountCases(cases, Lists(), "a").figures, "other_forms", "total", "total"), 1u);
}

TEST(CountCasesTest, AFormThatCoversTwoOfficialFormsIsInTheTotalsOnly) {
  const std::vector<model::CaseContent> cases = {Record({.forms = {"sex_and_labour"}})};
  const auto counts = CountCases(cases, Lists(), "a").figures;
  EXPECT_EQ(CountAt(counts, "", "total", "total"), 1u);
  EXPECT_EQ(CountAt(counts, "sexual_exploitation", "total", "total"), 0u);
  EXPECT_EQ(CountAt(counts, "forced_labour", "total", "total"), 0u);
}

TEST(CountCasesTest, MissingAnswersAreUnknownAndNotZero) {
  const std::vector<model::CaseContent> cases = {Record({})};
  EXPECT_EQ(CountAt(CountCases(cases, Lists(), "a").figures, "", "unknown", "unknown"), 1u);
}

TEST(CountCasesTest, TheAgeBandAnswersWhereMajorityDoesNot) {
  const std::vector<model::CaseContent> cases = {Record({.band = "age_9_17"}),
                                                 Record({.band = "age_30_38"}),
                                                 Record({.majority = "adult", .band = "age_9_17"})};
  const auto counts = CountCases(cases, Lists(), "a").figures;
  EXPECT_EQ(CountAt(counts, "", "total", "age_0_17"), 1u);
  EXPECT_EQ(CountAt(counts, "", "total", "age_18_over"), 2u);
}

TEST(CountCasesTest, OtherGendersAreNotUnknown) {
  const std::vector<model::CaseContent> cases = {Record({.gender = "transgender_nonconforming"})};
  const auto counts = CountCases(cases, Lists(), "a").figures;
  EXPECT_EQ(CountAt(counts, "", "other", "total"), 1u);
  EXPECT_EQ(CountAt(counts, "", "unknown", "total"), 0u);
}

TEST(CountCasesTest, YearsBetweenRecordsAreZeroAndNotAbsent) {
  const std::vector<model::CaseContent> cases = {Record({.year = 2019}), Record({.year = 2021})};
  const auto counts = CountCases(cases, Lists(), "a").figures;
  EXPECT_EQ(CountAt(counts, "", "total", "total", 2020), 0u);
  EXPECT_EQ(CountAt(counts, "", "total", "total", 2021), 1u);
}

TEST(CountCasesTest, YearsAskedForBeforeAndAfterTheRecordsAreZeroAndNotAbsent) {
  const std::vector<model::CaseContent> cases = {Record({.year = 2020})};
  const auto counts = CountCases(cases, Lists(), "a", {2019, 2022});
  EXPECT_EQ(CountAt(counts.figures, "", "total", "total", 2019), 0u);
  EXPECT_EQ(CountAt(counts.figures, "", "total", "total", 2020), 1u);
  EXPECT_EQ(CountAt(counts.figures, "sexual_exploitation", "female", "total", 2022), 0u);
  EXPECT_THAT(counts.years_without, ::testing::ElementsAre(2019, 2021, 2022));
}

TEST(CountCasesTest, PresumedVictimsAreNeverAddedToIdentifiedOnes) {
  std::vector<model::CaseContent> cases = {Record({.status = "identified"}),
                                           Record({.status = "identified"}),
                                           Record({.status = "presumed"}), Record({})};
  cases.push_back(Record({}));
  cases.back().singles[model::kVictimStatus] = {0, model::Missing::kUnknown};
  // Where the source does not collect the status, its records are of identified victims.
  EXPECT_EQ(CountAt(CountCases(cases, Lists(), "a").figures, "", "total", "total"), 3u);
  EXPECT_THAT(CountCases({&cases[2], 1}, Lists(), "a").figures, ::testing::IsEmpty());
}

TEST(CountCasesTest, NoRecordsMakeNoFigures) {
  EXPECT_THAT(CountCases({}, Lists(), "a").figures, ::testing::IsEmpty());
}

TEST(CountCasesTest, CountsOfCasesAreSuppressedLikeOfficialFigures) {
  std::vector<model::CaseContent> cases(
      20, Record({.gender = "female", .majority = "adult", .forms = {"sexual_exploitation"}}));
  cases.push_back(Record({.gender = "male", .majority = "adult", .forms = {"forced_labour"}}));
  const auto table =
      MakeOfficialTable(CountCases(cases, Lists(), "a").figures, {.forms_overlap = true}, Lists());
  ASSERT_TRUE(table.ok());
  for (const TableFigure& figure : table->figures) {
    EXPECT_FALSE(figure.status == channel::v1::VALUE && figure.value > 0 && figure.value < 5);
  }
  EXPECT_GT(table->primary, 0u);
  EXPECT_GT(table->complementary, 0u);
}

}  // namespace
}  // namespace enlace::release
