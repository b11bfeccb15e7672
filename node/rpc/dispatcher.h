#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "node/authz/policy.h"
#include "node/base/clock.h"
#include "node/metrics/metrics.h"
#include "node/rpc/admission.h"
#include "node/rpc/audit_sink.h"
#include "node/rpc/denials.h"
#include "node/rpc/handler.h"

// The one place that every call passes, whatever door it came in by. In this order:
// admission, method, policy (before a byte of the request is looked at), byte limit, scan
// of the raw bytes, parsing, deadline, audit, handler. Thread-safe.
namespace enlace::rpc {

struct Call {
  const authz::Caller& caller;
  std::string_view method;
  std::string_view request;    // Raw bytes.
  int64_t deadline_steady_ms;  // Run() cuts it to kCallMsMax (kAdminCallMsMax) from now.
  std::function<bool()> cancelled = [] { return false; };
};

struct Reply {
  Status status;
  std::string response;    // Serialised; empty unless status is OK.
  std::string request_id;  // Made here, one for each call.
};

class Dispatcher {
 public:
  // Later no handler is told to go on, whatever its caller allows.
  static constexpr int64_t kCallMsMax = 120'000;
  // The operator's own: a backup or a verification of everything takes its time.
  static constexpr int64_t kAdminCallMsMax = int64_t{24} * 3'600'000;

  struct Parts {
    const HandlerTable& table;
    const authz::Policy& policy;
    Admission& admission;
    AuditSink& audit;
    metrics::Metrics& metrics;
    const Clock& clock;
    std::string own_jurisdiction;
    std::function<std::string()> new_request_id;  // crypto::RandomUuid; thread-safe.
  };
  explicit Dispatcher(Parts parts)
      : parts_(std::move(parts)), denials_(parts_.audit, parts_.clock) {}

  // Admission alone, for a front end that reads and queues before it works. NODE_OVERLOADED,
  // NODE_DRAINING.
  StatusOr<Admission::Ticket> Admit(const authz::Caller& caller, std::string_view method) const;
  // Whether the request is worth reading: the method exists and the policy allows it. If not,
  // Run() says why and records it, whatever the request is.
  bool Permits(const authz::Caller& caller, std::string_view method) const;
  // The rest, on the calling thread. `ticket` is given back when the reply is made. Never
  // throws, whatever a handler, a parser or the audit does.
  Reply Run(Admission::Ticket ticket, const Call& call) const;
  // Both. Never throws.
  Reply Dispatch(const Call& call) const;

  // Records the refusals that were only counted so far: those of a minute, or all. To be called
  // every few seconds, and with `all` before the store closes.
  Status RecordDenials(bool all) const { return denials_.Flush(all); }

  // A reply for a call that was refused before it ran.
  Reply Refuse(const authz::Caller& caller, const Status& status) const;

  std::string NewRequestId() const { return parts_.new_request_id(); }
  const HandlerTable& table() const { return parts_.table; }
  const authz::Policy& policy() const { return parts_.policy; }
  Admission& admission() const { return parts_.admission; }
  metrics::Metrics& metrics() const { return parts_.metrics; }
  const Clock& clock() const { return parts_.clock; }

 private:
  StatusOr<std::string> Guarded(const Call& call, const std::string& request_id) const;
  StatusOr<std::string> Steps(const Call& call, const std::string& request_id) const;
  Status Decide(const Call& call, const std::string& request_id) const;
  StatusOr<std::unique_ptr<Message>> Read(const HandlerTable::Entry& entry, const Call& call) const;
  Status CheckAlive(const Call& call) const;
  StatusOr<std::string> Handle(const HandlerTable::Entry& entry, const Call& call,
                               const std::string& request_id, const Message& request) const;

  const Parts parts_;
  mutable Denials denials_;
};

}  // namespace enlace::rpc
