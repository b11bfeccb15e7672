#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What may stand in a text that goes out to other states. Pure.
namespace enlace::model {

// Empty when `text` may be published, else what was expected, without a word of the text.
//
// Refused: broken UTF-8 and U+FFFD, control and direction-changing characters, invisible
// ones, more than `characters_max` characters, anything like an e-mail address, and digit
// strings as long as a phone or document number (years and dates are none). A course needs
// no person's data; what looks like them has slipped in.
std::string CheckPublicText(std::string_view text, size_t characters_max);

// "2026-01-31", a day that exists.
bool IsDate(std::string_view text);

}  // namespace enlace::model
