#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "node/query/tabulation.h"
#include "tests/unit/query/naive_oracle.h"

namespace enlace::query {
namespace {

using model::Missing;

// A table with the given counts: `coded` have a code, `missing` a reason (at most three).
Tabulation Table(const std::vector<uint64_t>& coded, const std::vector<uint64_t>& missing = {}) {
  Tabulation table;
  TableAxis& axis = table.axes.emplace_back();
  for (size_t i = 0; i < missing.size(); ++i) {
    axis.values.push_back({0, static_cast<Missing>(i + 1)});
    table.counts.push_back(missing[i]);
    table.records += missing[i];
  }
  for (size_t i = 0; i < coded.size(); ++i) {
    axis.values.push_back({static_cast<uint32_t>(i + 1), Missing::kNone});
    table.counts.push_back(coded[i]);
    table.records += coded[i];
    table.denominator += coded[i];
  }
  for (size_t i = 0; i < table.counts.size(); ++i) table.cells.push_back(i);
  table.entities = {"police"};
  return table;
}

Tabulation Shown(Tabulation table, uint32_t threshold) {
  Suppress(table, threshold);
  return table;
}

int SuppressedCells(const Tabulation& table) {
  return static_cast<int>(std::count(table.counts.begin(), table.counts.end(), 0U));
}

TEST(SuppressionTest, ATableWithoutSmallCellsStaysAsItIs) {
  const Tabulation exact = Table({10, 25}, {11});
  Tabulation expected = exact;
  expected.threshold = 10;
  EXPECT_EQ(Shown(exact, 10), expected);
}

TEST(SuppressionTest, ACellAtTheThresholdIsShownAndOneBelowIsNot) {
  EXPECT_EQ(SuppressedCells(Shown(Table({10, 10, 10}), 10)), 0);
  EXPECT_EQ(Shown(Table({9, 4, 10}), 10).counts, (std::vector<uint64_t>{0, 0, 10}));
}

TEST(SuppressionTest, TwoSmallCellsThatTogetherReachTheThresholdKeepTheMargins) {
  const Tabulation shown = Shown(Table({9, 4, 20}, {30}), 10);
  EXPECT_FALSE(shown.margins_hidden);
  EXPECT_EQ(shown.records, 63U);
  EXPECT_EQ(shown.denominator, 33U);
}

TEST(SuppressionTest, ALoneSmallCellTakesTheSmallestOtherWithIt) {
  const Tabulation shown = Shown(Table({3, 40, 20}), 10);
  EXPECT_EQ(shown.counts, (std::vector<uint64_t>{0, 40, 0}));
  EXPECT_TRUE(shown.margins_hidden);
  EXPECT_EQ(shown.records, 0U);
  EXPECT_EQ(shown.denominator, 0U);
  EXPECT_TRUE(shown.entities.empty());
}

TEST(SuppressionTest, CellsThatShareTheSmallestCountGoTogether) {
  EXPECT_EQ(SuppressedCells(Shown(Table({3, 20, 20, 30}), 10)), 3);
}

TEST(SuppressionTest, ALoneSmallCellWithoutOthersInItsGroupTakesOneOfTheOther) {
  const Tabulation shown = Shown(Table({20, 30}, {4}), 10);
  EXPECT_EQ(SuppressedCells(shown), 2);
  EXPECT_TRUE(shown.margins_hidden);
}

TEST(SuppressionTest, SmallCellsThatTogetherStaySmallHideTheMargins) {
  EXPECT_TRUE(Shown(Table({2, 3, 40}), 10).margins_hidden);
}

TEST(SuppressionTest, SumsThatLeaveOneSolutionHideTheMargins) {
  EXPECT_TRUE(Shown(Table({1, 1, 1, 1, 1}), 5).margins_hidden) << "all are 1";
  EXPECT_TRUE(Shown(Table({4, 4, 40}), 5).margins_hidden) << "all are threshold - 1";
}

TEST(SuppressionTest, ASeveralValuedTableHidesTheMarginsWithAnySmallCell) {
  Tabulation table = Table({9, 4, 20});
  table.several_valued = true;
  EXPECT_TRUE(Shown(table, 10).margins_hidden);
}

TEST(SuppressionTest, AnEmptyTableHasNothingToHide) {
  const Tabulation shown = Shown(Table({}), 10);
  EXPECT_FALSE(shown.margins_hidden);
  EXPECT_EQ(shown.records, 0U);
}

// The published view as text, so that views can be compared.
std::string View(const Tabulation& table) {
  std::string out = table.margins_hidden
                        ? "hidden"
                        : std::to_string(table.records) + "/" + std::to_string(table.denominator);
  for (const uint64_t count : table.counts) {
    out += count == 0 ? " x" : " " + std::to_string(count);
  }
  return out;
}

// For every view: which counts each cell can have, over all tables that give this view.
// The reader of the view knows the rule, so this is all that can be learned from it.
void ExpectNoSmallCellIsDetermined(size_t coded, size_t missing, uint32_t threshold,
                                   uint64_t count_max, bool several_valued) {
  const size_t cells = coded + missing;
  std::map<std::string, std::vector<std::set<uint64_t>>> possible;
  std::vector<uint64_t> counts(cells, 1);
  int tables = 0;
  for (bool more = true; more;) {
    Tabulation table = Table({counts.begin() + static_cast<int64_t>(missing), counts.end()},
                             {counts.begin(), counts.begin() + static_cast<int64_t>(missing)});
    table.several_valued = several_valued;
    Suppress(table, threshold);
    auto& values = possible[View(table)];
    values.resize(cells);
    for (size_t i = 0; i < cells; ++i) values[i].insert(counts[i]);
    ++tables;
    more = false;
    for (size_t i = 0; i < cells && !more; ++i) {
      more = counts[i] < count_max;
      counts[i] = more ? counts[i] + 1 : 1;
    }
  }
  EXPECT_GT(tables, 0);
  for (const auto& [view, values] : possible) {
    for (size_t i = 0; i < cells; ++i) {
      // A cell that can be small must have a second possible value.
      if (*values[i].begin() < threshold) {
        ASSERT_GT(values[i].size(), 1U) << "cell " << i << " of view " << view;
      }
    }
  }
}

TEST(SuppressionTest, NoSmallCellFollowsFromAnyTableEvenForWhoKnowsTheRule) {
  for (const bool several : {false, true}) {
    for (const uint32_t threshold : {3U, 4U, 5U}) {
      for (const auto& [coded, missing] : std::vector<std::pair<size_t, size_t>>{{1, 0},
                                                                                 {2, 0},
                                                                                 {3, 0},
                                                                                 {4, 0},
                                                                                 {0, 1},
                                                                                 {0, 2},
                                                                                 {1, 1},
                                                                                 {2, 1},
                                                                                 {1, 2},
                                                                                 {2, 2},
                                                                                 {3, 1}}) {
        ExpectNoSmallCellIsDetermined(coded, missing, threshold, threshold + 3, several);
      }
    }
  }
}

TEST(SuppressionTest, ATotalLearnedElsewhereDoesNotGiveALoneCellAway) {
  // What is suppressed adds up to at least the threshold, over at least two cells, whenever
  // the table has a cell to add.
  constexpr uint64_t kSeed = 7;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint64_t> coded(1 + random() % 6);
    std::vector<uint64_t> missing(random() % 3);
    for (uint64_t& count : coded) count = 1 + random() % 25;
    for (uint64_t& count : missing) count = 1 + random() % 25;
    const Tabulation exact = Table(coded, missing);
    const Tabulation shown = Shown(exact, 10);
    uint64_t sum = 0;
    for (size_t i = 0; i < exact.counts.size(); ++i) {
      if (shown.counts[i] == 0) sum += exact.counts[i];
    }
    const int hidden = SuppressedCells(shown);
    if (hidden == 0 || hidden == static_cast<int>(exact.cells.size())) continue;
    ASSERT_GE(hidden, 2);
    ASSERT_GE(sum, 10U);
  }
}

// Tables of two axes with holes, so that the two groups lie mixed.
TEST(SuppressionTest, AnyTableIsSuppressedAsCellByCell) {
  constexpr uint64_t kSeed = 11;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 20000; ++round) {
    std::map<std::pair<Coordinate, Coordinate>, uint64_t> counts;
    for (uint64_t i = random() % 10; i > 0; --i) {
      const auto pick = [&random]() -> Coordinate {
        const auto at = static_cast<uint32_t>(random() % 5);
        return at < 2 ? Coordinate{0, static_cast<Missing>(at + 1)}
                      : Coordinate{at, Missing::kNone};
      };
      counts[{pick(), pick()}] = 1 + random() % 14;
    }
    Tabulation table;
    table.axes.resize(2);
    std::set<Coordinate> values[2];
    for (const auto& [at, count] : counts) {
      values[0].insert(at.first);
      values[1].insert(at.second);
    }
    for (size_t axis = 0; axis < 2; ++axis) {
      table.axes[axis].values.assign(values[axis].begin(), values[axis].end());
    }
    for (const auto& [at, count] : counts) {
      const auto position = [&values](size_t axis, const Coordinate& value) {
        return static_cast<uint64_t>(std::distance(values[axis].begin(), values[axis].find(value)));
      };
      table.cells.push_back(position(0, at.first) * values[1].size() + position(1, at.second));
      table.counts.push_back(count);
      table.records += count;
    }
    table.entities = {"police"};
    table.several_valued = random() % 3 == 0;
    NaiveTable expected = Expand(table);
    NaiveSuppression::Apply(expected, 10);
    ASSERT_EQ(Expand(Shown(table, 10)), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace enlace::query
