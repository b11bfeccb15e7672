#include "node/model/case_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>

#include "node/model/attributes.h"

namespace enlace::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kSeed = 20260131;

const codes::Registry& Lists() {
  static const auto registry = *codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists");
  return *registry;
}

CaseContent Valid() {
  CaseContent content;
  content.registration_year = 2022;
  content.registration_quarter = 3;
  content.singles[kSex] = {1, Missing::kNone};
  content.singles[kCitizenship] = {32, Missing::kNone};
  content.singles[kAgeBand] = {0, Missing::kUnknown};
  content.sets[kForms] = {0b0110, 0b1000, Missing::kNotCollected};
  return content;
}

std::vector<std::string> FaultyFields(const CaseContent& content) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation :
       ViolationsOf(ValidateCase(content, Lists(), "case_record"))) {
    fields.push_back(violation.field);
  }
  return fields;
}

Reason OnlyReason(const CaseContent& content) {
  return ReasonOf(ValidateCase(content, Lists(), "case_record"));
}

TEST(CaseContentTest, WhatIsAbsentIsNotCollected) {
  const CaseContent content;
  EXPECT_EQ(content.Single(kSex), (SingleValue{0, Missing::kNotCollected}));
  EXPECT_EQ(content.Set(kForms), (SetValue{0, 0, Missing::kNotCollected}));
}

TEST(CaseContentTest, CanonicalFormDropsEntriesThatSayNotCollectedAndOnlyThose) {
  CaseContent content = Valid();
  const CaseContent before = content;
  content.singles[kMajority] = {0, Missing::kNotCollected};
  content.sets[kMeans] = {0, 0, Missing::kNotCollected};
  content.Canonicalize();
  EXPECT_EQ(content, before);
  content.singles[kMajority] = {0, Missing::kNotApplicable};
  content.sets[kMeans] = {0, 0, Missing::kUnknown};
  const CaseContent other = content;
  content.Canonicalize();
  EXPECT_EQ(content, other);
}

TEST(ValidateCaseTest, AcceptsAValidRecordAndAnEmptyOne) {
  EXPECT_TRUE(ValidateCase(Valid(), Lists(), "case_record").ok());
  CaseContent empty;
  empty.registration_year = 1990;
  EXPECT_TRUE(ValidateCase(empty, Lists(), "case_record").ok());
}

TEST(ValidateCaseTest, ListsEveryFaultWithItsPath) {
  CaseContent content = Valid();
  content.registration_year = 1989;
  content.registration_quarter = 5;
  content.singles[kSex] = {77, Missing::kNone};
  content.singles[kMajority] = {1, Missing::kUnknown};
  content.singles[kForms] = {1, Missing::kNone};
  content.singles[99] = {1, Missing::kNone};
  content.sets[kForms] = {0b0010, 0b0010, Missing::kNone};
  content.sets[kSexTypes] = {uint64_t{1} << 40, uint64_t{1} << 41, Missing::kUnknown};
  EXPECT_THAT(FaultyFields(content),
              UnorderedElementsAre(
                  "case_record.registration_year", "case_record.registration_quarter",
                  "case_record.singles[sex].code", "case_record.singles[majority]",
                  "case_record.singles[forms]", "case_record.singles[99]",
                  "case_record.sets[forms].rest", "case_record.sets[forms].denied",
                  "case_record.sets[sex_types].affirmed", "case_record.sets[sex_types].denied"));
}

TEST(ValidateCaseTest, NeverEchoesAValue) {
  CaseContent content = Valid();
  content.singles[kCitizenship] = {54321, Missing::kNone};
  content.registration_year = 12345;
  const std::string text = MessageOf(ValidateCase(content, Lists(), "case_record"));
  EXPECT_THAT(text, HasSubstr("citizenship"));
  EXPECT_THAT(text, Not(HasSubstr("54321")));
  EXPECT_THAT(text, Not(HasSubstr("12345")));
}

TEST(ValidateCaseTest, YearsGoFrom1990To2100) {
  for (const auto& [year, valid] :
       std::map<uint32_t, bool>{{1989, false}, {1990, true}, {2100, true}, {2101, false}}) {
    CaseContent content = Valid();
    content.registration_year = year;
    EXPECT_EQ(ValidateCase(content, Lists(), "").ok(), valid) << year;
  }
}

TEST(ValidateCaseTest, AValueIsExactlyOneOfCodeAndReason) {
  CaseContent content = Valid();
  content.singles[kSex] = {0, Missing::kNone};
  EXPECT_EQ(OnlyReason(content), Reason::ATTRIBUTE_INVALID);
  content.singles[kSex] = {1, Missing::kUnknown};
  EXPECT_EQ(OnlyReason(content), Reason::ATTRIBUTE_INVALID);
  content.singles[kSex] = {0, static_cast<Missing>(4)};
  EXPECT_EQ(OnlyReason(content), Reason::ATTRIBUTE_INVALID);
  for (const Missing missing :
       {Missing::kUnknown, Missing::kNotCollected, Missing::kNotApplicable}) {
    content.singles[kSex] = {0, missing};
    EXPECT_TRUE(ValidateCase(content, Lists(), "").ok());
  }
}

