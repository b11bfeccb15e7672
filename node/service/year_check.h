#pragma once

#include <cstdint>
#include <string_view>

#include "node/base/error.h"

// Years of what is counted, against the clock. Pure.
namespace enlace::service {

// The calendar year of `now_ms` in UTC.
uint32_t YearOf(int64_t now_ms);

// A violation of `field` with `reason` when `year` has not begun at `now_ms`: nobody was
// registered or counted in it, so it is a slip of the hand, and would stand in every table.
Status CheckYearHasBegun(uint32_t year, int64_t now_ms, std::string_view field, Reason reason);

}  // namespace enlace::service
