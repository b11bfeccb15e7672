#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

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

// Writes of one group; bounds the wait of its first member.
inline constexpr size_t kGroupWritesMax = 1024;

// The one thread that writes. It takes waiting writes from a bounded queue, runs them one
// after the other over each other's changes, commits them as one synced batch, and only
// then completes all of them. Thread-safe.
class Writer {
 public:
  struct Limits {
    size_t group_bytes_max;
    size_t queue_max;
    metrics::Metrics* metrics = nullptr;  // Told of commits and of who waits; may be null.
  };

  // `witness` may be null. All references must outlive the writer.
  Writer(kv::Engine& engine, SpaceWatch& space, CommitWitness* witness,
         std::shared_ptr<StoreHealth> health, Clock& clock, Limits limits,
         uint64_t commit_sequence);
  // Completes what is queued, then ends the thread.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // As Store::Write. REQUIRES: not called from within `work` (it would wait for itself).
  Status Write(const std::function<Status(Transaction&)>& work,
               WriteClass write_class = WriteClass::kOrdinary);

  uint64_t commit_sequence() const { return commit_sequence_; }

 private:
  struct Request;

  void Run();
  // Null when the writer stops and nothing is left, and when read records must be synced.
  Request* WaitForRequest();
  // Null when nothing waits.
  Request* NextRequest();
  Request* Pop() ENLACE_REQUIRES(mutex_);
  void RunGroup(Request* first);
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

  // Of the writer thread: when the oldest read record that is not on disk must be.
  std::optional<int64_t> sync_due_steady_ms_;

  Mutex mutex_;
  CondVar work_waiting_;
  std::deque<Request*> queue_ ENLACE_GUARDED_BY(mutex_);
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // Last: starts when all else is there.
};

}  // namespace enlace::store
