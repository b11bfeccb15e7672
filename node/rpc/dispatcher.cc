#include "node/rpc/dispatcher.h"

#include <algorithm>
#include <atomic>

#include "fmt/format.h"
#include "node/base/log.h"
#include "node/rpc/status_map.h"
#include "node/rpc/wire_scan.h"

namespace enlace::rpc {
namespace {

// The one trace of a fault of ours: the caller gets only the request id. The text is shown
// only when it was made by Error(), whose texts hold no value of a case.
void LogFault(const Status& status, std::string_view method, const std::string& request_id) {
  const bool ours = status.GetPayload("enlace/reason").has_value();
  LogError("call_failed", {{"request_id", request_id},
                           {"method", std::string(method)},
                           {"code", std::string(CodeName(status.code()))},
                           {"reason", std::string(ReasonName(ReasonOf(status)))},
                           {"text", ours ? MessageOf(status) : "status of foreign origin"}});
}

}  // namespace

StatusOr<Admission::Ticket> Dispatcher::Admit(const authz::Caller& caller,
                                              std::string_view method) const {
  const HandlerTable::Entry* entry = parts_.table.Find(method);
  return parts_.admission.Enter(caller, entry != nullptr && entry->limits.answers_while_draining);
}

bool Dispatcher::Permits(const authz::Caller& caller, std::string_view method) const {
  return parts_.table.Find(method) != nullptr &&
         parts_.policy.Decide(method, caller, parts_.own_jurisdiction).ok();
}

Reply Dispatcher::Dispatch(const Call& call) const {
  StatusOr<Admission::Ticket> ticket = Admit(call.caller, call.method);
  if (!ticket.ok()) return Refuse(call.caller, ticket.status());
  return Run(*std::move(ticket), call);
}

Reply Dispatcher::Refuse(const authz::Caller& caller, const Status& status) const {
  parts_.metrics.CountCall(ClassOf(caller), status.code(), 0);
  return {status, "", parts_.new_request_id()};
}

Reply Dispatcher::Run(Admission::Ticket ticket, const Call& call) const {
  const Admission::Ticket inside = std::move(ticket);
  const int64_t begin_us = parts_.clock.SteadyUs();
  Reply reply;
  reply.request_id = parts_.new_request_id();
  Call limited = call;
  const bool operators = call.caller.door == authz::Door::kAdmin;
  limited.deadline_steady_ms =
      std::min(call.deadline_steady_ms,
               parts_.clock.SteadyMs() + (operators ? kAdminCallMsMax : kCallMsMax));
  StatusOr<std::string> response = Guarded(limited, reply.request_id);
  if (response.ok()) {
    reply.response = *std::move(response);
  } else {
    reply.status = response.status();
    if (IsFaultOfNode(ReasonOf(reply.status))) {
      LogFault(reply.status, call.method, reply.request_id);
    }
  }
  const int64_t latency_us = parts_.clock.SteadyUs() - begin_us;
  parts_.metrics.CountCall(ClassOf(call.caller), reply.status.code(), latency_us);
  parts_.metrics.CountMethod(call.method, reply.status.ok(), latency_us);
  return reply;
}

// Our own code throws nothing, but the standard library may (no memory), and a call must not
// end the node.
StatusOr<std::string> Dispatcher::Guarded(const Call& call, const std::string& request_id) const {
  try {
    return Steps(call, request_id);
  } catch (...) {
    return Error(Reason::INTERNAL, "a call threw an exception");
  }
}

StatusOr<std::string> Dispatcher::Steps(const Call& call, const std::string& request_id) const {
  const HandlerTable::Entry* entry = parts_.table.Find(call.method);
  if (entry == nullptr) {
    return Error(Reason::METHOD_UNKNOWN, "the node has no such method; check the versions");
  }
  ENLACE_RETURN_IF_ERROR(Decide(call, request_id));
  ENLACE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> request, Read(*entry, call));
  ENLACE_RETURN_IF_ERROR(CheckAlive(call));
  const authz::MethodRow& row = *parts_.policy.Find(call.method);
  if (row.audit == authz::Audit::kCall) {
    ENLACE_RETURN_IF_ERROR(parts_.audit.Record({call.caller.Name(), std::string(call.method),
                                                AuditResource(*request), "allow", request_id}));
  }
  return Handle(*entry, call, request_id, *request);
}

Status Dispatcher::Decide(const Call& call, const std::string& request_id) const {
  const Status decision = parts_.policy.Decide(call.method, call.caller, parts_.own_jurisdiction);
  if (decision.ok()) return decision;
  const authz::MethodRow* row = parts_.policy.Find(call.method);
  if (row != nullptr && row->audit != authz::Audit::kNone) {
    ENLACE_RETURN_IF_ERROR(denials_.Add(call.caller, call.method, request_id));
  }
  return decision;
}

StatusOr<std::unique_ptr<Message>> Dispatcher::Read(const HandlerTable::Entry& entry,
                                                    const Call& call) const {
  if (call.request.size() > entry.limits.request_bytes_max) {
    return Error(Reason::REQUEST_TOO_LARGE,
                 fmt::format("expected at most {} bytes in one request of this method, seen {}; "
                             "send several requests",
                             entry.limits.request_bytes_max, call.request.size()),
                 {{"bytes_max", std::to_string(entry.limits.request_bytes_max)},
                  {"bytes", std::to_string(call.request.size())}});
  }
  const google::protobuf::Descriptor& type = *entry.request_prototype->GetDescriptor();
  ENLACE_RETURN_IF_ERROR(ScanWire(call.request, type, entry.limits.elements_max));
  std::unique_ptr<Message> request(entry.request_prototype->New());
  if (!request->ParseFromArray(call.request.data(), static_cast<int>(call.request.size()))) {
    return Error(Reason::REQUEST_MALFORMED,
                 fmt::format("expected the bytes of {}", type.full_name()),
                 {{"type", type.full_name()}});
  }
  return request;
}

Status Dispatcher::CheckAlive(const Call& call) const {
  if (call.cancelled()) return Error(Reason::CALL_CANCELLED, "the caller went away");
  if (parts_.clock.SteadyMs() >= call.deadline_steady_ms) {
    return Error(Reason::DEADLINE_PASSED,
                 "the deadline passed before the work was done; allow more time or retry later");
  }
  return Status();
}

StatusOr<std::string> Dispatcher::Handle(const HandlerTable::Entry& entry, const Call& call,
                                         const std::string& request_id,
                                         const Message& request) const {
  std::atomic<bool> told = false;  // To stop, so that its answer may be a part of the whole.
  const auto ended = [this, &call, &told] {
    if (CheckAlive(call).ok()) return false;
    told = true;
    return true;
  };
  const CallContext context{call.caller, std::string(call.method), request_id,
                            call.deadline_steady_ms, ended};
  const StatusOr<std::unique_ptr<Message>> response = entry.run(context, request);
  if (told) return CheckAlive(call);
  if (!response.ok()) return response.status();
  std::string bytes;
  if (!(*response)->SerializeToString(&bytes)) {
    return Error(Reason::INTERNAL, "a response could not be serialised");
  }
  return bytes;
}

}  // namespace enlace::rpc
