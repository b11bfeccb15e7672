#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

// std::mutex with clang's thread-safety annotations, so that a build with clang checks
// the lock order named in the headers. (absl::Mutex of this platform confuses TSan.)
#if defined(__clang__)
#define ENLACE_ANNOTATE(x) __attribute__((x))
#else
#define ENLACE_ANNOTATE(x)
#endif
#define ENLACE_GUARDED_BY(x) ENLACE_ANNOTATE(guarded_by(x))
#define ENLACE_REQUIRES(x) ENLACE_ANNOTATE(requires_capability(x))
#define ENLACE_NO_ANALYSIS ENLACE_ANNOTATE(no_thread_safety_analysis)

namespace enlace {

class ENLACE_ANNOTATE(capability("mutex")) Mutex {
 public:
  void Lock() ENLACE_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void Unlock() ENLACE_ANNOTATE(release_capability()) { mutex_.unlock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class ENLACE_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ENLACE_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ENLACE_ANNOTATE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on a Mutex that the caller holds.
class CondVar {
 public:
  template <typename Predicate>
  void Wait(Mutex& mutex, Predicate predicate) ENLACE_NO_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.native(), std::adopt_lock);
    condition_.wait(lock, predicate);
    lock.release();
  }
  // False when `timeout_ms` passed first.
  template <typename Predicate>
  bool WaitFor(Mutex& mutex, int64_t timeout_ms, Predicate predicate) {
    return WaitForUs(mutex, timeout_ms * 1000, predicate);
  }
  template <typename Predicate>
  bool WaitForUs(Mutex& mutex, int64_t timeout_us, Predicate predicate) ENLACE_NO_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.native(), std::adopt_lock);
    const bool met = condition_.wait_for(lock, std::chrono::microseconds(timeout_us), predicate);
    lock.release();
    return met;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace enlace
