#include "node/release/official_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/release/lists.h"

namespace enlace::release {
namespace {

using channel::v1::FigureStatus;
using model::FigureKey;
using model::Observation;
using model::ObservationStatus;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

OfficialTable Make(const std::vector<Observation>& observations, TableOptions options = {}) {
  auto table = MakeOfficialTable(observations, options, TestLists());
  EXPECT_TRUE(table.ok()) << MessageOf(table.status());
  return *table;
}

std::map<FigureKey, TableFigure> ByKey(const OfficialTable& table) {
  std::map<FigureKey, TableFigure> figures;
  for (const TableFigure& figure : table.figures) figures[figure.key] = figure;
  return figures;
}

FigureStatus StatusAt(const OfficialTable& table, const Coordinates& at) {
  return ByKey(table).at(Key(at)).status;
}

TEST(OfficialTableTest, HidesValuesBelowTheThresholdAndShowsTheOthers) {
  const OfficialTable table = Make({Count({.year = 2020}, 4), Count({.year = 2021}, 5)});
  EXPECT_EQ(StatusAt(table, {.year = 2020}), channel::v1::SUPPRESSED);
  EXPECT_EQ(StatusAt(table, {.year = 2021}), channel::v1::VALUE);
  EXPECT_EQ(ByKey(table).at(Key({.year = 2020})).value, 0u);
  EXPECT_EQ(ByKey(table).at(Key({.year = 2021})).value, 5u);
  EXPECT_EQ(table.primary, 1u);
  EXPECT_EQ(table.complementary, 0u);
  EXPECT_EQ(table.with_value, 1u);
}

TEST(OfficialTableTest, ShowsZeroUnlessZeroIsSmall) {
  EXPECT_EQ(StatusAt(Make({Count({}, 0)}), {}), channel::v1::VALUE);
  EXPECT_EQ(StatusAt(Make({Count({}, 0)}, {.zero_is_small = true}), {}), channel::v1::SUPPRESSED);
}

TEST(OfficialTableTest, KeepsEachStateApart) {
  const OfficialTable table = Make({
      BySource({.year = 2015}),
      Without({.year = 2016}, ObservationStatus::kUnknown),
      Without({.year = 2017}, ObservationStatus::kNotCollected),
      Without({.year = 2018}, ObservationStatus::kNotApplicable),
      Without({.year = 2019}, ObservationStatus::kInConflict),
  });
  EXPECT_EQ(StatusAt(table, {.year = 2015}), channel::v1::SUPPRESSED_BY_SOURCE);
  EXPECT_EQ(StatusAt(table, {.year = 2016}), channel::v1::UNKNOWN);
  EXPECT_EQ(StatusAt(table, {.year = 2017}), channel::v1::NOT_COLLECTED);
  EXPECT_EQ(StatusAt(table, {.year = 2018}), channel::v1::NOT_APPLICABLE);
  EXPECT_EQ(StatusAt(table, {.year = 2019}), channel::v1::IN_CONFLICT);
  EXPECT_EQ(table.by_source, 1u);
  EXPECT_EQ(table.in_conflict, 1u);
}

// The attack that works on published files: total and one part are there, so the hidden
// part is their difference.
TEST(OfficialTableTest, HidesASecondFigureOfASumWithOneHiddenPart) {
  const OfficialTable table =
      Make({Count({}, 7), Count({.sex = kFemale}, 6), BySource({.sex = kMale})});
  EXPECT_EQ(StatusAt(table, {.sex = kMale}), channel::v1::SUPPRESSED_BY_SOURCE);
  EXPECT_EQ(StatusAt(table, {.sex = kFemale}), channel::v1::SUPPRESSED);
  EXPECT_EQ(StatusAt(table, {}), channel::v1::VALUE);
  EXPECT_EQ(table.complementary, 1u);
}

TEST(OfficialTableTest, PrefersThePartWithTheSmallestValue) {
  const OfficialTable table = Make({Count({}, 99), Count({.sex = kFemale}, 60),
                                    Count({.sex = kMale}, 36), Count({.sex = kOther}, 3)});
  EXPECT_EQ(StatusAt(table, {.sex = kOther}), channel::v1::SUPPRESSED);
  EXPECT_EQ(StatusAt(table, {.sex = kMale}), channel::v1::SUPPRESSED);
  EXPECT_EQ(StatusAt(table, {.sex = kFemale}), channel::v1::VALUE);
  EXPECT_EQ(StatusAt(table, {}), channel::v1::VALUE);
}

TEST(OfficialTableTest, AZeroIsNoProtectionForASourceSuppressedFigureThatMustBeZero) {
  // 6 = 6 + 0 + "<5": hiding only the zero would still say that both are zero.
  const OfficialTable table = Make({Count({}, 6), Count({.sex = kFemale}, 6),
                                    Count({.sex = kOther}, 0), BySource({.sex = kMale})});
  EXPECT_EQ(StatusAt(table, {.sex = kFemale}), channel::v1::SUPPRESSED);
  EXPECT_EQ(StatusAt(table, {.sex = kOther}), channel::v1::VALUE);
}

TEST(OfficialTableTest, ProtectsAgesAndFormsLikeSexes) {
  const OfficialTable ages =
      Make({Count({}, 20), Count({.age = kMinor}, 2), Count({.age = kAdult}, 18)});
  EXPECT_EQ(StatusAt(ages, {.age = kAdult}), channel::v1::SUPPRESSED);
  const OfficialTable forms = Make({Count({}, 20), Count({.dimension = kByForm, .category = 1}, 2),
                                    Count({.dimension = kByForm, .category = 2}, 18)});
  EXPECT_EQ(StatusAt(forms, {.dimension = kByForm, .category = 2}), channel::v1::SUPPRESSED);
}

TEST(OfficialTableTest, CitizenshipsAreAnUpperBoundOnly) {
  // 20 persons, 18 of one citizenship: another one with "<5" is 0 to 2, so nothing more
  // is hidden. With 20 of 20 it must be 0.
  const Coordinates one = {.dimension = kByCitizenship, .category = 7};
  const Coordinates two = {.dimension = kByCitizenship, .category = 8};
  EXPECT_EQ(StatusAt(Make({Count({}, 20), Count(one, 18), BySource(two)}), one),
            channel::v1::VALUE);
  EXPECT_EQ(StatusAt(Make({Count({}, 20), Count(one, 20), BySource(two)}), one),
            channel::v1::SUPPRESSED);
}

TEST(OfficialTableTest, ADimensionsOwnTotalGivesNoHiddenCategoryAway) {
  for (const uint32_t dimension : {kByForm, kByCitizenship, kByRepatriation}) {
    SCOPED_TRACE(dimension);
    const Coordinates large = {.dimension = dimension, .category = 1};
    const Coordinates small = {.dimension = dimension, .category = 2};
    const OfficialTable table =
        Make({Count({.dimension = dimension}, 20), Count(large, 18), Count(small, 2)});
    EXPECT_EQ(StatusAt(table, small), channel::v1::SUPPRESSED);
    EXPECT_EQ(StatusAt(table, large), channel::v1::SUPPRESSED);
    EXPECT_EQ(StatusAt(table, {.dimension = dimension}), channel::v1::VALUE);
  }
}

TEST(OfficialTableTest, RepatriatedPersonsAreNoPartOfTheDetectedOnes) {
  // Two repatriated and twenty detected: nothing follows from one to the other.
  const Coordinates repatriated = {.dimension = kByRepatriation, .category = 7};
  const OfficialTable table = Make({Count({}, 20), Count(repatriated, 2)});
  EXPECT_EQ(StatusAt(table, {}), channel::v1::VALUE);
  EXPECT_EQ(table.complementary, 0u);
}

TEST(OfficialTableTest, ASumWithoutItsMarginIsFoundThroughTheCells) {
  // No row for "male, all ages", but its ages are there: 30 = 24 + (5 + x).
  const OfficialTable table =
      Make({Count({}, 30), Count({.sex = kFemale}, 24), Count({.sex = kMale, .age = kAdult}, 5),
            Count({.sex = kMale, .age = kMinor}, 1)});
  EXPECT_EQ(StatusAt(table, {.sex = kMale, .age = kMinor}), channel::v1::SUPPRESSED);
  EXPECT_GE(table.complementary, 1u);
}

// Two margins are absent from one sum: 32 = 12 + (8 + hidden) + (5 + 5).
TEST(OfficialTableTest, ASumWithoutSeveralOfItsMarginsIsFoundThroughTheCells) {
  const OfficialTable table =
      Make({Count({}, 32), Count({.sex = kFemale}, 12), Count({.sex = kMale, .age = kMinor}, 8),
            Count({.sex = kMale, .age = kAdult}, 2), Count({.sex = kOther, .age = kMinor}, 5),
            Count({.sex = kOther, .age = kAdult}, 5)});
  EXPECT_EQ(StatusAt(table, {.sex = kMale, .age = kAdult}), channel::v1::SUPPRESSED);
  EXPECT_EQ(table.primary, 1u);
  EXPECT_GE(table.complementary, 1u);
}

TEST(OfficialTableTest, ContradictingSumsAreNamedAndStillProtected) {
  const OfficialTable table =
      Make({Count({}, 10), Count({.sex = kFemale}, 30), BySource({.sex = kMale})});
  EXPECT_NE(StatusAt(table, {.sex = kFemale}), channel::v1::VALUE);
  EXPECT_THAT(table.warnings, Contains(HasSubstr("contradict")));
}

TEST(OfficialTableTest, WarningsHoldNoValues) {
  const OfficialTable table =
      Make({Count({}, 7777), Count({.sex = kFemale}, 8888), BySource({.sex = kMale})});
  for (const std::string& warning : table.warnings) {
    EXPECT_THAT(warning, ::testing::Not(HasSubstr("7777")));
    EXPECT_THAT(warning, ::testing::Not(HasSubstr("8888")));
  }
}

TEST(OfficialTableTest, ASingleYearIsSaidToBeOne) {
  EXPECT_THAT(Make({Count({}, 10)}).warnings, Contains(HasSubstr("Only 2022")));
  EXPECT_THAT(Make({Count({}, 10), Count({.year = 2021}, 9)}).warnings, IsEmpty());
}

TEST(OfficialTableTest, FiguresOfTwoAgenciesAreNeverAdded) {
  std::vector<Observation> two = {Count({}, 10), Count({}, 12)};
  two[1].entity = "other-agency";
  EXPECT_EQ(StatusAt(Make(two), {}), channel::v1::IN_CONFLICT);
  two[1].value = 10;
  EXPECT_EQ(ByKey(Make(two)).at(Key({})).value, 10u);
}

TEST(OfficialTableTest, AnAgencyWithoutFigureDoesNotContradictOneThatHasIt) {
  const OfficialTable table = Make({Count({}, 10), Without({}, ObservationStatus::kNotCollected)});
  EXPECT_EQ(ByKey(table).at(Key({})).value, 10u);
}

TEST(OfficialTableTest, AConflictOverASmallFigureIsNotComputableEither) {
  Observation conflict = Without({.sex = kMale}, ObservationStatus::kInConflict);
  conflict.candidates = {{1, ObservationStatus::kSuppressedBySource, 0},
                         {2, ObservationStatus::kValue, 11}};
  const OfficialTable table = Make({Count({}, 20), Count({.sex = kFemale}, 17), conflict});
  EXPECT_EQ(StatusAt(table, {.sex = kFemale}), channel::v1::SUPPRESSED);
}

TEST(OfficialTableTest, AConflictOverLargeFiguresHidesNothingElse) {
  Observation conflict = Without({.sex = kMale}, ObservationStatus::kInConflict);
  conflict.candidates = {{1, ObservationStatus::kValue, 12}, {2, ObservationStatus::kValue, 11}};
  const OfficialTable table = Make({Count({}, 28), Count({.sex = kFemale}, 17), conflict});
  EXPECT_EQ(StatusAt(table, {.sex = kFemale}), channel::v1::VALUE);
}

TEST(OfficialTableTest, FiguresAreOrderedByYearFirst) {
  const OfficialTable table = Make({Count({.sex = kFemale, .year = 2021}, 9),
                                    Count({.year = 2022}, 9), Count({.year = 2021}, 9)});
  EXPECT_EQ(table.figures[0].key, Key({.year = 2021}));
  EXPECT_EQ(table.figures[1].key, Key({.sex = kFemale, .year = 2021}));
  EXPECT_EQ(table.figures[2].key, Key({.year = 2022}));
}

TEST(OfficialTableTest, RefusesThresholdsThatDoNotProtect) {
  for (const uint32_t threshold : {0u, 2u, kThresholdMax + 1}) {
    const auto table = MakeOfficialTable({Count({}, 9)}, {.threshold = threshold}, TestLists());
    EXPECT_EQ(ReasonOf(table.status()), Reason::REQUEST_INVALID);
  }
}

TEST(OfficialTableTest, RefusesMoreFiguresThanItsLimit) {
  const std::vector<Observation> many(kTableFiguresMax + 1, Count({}, 9));
  EXPECT_EQ(ReasonOf(MakeOfficialTable(many, {}, TestLists()).status()), Reason::REQUEST_TOO_LARGE);
}

// --- Property: a reader who tries all tables never finds a hidden figure.

constexpr uint64_t kMost = 5;    // Base cells count 0 to 5 persons.
constexpr uint64_t kTried = 10;  // The reader tries 0 to 9 for each.
using Base = std::array<uint64_t, 4>;

// Sex x age, or sex x form: four base cells and all their margins.
enum class Layout { kSexAge, kSexForm };

std::map<FigureKey, uint64_t> Margins(Layout layout, const Base& base) {
  std::map<FigureKey, uint64_t> counts;
  for (uint32_t cell = 0; cell < base.size(); ++cell) {
    const uint32_t sex = 1 + (cell & 1);
    const uint32_t other = 1 + (cell >> 1);
    for (const uint32_t s : {0u, sex}) {
      counts[Key({.sex = s})] += base[cell];
      if (layout == Layout::kSexAge) counts[Key({.sex = s, .age = other})] += base[cell];
      if (layout == Layout::kSexForm) {
        counts[Key({.sex = s, .dimension = kByForm, .category = other})] += base[cell];
      }
    }
  }
  return counts;
}

std::vector<Observation> Observe(const std::map<FigureKey, uint64_t>& counts) {
  std::vector<Observation> observations;
  for (const auto& [key, count] : counts) {
    observations.push_back(Count({}, count));
    observations.back().key = key;
  }
  return observations;
}

// An informed reader even knows which hidden figures are small.
bool Fits(bool informed, const std::map<FigureKey, uint64_t>& candidate,
          const std::map<FigureKey, TableFigure>& published,
          const std::map<FigureKey, uint64_t>& truth) {
  const auto small = [](uint64_t value) { return value >= 1 && value <= 4; };
  for (const auto& [key, value] : candidate) {
    const TableFigure& figure = published.at(key);
    if (figure.status == channel::v1::VALUE && figure.value != value) return false;
    const bool known_small = informed && figure.status != channel::v1::VALUE;
    if (known_small && small(truth.at(key)) && !small(value)) return false;
  }
  return true;
}

std::map<FigureKey, std::set<uint64_t>> Possible(Layout layout, bool informed,
                                                 const std::map<FigureKey, TableFigure>& published,
                                                 const std::map<FigureKey, uint64_t>& truth) {
  std::map<FigureKey, std::set<uint64_t>> possible;
  for (uint64_t code = 0; code < kTried * kTried * kTried * kTried; ++code) {
    const auto candidate =
        Margins(layout, {code % kTried, code / kTried % kTried, code / kTried / kTried % kTried,
                         code / kTried / kTried / kTried});
    if (!Fits(informed, candidate, published, truth)) continue;
    for (const auto& [key, value] : candidate) possible[key].insert(value);
  }
  return possible;
}

TEST(OfficialTablePropertyTest, NobodyWhoTriesAllTablesFindsAHiddenFigure) {
  constexpr uint32_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  int hidden = 0;
  int shown = 0;
  int informed_rounds = 0;
  for (int round = 0; round < 60; ++round) {
    const Layout layout = round % 2 == 0 ? Layout::kSexAge : Layout::kSexForm;
    Base base{};
    for (uint64_t& cell : base) cell = random() % (random() % 2 == 0 ? 3 : kMost + 1);
    const auto truth = Margins(layout, base);
    const OfficialTable table = Make(Observe(truth));
    const auto published = ByKey(table);
    // Where nothing is left to hide, the table says so; then only a reader who knows
    // which figures are small may find one.
    const bool informed = std::none_of(
        table.warnings.begin(), table.warnings.end(),
        [](const std::string& each) { return each.find("stay computable") != std::string::npos; });
    informed_rounds += informed ? 1 : 0;
    const auto possible = Possible(layout, informed, published, truth);
    for (const auto& [key, figure] : published) {
      ++(figure.status == channel::v1::VALUE ? shown : hidden);
      if (figure.status == channel::v1::VALUE) continue;
      EXPECT_GT(possible.at(key).size(), 1u)
          << "round " << round << ", figure " << key.dimension << "-" << key.category << "-"
          << key.sex << "-" << key.age;
    }
  }
  EXPECT_GT(hidden, 100);
  EXPECT_GT(shown, 50);
  EXPECT_GT(informed_rounds, 40);
}

TEST(OfficialTablePropertyTest, TheSameInputInAnyOrderGivesTheSameTable) {
  std::mt19937 random(11);
  for (int round = 0; round < 10; ++round) {
    Base base{};
    for (uint64_t& cell : base) cell = random() % 9;
    auto observations = Observe(Margins(Layout::kSexAge, base));
    const OfficialTable first = Make(observations);
    std::shuffle(observations.begin(), observations.end(), random);
    EXPECT_EQ(Make(observations).figures, first.figures);
  }
}

}  // namespace
}  // namespace enlace::release
