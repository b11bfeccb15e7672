#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "node/base/mutex.h"

// A fixed number of threads behind a bounded queue. Handlers block on disk, and gRPC has only
// two threads for its callbacks, so no handler ever runs on one of those. Thread-safe.
namespace enlace::rpc {

class Workers {
 public:
  // REQUIRES: threads > 0.
  Workers(int threads, size_t queue_max);
  // Runs what is queued, then ends.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False, without effect, when queue_max jobs are waiting.
  [[nodiscard]] bool Post(std::function<void()> job);

 private:
  void Run();

  const size_t queue_max_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ ENLACE_GUARDED_BY(mutex_);
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // Last: started when all else is there.
};

}  // namespace enlace::rpc
