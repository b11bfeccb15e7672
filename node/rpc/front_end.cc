#include "node/rpc/front_end.h"

#include <algorithm>

#include "node/rpc/served_call.h"

namespace enlace::rpc {
namespace {

// Calls that gRPC may begin before one of them is looked at; each takes some kB all the time.
constexpr int kAwaited = 32;

// What is done on them waits for nothing, and with a second one a slow handler of a brief method
// does not stop the door. gRPC takes as many for its own callbacks.
int Threads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, 2, 16);
}

}  // namespace

void FrontEnd::AddTo(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
}

void FrontEnd::Start() {
  for (int i = 0; i < kAwaited; ++i) ServedCall::Await(*this);
  const int count = Threads();
  for (int i = 0; i < count; ++i) threads_.emplace_back([this] { Run(); });
}

void FrontEnd::Stop() {
  if (threads_.empty()) return;
  {
    // The queue must not end while a call may still ask something of it, or be on its way.
    const MutexLock lock(mutex_);
    stopping_ = true;
    empty_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return calls_ == 0; });
  }
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

void FrontEnd::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) ServedCall::Happened(tag, ok);
}

}  // namespace enlace::rpc
