#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "google/protobuf/arena.h"
#include "node/rpc/admission.h"
#include "node/rpc/dispatcher.h"

namespace enlace::rpc {

// One call from its admission to its answer; private to the dispatcher. Held by whatever the call
// waits for. The answer goes out once, when the handler has responded and, where the call is
// recorded beside the handler, the record is there.
class RunningCall {
 public:
  using Answer = std::function<void(Reply)>;

  // `call.caller` must live until the answer.
  RunningCall(const Dispatcher::Parts& parts, Admission::Ticket ticket, const Call& call,
              Answer answer);

  const Call& call() const { return call_; }
  const CallContext& context() const { return context_; }
  const std::string& request_id() const { return context_.request_id; }
  // What the call needs until it is answered.
  google::protobuf::Arena& arena() { return arena_; }

  // CALL_CANCELLED, DEADLINE_PASSED.
  Status CheckAlive() const;

  // The answer waits for Recorded() too. Before anything else may answer.
  void AwaitRecord() { missing_ = 2; }
  void Recorded(const Status& status);
  // The first response counts. Any thread.
  void Respond(StatusOr<std::string> response);

 private:
  void Settle();
  // Why the call fails, or nothing.
  Status Outcome() const;
  void Finish();

  const Dispatcher::Parts& parts_;
  Admission::Ticket ticket_;
  const Call call_;
  const Answer answer_;
  const int64_t begin_us_;
  google::protobuf::Arena arena_;
  mutable std::atomic<bool> told_ = false;  // To stop, so that its answer may be a part.
  const CallContext context_;
  std::atomic<bool> responded_ = false;
  std::atomic<int> missing_ = 1;
  Status recorded_;
  StatusOr<std::string> response_ = std::string();
};

}  // namespace enlace::rpc
