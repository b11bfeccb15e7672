#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "node/query/tabulation.h"

namespace enlace::query {
namespace {

using model::Missing;

// A table with the given counts: `coded` have a code, `missing` a reason (at most three).
Tabulation Table(const std::vector<uint64_t>& coded, const std::vector<uint64_t>& missing = {}) {
  Tabulation table;
  for (size_t i = 0; i < missing.size(); ++i) {
    table.cells.push_back({{{0, static_cast<Missing>(i + 1)}}, missing[i], false});
    table.records += missing[i];
  }
  for (size_t i = 0; i < coded.size(); ++i) {
    table.cells.push_back({{{static_cast<uint32_t>(i + 1), Missing::kNone}}, coded[i], false});
    table.records += coded[i];
    table.denominator += coded[i];
  }
  table.entities = {"police"};
  return table;
}

Tabulation Shown(Tabulation table, uint32_t threshold) {
  Suppress(table, threshold);
  return table;
}

int SuppressedCells(const Tabulation& table) {
  int count = 0;
  for (const Cell& cell : table.cells) count += cell.suppressed ? 1 : 0;
  return count;
}

TEST(SuppressionTest, ATableWithoutSmallCellsStaysAsItIs) {
  const Tabulation exact = Table({10, 25}, {11});
  Tabulation expected = exact;
  expected.threshold = 10;
  EXPECT_EQ(Shown(exact, 10), expected);
}

TEST(SuppressionTest, ACellAtTheThresholdIsShownAndOneBelowIsNot) {
  EXPECT_EQ(SuppressedCells(Shown(Table({10, 10, 10}), 10)), 0);
  const Tabulation shown = Shown(Table({9, 4, 10}), 10);
  EXPECT_TRUE(shown.cells[0].suppressed);
  EXPECT_TRUE(shown.cells[1].suppressed);
  EXPECT_FALSE(shown.cells[2].suppressed);
  EXPECT_EQ(shown.cells[0].count, 0U);
}

TEST(SuppressionTest, TwoSmallCellsThatTogetherReachTheThresholdKeepTheMargins) {
  const Tabulation shown = Shown(Table({9, 4, 20}, {30}), 10);
  EXPECT_FALSE(shown.margins_hidden);
  EXPECT_EQ(shown.records, 63U);
  EXPECT_EQ(shown.denominator, 33U);
}

TEST(SuppressionTest, ALoneSmallCellTakesTheSmallestOtherWithIt) {
  const Tabulation shown = Shown(Table({3, 40, 20}), 10);
  EXPECT_TRUE(shown.cells[0].suppressed);
  EXPECT_FALSE(shown.cells[1].suppressed);
  EXPECT_TRUE(shown.cells[2].suppressed);
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
  for (const Cell& cell : table.cells) {
    out += cell.suppressed ? " x" : " " + std::to_string(cell.count);
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
    for (size_t i = 0; i < exact.cells.size(); ++i) {
      if (shown.cells[i].suppressed) sum += exact.cells[i].count;
    }
    const int hidden = SuppressedCells(shown);
    if (hidden == 0 || hidden == static_cast<int>(exact.cells.size())) continue;
    ASSERT_GE(hidden, 2);
    ASSERT_GE(sum, 10U);
  }
}

}  // namespace
}  // namespace enlace::query
