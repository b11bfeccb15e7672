#include "node/rpc/served_call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fmt/format.h"
#include "node/rpc/status_map.h"
#include "node/transport/message_buffer.h"

namespace enlace::rpc {
namespace {

// Larger requests of brief methods take longer to scan than gRPC's threads should be kept.
constexpr size_t kBriefBytesMax = 16 << 10;

}  // namespace

ServedCall::ServedCall(FrontEnd& front_end) : front_end_(front_end) {}

ServedCall::~ServedCall() = default;

void ServedCall::Await(FrontEnd& front_end) {
  if (!front_end.Begin()) return;
  auto* const call = new ServedCall(front_end);
  call->context_.AsyncNotifyWhenDone(&call->ended_);
  front_end.service().RequestCall(&call->context_, &call->stream_, &front_end.queue(),
                                  &front_end.queue(), &call->called_);
}

void ServedCall::Happened(void* tag, bool ok) {
  const Tag& happened = *static_cast<Tag*>(tag);
  ServedCall& call = *happened.call;
  switch (happened.event) {
    case Event::kCalled:
      return call.OnCalled(ok);
    case Event::kRead:
      return call.OnRead(ok);
    case Event::kWritten:
      return call.OnWritten(ok);
    case Event::kAnswered:
      return call.Release();
    case Event::kEnded:
      return call.OnEnded();
  }
}

void ServedCall::OnCalled(bool ok) {
  if (!ok) {  // The server stops, and no call has come: nothing more of it is awaited.
    Release();
    return Release();
  }
  Await(front_end_);
  entry_ = front_end_.dispatcher().table().Find(context_.method());
  ping_pong_ = entry_ != nullptr && entry_->ping_pong;
  StatusOr<authz::Caller> caller = Recognise();
  if (!caller.ok()) return Fail(caller.status(), "");
  caller_ = *std::move(caller);
  if (!LetIn()) return;
  if (entry_ != nullptr && front_end_.dispatcher().Permits(*caller_, context_.method())) {
    AwaitRequest();
  } else {
    if (front_end_.connections() != nullptr) front_end_.connections()->Refused(mark_);
    Post();  // The dispatcher refuses and records it, on a thread that may wait for the disk.
  }
}

StatusOr<authz::Caller> ServedCall::Recognise() {
  Connections* const connections = front_end_.connections();
  if (connections == nullptr) return front_end_.CallerOf(context_);
  if (!connections->Begin(mark_, context_.peer())) {
    return Error(Reason::CALL_CANCELLED, "the connection was cut at a limit");
  }
  ENLACE_ASSIGN_OR_RETURN(authz::Caller caller, front_end_.CallerOf(context_));
  if (connections->Certify(mark_, caller.Name())) return caller;
  return front_end_.dispatcher().admission().Overloaded(caller);
}

void ServedCall::OnEnded() {
  if (context_.IsCancelled()) {
    cancelled_ = true;
    if (front_end_.connections() != nullptr) front_end_.connections()->Reset(mark_);
  }
  Release();
}

bool ServedCall::LetIn() {
  const Dispatcher& dispatcher = front_end_.dispatcher();
  StatusOr<Admission::Ticket> ticket = dispatcher.Admit(*caller_, entry_);
  if (ticket.ok()) {
    ticket_ = *std::move(ticket);
    return true;
  }
  Refuse(ticket.status());
  return false;
}

void ServedCall::Refuse(const Status& status) {
  if (front_end_.connections() != nullptr && ReasonOf(status) == Reason::NODE_OVERLOADED) {
    front_end_.connections()->Refused(mark_);
  }
  Answer(front_end_.dispatcher().Refuse(*caller_, status));
}

void ServedCall::AwaitRequest() {
  if (front_end_.connections() != nullptr) {
    front_end_.connections()->Await(mark_, RequestBytesMax());
  }
  Hold();  // Of the request.
  Hold();  // Of the timeouts.
  front_end_.read_timeouts().Add(*this);
  stream_.Read(&request_, &read_);  // Another thread may go on with the call at once.
}

void ServedCall::OnTimeout() {
  // A stream's first request has its place since the call came; later ones find theirs on arrival.
  const bool further = ping_pong_ && !ticket_.has_value();
  ticket_.reset();
  const int64_t timeout_ms = front_end_.read_timeouts().timeout_ms();
  Fail(Error(Reason::DEADLINE_PASSED,
             further ? fmt::format("no further request came within {} ms, so the stream has ended; "
                                   "open it anew for the next",
                                   timeout_ms)
                     : fmt::format("expected the whole request within {} ms; send it at once",
                                   timeout_ms)),
       "");
  Release();
}

void ServedCall::OnRead(bool ok) {
  if (!front_end_.read_timeouts().Remove(*this)) return Release();  // Answered as late.
  Release();                                                        // That of the timeouts.
  if (!ok) {
    ticket_.reset();
    if (ping_pong_ || cancelled_) {
      Finish(grpc::Status::OK);  // The caller has no more questions, or is gone.
    } else {
      Fail(Error(Reason::REQUEST_MALFORMED, "expected one request message, seen none"), "");
    }
    return Release();
  }
  if (front_end_.connections() != nullptr) {
    front_end_.connections()->Arrived(mark_, request_.Length());
  }
  if (transport::IsCompressed(request_)) {
    ticket_.reset();
    Fail(Error(Reason::REQUEST_COMPRESSED,
               "the message is compressed; send messages as they are, without grpc-encoding"),
         "");
    return Release();
  }
  // The second question of a stream finds its place only now: one may wait long between two.
  if (ticket_.has_value() || LetIn()) {
    if (IsBrief()) {
      Work();
    } else {
      Post();
    }
  }
  Release();
}

bool ServedCall::IsBrief() const {
  return entry_->limits.brief && request_.Length() <= kBriefBytesMax;
}

void ServedCall::Post() {
  if (front_end_.workers().Post(ClassOf(*caller_), caller_->Name(), [this] { Work(); })) return;
  ticket_.reset();
  Refuse(front_end_.dispatcher().admission().Overloaded(*caller_));
}

void ServedCall::Work() {
  Admission::Ticket ticket = *std::exchange(ticket_, std::nullopt);
  grpc::Slice slice;
  if (request_.Valid() && !request_.TrySingleSlice(&slice).ok() &&
      !request_.DumpToSingleSlice(&slice).ok()) {
    ticket = Admission::Ticket();
    return Fail(Error(Reason::REQUEST_MALFORMED, "the request's bytes cannot be read"), "");
  }
  const Call call{*caller_, context_.method(),
                  std::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()),
                  DeadlineSteadyMs(), [this] { return cancelled_.load(); }};
  front_end_.dispatcher().Run(std::move(ticket), call,
                              [this](Reply reply) { Answer(std::move(reply)); });
}

