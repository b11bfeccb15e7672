#pragma once

#include <algorithm>
#include <cstdint>

// How long to wait before the next visit. Pure.
namespace enlace::peer {

// After success: the interval, less up to a tenth, so that peers do not march in step.
// After `failures` in a row: doubled each time up to `cap_ms`, less up to a half, so that
// a node that comes back is not met by all at once. `random` is any 32 bits.
inline int64_t NextDelayMs(int failures, int64_t interval_ms, int64_t cap_ms, uint32_t random) {
  int64_t delay = interval_ms;
  for (int i = 0; i < failures && delay < cap_ms; ++i) delay *= 2;
  if (failures > 0) delay = std::min(delay, std::max(cap_ms, interval_ms));
  const int64_t spread = failures == 0 ? delay / 10 : delay / 2;
  return delay - static_cast<int64_t>(random % static_cast<uint64_t>(spread + 1));
}

}  // namespace enlace::peer
