#include "node/app/watchdog.h"

#include <utility>

#include "node/base/log.h"

namespace enlace::app {

Watchdog::Watchdog(WatchdogOptions options, std::function<Status()> ask)
    : options_(std::move(options)), ask_(std::move(ask)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Watchdog::~Watchdog() { AskToStop(); }

void Watchdog::AskToStop() {
  const MutexLock lock(mutex_);  // So that nobody begins to wait who was not told.
  thread_.request_stop();
  wake_.NotifyAll();
}

void Watchdog::Run(const std::stop_token& stop) {
  int misses = 0;
  while (true) {
    {
      const MutexLock lock(mutex_);
      wake_.WaitFor(mutex_, options_.interval_ms, [&] { return stop.stop_requested(); });
    }
    if (stop.stop_requested()) return;
    const Status status = ask_();
    if (stop.stop_requested()) return;
    if (status.ok()) {
      misses = 0;
      continue;
    }
    ++misses;
    LogWarning("watchdog_miss", {{"misses", std::to_string(misses)},
                                 {"reason", std::string(ReasonName(ReasonOf(status)))}});
    if (misses < kMissesMax) continue;
    LogError("watchdog_failed",
             {{"text", "the own listener gives no answer; the process ends to be started again"}});
    options_.fail();
    return;
  }
}

}  // namespace enlace::app
