#include "node/service/year_check.h"

#include <chrono>

#include <fmt/format.h>

namespace enlace::service {

uint32_t YearOf(int64_t now_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::milliseconds(now_ms)};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(now));
  return static_cast<uint32_t>(static_cast<int>(day.year()));
}

Status CheckYearHasBegun(uint32_t year, int64_t now_ms, std::string_view field, Reason reason) {
  const uint32_t now = YearOf(now_ms);
  if (year <= now) return absl::OkStatus();
  return InvalidFields({{std::string(field),
                         fmt::format("expected a year that has begun: {} at most, by the clock of "
                                     "this node",
                                     now),
                         reason}});
}

}  // namespace enlace::service
