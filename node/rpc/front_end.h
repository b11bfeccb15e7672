#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
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
  // A connection has come to a door that is looked at now and then.
  void Wake();
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
  // Takes `tag` and, of what has happened meanwhile, as much as shall have its audit records
  // written with it.
  void Take(void* tag, bool ok);
  // The next thing that happens; false when the queue has ended.
  bool Next(void** tag, bool* ok);
  bool NextAtQuietDoor(void** tag, bool* ok);
  // Takes part while all others are busy.
  void StandIn(const std::stop_token& stop);
  // Takes what happens for as long as from one look to the next, and longer while there is more.
  void Help();
  // Nobody waits for what happens next.
  bool AllBusy() const;

  const Dispatcher& dispatcher_;
  Workers& workers_;
  const Door door_;
  Connections* const connections_;
  ReadTimeouts read_timeouts_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Mutex mutex_;
  CondVar empty_;
  CondVar look_;  // Nobody is told: the stand-in looks by itself.
  CondVar woken_;
  bool wake_ ENLACE_GUARDED_BY(mutex_) = false;
  bool quiet_ = true;  // Of the thread of a quiet door: nothing happened for a while.
  int64_t calls_ ENLACE_GUARDED_BY(mutex_) = 0;  // With those that are awaited.
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  // Of each thread: things begun and things done, so odd while it works.
  std::vector<std::atomic<uint64_t>> steps_;
  std::vector<std::jthread> threads_;
  std::jthread stand_in_;  // Last.
};

}  // namespace enlace::rpc
