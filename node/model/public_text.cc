#include "node/model/public_text.h"

#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "node/codes/fold.h"

namespace enlace::model {
namespace {

// Digits that a phone or document number has at least.
constexpr size_t kNumberDigitsMin = 7;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNumberSeparator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')' || c == '+';
}

size_t CountCharacters(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

bool HasForbiddenCharacter(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return true;
  }
  // C1 controls, zero-width and direction marks, line separators, isolates, byte order mark.
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    const auto byte = [&text, at](size_t offset) {
      return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0u;
    };
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return true;
    if (byte(0) == 0xE2 && byte(1) == 0x80 &&
        ((byte(2) >= 0x8B && byte(2) <= 0x8F) || (byte(2) >= 0xA8 && byte(2) <= 0xAE))) {
      return true;
    }
    if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA0 && byte(2) <= 0xAF) return true;
    if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return true;
  }
  return false;
}

// A run of digits and separators with as many digits as a number of a person. Groups that
// are years do not count, so that periods and dates pass.
bool HasLongNumber(std::string_view text) {
  size_t digits = 0;
  std::string group;
  const auto end_group = [&digits, &group] {
    const bool year = group.size() == 4 && (group.starts_with("19") || group.starts_with("20"));
    if (!year) digits += group.size();
    group.clear();
  };
  for (const char c : text) {
    if (IsDigit(c)) {
      group += c;
      continue;
    }
    end_group();
    if (digits >= kNumberDigitsMin) return true;
    if (!IsNumberSeparator(c)) digits = 0;
  }
  end_group();
  return digits >= kNumberDigitsMin;
}

}  // namespace

std::string CheckPublicText(std::string_view text, size_t characters_max) {
  const std::optional<std::string> folded = codes::Fold(text);
  if (!folded.has_value()) return "expected whole UTF-8 without replacement characters";
  if (CountCharacters(text) > characters_max) {
    return fmt::format("expected at most {} characters", characters_max);
  }
  if (folded->empty()) return "expected a text that is not blank";
  if (HasForbiddenCharacter(text)) {
    return "expected one paragraph without control, invisible or direction characters";
  }
  if (folded->find('@') != std::string::npos) return "expected a text without e-mail addresses";
  if (HasLongNumber(*folded)) return "expected a text without phone or document numbers";
  return "";
}

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  unsigned parts[3] = {0, 0, 0};
  size_t part = 0;
  for (const char c : text) {
    if (c == '-') {
      ++part;
    } else if (!IsDigit(c)) {
      return false;
    } else {
      parts[part] = parts[part] * 10 + static_cast<unsigned>(c - '0');
    }
  }
  const auto [year, month, day] = std::array<unsigned, 3>{parts[0], parts[1], parts[2]};
  if (year < 1990 || year > 2100 || month < 1 || month > 12 || day < 1) return false;
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1u : 0u);
}

}  // namespace enlace::model
