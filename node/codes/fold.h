#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The one text folding that aliases, look-ups and searches compare by. Pure, thread-safe.
//
// "  R. DOMINICANA", "México", "mexico" and "ＭＥＸＩＣＯ" differ in ways that carry no meaning
// to us: case, accents, width, composition, white space, invisible characters. Folding takes
// just these away (Unicode NFKD, marks and default-ignorable characters removed, case folded,
// white space trimmed and collapsed) and nothing else: punctuation and digits stay.
namespace enlace::codes {

inline constexpr size_t kFoldBytesMax = 1 << 20;

// The folded text, which may be empty. Nothing when the text is broken: not UTF-8, or with
// U+FFFD, the trace of an earlier broken conversion, or longer than kFoldBytesMax. Broken
// text equals no other text, so it has no folded form. Idempotent.
std::optional<std::string> Fold(std::string_view utf8);

}  // namespace enlace::codes
