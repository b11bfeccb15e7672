#include "node/peer/puller.h"

#include <algorithm>
#include <exception>
#include <thread>

#include "node/base/check.h"
#include "node/base/log.h"
#include "node/crypto/hash.h"
#include "node/peer/backoff.h"

namespace enlace::peer {
namespace {

// A sleeping worker looks at the clock this often.
constexpr int64_t kTickMs = 200;
constexpr int kFailuresMax = 32;

}  // namespace

// One peer's thread and what is known of that peer.
class Puller::Worker {
 public:
  Worker(store::Store& store, const Clock& clock, metrics::Metrics* metrics,
         const PullerOptions& options, Peer peer)
      : store_(store),
        clock_(clock),
        metrics_(metrics),
        options_(options),
        caller_(std::move(peer.caller)),
        identity_{options.network, options.own_jurisdiction, peer.jurisdiction, peer.channel_key,
                  options.own_channel_key} {
    status_.jurisdiction = peer.jurisdiction;
    status_.endpoint = peer.endpoint;
  }

  void Start() {
    thread_ = std::thread([this] { Loop(); });
  }
  void AskToStop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      changed_.NotifyAll();
    }
    caller_->Cancel();
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

  // The number of the visit that will have begun after this call.
  uint64_t RequestVisit() {
    MutexLock lock(mutex_);
    requested_ = std::max(requested_, begun_ + 1);
    changed_.NotifyAll();
    return begun_ + 1;
  }
  void WaitForVisit(uint64_t number) {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this, number]()
                              ENLACE_NO_ANALYSIS { return status_.visits >= number || stopping_; });
  }

  PeerStatus status() const {
    MutexLock lock(mutex_);
    return status_;
  }

 private:
  void Loop() {
    while (WaitUntilDue()) {
      VisitResult result = VisitOnce();
      if (options_.on_held && result.held.has_value()) {
        options_.on_held(identity_.jurisdiction, *result.held);
      }
      Finish(std::move(result));
    }
  }

  // What is thrown on the way (no memory left) fails this visit and not the node.
  VisitResult VisitOnce() {
    try {
      Visit visit(store_, clock_, identity_, options_.limits, *caller_);
      return visit.Run([this] { return IsStopping(); });
    } catch (const std::exception&) {
      VisitResult failed;
      failed.status = Error(Reason::INTERNAL, "the visit ended with an exception");
      return failed;
    }
  }

  bool IsStopping() const {
    MutexLock lock(mutex_);
    return stopping_;
  }

  // False when stopping. A visit has begun otherwise.
  bool WaitUntilDue() {
    MutexLock lock(mutex_);
    const auto due = [this]() ENLACE_NO_ANALYSIS {
      return stopping_ || requested_ > begun_ || clock_.SteadyMs() >= due_steady_ms_;
    };
    while (!due()) {
      const int64_t left = std::max<int64_t>(due_steady_ms_ - clock_.SteadyMs(), 1);
      changed_.WaitFor(mutex_, std::min(left, kTickMs), due);
      ShowAge();
    }
    if (stopping_) return false;
    ++begun_;
    return true;
  }

  void Finish(VisitResult result) {
    const bool reached = result.status.ok();
    if (options_.visited) options_.visited(identity_.jurisdiction, reached);
    MutexLock lock(mutex_);
    ++status_.visits;
    if ((reached != status_.reachable || status_.visits == 1) && !stopping_) {
      LogChange(result.status);
    }
    status_.reachable = reached;
    status_.trouble = reached ? "" : std::string(ReasonName(ReasonOf(result.status)));
    if (reached) status_.last_success_time_ms = clock_.NowMs();
    LogTroubles(result.channels);
    if (reached || !result.channels.empty()) status_.channels = std::move(result.channels);
    failures_ = reached ? 0 : std::min(failures_ + 1, kFailuresMax);
    due_steady_ms_ =
        clock_.SteadyMs() + (result.more ? 0
                                         : NextDelayMs(failures_, options_.interval_ms,
                                                       options_.backoff_max_ms, options_.random()));
    status_.next_visit_steady_ms = due_steady_ms_;
    ShowLag();
    ShowAge();
    changed_.NotifyAll();
  }

  void LogChange(const Status& status) const {
    if (status.ok()) {
      LogInfo("peer_reached", {{"peer", identity_.jurisdiction}});
    } else {
      LogWarning("peer_not_reached", {{"peer", identity_.jurisdiction},
                                      {"reason", std::string(ReasonName(ReasonOf(status)))},
                                      {"message", MessageOf(status)}});
    }
  }

  // Once when a channel's trouble begins or changes, not at every visit.
  void LogTroubles(const ChannelStates& now) const ENLACE_REQUIRES(mutex_) {
    for (const auto& [origin, state] : now) {
      const auto before = status_.channels.find(origin);
      const std::string known = before == status_.channels.end() ? "" : before->second.trouble;
      if (state.trouble == known) continue;
      if (state.trouble.empty()) {
        LogInfo("mirror_recovered", {{"peer", identity_.jurisdiction}, {"origin", origin}});
      } else {
        LogWarning("mirror_trouble", {{"peer", identity_.jurisdiction},
                                      {"origin", origin},
                                      {"reason", state.trouble},
                                      {"message", state.message}});
      }
    }
  }

  void ShowLag() const ENLACE_REQUIRES(mutex_) {
    if (metrics_ == nullptr) return;
    uint64_t lag = 0;
    for (const auto& [origin, state] : status_.channels) {
      lag += state.offered - std::min(state.offered, state.held);
    }
    metrics_->SetMirrorLag(identity_.jurisdiction, lag);
  }

  void ShowAge() const ENLACE_REQUIRES(mutex_) {
    if (metrics_ == nullptr || status_.last_success_time_ms == 0) return;
    metrics_->SetMirrorAge(identity_.jurisdiction,
                           (clock_.NowMs() - status_.last_success_time_ms) / 1000);
  }

  store::Store& store_;
  const Clock& clock_;
  metrics::Metrics* const metrics_;
  const PullerOptions& options_;
  const std::unique_ptr<PeerCaller> caller_;  // Called by the thread only.
  const PeerIdentity identity_;
  std::thread thread_;

  mutable Mutex mutex_;
  CondVar changed_;
  PeerStatus status_ ENLACE_GUARDED_BY(mutex_);
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  uint64_t begun_ ENLACE_GUARDED_BY(mutex_) = 0;
  uint64_t requested_ ENLACE_GUARDED_BY(mutex_) = 0;
  int failures_ ENLACE_GUARDED_BY(mutex_) = 0;
  int64_t due_steady_ms_ ENLACE_GUARDED_BY(mutex_) = 0;
};

