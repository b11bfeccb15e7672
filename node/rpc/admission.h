#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "node/authz/policy.h"
#include "node/base/error.h"
#include "node/base/mutex.h"
#include "node/metrics/metrics.h"
#include "node/rpc/workers.h"

// How many calls may be in the house at once, being read, waiting or working: per class, so that
// clients cannot keep peers or the operator out, and per caller, so that one cannot keep
// the others out. A call is let in before its request is read. Who is let in also finds a place at
// the workers (workers.h), which have queues and threads for each class. Thread-safe.
namespace enlace::rpc {

CallClass ClassOf(const authz::Caller& caller);

struct AdmissionLimits {
  int client_calls_max = 64;
  int peer_calls_max = 64;
  int admin_calls_max = 16;
  int calls_per_caller_max = 16;
  int64_t retry_delay_ms = 250;  // What a refused caller is told to wait.

  // Those of a node with so many workers and, for each class, waiting places: a class has as
  // many calls as its workers and places can hold, one caller a quarter of them.
  static AdmissionLimits Of(int workers, int waiting_calls_max);
};

class Admission {
 public:
  Admission(AdmissionLimits limits, metrics::Metrics& metrics)
      : limits_(limits), metrics_(metrics) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // One admitted call; leaves when destroyed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept { *this = std::move(other); }
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { Leave(); }

   private:
    friend class Admission;
    Ticket(Admission* admission, CallClass call_class, std::string caller)
        : admission_(admission), class_(call_class), caller_(std::move(caller)) {}
    void Leave();
    Admission* admission_ = nullptr;
    CallClass class_ = CallClass::kClient;
    std::string caller_;
  };

  // NODE_OVERLOADED (with retry_delay_ms) at a limit, NODE_DRAINING after Drain() unless the
  // call is for learning just that.
  StatusOr<Ticket> Enter(const authz::Caller& caller, bool while_draining = false);
  // The refusal for a caller that finds no place further on; counted as the others.
  Status Overloaded(const authz::Caller& caller);

  // From now on every call is refused; those inside go on.
  void Drain();
  bool draining() const;
  // True when nobody is inside any more; false when `timeout_ms` passed first.
  bool WaitUntilEmpty(int64_t timeout_ms);
  int InFlight() const;

 private:
  int LimitOf(CallClass call_class) const;

  const AdmissionLimits limits_;
  metrics::Metrics& metrics_;
  mutable Mutex mutex_;
  CondVar empty_;
  bool draining_ ENLACE_GUARDED_BY(mutex_) = false;
  std::array<int, metrics::kCallClasses> inside_ ENLACE_GUARDED_BY(mutex_) = {};
  std::map<std::string, int, std::less<>> by_caller_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::rpc
