#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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

class RunningCall;

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

  // Admission alone, for a front end that reads and queues before it works; `entry` is that of the
  // method, null when it has none. NODE_OVERLOADED, NODE_DRAINING.
  StatusOr<Admission::Ticket> Admit(const authz::Caller& caller,
                                    const HandlerTable::Entry* entry) const;
  // Whether the request is worth reading: the policy allows it. If not, Run() says why and records
  // it, whatever the request is.
  bool Permits(const authz::Caller& caller, std::string_view method) const;
  // The rest, on the calling thread as far as nothing is waited for. `answer` gets the reply once,
  // on any thread, maybe before this returns; `call.caller` must live until then, method and
  // request until this returns. `ticket` is given back before. Never throws, whatever a handler, a
  // parser or the audit does.
  void Run(Admission::Ticket ticket, const Call& call, std::function<void(Reply)> answer) const;
  // Both, and waits for the reply. Never throws.
  Reply Dispatch(const Call& call) const;

  // Records the refusals that were only counted so far: those of a minute, or all. To be called
  // every few seconds, and with `all` before the store closes.
  Status RecordDenials(bool all) const { return denials_.Flush(all); }

  // A reply for a call that was refused before it ran.
  Reply Refuse(const authz::Caller& caller, const Status& status) const;

  std::string NewRequestId() const { return parts_.new_request_id(); }
  const HandlerTable& table() const { return parts_.table; }
  const authz::Policy& policy() const { return parts_.policy; }
  AuditSink& audit() const { return parts_.audit; }
  Admission& admission() const { return parts_.admission; }
  metrics::Metrics& metrics() const { return parts_.metrics; }
  const Clock& clock() const { return parts_.clock; }

 private:
  // OK when something will respond; otherwise nothing has.
  Status Steps(const std::shared_ptr<RunningCall>& running) const;
  Status Decide(const RunningCall& running) const;
  // In the call's arena.
  StatusOr<const Message*> Read(const HandlerTable::Entry& entry, RunningCall& running) const;
  // Makes the record of a read, or begins to where the handler is brief.
  Status Record(const HandlerTable::Entry& entry, const Message& request,
                const std::shared_ptr<RunningCall>& running) const;

  const Parts parts_;
  mutable Denials denials_;
};

}  // namespace enlace::rpc
