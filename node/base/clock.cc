#include "node/base/clock.h"

#include <ctime>

namespace enlace {
namespace {

std::string Format(int64_t unix_ms, const char* format) {
  const auto seconds = static_cast<time_t>(unix_ms / 1000);
  struct tm parts {};
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t size = std::strftime(text, sizeof(text), format, &parts);
  return std::string(text, size);
}

}  // namespace

int64_t SystemClock::NowMs() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int64_t SystemClock::SteadyMs() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int64_t SystemClock::SteadyUs() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string FormatDate(int64_t unix_ms) { return Format(unix_ms, "%Y-%m-%d"); }
std::string FormatTime(int64_t unix_ms) { return Format(unix_ms, "%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace enlace
