#include "node/query/case_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

namespace enlace::query {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CaseDirectory, ChoosesTheRecordsOfOneEntityInTheirOrder) {
  CaseDirectory directory;
  ASSERT_TRUE(directory.Add({1, 0}, "police", 2020).ok());
  ASSERT_TRUE(directory.Add({1, 1}, "shelter", 2020).ok());
  ASSERT_TRUE(directory.Add({7, 0}, "police", 2021).ok());
  const CaseChoice all = directory.Choose("police", 0, {}, 10);
  EXPECT_THAT(all.cases, ElementsAre(ListedCase{{1, 0}, {1, 0}, 1, 2020},
                                     ListedCase{{7, 0}, {7, 0}, 1, 2021}));
  EXPECT_FALSE(all.next.has_value());
  EXPECT_THAT(directory.Choose("police", 2021, {}, 10).cases,
              ElementsAre(ListedCase{{7, 0}, {7, 0}, 1, 2021}));
  EXPECT_THAT(directory.Choose("nobody", 0, {}, 10).cases, IsEmpty());
}

TEST(CaseDirectory, AChangeMovesNoRecordAndNamesItsLastRow) {
  CaseDirectory directory;
  ASSERT_TRUE(directory.Add({1, 0}, "police", 2020).ok());
  ASSERT_TRUE(directory.Add({2, 0}, "police", 2020).ok());
  ASSERT_TRUE(directory.Change({1, 0}, {3, 0}, 2, 2021).ok());
  ASSERT_TRUE(directory.Change({1, 0}, {5, 2}, 3, 0).ok());
  EXPECT_THAT(directory.Choose("police", 0, {}, 10).cases,
              ElementsAre(ListedCase{{1, 0}, {5, 2}, 3, 0}, ListedCase{{2, 0}, {2, 0}, 1, 2020}));
  EXPECT_THAT(directory.Choose("police", 2021, {}, 10).cases, IsEmpty());
}

TEST(CaseDirectory, RefusesAChangeThatDoesNotFollow) {
  CaseDirectory directory;
  ASSERT_TRUE(directory.Add({2, 0}, "police", 2020).ok());
  for (const RowKey first : {RowKey{1, 0}, RowKey{2, 1}, RowKey{3, 0}}) {
    EXPECT_EQ(ReasonOf(directory.Change(first, {9, 0}, 2, 2020)), Reason::STORE_CORRUPT);
  }
  EXPECT_EQ(ReasonOf(directory.Change({2, 0}, {9, 0}, 3, 2020)), Reason::STORE_CORRUPT);
  EXPECT_EQ(ReasonOf(directory.Add({uint64_t{1} << 48, 0}, "police", 2020)), Reason::STORE_LIMIT);
}

TEST(CaseDirectory, LooksAtABoundedNumberOfRecords) {
  CaseDirectory directory;
  for (uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(directory.Add({i + 1, 0}, i == 9 ? "few" : "many", 2020).ok());
  }
  CaseChoice choice = directory.Choose("few", 0, {}, 10, 4);
  EXPECT_THAT(choice.cases, IsEmpty());
  ASSERT_EQ(choice.next, (RowKey{5, 0}));
  choice = directory.Choose("few", 0, *choice.next, 10, 4);
  choice = directory.Choose("few", 0, *choice.next, 10, 4);
  EXPECT_EQ(choice.cases.size(), 1U);
  EXPECT_FALSE(choice.next.has_value());
}

TEST(CaseDirectory, ThePageThatEndsWithTheLastRecordHasNoNext) {
  CaseDirectory directory;
  for (uint32_t i = 0; i < 4; ++i) ASSERT_TRUE(directory.Add({i + 1, 0}, "police", 2020).ok());
  ASSERT_TRUE(directory.Add({9, 0}, "shelter", 2020).ok());
  EXPECT_TRUE(directory.Choose("police", 0, {}, 3).next.has_value());
  EXPECT_FALSE(directory.Choose("police", 0, {}, 4).next.has_value());
}

// Pages of any size, put together, are the naive answer; more than one block of records.
TEST(CaseDirectory, PagesEqualANaiveListing) {
  constexpr uint64_t kPagesSeed = 20260131;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kPagesSeed));
  std::mt19937_64 random(kPagesSeed);
  struct Record {
    ListedCase listed;
    std::string entity;
  };
  std::vector<Record> records;
  CaseDirectory directory;
  RowKey key{uint64_t{1} << 33, 0};
  for (int i = 0; i < 12'000; ++i) {
    if (random() % 3 == 0) {
      key = {key.commit + 1 + random() % 5, 0};
    } else {
      ++key.index;
    }
    const auto year = static_cast<uint32_t>(2015 + random() % 4);
    if (!records.empty() && random() % 4 == 0) {
      ListedCase& changed = records[random() % records.size()].listed;
      changed = {changed.first, key, changed.revision + 1, random() % 5 == 0 ? 0 : year};
      ASSERT_TRUE(directory.Change(changed.first, key, changed.revision, changed.year).ok());
      continue;
    }
    const std::string entity = random() % 4 == 0 ? "shelter" : "police";
    ASSERT_TRUE(directory.Add(key, entity, year).ok());
    records.push_back({{key, key, 1, year}, entity});
  }
  for (int round = 0; round < 40; ++round) {
    const std::string entity = random() % 2 == 0 ? "shelter" : "police";
    const auto year = static_cast<uint32_t>(random() % 2 == 0 ? 0 : 2015 + random() % 4);
    std::vector<ListedCase> expected;
    for (const Record& record : records) {
      if (record.entity == entity && (year == 0 || record.listed.year == year)) {
        expected.push_back(record.listed);
      }
    }
    std::vector<ListedCase> listed;
    RowKey from;
    for (int page = 0; page < 10'000; ++page) {
      const CaseChoice choice =
          directory.Choose(entity, year, from, 1 + random() % 300, 1 + random() % 3000);
      listed.insert(listed.end(), choice.cases.begin(), choice.cases.end());
      if (!choice.next.has_value()) break;
      from = *choice.next;
    }
    ASSERT_EQ(listed, expected) << "round " << round;
  }
}

}  // namespace
}  // namespace enlace::query
