#include "node/base/bytes.h"

#include <gtest/gtest.h>

#include <random>

#include "node/base/log.h"

namespace enlace {
namespace {

TEST(BytesTest, HexRoundTripsAndRefusesOtherText) {
  EXPECT_EQ(HexEncode(std::string("\x00\xffz", 3)), "00ff7a");
  EXPECT_EQ(HexDecode("00FF7a"), std::string("\x00\xffz", 3));
  EXPECT_FALSE(HexDecode("0").has_value());
  EXPECT_FALSE(HexDecode("0g").has_value());
}

TEST(BytesTest, Base64MatchesRfc4648Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(Base64Encode(plain), text);
    EXPECT_EQ(Base64Decode(text), plain);
  }
}

TEST(BytesTest, Base64RefusesNonCanonicalText) {
  for (const char* text : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "=Zg=", "Zm 9", "Zg==Zg=="}) {
    EXPECT_FALSE(Base64Decode(text).has_value()) << text;
  }
}

TEST(BytesTest, Base64RoundTripsRandomBytes) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 50, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
  }
}

TEST(BytesTest, IntegersKeepNumericOrder) {
  std::string low;
  std::string high;
  AppendU64(low, 255);
  AppendU64(high, 256);
  EXPECT_LT(low, high);
  EXPECT_EQ(ReadU64(high), 256U);
}

TEST(BytesTest, Crc32cMatchesTheKnownCheckValue) { EXPECT_EQ(Crc32c("123456789"), 0xe3069283U); }

TEST(LogTest, ValuesFromOutsideCannotForgeALine) {
  EXPECT_EQ(LogValue("plain-1.2"), "plain-1.2");
  EXPECT_EQ(LogValue("a b\nevent=x"), "\"a b\\x0aevent=x\"");
  EXPECT_EQ(LogValue(""), "\"\"");
}

}  // namespace
}  // namespace enlace
