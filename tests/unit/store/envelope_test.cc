#include "node/store/envelope.h"

#include <gtest/gtest.h>

#include <random>

#include "node/base/bytes.h"
#include "tests/unit/store/golden.h"

namespace enlace::store {
namespace {

TEST(EnvelopeTest, MatchesTheGoldenVectors) {
  int vectors = 0;
  for (const auto& fields : ReadGolden("envelope.txt", 4)) {
    const auto table = static_cast<Table>(std::stoi(fields[0]));
    const std::string key = *HexDecode(fields[1]);
    const std::string value = *HexDecode(fields[2] == "-" ? "" : fields[2]);
    EXPECT_EQ(HexEncode(WrapValue(table, key, value)), fields[3]);
    EXPECT_EQ(UnwrapValue(table, key, *HexDecode(fields[3])).value(), value);
    ++vectors;
  }
  EXPECT_EQ(vectors, 4);
}

TEST(EnvelopeTest, AnotherTableOrKeyIsRefused) {
  const std::string stored = WrapValue(Table::kAudit, "key", "value");
  EXPECT_TRUE(UnwrapValue(Table::kAudit, "key", stored).ok());
  EXPECT_EQ(ReasonOf(UnwrapValue(Table::kBatch, "key", stored).status()), Reason::STORE_CORRUPT);
  for (const char* key : {"kez", "ke", "keyv", ""}) {
    EXPECT_EQ(ReasonOf(UnwrapValue(Table::kAudit, key, stored).status()), Reason::STORE_CORRUPT);
  }
}

TEST(EnvelopeTest, KeyAndValueCannotTradeBytes) {
  // The key's length is under the checksum: "ab" + "c" is not "a" + "bc".
  const std::string stored = WrapValue(Table::kAudit, "ab", "c");
  const std::string moved = stored.substr(0, kEnvelopeBytes) + "bc";
  EXPECT_FALSE(UnwrapValue(Table::kAudit, "a", moved).ok());
}

TEST(EnvelopeTest, EveryFlippedBitAndEveryCutIsRefused) {
  const std::string stored = WrapValue(Table::kChannel, "origin", std::string(40, 'v'));
  for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
    std::string flipped = stored;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    EXPECT_EQ(ReasonOf(UnwrapValue(Table::kChannel, "origin", flipped).status()),
              Reason::STORE_CORRUPT)
        << bit;
  }
  for (size_t length = 0; length < stored.size(); ++length) {
    EXPECT_FALSE(UnwrapValue(Table::kChannel, "origin", stored.substr(0, length)).ok());
  }
}

TEST(EnvelopeTest, RandomValuesRoundTrip) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    std::string key(1 + random() % 100, '\0');
    std::string value(random() % 1000, '\0');
    for (char& c : key) c = static_cast<char>(random());
    for (char& c : value) c = static_cast<char>(random());
    const auto table = static_cast<Table>(random() % static_cast<size_t>(Table::kCount));
    EXPECT_EQ(UnwrapValue(table, key, WrapValue(table, key, value)).value(), value);
  }
}

TEST(EnvelopeTest, TheErrorNamesTheTableAndNeitherKeyNorValue) {
  std::string stored = WrapValue(Table::kCaseRevision, "canary-key", "canary-value");
  stored.back() ^= 1;
  const std::string text =
      MessageOf(UnwrapValue(Table::kCaseRevision, "canary-key", stored).status());
  EXPECT_NE(text.find("case_revision"), std::string::npos);
  EXPECT_EQ(text.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace enlace::store
