#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

// The only way to read time. Product code takes a Clock&, tests inject a ManualClock.
namespace enlace {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, milliseconds since 1970-01-01T00:00:00Z. May jump in either direction:
  // it only closes (expires, refuses), it never opens or orders.
  virtual int64_t NowMs() const = 0;
  // Milliseconds that never go back; for durations and deadlines inside one process.
  virtual int64_t SteadyMs() const = 0;
  // The same in microseconds, for measuring how long a call took.
  virtual int64_t SteadyUs() const { return SteadyMs() * 1000; }
};

// Thread-safe.
class SystemClock final : public Clock {
 public:
  int64_t NowMs() const override;
  int64_t SteadyMs() const override;
  int64_t SteadyUs() const override;
};

// Thread-safe. Starts at 2026-01-01T00:00:00Z and moves only when told to.
class ManualClock final : public Clock {
 public:
  int64_t NowMs() const override { return now_ms_; }
  int64_t SteadyMs() const override { return steady_ms_; }
  void AdvanceMs(int64_t ms) {
    now_ms_ += ms;
    steady_ms_ += ms;
  }
  void SetWallMs(int64_t ms) { now_ms_ = ms; }

 private:
  std::atomic<int64_t> now_ms_ = 1767225600000;
  std::atomic<int64_t> steady_ms_ = 1000;
};

// "2026-01-31" in UTC.
std::string FormatDate(int64_t unix_ms);
// "2026-01-31T12:34:56Z" in UTC.
std::string FormatTime(int64_t unix_ms);

}  // namespace enlace
