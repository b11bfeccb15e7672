#include "node/query/record_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace enlace::query {
namespace {

TEST(RecordIndex, KnowsEachOfManyRecordsAgain) {
  RecordIndex index;
  std::map<std::string, uint32_t> expected;
  std::mt19937_64 random(20260131);
  // More than one block, and several times the slots of the beginning.
  for (uint32_t i = 0; i < 10'000; ++i) {
    std::string reference;
    for (int byte = 0; byte < 16; ++byte) reference.push_back(static_cast<char>(random()));
    index.At(reference).last_row = i;
    expected[reference] = i;
  }
  for (const auto& [reference, row] : expected) EXPECT_EQ(index.At(reference).last_row, row);
}

TEST(RecordIndex, TellsRecordsApartThatBeginAlike) {
  RecordIndex index;
  std::string reference(16, 'x');
  for (char last = 0; last < 100; ++last) {
    reference[15] = last;
    index.At(reference).revision = static_cast<uint32_t>(last) + 1;
  }
  for (char last = 0; last < 100; ++last) {
    reference[15] = last;
    EXPECT_EQ(index.At(reference).revision, static_cast<uint32_t>(last) + 1);
  }
}

TEST(RecordIndex, TakesReferencesOfAnyLength) {
  RecordIndex index;
  uint32_t number = 0;
  for (const char* reference : {"", "a", "ab", "a reference of more than sixteen bytes"}) {
    index.At(reference).revision = ++number;
  }
  EXPECT_EQ(index.At("").revision, 1U);
  EXPECT_EQ(index.At("ab").revision, 3U);
  EXPECT_EQ(index.At("a reference of more than sixteen bytes").revision, 4U);
}

TEST(RecordIndex, OfARecordNotSeenNothingIsHeld) {
  RecordIndex index;
  EXPECT_EQ(index.At("new").revision, 0U);
  EXPECT_EQ(index.At("new").last_row, kNoRow);
}

}  // namespace
}  // namespace enlace::query
