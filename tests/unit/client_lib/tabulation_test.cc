#include "client/lib/tabulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>

namespace enlace::client {
namespace {

namespace pb = exchange::v1;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Coordinate = TabulationCell::Coordinate;

constexpr Coordinate kUnknown{0, pb::MISSING_UNKNOWN};

std::vector<TabulationCell> Cells(const pb::TabulateCaseRecordsResponse& table) {
  std::vector<TabulationCell> cells;
  const Status status =
      ForEachCell(table, [&cells](const TabulationCell& cell) { cells.push_back(cell); });
  EXPECT_TRUE(status.ok()) << status;
  return cells;
}

Status Refused(const pb::TabulateCaseRecordsResponse& table) {
  return ForEachCell(table, [](const TabulationCell&) {});
}

// The example that the proto gives.
pb::TabulateCaseRecordsResponse Example() {
  pb::TabulateCaseRecordsResponse table;
  auto& sex = *table.add_axes();
  sex.set_attribute(2);
  sex.add_missing(pb::MISSING_UNKNOWN);
  sex.add_codes(1);
  sex.add_codes(2);
  auto& age = *table.add_axes();
  age.set_attribute(3);
  age.add_codes(4);
  age.add_codes(6);
  for (const uint64_t step : {1, 1, 3}) table.add_cell_steps(step);
  for (const uint64_t count : {7, 0, 12}) table.add_counts(count);
  return table;
}

TEST(ForEachCell, ReadsTheExampleOfTheProto) {
  EXPECT_THAT(Cells(Example()), ElementsAre(TabulationCell{{kUnknown, {6}}, 7, false},
                                            TabulationCell{{{1}, {4}}, 0, true},
                                            TabulationCell{{{2}, {6}}, 12, false}));
}

TEST(ForEachCell, OfAnEmptyTableVisitsNothing) {
  pb::TabulateCaseRecordsResponse table;
  EXPECT_THAT(Cells(table), IsEmpty());
  table.add_axes();
  EXPECT_THAT(Cells(table), IsEmpty());
}

TEST(ForEachCell, RefusesATableThatContradictsItself) {
  auto table = Example();
  table.add_counts(1);
  EXPECT_EQ(ReasonOf(Refused(table)), Reason::TABULATION_INVALID) << "a count without a cell";
  table = Example();
  table.set_cell_steps(1, 0);
  EXPECT_EQ(ReasonOf(Refused(table)), Reason::TABULATION_INVALID) << "a cell twice";
  for (const uint64_t step : {uint64_t{4}, uint64_t{UINT64_MAX}, uint64_t{1} << 63}) {
    table = Example();
    table.set_cell_steps(2, step);
    EXPECT_EQ(ReasonOf(Refused(table)), Reason::TABULATION_INVALID) << "beyond the last cell";
  }
  table = Example();
  table.mutable_axes(0)->Clear();
  EXPECT_EQ(ReasonOf(Refused(table)), Reason::TABULATION_INVALID) << "an axis without answers";
}

TEST(ForEachCell, ReadsBackAnyTable) {
  constexpr uint64_t kSeed = 20260131;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 300; ++round) {
    pb::TabulateCaseRecordsResponse table;
    std::vector<std::vector<Coordinate>> axes(1 + random() % 3);
    for (auto& answers : axes) {
      auto& axis = *table.add_axes();
      for (int missing = 1; missing <= 3; ++missing) {
        if (random() % 2 == 0) continue;
        axis.add_missing(static_cast<pb::Missing>(missing));
        answers.push_back({0, static_cast<pb::Missing>(missing)});
      }
      for (uint32_t code = 1; code <= 1 + random() % 9; ++code) {
        axis.add_codes(code);
        answers.push_back({code});
      }
    }
    // Every combination in order, of which some are cells.
    std::vector<std::vector<Coordinate>> all = {{}};
    for (const auto& answers : axes) {
      std::vector<std::vector<Coordinate>> longer;
      for (const auto& begun : all) {
        for (const Coordinate& answer : answers) {
          longer.push_back(begun);
          longer.back().push_back(answer);
        }
      }
      all = longer;
    }
    std::vector<TabulationCell> expected;
    uint64_t last = 0;
    for (uint64_t number = 0; number < all.size(); ++number) {
      if (random() % 3 != 0) continue;
      const uint64_t count = random() % 4;
      table.add_cell_steps(number - last);
      table.add_counts(count);
      last = number;
      expected.push_back({all[number], count, count == 0});
    }
    ASSERT_EQ(Cells(table), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace enlace::client
