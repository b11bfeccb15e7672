#include "node/rpc/workers.h"

#include "node/base/check.h"

namespace enlace::rpc {

Workers::Workers(int threads, size_t queue_max) : queue_max_(queue_max) {
  ENLACE_CHECK(threads > 0);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Workers::~Workers() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  threads_.clear();  // Joins.
}

bool Workers::Post(std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    if (queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(job));
  }
  changed_.NotifyOne();
  return true;
}

void Workers::Run() {
  while (true) {
    std::function<void()> job;
    {
      const MutexLock lock(mutex_);
      changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace enlace::rpc
