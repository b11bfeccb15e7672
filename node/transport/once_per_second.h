#pragma once

#include <atomic>
#include <cstdint>

#include "node/base/clock.h"

// For log lines that strangers can cause: true at most once a second. Thread-safe.
namespace enlace::transport {

class OncePerSecond {
 public:
  bool Now() {
    const int64_t now_ms = SystemClock().SteadyMs();
    int64_t last_ms = last_ms_.load();
    return now_ms - last_ms >= 1000 && last_ms_.compare_exchange_strong(last_ms, now_ms);
  }

 private:
  std::atomic<int64_t> last_ms_ = -1000;
};

}  // namespace enlace::transport
