#include "node/rpc/running_call.h"

#include <algorithm>
#include <utility>

#include "node/base/log.h"
#include "node/rpc/status_map.h"

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

Call Limited(const Call& call, const Clock& clock) {
  Call limited = call;
  const bool operators = call.caller.door == authz::Door::kAdmin;
  limited.deadline_steady_ms = std::min(
      call.deadline_steady_ms,
      clock.SteadyMs() + (operators ? Dispatcher::kAdminCallMsMax : Dispatcher::kCallMsMax));
  return limited;
}

}  // namespace

RunningCall::RunningCall(const Dispatcher::Parts& parts, Admission::Ticket ticket, const Call& call,
                         Answer answer)
    : parts_(parts),
      ticket_(std::move(ticket)),
      call_(Limited(call, parts.clock)),
      answer_(std::move(answer)),
      begin_us_(parts.clock.SteadyUs()),
      context_{call_.caller, std::string(call_.method), parts.new_request_id(),
               call_.deadline_steady_ms, [this] {
                 if (CheckAlive().ok()) return false;
                 told_ = true;
                 return true;
               }} {}

Status RunningCall::CheckAlive() const {
  if (call_.cancelled()) return Error(Reason::CALL_CANCELLED, "the caller went away");
  if (parts_.clock.SteadyMs() >= call_.deadline_steady_ms) {
    return Error(Reason::DEADLINE_PASSED,
                 "the deadline passed before the work was done; allow more time or retry later");
  }
  return Status();
}

void RunningCall::Recorded(const Status& status) {
  recorded_ = status;
  Settle();
}

void RunningCall::Respond(StatusOr<std::string> response) {
  if (responded_.exchange(true)) return;
  response_ = std::move(response);
  Settle();
}

void RunningCall::Settle() {
  if (--missing_ == 0) Finish();
}

Status RunningCall::Outcome() const {
  ENLACE_RETURN_IF_ERROR(recorded_);
  if (told_) ENLACE_RETURN_IF_ERROR(CheckAlive());
  return response_.status();
}

void RunningCall::Finish() {
  Reply reply{Outcome(), "", context_.request_id};
  if (reply.status.ok()) {
    reply.response = *std::move(response_);
  } else if (IsFaultOfNode(ReasonOf(reply.status))) {
    LogFault(reply.status, context_.method, reply.request_id);
  }
  const int64_t latency_us = parts_.clock.SteadyUs() - begin_us_;
  parts_.metrics.CountCall(ClassOf(call_.caller), reply.status.code(), latency_us);
  parts_.metrics.CountMethod(context_.method, reply.status.ok(), latency_us);
  ticket_ = Admission::Ticket();
  answer_(std::move(reply));
}

}  // namespace enlace::rpc
