#include "node/store/observation_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/memory_store.h"

namespace enlace::store {
namespace {

using model::Observation;
using model::ObservationStatus;

StoredFigure Figure(uint32_t year, uint64_t value, const std::string& entity = "police") {
  StoredFigure figure;
  figure.observation.key = {1, 2, 32, 1, 0, year};
  figure.observation.entity = entity;
  figure.observation.value = value;
  figure.observation.update_time_ms = 1000;
  figure.observation.batch_id = "0123456789abcdef";
  figure.row = 7;
  return figure;
}

class ObservationTableTest : public ::testing::Test {
 protected:
  void Put(const StoredFigure& figure) {
    db_.Commit([&](Transaction& transaction) { PutFigure(transaction, figure); });
  }
  FigurePage List(const FigureListOptions& options) {
    auto page = ListFigures(*db_.store->Read(), options);
    EXPECT_TRUE(page.ok()) << page.status();
    return *std::move(page);
  }

  enlace::testing::MemoryStore db_;
};

TEST_F(ObservationTableTest, AFigureReadsBackWhole) {
  const StoredFigure figure = Figure(2020, 12);
  Put(figure);
  const auto loaded = LoadFigure(*db_.store->Read(), "police", figure.observation.key);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_EQ((*loaded)->observation, figure.observation);
  EXPECT_EQ((*loaded)->row, 7u);
}

TEST_F(ObservationTableTest, EveryStatusStaysWhatItIs) {
  for (uint8_t status = 1; status <= 6; ++status) {
    StoredFigure figure = Figure(2000u + status, 0);
    figure.observation.status = static_cast<ObservationStatus>(status);
    if (figure.observation.status == ObservationStatus::kInConflict) {
      figure.observation.candidates = {{1, ObservationStatus::kValue, 0},
                                       {2, ObservationStatus::kSuppressedBySource, 0}};
    }
    Put(figure);
    EXPECT_EQ((*LoadFigure(*db_.store->Read(), "police", figure.observation.key))->observation,
              figure.observation);
  }
}

TEST_F(ObservationTableTest, FiguresOfEntitiesAreApart) {
  Put(Figure(2020, 1, "police"));
  Put(Figure(2020, 2, "police-south"));
  EXPECT_EQ(List({.entity = "police", .cursor = {}}).observations.size(), 1u);
  EXPECT_EQ(List({.entity = "pol", .cursor = {}}).observations.size(), 0u);
  EXPECT_EQ(List({}).observations.size(), 2u);
  size_t seen = 0;
  ASSERT_TRUE(
      ScanFigures(*db_.store->Read(), "", [&seen](const Observation&) { return ++seen < 1; }).ok());
  EXPECT_EQ(seen, 1u);
}

TEST_F(ObservationTableTest, PagesFollowKeyOrderAndEndOnce) {
  for (uint32_t year = 2000; year < 2010; ++year) Put(Figure(year, year));
  std::vector<uint32_t> years;
  FigureListOptions options;
  options.figures_max = 3;
  size_t pages = 0;
  do {
    const FigurePage page = List(options);
    for (const auto& observation : page.observations) years.push_back(observation.key.year);
    options.cursor = page.next_cursor;
    ASSERT_LT(++pages, 10u);
  } while (!options.cursor.empty());
  EXPECT_EQ(years,
            (std::vector<uint32_t>{2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009}));
  EXPECT_EQ(pages, 4u);
}

TEST_F(ObservationTableTest, ACursorNeverLeavesTheEntity) {
  Put(Figure(2020, 1, "aduana"));
  Put(Figure(2020, 2, "police"));
  FigureListOptions options;
  options.entity = "police";
  options.cursor = FigureRowKey("aduana", {});
  const FigurePage page = List(options);
  ASSERT_EQ(page.observations.size(), 1u);
  EXPECT_EQ(page.observations[0].entity, "police");
}

TEST_F(ObservationTableTest, FiltersAndTheScanLimitMakeShortPages) {
  for (uint32_t year = 2000; year < 2010; ++year) Put(Figure(year, year));
  FigureListOptions options;
  options.year = 2009;
  options.rows_scanned_max = 6;
  const FigurePage first = List(options);
  EXPECT_TRUE(first.observations.empty());
  options.cursor = first.next_cursor;
  const FigurePage second = List(options);
  ASSERT_EQ(second.observations.size(), 1u);
  EXPECT_TRUE(second.next_cursor.empty());
  options = {};
  options.in_conflict_only = true;
  EXPECT_TRUE(List(options).observations.empty());
  options = {};
  options.indicator = 2;
  EXPECT_TRUE(List(options).observations.empty());
}

TEST_F(ObservationTableTest, WhatEntitiesSayDifferentlyIsInConflictOverAllEntitiesOnly) {
  using Status = ObservationStatus;
  const auto put = [&](uint32_t year, uint64_t value, const char* entity, Status status) {
    StoredFigure figure = Figure(year, value, entity);
    figure.observation.status = status;
    Put(figure);
  };
  put(2001, 7, "police", Status::kValue);  // Another value.
  put(2001, 8, "shelter", Status::kValue);
  put(2002, 7, "police", Status::kValue);  // The same.
  put(2002, 7, "shelter", Status::kValue);
  put(2003, 7, "police", Status::kValue);  // Who has none does not contradict.
  put(2003, 0, "shelter", Status::kUnknown);
  put(2003, 0, "aduana", Status::kNotCollected);
  put(2004, 0, "police", Status::kUnknown);  // Nobody has one, for two reasons.
  put(2004, 0, "shelter", Status::kNotCollected);
  put(2005, 7, "police", Status::kValue);  // One delivery contradicts itself.
  put(2005, 0, "shelter", Status::kInConflict);
  put(2006, 7, "police", Status::kValue);  // Alone.
  put(2007, 3, "police", Status::kValue);  // Small against suppressed: two statements.
  put(2007, 0, "shelter", Status::kSuppressedBySource);
  FigureListOptions options;
  options.in_conflict_only = true;
  std::vector<std::pair<std::string, uint32_t>> seen;
  // Each row looked at costs as many as there are entities: pages are short, and none is lost.
  options.rows_scanned_max = 5;
  size_t pages = 0;
  do {
    const FigurePage page = List(options);
    for (const auto& each : page.observations) seen.emplace_back(each.entity, each.key.year);
    options.cursor = page.next_cursor;
    ASSERT_LT(++pages, 20u);
  } while (!options.cursor.empty());
  EXPECT_GT(pages, 3u);
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, uint32_t>>{{"police", 2001},
                                                                 {"police", 2004},
                                                                 {"police", 2005},
                                                                 {"police", 2007},
                                                                 {"shelter", 2001},
                                                                 {"shelter", 2004},
                                                                 {"shelter", 2005},
                                                                 {"shelter", 2007}}));
  options = {};
  options.in_conflict_only = true;
  options.entity = "police";
  EXPECT_TRUE(List(options).observations.empty());
}

TEST_F(ObservationTableTest, AKeyOrValueThatDoesNotDecodeIsCorruption) {
  db_.Commit([](Transaction& t) { t.Put(Table::kObservation, "police/short", ""); });
  EXPECT_EQ(ReasonOf(ListFigures(*db_.store->Read(), {}).status()), Reason::STORE_CORRUPT);
  db_.Commit([](Transaction& t) {
    t.Delete(Table::kObservation, "police/short");
    t.Put(Table::kObservation, FigureRowKey("police", {}), "\xff\xff");
  });
  EXPECT_EQ(ReasonOf(ScanFigures(*db_.store->Read(), "", [](const Observation&) { return true; })),
            Reason::STORE_CORRUPT);
}

}  // namespace
}  // namespace enlace::store
