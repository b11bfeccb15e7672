#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "node/app/preflight.h"
#include "node/base/clock.h"
#include "node/base/error.h"

// One running node, and the only place that knows all of its parts. `enlaced serve` runs
// one; tests run several in one process on port 0.
namespace enlace::app {

class Node {
 public:
  // Opens the store (repairing what may be repaired, which is logged), checks that the
  // directory is the one of this configuration and this certificate, wires the handlers,
  // and takes calls when it returns. `clock` must outlive it. Errors of opening the store;
  // STORE_FORMAT for a foreign directory; KEY_INVALID; CONFIG_INVALID when the configured
  // secretariat key is not the pinned one; LISTEN_FAILED.
  static StatusOr<std::unique_ptr<Node>> Start(Inputs inputs, Clock& clock);

  // As Stop().
  virtual ~Node() = default;

  // "127.0.0.1:7443" with the real port.
  virtual std::string listen_address() const = 0;

  // OK while calls are taken and the disk takes writes.
  virtual Status Readiness() const = 0;

  // Visits every peer now instead of at the next interval, and returns when done.
  virtual void PullNow() = 0;

  // Ends in order: health says no, calls in flight get `drain_ms`, peers, listeners, store.
  // Idempotent. False when calls had to be cut off.
  virtual bool Stop(int64_t drain_ms) = 0;
};

}  // namespace enlace::app
