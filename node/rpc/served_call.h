#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "grpcpp/generic/async_generic_service.h"
#include "node/rpc/connections.h"
#include "node/rpc/dispatcher.h"
#include "node/rpc/front_end.h"
#include "node/rpc/read_timeouts.h"

// One call as gRPC brings it. Private to the gRPC front end.
namespace enlace::rpc {

// One request and one response, or, where the method's descriptor says that both are streams, one
// response after each request.
//
// Who calls, whether they may, and whether there is a place for them is decided when the
// headers are here: a request is read only of a caller who is let in, and it must arrive in
// time. Whoever may not make the call is answered, and recorded, without their request.
//
// A worker runs the handler, or the thread that read the request where the method is brief; the
// answer leaves from whichever thread has it. Deletes itself when nothing of it is awaited any
// more: gRPC's end of the call, the answer's way out, a request, the timeouts.
class ServedCall final : private ReadTimeouts::Waiter {
 public:
  // Waits for the next call.
  static void Await(FrontEnd& front_end);
  // What `tag` of the completion queue stands for has happened.
  static void Happened(void* tag, bool ok);

 private:
  enum class Event { kCalled, kRead, kWritten, kAnswered, kEnded };
  struct Tag {
    ServedCall* call;
    Event event;
  };

  explicit ServedCall(FrontEnd& front_end);
  ~ServedCall();

  void OnCalled(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnEnded();
  void OnTimeout() override;

  // Who calls, as far as their connection may be used at all.
  StatusOr<authz::Caller> Recognise();
  bool LetIn();
  void AwaitRequest();
  void Post();
  // Whether the request may be worked on by this thread, which is one of gRPC's few.
  bool IsBrief() const;
  void Work();
  void Refuse(const Status& status);
  void Answer(Reply reply);
  void Fail(const Status& status, const std::string& request_id);
  void Finish(const grpc::Status& status);
  size_t RequestBytesMax() const;
  int64_t DeadlineSteadyMs() const;
  void Hold() { ++holds_; }
  void Release();

  FrontEnd& front_end_;
  Tag called_{this, Event::kCalled};
  Tag read_{this, Event::kRead};
  Tag written_{this, Event::kWritten};
  Tag answered_{this, Event::kAnswered};
  Tag ended_{this, Event::kEnded};
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  const HandlerTable::Entry* entry_ = nullptr;  // Null for a method that is not there.
  bool ping_pong_ = false;
  Connections::CallMark mark_;
  std::optional<authz::Caller> caller_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<int> holds_ = 2;  // Until it is answered, and until gRPC knows of its end.
  std::optional<Admission::Ticket> ticket_;
  grpc::ByteBuffer request_;
};

}  // namespace enlace::rpc
