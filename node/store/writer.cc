#include "node/store/writer.h"

#include <pthread.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "node/base/check.h"
#include "node/store/reader.h"

namespace enlace::store {
namespace {

// Records of reads that one thread runs before it goes on with its own work, at most so many times
// what had gathered.
constexpr int kLedRoundsMax = 8;

// The writer whose turn this thread has, or whose writes it completes.
thread_local const Writer* busy_with = nullptr;

class Busy {
 public:
  explicit Busy(const Writer* writer) : before_(std::exchange(busy_with, writer)) {}
  ~Busy() { busy_with = before_; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  const Writer* const before_;
};

template <typename Requests>
void Complete(Requests& requests) {
  for (auto& request : requests) request.done(request.status);
}

// One who waits for the end of a write.
class Waiter {
 public:
  void Done(const Status& status) {
    const MutexLock lock(mutex_);
    status_ = status;
    completed_.NotifyOne();  // Under the lock: the one who waits frees this when it wakes.
  }
  Status Wait() {
    const MutexLock lock(mutex_);
    completed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return status_.has_value(); });
    return *status_;
  }

 private:
  Mutex mutex_;
  CondVar completed_;
  std::optional<Status> status_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace

Writer::Writer(kv::Engine& engine, SpaceWatch& space, CommitWitness* witness,
               std::shared_ptr<StoreHealth> health, Clock& clock, Limits limits,
               uint64_t commit_sequence)
    : engine_(engine),
      space_(space),
      witness_(witness),
      health_(std::move(health)),
      clock_(clock),
      limits_{std::min(limits.group_bytes_max, kGroupBytesLimit), limits.queue_max, limits.metrics,
              limits.gather_us_max},
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

void Writer::Submit(Work work, WriteClass write_class, Done done) {
  if (const Status health = health_->Get(); !health.ok()) return done(health);
  Request request{std::move(work), write_class, std::move(done), {}};
  bool leads = false;
  bool refused = false;
  {
    const MutexLock lock(mutex_);
    leads = write_class == WriteClass::kReadRecord && MayLead();
    refused = !leads && Waiting() >= limits_.queue_max;
    if (!leads && !refused) {
      (write_class == WriteClass::kLarge ? large_ : queue_).push_back(std::move(request));
      if (limits_.metrics != nullptr) limits_.metrics->SetWriterQueue(Waiting());
      // Whoever has the turn looks before it ends. Under the lock: from then on the writer may end.
      const bool begins = Waiting() == 1 || Waiting() >= gathering_;
      if (begins && !turn_taken_) work_waiting_.NotifyOne();
    }
  }
  if (leads) return Lead(std::move(request));
  if (refused) {
    request.done(Error(Reason::NODE_OVERLOADED, "too many writes are waiting; retry later"));
  }
}

Status Writer::Write(const Work& work, WriteClass write_class) {
  ENLACE_CHECK(busy_with != this);
  Waiter waiter;
  Submit([&work](Transaction& transaction) { return work(transaction); }, write_class,
         [&waiter](const Status& status) { waiter.Done(status); });
  return waiter.Wait();
}

void Writer::Run() {
  const Busy busy(this);
  while (true) {
    const Turn turn = WaitForTurn();
    if (turn == Turn::kEnd) return;
    Requests members;
    if (turn == Turn::kWrite) {
      const int64_t begin_us = clock_.SteadyUs();
      members = RunGroup(*Next(false, true), false);
      group_us_ = clock_.SteadyUs() - begin_us;
    } else {
      SyncReadRecords();
    }
    {
      const MutexLock lock(mutex_);
      turn_taken_ = false;
      gathering_ = members.size() * 3 / 4;
    }
    Complete(members);
  }
}

Writer::Turn Writer::WaitForTurn() {
  const MutexLock lock(mutex_);
  while (true) {
    const std::optional<int64_t> due = sync_due_steady_ms_;
    const int64_t left_ms = due.has_value() ? std::max<int64_t>(0, *due - clock_.SteadyMs()) : 0;
    const auto ready = [&]() ENLACE_NO_ANALYSIS {
      return !turn_taken_ && (stopping_ || Waiting() > 0 || sync_due_steady_ms_ != due);
    };
    bool late = false;
    if (!due.has_value()) {
      work_waiting_.Wait(mutex_, ready);
    } else {
      late = !work_waiting_.WaitFor(mutex_, left_ms, ready);
      if (late) AwaitNoTurn();  // Nobody takes it again now that the time is over.
    }
    if (!late && Waiting() > 0 && !stopping_) Gather();
    turn_taken_ = true;
    if (sync_due_steady_ms_.has_value() &&
        (late || clock_.SteadyMs() >= *sync_due_steady_ms_ || (stopping_ && Waiting() == 0))) {
      return Turn::kSyncReadRecords;
    }
    if (Waiting() > 0) return Turn::kWrite;
    turn_taken_ = false;
    if (stopping_) return Turn::kEnd;
  }
}

// Answered callers come back one by one. Taken as they come, eight clients made groups of two or
// three, each with its own sync.
void Writer::Gather() {
  work_waiting_.WaitForUs(mutex_, std::min(group_us_ / 2, limits_.gather_us_max),
                          [this]()
                              ENLACE_NO_ANALYSIS { return stopping_ || Waiting() >= gathering_; });
  gathering_ = 0;
  AwaitNoTurn();
}

void Writer::AwaitNoTurn() {
  if (!turn_taken_) return;
  work_waiting_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return !turn_taken_; });
}

