#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "grpcpp/generic/async_generic_service.h"
#include "node/base/mutex.h"
#include "node/rpc/connections.h"
#include "node/rpc/dispatcher.h"
#include "node/rpc/door.h"
#include "node/rpc/read_timeouts.h"
#include "node/rpc/status_map.h"
#include "node/rpc/workers.h"

// Methods arrive here as bytes. Private to the gRPC front end.
namespace enlace::rpc {

// Hands every call of one door to the dispatcher.
class FrontEnd final : public grpc::CallbackGenericService {
 public:
  // `connections` is null at the doors of this machine.
  FrontEnd(const Dispatcher& dispatcher, Workers& workers, Door door, Connections* connections,
           int64_t read_timeout_ms)
      : dispatcher_(dispatcher),
        workers_(workers),
        door_(door),
        connections_(connections),
        read_timeouts_(read_timeout_ms) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override;

  const Dispatcher& dispatcher() const { return dispatcher_; }
  Workers& workers() const { return workers_; }
  Connections* connections() const { return connections_; }
  ReadTimeouts& read_timeouts() { return read_timeouts_; }
  StatusOr<authz::Caller> CallerOf(const grpc::GenericCallbackServerContext& call) const;

 private:
  const Dispatcher& dispatcher_;
  Workers& workers_;
  const Door door_;
  Connections* const connections_;
  ReadTimeouts read_timeouts_;
};

// One call: one request and one response, or, where the method's descriptor says that both
// are streams, one response after each request.
//
// Who calls, whether they may, and whether there is a place for them is decided when the
// headers are here: a request is read only of a caller who is let in, and it must arrive in
// time. Whoever may not make the call is answered, and recorded, without their request.
//
// A worker runs the handler, or gRPC's own thread where the method is brief; the answer leaves from
// whichever thread has it.
//
// Deletes itself when gRPC is done with it, which is after Finish, and nobody waits for its
// request; so it may be used until it has finished.
class CallReactor final : public grpc::ServerGenericBidiReactor, private ReadTimeouts::Waiter {
 public:
  CallReactor(FrontEnd& front_end, grpc::GenericCallbackServerContext& call);

  // Once, after the construction.
  void Begin();
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Who calls, as far as their connection may be used at all.
  StatusOr<authz::Caller> Recognise();
  bool LetIn();
  void AwaitRequest();
  void OnTimeout() override;
  void Post();
  // Whether the request may be worked on by this thread, which is gRPC's.
  bool IsBrief() const;
  void Work();
  void Answer(Reply reply);
  void Fail(const Status& status, const std::string& request_id);
  size_t RequestBytesMax() const;
  int64_t DeadlineSteadyMs() const;
  void Release();

  FrontEnd& front_end_;
  grpc::GenericCallbackServerContext& call_;
  const HandlerTable::Entry* const entry_;  // Null for a method that is not there.
  const bool ping_pong_;
  Connections::CallMark mark_;
  std::optional<authz::Caller> caller_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<int> holds_ = 1;  // gRPC's, and that of the timeouts while the request is awaited.
  std::optional<Admission::Ticket> ticket_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace enlace::rpc
