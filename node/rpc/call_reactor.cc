#include "node/rpc/call_reactor.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "node/transport/credentials.h"

namespace enlace::rpc {
namespace {

// "/a.B/C" is a stream both ways by its descriptor.
bool IsPingPong(const std::string& method) {
  if (method.empty()) return false;
  std::string name = method.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  return descriptor != nullptr && descriptor->client_streaming() && descriptor->server_streaming();
}

grpc::ByteBuffer ToBuffer(std::string bytes) {
  auto* const owned = new std::string(std::move(bytes));
  grpc::Slice slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

grpc::ServerGenericBidiReactor* FrontEnd::CreateReactor(grpc::GenericCallbackServerContext* call) {
  return new CallReactor(*this, *call);
}

StatusOr<authz::Caller> FrontEnd::CallerOf(const grpc::GenericCallbackServerContext& call) const {
  if (verifier_ == nullptr) return authz::Policy::AdminCaller();
  const auto context = call.auth_context();
  if (context == nullptr) {
    return Error(Reason::IDENTITY_MISSING, "the connection carries no identity");
  }
  ENLACE_ASSIGN_OR_RETURN(const trust::Identity identity,
                          transport::CallerIdentity(*context, *verifier_));
  return dispatcher_.policy().NetworkCaller(identity);
}

CallReactor::CallReactor(const FrontEnd& front_end, grpc::GenericCallbackServerContext& call)
    : front_end_(front_end), call_(call), ping_pong_(IsPingPong(call.method())) {
  StartRead(&request_);
}

void CallReactor::OnReadDone(bool ok) {
  if (!ok) {
    if (ping_pong_ || cancelled_) {
      Finish(grpc::Status::OK);  // The caller has no more questions, or is gone.
    } else {
      Fail(Error(Reason::REQUEST_MALFORMED, "expected one request message, seen none"), "");
    }
    return;
  }
  read_one_ = true;
  if (!caller_.has_value()) {
    StatusOr<authz::Caller> caller = front_end_.CallerOf(call_);
    if (!caller.ok()) return Fail(caller.status(), "");
    caller_ = *std::move(caller);
  }
  const Dispatcher& dispatcher = front_end_.dispatcher();
  StatusOr<Admission::Ticket> ticket = dispatcher.Admit(*caller_, call_.method());
  if (!ticket.ok()) return Answer(dispatcher.Refuse(*caller_, ticket.status()));
  ticket_ = *std::move(ticket);
  if (front_end_.workers().Post(ClassOf(*caller_), caller_->Name(), [this] { Work(); })) return;
  ticket_ = Admission::Ticket();
  Answer(dispatcher.Refuse(*caller_, dispatcher.admission().Overloaded(*caller_)));
}

void CallReactor::Work() {
  grpc::Slice slice;
  if (!request_.TrySingleSlice(&slice).ok() && !request_.DumpToSingleSlice(&slice).ok()) {
    ticket_ = Admission::Ticket();
    return Fail(Error(Reason::REQUEST_MALFORMED, "the request's bytes cannot be read"), "");
  }
  const Call call{*caller_, call_.method(),
                  std::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()),
                  DeadlineSteadyMs(), [this] { return cancelled_.load(); }};
  Answer(front_end_.dispatcher().Run(std::move(ticket_), call));
}

void CallReactor::Answer(Reply reply) {
  if (!reply.status.ok()) return Fail(reply.status, reply.request_id);
  response_ = ToBuffer(std::move(reply.response));
  // `this` may be gone as soon as the last of these is called.
  if (ping_pong_) {
    StartWrite(&response_);
  } else {
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
}

void CallReactor::OnWriteDone(bool ok) {
  if (!ping_pong_) return;
  if (!ok) {
    Finish(grpc::Status::OK);
  } else {
    StartRead(&request_);
  }
}

void CallReactor::Fail(const Status& status, const std::string& request_id) {
  const WireStatus wire =
      ToWire(status, request_id.empty() ? front_end_.dispatcher().NewRequestId() : request_id);
  Finish(grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details));
}

int64_t CallReactor::DeadlineSteadyMs() const {
  const Clock& clock = front_end_.dispatcher().clock();
  const int64_t deadline_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(call_.deadline().time_since_epoch())
          .count();
  // gRPC's deadline is of this machine's wall clock; what counts is how much is left now.
  const int64_t left_ms = deadline_ms - SystemClock().NowMs();
  return clock.SteadyMs() + std::min(left_ms, Dispatcher::kCallMsMax);
}

}  // namespace enlace::rpc