TEST(ValidateCaseTest, ACodeOutsideItsListIsUnknown) {
  CaseContent content = Valid();
  content.singles[kCitizenship] = {1001, Missing::kNone};
  EXPECT_EQ(OnlyReason(content), Reason::CODE_UNKNOWN) << "groups are for official figures";
  content = Valid();
  content.sets[kForms] = {1, 0, Missing::kUnknown};
  EXPECT_EQ(OnlyReason(content), Reason::CODE_UNKNOWN) << "bit 0 is no code";
  content.sets[kForms] = {uint64_t{1} << 63, 0, Missing::kUnknown};
  EXPECT_EQ(OnlyReason(content), Reason::CODE_UNKNOWN);
}

TEST(ValidateCaseTest, CodesAreThoseOfTheDeclaredVersion) {
  CaseContent content = Valid();
  content.codelist_version = Lists().version() + 1;
  EXPECT_THAT(FaultyFields(content), ElementsAre("case_record.codelist_version"));
  content.codelist_version = 0;
  EXPECT_EQ(OnlyReason(content), Reason::CODE_UNKNOWN);
}

TEST(ValidateCaseTest, AnEndedCodeIsValidInItsOwnVersionsOnly) {
  std::vector<codes::CodeList> lists;
  for (const auto& [name, list] : Lists().lists()) {
    std::vector<codes::Code> codes = list.codes();
    if (name == "gender") {
      for (codes::Code& code : codes) {
        if (code.id == "transgender_nonconforming") code.until = 1;
      }
    }
    lists.emplace_back(name, 2, list.source(), codes);
  }
  const codes::Registry registry(std::move(lists));
  CaseContent content = Valid();
  content.singles[kSex] = {3, Missing::kNone};
  EXPECT_TRUE(ValidateCase(content, registry, "").ok());
  content.codelist_version = 2;
  EXPECT_EQ(ReasonOf(ValidateCase(content, registry, "")), Reason::CODE_UNKNOWN);
}

TEST(ValidateCaseTest, WithoutPrefixFieldsStartAtTheRecord) {
  CaseContent content = Valid();
  content.registration_year = 0;
  const auto violations = ViolationsOf(ValidateCase(content, Lists(), ""));
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "registration_year");
}

CaseContent RandomContent(std::mt19937_64& random) {
  CaseContent content;
  content.codelist_version = 1 + static_cast<uint32_t>(random() % 2);
  content.registration_year = 2020 + static_cast<uint32_t>(random() % 2);
  content.registration_quarter = static_cast<uint32_t>(random() % 2);
  for (const uint32_t attribute : {kSex, kAgeBand, kMajority}) {
    if (random() % 2 == 0) continue;
    const bool code = random() % 2 == 0;
    content.singles[attribute] = {code ? 1U + static_cast<uint32_t>(random() % 2) : 0U,
                                  code ? Missing::kNone : static_cast<Missing>(1 + random() % 3)};
  }
  for (const uint32_t attribute : {kForms, kMeans}) {
    if (random() % 2 == 0) continue;
    content.sets[attribute] = {random() % 4, (random() % 4) << 2,
                               static_cast<Missing>(1 + random() % 3)};
  }
  return content;
}

TEST(CanonicalBytesTest, AreEqualExactlyForEqualContent) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  std::map<std::string, CaseContent> seen;
  int repeated = 0;
  for (int i = 0; i < 50000; ++i) {
    CaseContent content = RandomContent(random);
    const std::string bytes = CanonicalBytes(content);
    content.Canonicalize();
    ASSERT_EQ(CanonicalBytes(content), bytes) << "canonical form has the same bytes";
    const auto [at, added] = seen.emplace(bytes, content);
    ASSERT_EQ(at->second, content) << "two contents share their bytes";
    repeated += added ? 0 : 1;
  }
  EXPECT_GT(repeated, 100) << "the test must meet equal contents too";
}

TEST(CanonicalBytesTest, EveryPartOfTheContentCounts) {
  const CaseContent base = Valid();
  std::vector<CaseContent> changed(10, base);
  changed[0].codelist_version = 2;
  changed[1].registration_year = 2021;
  changed[2].registration_quarter = 4;
  changed[3].singles[kSex].code = 2;
  changed[4].singles[kAgeBand].missing = Missing::kNotApplicable;
  changed[5].singles.erase(kSex);
  changed[6].sets[kForms].affirmed = 0b0010;
  changed[7].sets[kForms].denied = 0;
  changed[8].sets[kForms].rest = Missing::kUnknown;
  changed[9].sets.erase(kForms);
  for (const CaseContent& content : changed) {
    EXPECT_NE(CanonicalBytes(content), CanonicalBytes(base));
  }
}

}  // namespace
}  // namespace enlace::model
