#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "node/base/mutex.h"
#include "node/metrics/metrics.h"

// A fixed number of threads behind one bounded queue for each class of callers. Handlers
// block on disk, and gRPC has only one thread or a few, so no handler but a brief one ever runs on
// those.
//
// No class holds every thread: up to two are left for each of the others, so that clients
// cannot keep peers and their health checks out, nor peers the clients. No client or peer
// holds more than half of the threads, nor all that its class may have; the operator, alone at a
// door of their own, may hold all. Thread-safe.
namespace enlace::rpc {

using metrics::CallClass;

class Workers {
 public:
  // Threads that a class leaves to the others, where there are enough.
  static constexpr int kReservedMax = 2;

  // REQUIRES: threads > 0. With one thread nothing can be reserved.
  Workers(int threads, size_t waiting_max_per_class);
  // Runs what is queued, then ends.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False, without effect, when so many jobs of this class are waiting. Jobs of one caller
  // begin in order.
  [[nodiscard]] bool Post(CallClass call_class, std::string caller, std::function<void()> job);

  // How many jobs of one class, and of one caller of it, run at once.
  static int ClassMax(int threads, CallClass call_class);
  static int CallerMax(int threads, CallClass call_class);

 private:
  struct Job {
    CallClass call_class = CallClass::kClient;
    std::string caller;
    std::function<void()> run;
  };

  void Run();
  bool Ended() const ENLACE_REQUIRES(mutex_);
  // The next job that may run now, taken out of its queue and counted as running.
  std::optional<Job> Take() ENLACE_REQUIRES(mutex_);
  std::optional<Job> TakeOf(size_t index) ENLACE_REQUIRES(mutex_);
  void GiveBack(const Job& job) ENLACE_REQUIRES(mutex_);

  const int thread_count_;
  const size_t waiting_max_;
  Mutex mutex_;
  CondVar changed_;
  std::array<std::deque<Job>, metrics::kCallClasses> waiting_ ENLACE_GUARDED_BY(mutex_);
  std::array<int, metrics::kCallClasses> running_ ENLACE_GUARDED_BY(mutex_) = {};
  std::map<std::string, int, std::less<>> running_by_caller_ ENLACE_GUARDED_BY(mutex_);
  size_t next_class_ ENLACE_GUARDED_BY(mutex_) = 0;  // Whose turn it is.
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // Last: started when all else is there.
};

}  // namespace enlace::rpc
