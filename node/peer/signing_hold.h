#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "node/base/clock.h"
#include "node/base/error.h"
#include "node/base/mutex.h"

// Keeps a node that has just started from signing until its peers were asked.
//
// A data directory that was put back to an older state together with its anchor looks sound to
// the node itself. Only peers can tell, since they keep what the node signed and show it at
// each visit (store/signing.h closes signing then). So after a start nothing is signed until
// every peer was visited once and one of them at least answered. A node whose peers are all
// away signs again after kSigningHoldMs: nothing that it would publish reaches anybody sooner.
// Thread-safe.
namespace enlace::peer {

inline constexpr int64_t kSigningHoldMs = 600'000;

class SigningHold {
 public:
  // Without `peers` nothing is held. `clock` must outlive it.
  SigningHold(const Clock& clock, std::set<std::string> peers);

  // OK from the moment on that signing may begin, for ever; until then SIGNING_WAITS.
  Status Check();
  // After a visit whose outcome was compared with the store.
  void Visited(const std::string& jurisdiction, bool reached);

 private:
  const Clock& clock_;
  const int64_t until_steady_ms_;
  Mutex mutex_;
  std::set<std::string> unvisited_ ENLACE_GUARDED_BY(mutex_);
  bool reached_ ENLACE_GUARDED_BY(mutex_) = false;
  bool open_ ENLACE_GUARDED_BY(mutex_) = false;
};

}  // namespace enlace::peer
