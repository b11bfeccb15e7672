#pragma once

#include <cstdint>
#include <thread>

#include "node/base/mutex.h"

// Tells those who wait for a request that it did not come in time.
//
// One thread looks at one list in which all wait equally long, so that a call costs two links.
// An alarm of gRPC for each call costs a timer, an allocation and a turn of another thread, also
// where the request is there at once, as it nearly always is.
namespace enlace::rpc {

class ReadTimeouts {
 public:
  // One who waits.
  class Waiter {
   public:
    // On the thread of the timeouts, once for each Add that was not removed, in time or up to a
    // quarter of the timeout later. The waiter must live until this returns.
    virtual void OnTimeout() = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class ReadTimeouts;
    // Guarded by the mutex of the timeouts.
    Waiter* before_ = nullptr;
    Waiter* after_ = nullptr;
    int64_t due_steady_ms_ = 0;
    bool waits_ = false;
  };

  explicit ReadTimeouts(int64_t timeout_ms);
  // REQUIRES: nobody waits.
  ~ReadTimeouts();
  ReadTimeouts(const ReadTimeouts&) = delete;
  ReadTimeouts& operator=(const ReadTimeouts&) = delete;

  int64_t timeout_ms() const { return timeout_ms_; }
  // REQUIRES: `waiter` does not wait.
  void Add(Waiter& waiter);
  // False when OnTimeout has begun or will; otherwise it will not. Does not wait for it.
  bool Remove(Waiter& waiter);

 private:
  void Run();
  // The oldest whose time is over, taken off; null when there is none.
  Waiter* TakeLate(int64_t now_steady_ms) ENLACE_REQUIRES(mutex_);
  void Unlink(Waiter& waiter) ENLACE_REQUIRES(mutex_);

  const int64_t timeout_ms_;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  Waiter* oldest_ ENLACE_GUARDED_BY(mutex_) = nullptr;
  Waiter* newest_ ENLACE_GUARDED_BY(mutex_) = nullptr;
  std::jthread thread_;  // Last: starts when all else is there.
};

}  // namespace enlace::rpc
