#include "node/model/attribute_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace enlace::model {
namespace {

TEST(AttributeMapTest, AgreesWithAMapOverRandomChanges) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  AttributeMap<int> flat;
  std::map<uint32_t, int> map;
  for (int step = 0; step < 20'000; ++step) {
    const auto attribute = static_cast<uint32_t>(random() % 20);
    const auto value = static_cast<int>(random() % 5);
    switch (random() % 6) {
      case 0:
        flat[attribute] = value;
        map[attribute] = value;
        break;
      case 1:
        EXPECT_EQ(flat.emplace(attribute, value).second, map.emplace(attribute, value).second);
        break;
      case 2:
        EXPECT_EQ(flat.erase(attribute), map.erase(attribute));
        break;
      case 3:
        EXPECT_EQ(flat[attribute], map[attribute]);
        break;
      case 4:
        if (random() % 50 != 0) break;
        flat.erase_if([value](const auto& entry) { return entry.second == value; });
        std::erase_if(map, [value](const auto& entry) { return entry.second == value; });
        break;
      default:
        EXPECT_EQ(flat.find(attribute) == flat.end(), map.find(attribute) == map.end());
    }
    ASSERT_EQ(flat.size(), map.size());
    ASSERT_TRUE(std::equal(
        flat.begin(), flat.end(), map.begin(), map.end(),
        [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; }));
  }
}

}  // namespace
}  // namespace enlace::model
