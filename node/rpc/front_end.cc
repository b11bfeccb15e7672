#include "node/rpc/front_end.h"

#include <algorithm>

#include "node/rpc/served_call.h"
#include "node/transport/deadline.h"

namespace enlace::rpc {
namespace {

// Calls that gRPC may begin before one of them is looked at; each takes some kB all the time.
constexpr int kAwaited = 32;

// What is done on them waits for nothing, so that few are enough: a second one on two cores only
// took turns with the first at polling, and its being woken was a sixth of a call.
int Threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, 1, 8);
}

// Held up for so long, a brief handler has met a slow disk after all.
constexpr int64_t kHeldUpMs = 20;

}  // namespace

void FrontEnd::AddTo(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
}

void FrontEnd::Start() {
  for (int i = 0; i < kAwaited; ++i) ServedCall::Await(*this);
  steps_ = std::vector<std::atomic<uint64_t>>(static_cast<size_t>(Threads()));
  for (std::atomic<uint64_t>& steps : steps_) {
    threads_.emplace_back([this, &steps] { Run(steps); });
  }
  stand_in_ = std::jthread([this](const std::stop_token& stop) { StandIn(stop); });
}

void FrontEnd::Stop() {
  if (threads_.empty()) return;
  {
    // The queue must not end while a call may still ask something of it, or be on its way.
    const MutexLock lock(mutex_);
    stopping_ = true;
    empty_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return calls_ == 0; });
  }
  stand_in_.request_stop();
  stand_in_.join();
  queue_->Shutdown();
  threads_.clear();  // Joins.
}

bool FrontEnd::Begin() {
  const MutexLock lock(mutex_);
  calls_ += stopping_ ? 0 : 1;
  return !stopping_;
}

void FrontEnd::Ended() {
  const MutexLock lock(mutex_);
  if (--calls_ == 0) empty_.NotifyAll();
}

void FrontEnd::Run(std::atomic<uint64_t>& steps) {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    ++steps;
    ServedCall::Happened(tag, ok);
    ++steps;
  }
}

void FrontEnd::StandIn(const std::stop_token& stop) {
  std::optional<uint64_t> before;
  while (!stop.stop_requested()) {
    const std::optional<uint64_t> now = AllBusy();
    if (now.has_value() && now == before) {
      void* tag = nullptr;
      bool ok = false;
      const auto end = transport::DeadlineIn(kHeldUpMs);
      if (queue_->AsyncNext(&tag, &ok, end) == grpc::CompletionQueue::GOT_EVENT) {
        ServedCall::Happened(tag, ok);
      }
      continue;
    }
    before = now;
    const MutexLock lock(mutex_);
    look_.WaitFor(mutex_, kHeldUpMs, [&stop] { return stop.stop_requested(); });
  }
}

std::optional<uint64_t> FrontEnd::AllBusy() const {
  uint64_t sum = 0;
  for (const std::atomic<uint64_t>& steps : steps_) {
    const uint64_t done = steps;
    if (done % 2 == 0) return std::nullopt;
    sum += done;
  }
  return sum;
}

}  // namespace enlace::rpc
