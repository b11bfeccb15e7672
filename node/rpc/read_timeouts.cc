#include "node/rpc/read_timeouts.h"

#include <algorithm>

#include "node/base/check.h"
#include "node/base/clock.h"

namespace enlace::rpc {
namespace {

constexpr int64_t kLookMsMax = 250;

int64_t NowMs() { return SystemClock().SteadyMs(); }

}  // namespace

ReadTimeouts::ReadTimeouts(int64_t timeout_ms)
    : timeout_ms_(timeout_ms), thread_([this] { Run(); }) {}

ReadTimeouts::~ReadTimeouts() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
  const MutexLock lock(mutex_);
  ENLACE_CHECK(oldest_ == nullptr);
}

void ReadTimeouts::Add(Waiter& waiter) {
  const int64_t due_ms = NowMs() + timeout_ms_;
  const MutexLock lock(mutex_);
  waiter.due_steady_ms_ = due_ms;
  waiter.waits_ = true;
  waiter.before_ = newest_;
  waiter.after_ = nullptr;
  (newest_ == nullptr ? oldest_ : newest_->after_) = &waiter;
  newest_ = &waiter;
}

bool ReadTimeouts::Remove(Waiter& waiter) {
  const MutexLock lock(mutex_);
  if (!waiter.waits_) return false;
  Unlink(waiter);
  return true;
}

void ReadTimeouts::Unlink(Waiter& waiter) {
  (waiter.before_ == nullptr ? oldest_ : waiter.before_->after_) = waiter.after_;
  (waiter.after_ == nullptr ? newest_ : waiter.after_->before_) = waiter.before_;
  waiter.waits_ = false;
}

ReadTimeouts::Waiter* ReadTimeouts::TakeLate(int64_t now_steady_ms) {
  Waiter* const waiter = oldest_;
  if (waiter == nullptr || waiter->due_steady_ms_ > now_steady_ms) return nullptr;
  Unlink(*waiter);
  return waiter;
}

void ReadTimeouts::Run() {
  const int64_t look_ms = std::clamp<int64_t>(timeout_ms_ / 4, 1, kLookMsMax);
  while (true) {
    Waiter* late = nullptr;
    {
      const MutexLock lock(mutex_);
      late = TakeLate(NowMs());
      // Nobody is told of a new waiter, whose time is longer than a look.
      if (late == nullptr &&
          stop_.WaitFor(mutex_, look_ms, [this]() ENLACE_NO_ANALYSIS { return stopping_; })) {
        return;
      }
    }
    if (late != nullptr) late->OnTimeout();
  }
}

}  // namespace enlace::rpc
