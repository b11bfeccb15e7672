#include "node/release/attacker.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace enlace::release {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Equation Sum(const std::vector<size_t>& cells, int64_t constant) {
  Equation equation;
  for (const size_t cell : cells) equation.terms.push_back({cell, 1});
  equation.constant = constant;
  return equation;
}

TEST(AttackAloneTest, TheOnlyUnknownOfASumIsDetermined) {
  EXPECT_THAT(AttackAlone({{0, 4, true}}, Sum({0}, 1)), ElementsAre(0));
}

TEST(AttackAloneTest, TheOnlyUnknownCountsAsDeterminedEvenWhenTheSumContradictsIt) {
  EXPECT_THAT(AttackAlone({{0, 4, true}}, Sum({0}, 40)), ElementsAre(0));
}

TEST(AttackAloneTest, TwoUnknownsThatMustBothBeZeroAreDetermined) {
  EXPECT_THAT(AttackAlone({{0, 4, true}, {0, kUnbounded, true}}, Sum({0, 1}, 0)),
              ElementsAre(0, 1));
}

TEST(AttackAloneTest, TwoUnknownsAtTheirUpperBoundsAreDetermined) {
  EXPECT_THAT(AttackAlone({{0, 4, true}, {1, 4, true}}, Sum({0, 1}, 8)), ElementsAre(0, 1));
}

TEST(AttackAloneTest, TwoUnknownsWithRoomAreNotDetermined) {
  EXPECT_THAT(AttackAlone({{0, 4, true}, {0, kUnbounded, true}}, Sum({0, 1}, 7)), IsEmpty());
}

TEST(AttackAloneTest, AnUpperBoundOfZeroDeterminesAPart) {
  Equation bound = Sum({0}, 0);
  bound.upper_bound = true;
  EXPECT_THAT(AttackAlone({{0, 4, true}}, bound), ElementsAre(0));
  bound.constant = 1;
  EXPECT_THAT(AttackAlone({{0, 4, true}}, bound), IsEmpty());
}

TEST(AttackAloneTest, AnUnknownThatIsNotSensitiveIsNotReported) {
  EXPECT_THAT(AttackAlone({{0, kUnbounded, false}}, Sum({0}, 9)), IsEmpty());
}

// Each row and column has two unknowns, and still one of them follows from all: the
// differences of the first two equations fix cell 0.
TEST(AttackJointlyTest, FindsWhatNoSingleRelationGivesAway) {
  const std::vector<Hidden> hidden(4, Hidden{0, kUnbounded, true});
  const std::vector<Equation> equations = {Sum({0, 1}, 10), Sum({1, 2}, 8), Sum({0, 2}, 6)};
  EXPECT_THAT(AttackJointly(hidden, equations).determined, ElementsAre(0, 1, 2));
}

TEST(AttackJointlyTest, WholeNumbersTellMoreThanRealOnes) {
  // x + y + z = 2 with x = y and z <= 1: real solutions vary, whole ones have x = y = 1.
  const std::vector<Hidden> hidden = {{0, 9, true}, {0, 9, true}, {0, 1, true}};
  Equation equal;
  equal.terms = {{0, 1}, {1, -1}};
  EXPECT_THAT(AttackJointly(hidden, {Sum({0, 1, 2}, 2), equal}).determined, ElementsAre(0, 1, 2));
}

TEST(AttackJointlyTest, LeavesOutAnEquationThatContradictsTheOthers) {
  const std::vector<Hidden> hidden = {{0, 4, true}, {0, 4, true}};
  const Attack attack = AttackJointly(hidden, {Sum({0, 1}, 3), Sum({0, 1}, 20)});
  EXPECT_EQ(attack.contradictory, 1u);
  EXPECT_THAT(attack.determined, IsEmpty());
}

TEST(AttackJointlyTest, TakesTheWeakerOnesOfAContradictingEquation) {
  const std::vector<Hidden> hidden = {{0, 4, true}, {0, 4, true}};
  Equation sum = Sum({0, 1}, 20);
  sum.weaker = {Sum({0}, 0)};
  sum.weaker[0].upper_bound = true;
  EXPECT_THAT(AttackJointly(hidden, {sum}).determined, ElementsAre(0));
}

TEST(AttackJointlyTest, ASystemWithoutWholeSolutionCountsAsDetermined) {
  const std::vector<Hidden> hidden = {{0, 9, true}, {0, 9, true}};
  Equation equal;
  equal.terms = {{0, 1}, {1, -1}};
  EXPECT_THAT(AttackJointly(hidden, {Sum({0, 1}, 3), equal}).determined, ElementsAre(0, 1));
}

// Oracle: every assignment, one after the other.
std::vector<size_t> Enumerate(const std::vector<Hidden>& hidden,
                              const std::vector<Equation>& equations) {
  std::vector<int64_t> low(hidden.size(), kUnbounded);
  std::vector<int64_t> high(hidden.size(), -1);
  std::vector<int64_t> point;
  for (const Hidden& cell : hidden) point.push_back(cell.low);
  for (bool more = true; more;) {
    bool holds = true;
    for (const Equation& equation : equations) {
      int64_t sum = 0;
      for (const auto& term : equation.terms) sum += term.coefficient * point[term.hidden];
      holds &= equation.upper_bound ? sum <= equation.constant : sum == equation.constant;
    }
    for (size_t cell = 0; holds && cell < point.size(); ++cell) {
      low[cell] = std::min(low[cell], point[cell]);
      high[cell] = std::max(high[cell], point[cell]);
    }
    more = false;
    for (size_t cell = 0; cell < point.size() && !more; ++cell) {
      more = ++point[cell] <= hidden[cell].high;
      if (!more) point[cell] = hidden[cell].low;
    }
  }
  std::vector<size_t> determined;
  for (size_t cell = 0; cell < hidden.size(); ++cell) {
    if (hidden[cell].sensitive && low[cell] == high[cell]) determined.push_back(cell);
  }
  return determined;
}

TEST(AttackJointlyTest, MissesNothingThatEnumerationFindsAndRarelyReportsMore) {
  constexpr uint32_t kSeed = 20260101;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  int with_findings = 0;
  int too_careful = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Hidden> hidden;
    std::vector<int64_t> truth;
    for (int cell = 0; cell < 5; ++cell) {
      hidden.push_back({static_cast<int64_t>(random() % 2), 4, random() % 4 != 0});
      truth.push_back(hidden.back().low + static_cast<int64_t>(random() % 4));
    }
    std::vector<Equation> equations;
    for (int index = 0; index < 3; ++index) {
      Equation equation;
      for (size_t cell = 0; cell < hidden.size(); ++cell) {
        if (random() % 2 == 0) equation.terms.push_back({cell, random() % 4 == 0 ? -1 : 1});
      }
      for (const auto& term : equation.terms) {
        equation.constant += term.coefficient * truth[term.hidden];
      }
      equation.upper_bound = random() % 4 == 0;
      if (!equation.terms.empty()) equations.push_back(equation);
    }
    const auto expected = Enumerate(hidden, equations);
    const auto found = AttackJointly(hidden, equations).determined;
    with_findings += expected.empty() ? 0 : 1;
    too_careful += static_cast<int>(found.size() - expected.size());
    ASSERT_THAT(found, ::testing::IsSupersetOf(expected)) << "round " << round;
  }
  EXPECT_GT(with_findings, 20);
  EXPECT_LT(too_careful, 80);
}

}  // namespace
}  // namespace enlace::release
