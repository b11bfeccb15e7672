#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/base/clock.h"
#include "node/base/mutex.h"
#include "node/metrics/metrics.h"
#include "node/peer/peer_caller.h"
#include "node/peer/visit.h"
#include "node/store/store.h"

// Keeps the mirrors of all configured peers up to date. Each peer has a worker of its own,
// so that a slow or hostile one delays nobody else; nothing is shared between workers but
// the store. Thread-safe.
namespace enlace::peer {

struct Peer {
  std::string jurisdiction;
  std::string endpoint;  // For the operator's eyes.
  crypto::PublicKey channel_key{};
  std::unique_ptr<PeerCaller> caller;
};

struct PullerOptions {
  std::string network;
  std::string own_jurisdiction;
  crypto::PublicKey own_channel_key{};
  int64_t interval_ms = 5000;
  int64_t backoff_max_ms = 300'000;
  VisitLimits limits;
  std::function<uint32_t()> random;  // For spreading visits; thread-safe.
  // Told what a peer that was reached holds of this node's own channels; thread-safe, may be empty.
  std::function<void(const std::string& peer, const HeldMirrors& held)> on_held;
  // Told after each visit, before anybody else learns of it; may be null, thread-safe.
  std::function<void(const std::string& jurisdiction, bool reached)> visited;
};

struct PeerStatus {
  std::string jurisdiction;
  std::string endpoint;
  bool reachable = false;            // The last visit could talk to it.
  int64_t last_success_time_ms = 0;  // Of a visit that could; 0 for never.
  std::string trouble;               // Reason of the last failure; empty when reachable.
  uint64_t visits = 0;
  int64_t next_visit_steady_ms = 0;  // When the next one is due, of Clock::SteadyMs.
  ChannelStates channels;            // As of the last visit that reached it.
};

class Puller {
 public:
  // `metrics` may be null. REQUIRES: at most kPeersMax peers, each jurisdiction once.
  static constexpr size_t kPeersMax = 100;
  Puller(store::Store& store, const Clock& clock, metrics::Metrics* metrics, PullerOptions options,
         std::vector<Peer> peers);
  ~Puller();  // As Stop().
  Puller(const Puller&) = delete;
  Puller& operator=(const Puller&) = delete;

  // Begins to visit; the first visits are made at once. Once.
  void Start();
  // Ends calls under way and lets no visit begin any more; does not wait.
  void AskToStop();
  // Also joins all workers. Idempotent.
  void Stop();

  // Visits every peer now and returns when each has been visited since the call began, or
  // when stopped. REQUIRES: Start() was called.
  void PullNow();

  // Ordered by jurisdiction.
  std::vector<PeerStatus> Statuses() const;
  // Why the mirror of this channel does not advance: a reason, or empty.
  std::string TroubleOf(const std::string& origin) const;

 private:
  class Worker;
  PullerOptions options_;  // Constant after construction.
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace enlace::peer
