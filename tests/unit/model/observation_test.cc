#include "node/model/observation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

namespace enlace::model {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kSeed = 20260131;

const codes::Registry& Lists() {
  static const auto registry = *codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists");
  return *registry;
}

Observation Valid() {
  Observation observation;
  observation.key = {1, 2, 1, 1, 2, 2022};
  observation.value = 12;
  return observation;
}

std::vector<std::string> FaultyFields(const Observation& observation) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation :
       ViolationsOf(ValidateObservation(observation, Lists(), "observation"))) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(CategoryListTest, ComesFromTheDimension) {
  EXPECT_EQ(CategoryList(Lists(), 1), std::nullopt);
  EXPECT_THAT(CategoryList(Lists(), 2), Optional(Eq("official_form")));
  EXPECT_THAT(CategoryList(Lists(), 3), Optional(Eq("place")));
  EXPECT_THAT(CategoryList(Lists(), 4), Optional(Eq("place")));
  EXPECT_EQ(CategoryList(Lists(), 99), std::nullopt);
}

TEST(ValidateObservationTest, AcceptsFiguresOfEveryDimension) {
  for (const FigureKey& key : {FigureKey{1, 1, 0, 0, 0, 2022}, FigureKey{5, 2, 3, 4, 3, 1990},
                               FigureKey{1, 3, 32, 0, 0, 2022}, FigureKey{1, 3, 1001, 0, 0, 2022},
                               FigureKey{1, 4, 1003, 0, 0, 2100}, FigureKey{1, 2, 0, 0, 0, 2022}}) {
    Observation observation = Valid();
    observation.key = key;
    EXPECT_TRUE(ValidateObservation(observation, Lists(), "").ok()) << FigureKeyText(key);
  }
}

TEST(ValidateObservationTest, ListsEveryFaultWithItsPath) {
  Observation observation = Valid();
  observation.key = {9, 2, 9, 9, 9, 1989};
  observation.value = kObservationValueMax + 1;
  observation.candidates.resize(1);
  EXPECT_THAT(FaultyFields(observation),
              UnorderedElementsAre("observation.indicator", "observation.category",
                                   "observation.sex", "observation.age", "observation.year",
                                   "observation.value", "observation.candidates"));
  observation = Valid();
  observation.codelist_version = 7;
  EXPECT_THAT(FaultyFields(observation), UnorderedElementsAre("observation.codelist_version"));
  observation = Valid();
  observation.key.dimension = 77;
  EXPECT_THAT(FaultyFields(observation),
              UnorderedElementsAre("observation.dimension", "observation.category"));
}

TEST(ValidateObservationTest, NeverEchoesAValue) {
  Observation observation = Valid();
  observation.value = 61102019;
  const std::string text = MessageOf(ValidateObservation(observation, Lists(), "observation"));
  EXPECT_THAT(text, HasSubstr("value"));
  EXPECT_THAT(text, Not(HasSubstr("61102019")));
}

TEST(ValidateObservationTest, ADimensionWithoutCategoriesTakesNone) {
  Observation observation = Valid();
  observation.key.dimension = 1;
  const Status status = ValidateObservation(observation, Lists(), "observation");
  EXPECT_EQ(ReasonOf(status), Reason::ATTRIBUTE_INVALID);
  EXPECT_THAT(FaultyFields(observation), UnorderedElementsAre("observation.category"));
}

TEST(ValidateObservationTest, OnlyAValueHasANumber) {
  for (uint8_t status = 1; status <= 6; ++status) {
    Observation observation = Valid();
    observation.status = static_cast<ObservationStatus>(status);
    EXPECT_EQ(ValidateObservation(observation, Lists(), "").ok(), status == 1) << int{status};
    observation.value = 0;
    EXPECT_TRUE(ValidateObservation(observation, Lists(), "").ok())
        << "a true zero and each missing state are valid: " << int{status};
  }
  for (const uint8_t status : {uint8_t{0}, uint8_t{7}}) {
    Observation observation = Valid();
    observation.status = static_cast<ObservationStatus>(status);
    EXPECT_THAT(FaultyFields(observation), UnorderedElementsAre("observation.status"));
  }
}

TEST(ValidateObservationTest, ValuesEndAtTenMillion) {
  Observation observation = Valid();
  observation.value = kObservationValueMax;
  EXPECT_TRUE(ValidateObservation(observation, Lists(), "").ok());
  observation.value = kObservationValueMax + 1;
  EXPECT_FALSE(ValidateObservation(observation, Lists(), "").ok());
}

TEST(ValidateObservationTest, CandidatesAreCheckedLikeFigures) {
  Observation observation = Valid();
  observation.status = ObservationStatus::kInConflict;
  observation.value = 0;
  observation.candidates = {{1, ObservationStatus::kValue, 11},
                            {2, ObservationStatus::kSuppressedBySource, 0}};
  EXPECT_TRUE(ValidateObservation(observation, Lists(), "").ok());
  observation.candidates.push_back({3, ObservationStatus::kInConflict, 0});
  observation.candidates.push_back({4, ObservationStatus::kUnknown, 5});
  EXPECT_THAT(FaultyFields(observation), UnorderedElementsAre("observation.candidates[2].status",
                                                              "observation.candidates[3].value"));
}

TEST(ValidateObservationTest, CandidatesAreLimited) {
  Observation observation = Valid();
  observation.status = ObservationStatus::kInConflict;
  observation.value = 0;
  observation.candidates.resize(1000);
  EXPECT_TRUE(ValidateObservation(observation, Lists(), "").ok());
  observation.candidates.resize(1001);
  EXPECT_THAT(FaultyFields(observation), UnorderedElementsAre("observation.candidates"));
}

TEST(FigureKeyTest, EveryKeyIsReadBack) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  const auto number = [&random] { return static_cast<uint32_t>(random() >> (32 + random() % 32)); };
  for (int i = 0; i < 20000; ++i) {
    const FigureKey key = {number(), number(), number(), number(), number(), number()};
    const auto parsed = ParseFigureKey(FigureKeyText(key));
    ASSERT_TRUE(parsed.ok());
    ASSERT_EQ(*parsed, key);
  }
}

TEST(FigureKeyTest, OnlyTheOneFormIsRead) {
  for (const char* text :
       {"", "1", "1-2-3-4-5", "1-2-3-4-5-6-7", "1-2-3-4-5-", "-1-2-3-4-5-6", "1-2-3-4-5-06",
        "01-2-3-4-5-6", "+1-2-3-4-5-6", "1-2-3-4-5-6 ", " 1-2-3-4-5-6", "1-2-3-4-5-4294967296",
        "1-2--3-4-5", "1-2-3-4-5-x", "1-2-3-4-5-6\n"}) {
    const auto parsed = ParseFigureKey(text);
    EXPECT_EQ(ReasonOf(parsed.status()), Reason::NAME_INVALID) << text;
  }
}

}  // namespace
}  // namespace enlace::model