Puller::Puller(store::Store& store, const Clock& clock, metrics::Metrics* metrics,
               PullerOptions options, std::vector<Peer> peers)
    : options_(std::move(options)) {
  ENLACE_CHECK(peers.size() <= kPeersMax);
  if (!options_.random) options_.random = [] { return ReadU32(crypto::RandomBytes(4)); };
  std::sort(peers.begin(), peers.end(),
            [](const Peer& a, const Peer& b) { return a.jurisdiction < b.jurisdiction; });
  for (Peer& peer : peers) {
    workers_.push_back(std::make_unique<Worker>(store, clock, metrics, options_, std::move(peer)));
  }
}

Puller::~Puller() { Stop(); }

void Puller::Start() {
  for (const auto& worker : workers_) worker->Start();
}

void Puller::AskToStop() {
  for (const auto& worker : workers_) worker->AskToStop();
}

void Puller::Stop() {
  AskToStop();
  for (const auto& worker : workers_) worker->Join();
}

void Puller::PullNow() {
  std::vector<uint64_t> numbers;
  for (const auto& worker : workers_) numbers.push_back(worker->RequestVisit());
  for (size_t i = 0; i < workers_.size(); ++i) workers_[i]->WaitForVisit(numbers[i]);
}

std::vector<PeerStatus> Puller::Statuses() const {
  std::vector<PeerStatus> statuses;
  for (const auto& worker : workers_) statuses.push_back(worker->status());
  return statuses;
}

std::string Puller::TroubleOf(const std::string& origin) const {
  for (const auto& worker : workers_) {
    const PeerStatus status = worker->status();
    const auto channel = status.channels.find(origin);
    if (channel != status.channels.end()) {
      if (!channel->second.trouble.empty()) return channel->second.trouble;
      return status.trouble;
    }
  }
  return "";
}

}  // namespace enlace::peer
