#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server_builder.h"
#include "node/base/mutex.h"
#include "node/rpc/connections.h"
#include "node/rpc/dispatcher.h"
#include "node/rpc/door.h"
#include "node/rpc/read_timeouts.h"
#include "node/rpc/workers.h"

// Methods arrive here as bytes, by gRPC's completion queue: its callback interface serves three
// calls for every four of this one, since it changes threads on the way. Private to the gRPC front
// end.
namespace enlace::rpc {

// Hands every call of one door to the dispatcher.
class FrontEnd {
 public:
  // `connections` is null at the doors of this machine.
  FrontEnd(const Dispatcher& dispatcher, Workers& workers, Door door, Connections* connections,
           int64_t read_timeout_ms)
      : dispatcher_(dispatcher),
        workers_(workers),
        door_(door),
        connections_(connections),
        read_timeouts_(read_timeout_ms) {}
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;

  // Before the server is built.
  void AddTo(grpc::ServerBuilder& builder);
  // Once the server is built.
  void Start();
  // Once the server is shut down: returns when the last call has ended. Without effect when it was
  // not started.
  void Stop();

  const Dispatcher& dispatcher() const { return dispatcher_; }
  Workers& workers() const { return workers_; }
  Connections* connections() const { return connections_; }
  ReadTimeouts& read_timeouts() { return read_timeouts_; }
  grpc::AsyncGenericService& service() { return service_; }
  grpc::ServerCompletionQueue& queue() { return *queue_; }
  StatusOr<authz::Caller> CallerOf(const grpc::ServerContextBase& call) const {
    return door_.CallerOf(call, dispatcher_.policy(), dispatcher_.metrics());
  }

  // False when no further call is to be awaited; otherwise Ended() is due for this one.
  bool Begin();
  // A call has ended, or never came, and nothing of it is used any more.
  void Ended();

 private:
  // Takes what happens, one thing after the other.
  void Run(std::atomic<uint64_t>& steps);
  // Takes what happens while all others are held up.
  void StandIn(const std::stop_token& stop);
  // Sums up how far they have come; nothing when one of them waits for what happens next.
  std::optional<uint64_t> AllBusy() const;

  const Dispatcher& dispatcher_;
  Workers& workers_;
  const Door door_;
  Connections* const connections_;
  ReadTimeouts read_timeouts_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Mutex mutex_;
  CondVar empty_;
  CondVar look_;                                 // Nobody is told: the stand-in looks by itself.
  int64_t calls_ ENLACE_GUARDED_BY(mutex_) = 0;  // With those that are awaited.
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  // Of each thread: things begun and things done, so odd while it works.
  std::vector<std::atomic<uint64_t>> steps_;
  std::vector<std::jthread> threads_;
  std::jthread stand_in_;  // Last.
};

}  // namespace enlace::rpc
