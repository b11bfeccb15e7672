#include "node/rpc/admission.h"

#include <algorithm>
#include <numeric>

#include "fmt/format.h"

namespace enlace::rpc {

CallClass ClassOf(const authz::Caller& caller) {
  if (caller.door == authz::Door::kAdmin) return CallClass::kAdmin;
  return caller.identity.id.kind == trust::SpiffeId::Kind::kNode ? CallClass::kPeer
                                                                 : CallClass::kClient;
}

AdmissionLimits AdmissionLimits::Of(int workers, int waiting_calls_max) {
  const auto places = [&](CallClass call_class) {
    return Workers::ClassMax(workers, call_class) + waiting_calls_max;
  };
  AdmissionLimits limits;
  limits.client_calls_max = places(CallClass::kClient);
  limits.peer_calls_max = places(CallClass::kPeer);
  limits.admin_calls_max = std::min(limits.admin_calls_max, places(CallClass::kAdmin));
  limits.calls_per_caller_max = std::max(1, places(CallClass::kClient) / 4);
  return limits;
}

Admission::Ticket& Admission::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  Leave();
  admission_ = std::exchange(other.admission_, nullptr);
  class_ = other.class_;
  caller_ = std::move(other.caller_);
  return *this;
}

void Admission::Ticket::Leave() {
  Admission* const admission = std::exchange(admission_, nullptr);
  if (admission == nullptr) return;
  const MutexLock lock(admission->mutex_);
  --admission->inside_[static_cast<size_t>(class_)];
  const auto count = admission->by_caller_.find(caller_);
  if (--count->second == 0) admission->by_caller_.erase(count);
  // Under the lock: once a waiter sees the house empty, the Admission may be destroyed.
  admission->empty_.NotifyAll();
}

int Admission::LimitOf(CallClass call_class) const {
  switch (call_class) {
    case CallClass::kClient:
      return limits_.client_calls_max;
    case CallClass::kPeer:
      return limits_.peer_calls_max;
    case CallClass::kAdmin:
      break;
  }
  return limits_.admin_calls_max;
}

StatusOr<Admission::Ticket> Admission::Enter(const authz::Caller& caller, bool while_draining) {
  const CallClass call_class = ClassOf(caller);
  std::string name = caller.Name();
  const MutexLock lock(mutex_);
  if (draining_ && !while_draining) {
    return Error(Reason::NODE_DRAINING, "the node is stopping and takes no new call; retry");
  }
  int& inside = inside_[static_cast<size_t>(call_class)];
  const auto count = by_caller_.find(name);
  const int own = count == by_caller_.end() ? 0 : count->second;
  if (inside >= LimitOf(call_class) || own >= limits_.calls_per_caller_max) {
    return Overloaded(caller);
  }
  ++inside;
  ++by_caller_[name];
  return Ticket(this, call_class, std::move(name));
}

Status Admission::Overloaded(const authz::Caller& caller) {
  metrics_.CountRefusal(ClassOf(caller));
  return Error(Reason::NODE_OVERLOADED,
               fmt::format("too many calls at once; retry after {} ms", limits_.retry_delay_ms),
               {{"retry_delay_ms", std::to_string(limits_.retry_delay_ms)}});
}

void Admission::Drain() {
  const MutexLock lock(mutex_);
  draining_ = true;
}

bool Admission::draining() const {
  const MutexLock lock(mutex_);
  return draining_;
}

bool Admission::WaitUntilEmpty(int64_t timeout_ms) {
  const MutexLock lock(mutex_);
  return empty_.WaitFor(mutex_, timeout_ms, [this] { return by_caller_.empty(); });
}

int Admission::InFlight() const {
  const MutexLock lock(mutex_);
  return std::accumulate(inside_.begin(), inside_.end(), 0);
}

}  // namespace enlace::rpc
