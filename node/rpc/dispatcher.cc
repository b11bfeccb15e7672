#include "node/rpc/dispatcher.h"

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "node/base/mutex.h"
#include "node/rpc/running_call.h"
#include "node/rpc/wire_scan.h"

namespace enlace::rpc {

StatusOr<Admission::Ticket> Dispatcher::Admit(const authz::Caller& caller,
                                              const HandlerTable::Entry* entry) const {
  return parts_.admission.Enter(caller, entry != nullptr && entry->limits.answers_while_draining);
}

bool Dispatcher::Permits(const authz::Caller& caller, std::string_view method) const {
  return parts_.policy.Decide(method, caller, parts_.own_jurisdiction).ok();
}

Reply Dispatcher::Dispatch(const Call& call) const {
  StatusOr<Admission::Ticket> ticket = Admit(call.caller, parts_.table.Find(call.method));
  if (!ticket.ok()) return Refuse(call.caller, ticket.status());
  Mutex mutex;
  CondVar answered;
  std::optional<Reply> reply;
  Run(*std::move(ticket), call, [&](Reply given) {
    const MutexLock lock(mutex);
    reply = std::move(given);
    answered.NotifyOne();  // Under the lock: the one who waits frees both when it wakes.
  });
  const MutexLock lock(mutex);
  answered.Wait(mutex, [&reply] { return reply.has_value(); });
  return *std::move(reply);
}

Reply Dispatcher::Refuse(const authz::Caller& caller, const Status& status) const {
  parts_.metrics.CountCall(ClassOf(caller), status.code(), 0);
  return {status, "", parts_.new_request_id()};
}

// Our own code throws nothing, but the standard library may (no memory), and a call must not
// end the node.
void Dispatcher::Run(Admission::Ticket ticket, const Call& call,
                     std::function<void(Reply)> answer) const {
  const auto running =
      std::make_shared<RunningCall>(parts_, std::move(ticket), call, std::move(answer));
  Status status;
  try {
    status = Steps(running);
  } catch (...) {
    status = Error(Reason::INTERNAL, "a call threw an exception");
  }
  if (!status.ok()) running->Respond(status);
}

Status Dispatcher::Steps(const std::shared_ptr<RunningCall>& running) const {
  const HandlerTable::Entry* const entry = parts_.table.Find(running->call().method);
  if (entry == nullptr) {
    return Error(Reason::METHOD_UNKNOWN, "the node has no such method; check the versions");
  }
  ENLACE_RETURN_IF_ERROR(Decide(*running));
  ENLACE_ASSIGN_OR_RETURN(const Message* const request, Read(*entry, *running));
  ENLACE_RETURN_IF_ERROR(running->CheckAlive());
  ENLACE_RETURN_IF_ERROR(Record(*entry, *request, running));
  entry->run(running->context(), *request,
             [running](StatusOr<std::string> response) { running->Respond(std::move(response)); });
  return Status();
}

Status Dispatcher::Decide(const RunningCall& running) const {
  const Call& call = running.call();
  const Status decision = parts_.policy.Decide(call.method, call.caller, parts_.own_jurisdiction);
  if (decision.ok()) return decision;
  const authz::MethodRow* row = parts_.policy.Find(call.method);
  if (row != nullptr && row->audit != authz::Audit::kNone) {
    ENLACE_RETURN_IF_ERROR(denials_.Add(call.caller, call.method, running.request_id()));
  }
  return decision;
}

StatusOr<const Message*> Dispatcher::Read(const HandlerTable::Entry& entry,
                                          RunningCall& running) const {
  const std::string_view bytes = running.call().request;
  if (bytes.size() > entry.limits.request_bytes_max) {
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("expected at most {} bytes in one request of this method, seen {}; "
                             "send several requests",
                             entry.limits.request_bytes_max, bytes.size()),
                 {{"bytes_max", std::to_string(entry.limits.request_bytes_max)},
                  {"bytes", std::to_string(bytes.size())}});
  }
  const bool raw = entry.raw_request != nullptr;
  const google::protobuf::Descriptor& type =
      raw ? *entry.raw_request : *entry.request_prototype->GetDescriptor();
  ENLACE_RETURN_IF_ERROR(ScanWire(bytes, type, entry.limits.elements_max));
  Message* const request = entry.request_prototype->New(&running.arena());
  if (raw) {
    static_cast<google::protobuf::BytesValue*>(request)->set_value(std::string(bytes));
    return request;
  }
  if (!request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::REQUEST_MALFORMED,
                 fmt::format("expected the bytes of {}", type.full_name()),
                 {{"type", type.full_name()}});
  }
  return request;
}

Status Dispatcher::Record(const HandlerTable::Entry& entry, const Message& request,
                          const std::shared_ptr<RunningCall>& running) const {
  const Call& call = running->call();
  if (parts_.policy.Find(call.method)->audit != authz::Audit::kCall) return Status();
  const AuditEvent event{call.caller.Name(), std::string(call.method), AuditResource(request),
                         "allow", running->request_id()};
  if (!entry.limits.brief) return parts_.audit.Record(event);
  running->AwaitRecord();
  BeginAudit(parts_.audit, event, [running](const Status& status) { running->Recorded(status); });
  return Status();
}

}  // namespace enlace::rpc
