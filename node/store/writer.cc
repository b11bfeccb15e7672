#include "node/store/writer.h"

#include <pthread.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "node/base/check.h"
#include "node/store/reader.h"

namespace enlace::store {

// A write that waits; lives on its caller's stack.
struct Writer::Request {
  const std::function<Status(Transaction&)>& work;
  const WriteClass write_class;
  Status status;  // Written by the writer thread before it sets `done`.
  Mutex mutex;
  CondVar completed;
  bool done ENLACE_GUARDED_BY(mutex) = false;

  void Complete() {
    MutexLock lock(mutex);
    done = true;
    completed.NotifyOne();  // Under the lock: the caller frees this when it wakes.
  }
};

Writer::Writer(kv::Engine& engine, SpaceWatch& space, CommitWitness* witness,
               std::shared_ptr<StoreHealth> health, Clock& clock, Limits limits,
               uint64_t commit_sequence)
    : engine_(engine),
      space_(space),
      witness_(witness),
      health_(std::move(health)),
      clock_(clock),
      limits_{std::min(limits.group_bytes_max, kGroupBytesLimit), limits.queue_max, limits.metrics},
      commit_sequence_(commit_sequence),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-writer");
}

Writer::~Writer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_waiting_.NotifyAll();
  thread_.join();
}

Status Writer::Write(const std::function<Status(Transaction&)>& work, WriteClass write_class) {
  ENLACE_CHECK(std::this_thread::get_id() != thread_.get_id());
  ENLACE_RETURN_IF_ERROR(health_->Get());
  Request request{
      .work = work, .write_class = write_class, .status = {}, .mutex = {}, .completed = {}};
  {
    MutexLock lock(mutex_);
    if (queue_.size() >= limits_.queue_max) {
      return Error(Reason::NODE_OVERLOADED, "too many writes are waiting; retry later");
    }
    queue_.push_back(&request);
    if (limits_.metrics != nullptr) limits_.metrics->SetWriterQueue(queue_.size());
    work_waiting_.NotifyOne();  // Under the lock: from then on the writer may end.
  }
  MutexLock lock(request.mutex);
  request.completed.Wait(request.mutex, [&request]() ENLACE_NO_ANALYSIS { return request.done; });
  return request.status;
}

void Writer::Run() {
  while (true) {
    Request* const first = WaitForRequest();
    if (first != nullptr) RunGroup(first);
    if (!sync_due_steady_ms_.has_value()) {
      if (first == nullptr) return;
    } else if (first == nullptr || clock_.SteadyMs() >= *sync_due_steady_ms_) {
      SyncReadRecords();
    }
  }
}

Writer::Request* Writer::WaitForRequest() {
  const auto ready = [this]() ENLACE_NO_ANALYSIS { return stopping_ || !queue_.empty(); };
  MutexLock lock(mutex_);
  if (sync_due_steady_ms_.has_value()) {
    work_waiting_.WaitFor(mutex_, std::max<int64_t>(0, *sync_due_steady_ms_ - clock_.SteadyMs()),
                          ready);
  } else {
    work_waiting_.Wait(mutex_, ready);
  }
  return Pop();
}

Writer::Request* Writer::NextRequest() {
  MutexLock lock(mutex_);
  return Pop();
}

Writer::Request* Writer::Pop() {
  if (queue_.empty()) return nullptr;
  Request* request = queue_.front();
  queue_.pop_front();
  if (limits_.metrics != nullptr) limits_.metrics->SetWriterQueue(queue_.size());
  return request;
}

void Writer::RunGroup(Request* first) {
  const uint64_t sequence = commit_sequence_ + 1;
  space_.Look();
  const SnapshotReader base(engine_.TakeSnapshot(), health_);
  Group group(base, sequence, clock_.NowMs());
  std::vector<Request*> members;
  bool sync = false;
  for (Request* request = first; request != nullptr; request = NextRequest()) {
    request->status = space_.Admit(request->write_class);
    if (request->status.ok()) request->status = group.Run(request->work);
    sync = sync || request->write_class != WriteClass::kReadRecord;
    members.push_back(request);
    if (group.bytes() >= limits_.group_bytes_max || members.size() >= kGroupWritesMax) break;
  }
#ifdef ENLACE_BREAK_ACK_BEFORE_SYNC
  for (Request* request : members) request->Complete();
  Commit(group.ToBatch(), sequence).IgnoreError();
#else
  // A member that failed, or only read, may have seen the others' changes: it too learns
  // its result only when they are on disk, and the failure when they are not.
  const int64_t begin_us = clock_.SteadyUs();
  kv::Batch batch = group.ToBatch();
  batch.sync = sync;
  const Status committed = group.empty() ? health_->Get() : Commit(batch, sequence);
  if (limits_.metrics != nullptr && !group.empty()) {
    limits_.metrics->CountCommit(committed.ok(), members.size(), clock_.SteadyUs() - begin_us);
  }
  for (Request* request : members) {
    if (!committed.ok()) request->status = committed;
    request->Complete();
  }
#endif
}

void Writer::SyncReadRecords() {
  const SnapshotReader base(engine_.TakeSnapshot(), health_);
  const Group nothing(base, commit_sequence_ + 1, clock_.NowMs());
  Commit(nothing.ToBatch(), commit_sequence_ + 1).IgnoreError();  // Health() tells.
  sync_due_steady_ms_.reset();
}

Status Writer::Commit(const kv::Batch& batch, uint64_t sequence) {
  ENLACE_RETURN_IF_ERROR(health_->Get());
  // What could not be witnessed is not written: an anchor that failed behind the last commit
  // would otherwise fall one more behind.
  Status status = witness_ != nullptr ? witness_->Health() : absl::OkStatus();
  if (status.ok()) status = engine_.Commit(batch);
  // The witness names only what is on disk.
  if (status.ok() && batch.sync && witness_ != nullptr) status = witness_->Advance(sequence);
  if (!status.ok()) {
    if (ReasonOf(status) == Reason::STORE_CONFLICT) {
      status = Error(Reason::STORE_FAILED,
                     "somebody else wrote to this database; stop the other writer and restart");
    }
    health_->Fail(status);
    return status;
  }
  if (batch.sync) {
    sync_due_steady_ms_.reset();
  } else if (!sync_due_steady_ms_.has_value()) {
    sync_due_steady_ms_ = clock_.SteadyMs() + kReadRecordMs;
  }
  commit_sequence_ = sequence;
  return absl::OkStatus();
}

}  // namespace enlace::store
