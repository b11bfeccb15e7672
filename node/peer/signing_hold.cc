#include "node/peer/signing_hold.h"

#include <utility>

#include <fmt/format.h>

#include "node/base/log.h"

namespace enlace::peer {

SigningHold::SigningHold(const Clock& clock, std::set<std::string> peers)
    : clock_(clock),
      until_steady_ms_(clock.SteadyMs() + kSigningHoldMs),
      unvisited_(std::move(peers)),
      open_(unvisited_.empty()) {}

Status SigningHold::Check() {
  MutexLock lock(mutex_);
#ifdef ENLACE_BREAK_NO_SIGNING_HOLD
  open_ = true;
#endif
  if (open_) return absl::OkStatus();
  const int64_t left_ms = until_steady_ms_ - clock_.SteadyMs();
  if (left_ms <= 0) {
    open_ = true;
    LogWarning("signing_unconfirmed", {{"unvisited", std::to_string(unvisited_.size())}});
    return absl::OkStatus();
  }
  return Error(Reason::SIGNING_WAITS,
               fmt::format("this node has just started and signs nothing until it has asked its "
                           "peers what they hold of its channels, or none answered for {} more "
                           "seconds; retry then",
                           (left_ms + 999) / 1000));
}

void SigningHold::Visited(const std::string& jurisdiction, bool reached) {
  MutexLock lock(mutex_);
  unvisited_.erase(jurisdiction);
  reached_ = reached_ || reached;
  if (unvisited_.empty() && reached_) open_ = true;
}

}  // namespace enlace::peer