// After the last call of each way out `this` may be gone.
void ServedCall::Answer(Reply reply) {
  if (!reply.status.ok()) return Fail(reply.status, reply.request_id);
  if (front_end_.connections() != nullptr) {
    front_end_.connections()->Answered(mark_, reply.response.size());
  }
  const grpc::ByteBuffer response = transport::ToBuffer(std::move(reply.response));
  if (ping_pong_) {
    Hold();  // Of the message on its way.
    stream_.Write(response, &written_);
  } else {
    stream_.WriteAndFinish(response, grpc::WriteOptions(), grpc::Status::OK, &answered_);
  }
}

void ServedCall::OnWritten(bool ok) {
  if (ok) {
    AwaitRequest();
  } else {
    Finish(grpc::Status::OK);
  }
  Release();
}

void ServedCall::Fail(const Status& status, const std::string& request_id) {
  const WireStatus wire =
      ToWire(status, request_id.empty() ? front_end_.dispatcher().NewRequestId() : request_id);
  Finish(grpc::Status(static_cast<grpc::StatusCode>(wire.code), wire.message, wire.details));
}

void ServedCall::Finish(const grpc::Status& status) { stream_.Finish(status, &answered_); }

size_t ServedCall::RequestBytesMax() const {
  return entry_ == nullptr ? 0 : entry_->limits.request_bytes_max;
}

int64_t ServedCall::DeadlineSteadyMs() const {
  const Clock& clock = front_end_.dispatcher().clock();
  const int64_t deadline_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(context_.deadline().time_since_epoch())
          .count();
  // gRPC's deadline is of this machine's wall clock; what counts is how much is left now.
  const int64_t left_ms = deadline_ms - SystemClock().NowMs();
  return clock.SteadyMs() + std::min(left_ms, Dispatcher::kCallMsMax);
}

void ServedCall::Release() {
  if (--holds_ > 0) return;
  if (front_end_.connections() != nullptr) front_end_.connections()->End(mark_);
  FrontEnd& front_end = front_end_;
  delete this;
  front_end.Ended();
}

}  // namespace enlace::rpc
