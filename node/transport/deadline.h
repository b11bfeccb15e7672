#pragma once

#include <chrono>
#include <cstdint>

#include "node/base/clock.h"

namespace enlace::transport {

// So long from now, as gRPC takes it: a point of the wall clock. The node itself counts what is
// left.
inline std::chrono::system_clock::time_point DeadlineIn(int64_t timeout_ms) {
  return std::chrono::system_clock::time_point(
      std::chrono::milliseconds(SystemClock().NowMs() + timeout_ms));
}

// For who will not wait at all: gRPC rounds a deadline that is now up to the next millisecond.
inline constexpr std::chrono::system_clock::time_point kNoWait;

}  // namespace enlace::transport