bool Writer::MayLead() {
  if (turn_taken_ || stopping_ || (Waiting() > 0 && gathering_ == 0)) return false;
  if (sync_due_steady_ms_.has_value() && clock_.SteadyMs() >= *sync_due_steady_ms_) return false;
  turn_taken_ = true;
  return true;
}

void Writer::Lead(Request first) {
  const Busy busy(this);
  std::optional<Request> next = std::move(first);
  for (int round = 1; next.has_value(); ++round) {
    Requests members = RunGroup(*std::move(next), true);
    next = NextToLead(round);
    Complete(members);
  }
}

std::optional<Writer::Request> Writer::NextToLead(int round) {
  const MutexLock lock(mutex_);
  if (round < kLedRoundsMax) {
    std::optional<Request> next = Pop(true, false);
    if (next.has_value()) return next;
  }
  turn_taken_ = false;
  const bool late = sync_due_steady_ms_.has_value() && clock_.SteadyMs() >= *sync_due_steady_ms_;
  if (std::exchange(tell_due_, false) || late || stopping_ || Waiting() > 0) {
    work_waiting_.NotifyOne();
  }
  return std::nullopt;
}

std::optional<Writer::Request> Writer::Next(bool read_records_only, bool large) {
  const MutexLock lock(mutex_);
  return Pop(read_records_only, large);
}

std::optional<Writer::Request> Writer::Pop(bool read_records_only, bool large) {
  std::deque<Request>& from = large && !large_.empty() ? large_ : queue_;
  if (from.empty()) return std::nullopt;
  if (read_records_only && from.front().write_class != WriteClass::kReadRecord) {
    return std::nullopt;
  }
  std::optional<Request> request = std::move(from.front());
  from.pop_front();
  if (limits_.metrics != nullptr) limits_.metrics->SetWriterQueue(Waiting());
  return request;
}

Writer::Requests Writer::RunGroup(Request first, bool read_records_only) {
  const uint64_t sequence = commit_sequence_ + 1;
  space_.Look();
  const SnapshotReader base(engine_.TakeSnapshot(), health_);
  Group group(base, sequence, clock_.NowMs());
  Requests members;
  bool sync = false;
  bool large = false;  // The group has a large one.
  for (std::optional<Request> request = std::move(first); request.has_value();
       request = Next(read_records_only, !read_records_only && !large)) {
    large = large || request->write_class == WriteClass::kLarge;
    request->status = space_.Admit(request->write_class);
    if (request->status.ok()) request->status = group.Run(request->work);
    sync = sync || request->write_class != WriteClass::kReadRecord;
    members.push_back(*std::move(request));
    if (group.bytes() >= limits_.group_bytes_max || members.size() >= kGroupWritesMax) break;
  }
#ifdef ENLACE_BREAK_ACK_BEFORE_SYNC
  Complete(members);
  Commit(group.ToBatch(), sequence).IgnoreError();
  return {};
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
  for (Request& request : members) {
    if (!committed.ok()) request.status = committed;
  }
  return members;
#endif
}

void Writer::SyncReadRecords() {
  const SnapshotReader base(engine_.TakeSnapshot(), health_);
  Group nothing(base, commit_sequence_ + 1, clock_.NowMs());
  Commit(nothing.ToBatch(), commit_sequence_ + 1).IgnoreError();  // Health() tells.
  const MutexLock lock(mutex_);
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
  const MutexLock lock(mutex_);
  if (batch.sync) {
    sync_due_steady_ms_.reset();
  } else if (!sync_due_steady_ms_.has_value()) {
    sync_due_steady_ms_ = clock_.SteadyMs() + kReadRecordMs;
    tell_due_ = true;
  }
  commit_sequence_ = sequence;
  return absl::OkStatus();
}

}  // namespace enlace::store
