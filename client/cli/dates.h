#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "node/base/error.h"

// Points in time and years as people type them.
namespace enlace::cli {

// "2026-01-31" (the end of that day in UTC), "2026-01-31T12:34:56Z", or milliseconds since
// 1970. REQUEST_INVALID.
StatusOr<int64_t> ParseMoment(std::string_view text);

// "2019" or "2018-2020"; an open end is 0: "2018-", "-2020". REQUEST_INVALID.
StatusOr<std::pair<uint32_t, uint32_t>> ParseYears(std::string_view text);

}  // namespace enlace::cli
