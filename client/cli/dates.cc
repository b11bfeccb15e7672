#include "client/cli/dates.h"

#include <chrono>
#include <string>

namespace enlace::cli {
namespace {

constexpr int64_t kDayMs = 86'400'000;

// Digits of a fixed number as a value; nothing for anything else.
std::optional<uint32_t> Digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(text[i] - '0');
  }
  return value;
}

// Milliseconds of the day's beginning, for "YYYY-MM-DD" at the front of `text`.
std::optional<int64_t> Day(std::string_view text) {
  const auto year = Digits(text, 0, 4);
  const auto month = Digits(text, 5, 2);
  const auto day = Digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDayMs;
}

std::optional<int64_t> TimeOfDay(std::string_view text) {
  const auto hours = Digits(text, 1, 2);
  const auto minutes = Digits(text, 4, 2);
  const auto seconds = Digits(text, 7, 2);
  if (text.size() != 10 || text[0] != 'T' || text[3] != ':' || text[6] != ':' || text[9] != 'Z' ||
      !hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59) {
    return std::nullopt;
  }
  return (int64_t{*hours} * 3600 + *minutes * 60 + *seconds) * 1000;
}

}  // namespace

StatusOr<int64_t> ParseMoment(std::string_view text) {
  if (const auto day = Day(text)) {
    if (text.size() == 10) return *day + kDayMs - 1;
    if (const auto time = TimeOfDay(text.substr(10))) return *day + *time;
  } else if (!text.empty() && text.size() <= 15 &&
             text.find_first_not_of("0123456789") == std::string_view::npos) {
    return std::stoll(std::string(text));
  }
  return Error(Reason::REQUEST_INVALID,
               "expected a day (2026-01-31), a time (2026-01-31T12:34:56Z) or milliseconds "
               "since 1970");
}

StatusOr<std::pair<uint32_t, uint32_t>> ParseYears(std::string_view text) {
  const size_t dash = text.find('-');
  const auto year = [](std::string_view part) -> std::optional<uint32_t> {
    if (part.empty()) return 0;
    return part.size() == 4 ? Digits(part, 0, 4) : std::nullopt;
  };
  const auto from = year(text.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : year(text.substr(dash + 1));
  if (text.empty() || text == "-" || !from || !to || (*to != 0 && *to < *from)) {
    return Error(Reason::REQUEST_INVALID,
                 "expected a year (2019) or years (2018-2020, 2018-, -2020)");
  }
  return std::pair(*from, *to);
}

}  // namespace enlace::cli
