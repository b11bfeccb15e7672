#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "node/base/mutex.h"
#include "node/kv/engine.h"
#include "node/store/tables.h"

// A memory engine that can be blocked inside Commit and made to fail. Two of them over one
// shared state stand for two processes, or for one before and after a restart.
namespace enlace::store {

class TestEngine final : public kv::Engine {
 public:
  TestEngine() : TestEngine(kv::OpenMemoryEngine(static_cast<size_t>(Table::kCount))) {}
  explicit TestEngine(std::shared_ptr<kv::Engine> state) : state_(std::move(state)) {}

  std::shared_ptr<kv::Engine> shared_state() const { return state_; }

  std::unique_ptr<kv::Snapshot> TakeSnapshot() override { return state_->TakeSnapshot(); }

  Status Commit(const kv::Batch& batch) override {
    MutexLock lock(mutex_);
    waiting_ = true;
    changed_.NotifyAll();
    changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return !blocked_; });
    waiting_ = false;
    if (on_commit_) on_commit_(commits_);
    if (next_failure_) return *std::exchange(next_failure_, std::nullopt);
    const Status status = state_->Commit(batch);
    if (status.ok()) ++commits_;
    if (status.ok() && batch.sync) ++synced_;
    return status;
  }
  Status Health() const override { return absl::OkStatus(); }
  Status VerifyChecksums() override { return verify_; }
  std::function<kv::FileListMark()> FileListSource() const override {
    return [this] {
      MutexLock lock(mutex_);
      return files_;
    };
  }

  void Block() { SetBlocked(true); }
  void Unblock() { SetBlocked(false); }
  // Returns when a Commit is held back by Block().
  void WaitForBlockedCommit() {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return waiting_; });
  }
  void FailNextCommit(Status status) {
    MutexLock lock(mutex_);
    next_failure_ = std::move(status);
  }
  // Called in each commit with the number of those before it.
  void OnCommits(std::function<void(int)> on_commit) {
    MutexLock lock(mutex_);
    on_commit_ = std::move(on_commit);
  }
  void SetFileList(const kv::FileListMark& files) {
    MutexLock lock(mutex_);
    files_ = files;
  }
  void FailVerify(Status status) { verify_ = std::move(status); }
  int synced() const {
    MutexLock lock(mutex_);
    return synced_;
  }
  int commits() const {
    MutexLock lock(mutex_);
    return commits_;
  }

 private:
  void SetBlocked(bool blocked) {
    MutexLock lock(mutex_);
    blocked_ = blocked;
    changed_.NotifyAll();
  }

  const std::shared_ptr<kv::Engine> state_;
  Status verify_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool blocked_ ENLACE_GUARDED_BY(mutex_) = false;
  bool waiting_ ENLACE_GUARDED_BY(mutex_) = false;
  std::optional<Status> next_failure_ ENLACE_GUARDED_BY(mutex_);
  std::function<void(int)> on_commit_ ENLACE_GUARDED_BY(mutex_);
  kv::FileListMark files_ ENLACE_GUARDED_BY(mutex_);
  int commits_ ENLACE_GUARDED_BY(mutex_) = 0;
  int synced_ ENLACE_GUARDED_BY(mutex_) = 0;  // Of these.
};

}  // namespace enlace::store
