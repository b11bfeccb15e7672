#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <thread>

#include "node/base/error.h"
#include "node/base/mutex.h"

// A node whose listener is dead looks healthy to whoever asks whether the process lives. So it
// calls itself by the same way as others do, and ends when nobody answers: a supervisor that
// starts it again is the cure, and what was acknowledged is on disk.
namespace enlace::app {

struct WatchdogOptions {
  int64_t interval_ms = 10'000;
  // An exit code that supervisors take for a failure. Nothing is closed: what hangs would hang
  // the end too.
  std::function<void()> fail = [] { std::_Exit(EXIT_FAILURE); };
};

// Asks every interval, and fails after kMissesMax without an answer in a row, once; at the
// latest kMissesMax * (interval + the time of a call) after the listener died. Ends with the
// object.
class Watchdog {
 public:
  static constexpr int kMissesMax = 3;

  Watchdog(WatchdogOptions options, std::function<Status()> ask);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // It asks no more and does not fail any more; a call under way goes on.
  void AskToStop();

 private:
  void Run(const std::stop_token& stop);

  const WatchdogOptions options_;
  const std::function<Status()> ask_;
  Mutex mutex_;
  CondVar wake_;
  std::jthread thread_;  // Last.
};

}  // namespace enlace::app
