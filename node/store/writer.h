#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "node/base/clock.h"
#include "node/base/mutex.h"
#include "node/kv/engine.h"
#include "node/store/group.h"
#include "node/store/health.h"
#include "node/store/space.h"
#include "node/store/store.h"

namespace enlace::store {

// Told of every commit after it is on disk and before anybody learns of it; see anchor.h.
class CommitWitness {
 public:
  virtual ~CommitWitness() = default;
  // On error the commit is not acknowledged and the store fails.
  virtual Status Advance(uint64_t commit_sequence) = 0;
  // OK, or why it can follow no further commit; asked before each one. Thread-safe.
  virtual Status Health() const = 0;
};

// A group waits for those who were in the one before, at most half as long as that one's commit
// took and no longer than this.
inline constexpr int64_t kGatherUsMax = 2'000;
// Writes of one group; bounds the wait of its first member.
inline constexpr size_t kGroupWritesMax = 1024;

// Writes wait in a bounded queue, large ones in one of their own: of these each commit takes one at
// most together with smaller ones, so that nobody waits behind all of a long delivery. Whoever has
// the turn takes those that wait, runs them one after the other over each other's changes, commits
// them as one batch, and only then completes all of them. The turn is that of the writer's own
// thread, but for the records of reads: they wait for no disk, and when nothing else waits the
// thread that brings one takes the turn for it, since to wake another one costs more than the
// record. Thread-safe.
class Writer {
 public:
  struct Limits {
    size_t group_bytes_max;
    size_t queue_max;
    metrics::Metrics* metrics = nullptr;  // Told of commits and of who waits; may be null.
    int64_t gather_us_max = kGatherUsMax;
  };

  // `witness` may be null. All references must outlive the writer.
  Writer(kv::Engine& engine, SpaceWatch& space, CommitWitness* witness,
         std::shared_ptr<StoreHealth> health, Clock& clock, Limits limits,
         uint64_t commit_sequence);
  // Completes what is queued, then ends the thread.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // As Store::Submit.
  void Submit(Work work, WriteClass write_class, Done done);
  // As Store::Write. REQUIRES: not called from within `work` or `done` (it would wait for itself).
  Status Write(const Work& work, WriteClass write_class = WriteClass::kOrdinary);

  uint64_t commit_sequence() const { return commit_sequence_; }

 private:
  struct Request {
    Work work;
    WriteClass write_class = WriteClass::kOrdinary;
    Done done;
    Status status;
  };
  using Requests = std::vector<Request>;
  enum class Turn { kWrite, kSyncReadRecords, kEnd };

  void Run();
  // Takes the turn, unless the answer is kEnd.
  Turn WaitForTurn();
  // Gives those who wrote together a moment to come again together.
  void Gather() ENLACE_REQUIRES(mutex_);
  void AwaitNoTurn() ENLACE_REQUIRES(mutex_);
  // Whether the thread that brings a record of a read may run it by itself; takes the turn.
  bool MayLead() ENLACE_REQUIRES(mutex_);
  // REQUIRES: the turn is the caller's. Runs `first` and further records of reads, ends the turn.
  void Lead(Request first);
  // The next request for the one who leads, or nothing, and the turn has ended.
  std::optional<Request> NextToLead(int round);
  // Nothing when nothing waits, or when it is more than the record of a read and only these are
  // wanted.
  std::optional<Request> Next(bool read_records_only, bool large);
  // Large ones only with `large`.
  std::optional<Request> Pop(bool read_records_only, bool large) ENLACE_REQUIRES(mutex_);
  size_t Waiting() const ENLACE_REQUIRES(mutex_) { return queue_.size() + large_.size(); }
  // The following have the turn.
  Requests RunGroup(Request first, bool read_records_only);
  Status Commit(const kv::Batch& batch, uint64_t sequence);
  // Makes the read records before it durable by a synced commit that changes nothing else.
  void SyncReadRecords();

  kv::Engine& engine_;
  SpaceWatch& space_;
  CommitWitness* const witness_;
  const std::shared_ptr<StoreHealth> health_;
  Clock& clock_;
  const Limits limits_;
  std::atomic<uint64_t> commit_sequence_;

  Mutex mutex_;
  CondVar work_waiting_;
  std::deque<Request> queue_ ENLACE_GUARDED_BY(mutex_);
  std::deque<Request> large_ ENLACE_GUARDED_BY(mutex_);
  bool turn_taken_ ENLACE_GUARDED_BY(mutex_) = false;
  // When the oldest read record that is not on disk must be.
  std::optional<int64_t> sync_due_steady_ms_ ENLACE_GUARDED_BY(mutex_);
  bool tell_due_ ENLACE_GUARDED_BY(mutex_) = false;  // The writer's thread has not seen it yet.
  size_t gathering_ ENLACE_GUARDED_BY(mutex_) = 0;   // So many writes are waited for.

  int64_t group_us_ = 0;  // Of the writer's thread: what its last group took.
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // Last: starts when all else is there.
};

}  // namespace enlace::store
