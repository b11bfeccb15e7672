#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "grpcpp/generic/async_generic_service.h"
#include "node/rpc/dispatcher.h"
#include "node/rpc/status_map.h"
#include "node/rpc/workers.h"
#include "node/transport/peer_verifier.h"

// Methods arrive here as bytes. Private to the gRPC front end.
namespace enlace::rpc {

// Hands every call of one door to the dispatcher.
class FrontEnd final : public grpc::CallbackGenericService {
 public:
  // `verifier` is null at the admin door.
  FrontEnd(const Dispatcher& dispatcher, Workers& workers, transport::PeerVerifier* verifier)
      : dispatcher_(dispatcher), workers_(workers), verifier_(verifier) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override;

  const Dispatcher& dispatcher() const { return dispatcher_; }
  Workers& workers() const { return workers_; }
  // Who calls, by the certificate of the connection; the socket's owner at the admin door.
  StatusOr<authz::Caller> CallerOf(const grpc::GenericCallbackServerContext& call) const;

 private:
  const Dispatcher& dispatcher_;
  Workers& workers_;
  transport::PeerVerifier* const verifier_;
};

// One call: one request and one response, or, where the method's descriptor says that both
// are streams, one response after each request. Deletes itself in OnDone, which gRPC calls
// only after Finish; so a worker may use it until it has finished.
class CallReactor final : public grpc::ServerGenericBidiReactor {
 public:
  CallReactor(const FrontEnd& front_end, grpc::GenericCallbackServerContext& call);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_ = true; }
  void OnDone() override { delete this; }

 private:
  void Work();
  void Answer(Reply reply);
  void Fail(const Status& status, const std::string& request_id);
  int64_t DeadlineSteadyMs() const;

  const FrontEnd& front_end_;
  grpc::GenericCallbackServerContext& call_;
  const bool ping_pong_;
  std::optional<authz::Caller> caller_;
  std::atomic<bool> cancelled_ = false;
  bool read_one_ = false;
  Admission::Ticket ticket_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace enlace::rpc
