#include "node/rpc/call_reactor.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fmt/format.h"

namespace enlace::rpc {
namespace {

// Larger requests of brief methods take longer to scan than gRPC's threads should be kept.
constexpr size_t kBriefBytesMax = 16 << 10;

grpc::ByteBuffer ToBuffer(std::string bytes) {
  auto* const owned = new std::string(std::move(bytes));
  grpc::Slice slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); },
      owned);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

grpc::ServerGenericBidiReactor* FrontEnd::CreateReactor(grpc::GenericCallbackServerContext* call) {
  auto* const reactor = new CallReactor(*this, *call);
  reactor->Begin();
  return reactor;
}

StatusOr<authz::Caller> FrontEnd::CallerOf(const grpc::GenericCallbackServerContext& call) const {
  return door_.CallerOf(call, dispatcher_.policy(), dispatcher_.metrics());
}

CallReactor::CallReactor(FrontEnd& front_end, grpc::GenericCallbackServerContext& call)
    : front_end_(front_end),
      call_(call),
      entry_(front_end.dispatcher().table().Find(call.method())),
      ping_pong_(entry_ != nullptr && entry_->ping_pong) {}

void CallReactor::Begin() {
  StatusOr<authz::Caller> caller = Recognise();
  if (!caller.ok()) return Fail(caller.status(), "");
  caller_ = *std::move(caller);
  if (!LetIn()) return;
  if (entry_ != nullptr && front_end_.dispatcher().Permits(*caller_, call_.method())) {
    AwaitRequest();
  } else {
    Post();  // The dispatcher refuses and records it, on a thread that may wait for the disk.
  }
}

StatusOr<authz::Caller> CallReactor::Recognise() {
  Connections* const connections = front_end_.connections();
  if (connections == nullptr) return front_end_.CallerOf(call_);
  if (!connections->Begin(mark_, call_.peer())) {
    return Error(Reason::CALL_CANCELLED, "the connection was cut at a limit");
  }
  ENLACE_ASSIGN_OR_RETURN(authz::Caller caller, front_end_.CallerOf(call_));
  if (connections->Certify(mark_, caller.Name())) return caller;
  return front_end_.dispatcher().admission().Overloaded(caller);
}

void CallReactor::OnCancel() {
  cancelled_ = true;
  if (front_end_.connections() != nullptr) front_end_.connections()->Reset(mark_);
}

void CallReactor::OnDone() {
  if (front_end_.connections() != nullptr) front_end_.connections()->End(mark_);
  Release();
}

bool CallReactor::LetIn() {
  const Dispatcher& dispatcher = front_end_.dispatcher();
  StatusOr<Admission::Ticket> ticket = dispatcher.Admit(*caller_, entry_);
  if (ticket.ok()) {
    ticket_ = *std::move(ticket);
    return true;
  }
  Answer(dispatcher.Refuse(*caller_, ticket.status()));
  return false;
}

// Runs where gRPC cannot be done with the call before it returns.
void CallReactor::AwaitRequest() {
  if (front_end_.connections() != nullptr) {
    front_end_.connections()->Await(mark_, RequestBytesMax());
  }
  ++holds_;
  front_end_.read_timeouts().Add(*this);
  StartRead(&request_);
}

void CallReactor::OnTimeout() {
  ticket_.reset();
  Fail(Error(Reason::DEADLINE_PASSED,
             fmt::format("expected the whole request within {} ms; send it at once",
                         front_end_.read_timeouts().timeout_ms())),
       "");
  Release();
}

void CallReactor::OnReadDone(bool ok) {
  if (!front_end_.read_timeouts().Remove(*this)) return;  // Answered as late.
  Release();                                              // gRPC has its own hold.
  if (!ok) {
    ticket_.reset();
    if (ping_pong_ || cancelled_) {
      Finish(grpc::Status::OK);  // The caller has no more questions, or is gone.
    } else {
      Fail(Error(Reason::REQUEST_MALFORMED, "expected one request message, seen none"), "");
    }
    return;
  }
  if (front_end_.connections() != nullptr) {
    front_end_.connections()->Arrived(mark_, request_.Length());
  }
  // The second question of a stream finds its place only now: one may wait long between two.
  if (!ticket_.has_value() && !LetIn()) return;
  if (IsBrief()) {
    Work();
  } else {
    Post();
  }
}

bool CallReactor::IsBrief() const {
  return entry_->limits.brief && request_.Length() <= kBriefBytesMax;
}

void CallReactor::Post() {
  if (front_end_.workers().Post(ClassOf(*caller_), caller_->Name(), [this] { Work(); })) return;
  ticket_.reset();
  const Dispatcher& dispatcher = front_end_.dispatcher();
  Answer(dispatcher.Refuse(*caller_, dispatcher.admission().Overloaded(*caller_)));
}

void CallReactor::Work() {
  Admission::Ticket ticket = *std::exchange(ticket_, std::nullopt);
  grpc::Slice slice;
  if (request_.Valid() && !request_.TrySingleSlice(&slice).ok() &&
      !request_.DumpToSingleSlice(&slice).ok()) {
    ticket = Admission::Ticket();
    return Fail(Error(Reason::REQUEST_MALFORMED, "the request's bytes cannot be read"), "");
  }
  const Call call{*caller_, call_.method(),
                  std::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()),
                  DeadlineSteadyMs(), [this] { return cancelled_.load(); }};
  front_end_.dispatcher().Run(std::move(ticket), call,
                              [this](Reply reply) { Answer(std::move(reply)); });
}

void CallReactor::Answer(Reply reply) {
  if (!reply.status.ok()) return Fail(reply.status, reply.request_id);
  if (front_end_.connections() != nullptr) {
    front_end_.connections()->Answered(mark_, reply.response.size());
  }
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
    AwaitRequest();
  }
}

void CallReactor::Fail(const Status& status, const std::string& request_id) {
  const WireStatus wire =
      ToWire(status, request_id.empty() ? front_end_.dispatcher().NewRequestId() : request_id);
  Finish(grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details));
}

size_t CallReactor::RequestBytesMax() const {
  return entry_ == nullptr ? 0 : entry_->limits.request_bytes_max;
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

void CallReactor::Release() {
  if (--holds_ == 0) delete this;
}

}  // namespace enlace::rpc
