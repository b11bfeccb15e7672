#include "node/codes/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/utf8.h>

namespace enlace::codes {
namespace {

using ::testing::Eq;
using ::testing::Optional;

std::string Utf8(int32_t code_point) {
  uint8_t bytes[4];
  int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, code_point);
  return std::string(bytes, bytes + length);
}

TEST(FoldTest, TakesAwayCaseAccentsWidthAndComposition) {
  for (const char* text : {"México", "MEXICO", "me\xCC\x81xico", "ＭＥＸＩＣＯ", "MÉXICO"}) {
    EXPECT_THAT(Fold(text), Optional(Eq("mexico"))) << text;
  }
}

TEST(FoldTest, TrimsAndCollapsesWhiteSpaceOfEveryKind) {
  EXPECT_THAT(Fold("  El\t\xC2\xA0 Salvador \n"), Optional(Eq("el salvador")));
}

TEST(FoldTest, RemovesInvisibleCharacters) {
  // Byte order mark, soft hyphen, zero-width space.
  EXPECT_THAT(Fold("\xEF\xBB\xBFPe\xC2\xADr\xE2\x80\x8Bú"), Optional(Eq("peru")));
}

TEST(FoldTest, KeepsPunctuationAndDigits) {
  EXPECT_THAT(Fold("R. Dominicana (2)"), Optional(Eq("r. dominicana (2)")));
  EXPECT_NE(Fold("R.Dominicana"), Fold("R. Dominicana"));
}

TEST(FoldTest, FoldsLettersThatGrow) {
  EXPECT_EQ(Fold("STRASSE"), Fold("straße"));
  EXPECT_EQ(Fold("ﬁn"), Fold("FIN"));
}

TEST(FoldTest, BlankTextFoldsToNothingVisible) {
  EXPECT_THAT(Fold(""), Optional(Eq("")));
  EXPECT_THAT(Fold(" \t "), Optional(Eq("")));
}

TEST(FoldTest, BrokenTextHasNoFoldedForm) {
  EXPECT_EQ(Fold("Panam\xE1"), std::nullopt);          // Latin-1.
  EXPECT_EQ(Fold("Panam\xEF\xBF\xBD"), std::nullopt);  // U+FFFD.
  EXPECT_EQ(Fold("\xED\xA0\x80"), std::nullopt);       // A lone surrogate.
  EXPECT_EQ(Fold("\xC0\xAF"), std::nullopt);           // Overlong.
  EXPECT_EQ(Fold("\xF4\x90\x80\x80"), std::nullopt);   // Beyond Unicode.
  EXPECT_EQ(Fold("abc\xE2\x82"), std::nullopt);        // Cut off.
}

TEST(FoldTest, LengthIsLimited) {
  EXPECT_TRUE(Fold(std::string(kFoldBytesMax, 'a')).has_value());
  EXPECT_EQ(Fold(std::string(kFoldBytesMax + 1, 'a')), std::nullopt);
}

TEST(FoldTest, IsIdempotentForEveryCharacter) {
  int checked = 0;
  for (int32_t c = 1; c <= 0x10FFFF; ++c) {
    if ((c >= 0xD800 && c <= 0xDFFF) || c == 0xFFFD) continue;
    const std::optional<std::string> once = Fold(Utf8(c));
    ASSERT_TRUE(once.has_value()) << std::hex << c;
    ASSERT_EQ(Fold(*once), once) << std::hex << c;
    ++checked;
  }
  EXPECT_EQ(checked, 0x10FFFF - 0x800 - 1);
}

}  // namespace
}  // namespace enlace::codes
