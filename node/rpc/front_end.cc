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

// The stand-in looks so often, and takes part after so many looks in a row at which all threads
// were at work: there is more to do than they can, or one is held up by a slow disk.
constexpr int64_t kLookMs = 20;
constexpr int kBusyLooks = 3;

// Things taken before the audit records of the first are written, and so its answer leaves.
constexpr int kTogetherMax = 16;

// A door of this machine where nothing happened for so long is looked at so often from then on.
constexpr int64_t kQuietAfterMs = 1'000;
constexpr int64_t kQuietLookMs = 20;

}  // namespace

void FrontEnd::AddTo(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
}

void FrontEnd::Start() {
  for (int i = 0; i < kAwaited; ++i) ServedCall::Await(*this);
  const int count = connections_ == nullptr ? 1 : Threads();
  steps_ = std::vector<std::atomic<uint64_t>>(static_cast<size_t>(count));
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
  Wake();
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
  while (Next(&tag, &ok)) {
    ++steps;
    Take(tag, ok);
    ++steps;
  }
}

void FrontEnd::Take(void* tag, bool ok) {
  AuditRound round(dispatcher_.audit());
  ServedCall::Happened(tag, ok);
  // Only who has a record to write looks for more: it costs a look at the sockets.
  for (int taken = 1; taken < kTogetherMax && !round.empty(); ++taken) {
    const auto next = queue_->AsyncNext(&tag, &ok, transport::kNoWait);
    if (next != grpc::CompletionQueue::GOT_EVENT) return;
    ServedCall::Happened(tag, ok);
  }
}

bool FrontEnd::Next(void** tag, bool* ok) {
  return connections_ == nullptr ? NextAtQuietDoor(tag, ok) : queue_->Next(tag, ok);
}

// gRPC lets one thread wait for all sockets of the process. If that were the thread of a door where
// nothing happens, it would take what comes to the network door and wake that one's thread for each
// thing: a tenth of a call. So the thread of a quiet door does not wait there.
bool FrontEnd::NextAtQuietDoor(void** tag, bool* ok) {
  while (true) {
    const auto until = quiet_ ? transport::kNoWait : transport::DeadlineIn(kQuietAfterMs);
    switch (queue_->AsyncNext(tag, ok, until)) {
      case grpc::CompletionQueue::GOT_EVENT:
        quiet_ = false;
        return true;
      case grpc::CompletionQueue::SHUTDOWN:
        return false;
      case grpc::CompletionQueue::TIMEOUT:
        break;
    }
    const MutexLock lock(mutex_);
    quiet_ = !woken_.WaitFor(mutex_, kQuietLookMs, [this]() ENLACE_NO_ANALYSIS { return wake_; });
    wake_ = false;
  }
}

void FrontEnd::Wake() {
  const MutexLock lock(mutex_);
  wake_ = true;
  woken_.NotifyOne();
}

void FrontEnd::StandIn(const std::stop_token& stop) {
  int busy = 0;  // Looks in a row that found nobody waiting.
  while (!stop.stop_requested()) {
    busy = AllBusy() ? busy + 1 : 0;
    if (busy >= kBusyLooks) {
      Help();
      continue;
    }
    const MutexLock lock(mutex_);
    look_.WaitFor(mutex_, kLookMs, [&stop] { return stop.stop_requested(); });
  }
}

void FrontEnd::Help() {
  const auto end = transport::DeadlineIn(kLookMs);
  void* tag = nullptr;
  bool ok = false;
  while (queue_->AsyncNext(&tag, &ok, end) == grpc::CompletionQueue::GOT_EVENT) Take(tag, ok);
}

bool FrontEnd::AllBusy() const {
  return std::all_of(steps_.begin(), steps_.end(),
                     [](const std::atomic<uint64_t>& steps) { return steps % 2 != 0; });
}

}  // namespace enlace::rpc
