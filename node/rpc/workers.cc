#include "node/rpc/workers.h"

#include <algorithm>
#include <utility>

#include "node/base/check.h"

namespace enlace::rpc {

Workers::Workers(int threads, size_t waiting_max_per_class)
    : thread_count_(threads), waiting_max_(waiting_max_per_class) {
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

int Workers::ClassMax(int threads, CallClass call_class) {
  if (call_class == CallClass::kAdmin) return threads;
  return threads - std::min(kReservedMax, threads / 2);
}

int Workers::CallerMax(int threads, CallClass call_class) {
  if (call_class == CallClass::kAdmin) return threads;
  return std::max(1, std::min(threads / 2, ClassMax(threads, call_class) - 1));
}

bool Workers::Post(CallClass call_class, std::string caller, std::function<void()> job) {
  {
    const MutexLock lock(mutex_);
    std::deque<Job>& queue = waiting_[static_cast<size_t>(call_class)];
    if (queue.size() >= waiting_max_) return false;
    queue.push_back({call_class, std::move(caller), std::move(job)});
  }
  changed_.NotifyOne();
  return true;
}

void Workers::Run() {
  while (true) {
    std::optional<Job> job;
    {
      const MutexLock lock(mutex_);
      changed_.Wait(mutex_, [&]() ENLACE_NO_ANALYSIS {
        job = Take();
        return job.has_value() || Ended();
      });
      if (!job.has_value()) return;
    }
    job->run();
    job->run = nullptr;  // What it holds is let go before its place is.
    const MutexLock lock(mutex_);
    GiveBack(*job);
    // The places that are free now let at most one waiting job run, and this thread looks for it
    // next: to wake all others for each call cost more than the calls.
    if (Ended()) changed_.NotifyAll();
  }
}

bool Workers::Ended() const {
  return stopping_ && std::all_of(waiting_.begin(), waiting_.end(),
                                  [](const std::deque<Job>& queue) { return queue.empty(); });
}

std::optional<Workers::Job> Workers::Take() {
  for (size_t turn = 0; turn < waiting_.size(); ++turn) {
    const size_t index = (next_class_ + turn) % waiting_.size();
    std::optional<Job> job = TakeOf(index);
    if (!job.has_value()) continue;
    next_class_ = index + 1;
    return job;
  }
  return std::nullopt;
}

std::optional<Workers::Job> Workers::TakeOf(size_t index) {
  const auto call_class = static_cast<CallClass>(index);
  if (running_[index] >= ClassMax(thread_count_, call_class)) return std::nullopt;
  std::deque<Job>& queue = waiting_[index];
  const auto may_run = [&](const Job& job) {
    const auto running = running_by_caller_.find(job.caller);
    return running == running_by_caller_.end() ||
           running->second < CallerMax(thread_count_, call_class);
  };
  const auto found = std::find_if(queue.begin(), queue.end(), may_run);
  if (found == queue.end()) return std::nullopt;
  Job job = std::move(*found);
  queue.erase(found);
  ++running_[index];
  ++running_by_caller_[job.caller];
  return job;
}

void Workers::GiveBack(const Job& job) {
  --running_[static_cast<size_t>(job.call_class)];
  const auto running = running_by_caller_.find(job.caller);
  if (--running->second == 0) running_by_caller_.erase(running);
}

}  // namespace enlace::rpc
