#include "node/codes/fold.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace enlace::codes {
namespace {

constexpr UChar32 kReplacementCharacter = 0xFFFD;

bool IsWellFormed(std::string_view utf8) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  const auto length = static_cast<int32_t>(utf8.size());
  for (int32_t at = 0; at < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, length, c);
    if (c < 0 || c == kReplacementCharacter) return false;
  }
  return true;
}

bool IsDropped(UChar32 c) {
  return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0 ||
         u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

// Compatibility decomposition without marks and invisible characters.
std::optional<icu::UnicodeString> Strip(const icu::UnicodeString& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(error);
  if (U_FAILURE(error)) return std::nullopt;
  const icu::UnicodeString decomposed = nfkd->normalize(text, error);
  if (U_FAILURE(error)) return std::nullopt;
  icu::UnicodeString out;
  for (int32_t at = 0; at < decomposed.length(); at = decomposed.moveIndex32(at, 1)) {
    const UChar32 c = decomposed.char32At(at);
    if (!IsDropped(c)) out.append(c);
  }
  return out;
}

std::string CollapseSpace(const icu::UnicodeString& text) {
  icu::UnicodeString out;
  bool gap = false;
  for (int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const UChar32 c = text.char32At(at);
    if (u_isUWhiteSpace(c) || u_iscntrl(c)) {
      gap = true;
      continue;
    }
    if (gap && !out.isEmpty()) out.append(u' ');
    gap = false;
    out.append(c);
  }
  std::string utf8;
  out.toUTF8String(utf8);
  return utf8;
}

}  // namespace

std::optional<std::string> Fold(std::string_view utf8) {
  if (utf8.size() > kFoldBytesMax || !IsWellFormed(utf8)) return std::nullopt;
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())));
  std::optional<icu::UnicodeString> stripped = Strip(text);
  if (!stripped.has_value()) return std::nullopt;
  // Folding can compose anew (for instance "ŉ" becomes two characters), hence once more.
  stripped = Strip(stripped->foldCase());
  if (!stripped.has_value()) return std::nullopt;
  return CollapseSpace(*stripped);
}

}  // namespace enlace::codes
