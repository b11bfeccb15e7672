#include "node/store/anchor_keeper.h"

#include <pthread.h>

#include <string>
#include <utility>

#include "node/base/clock.h"
#include "node/base/log.h"

namespace enlace::store {

AnchorKeeper::AnchorKeeper(std::unique_ptr<Anchor> anchor,
                           std::function<kv::FileListMark()> file_list, metrics::Metrics* metrics)
    : anchor_(std::move(anchor)),
      file_list_(std::move(file_list)),
      metrics_(metrics),
      thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-anchor");
}

AnchorKeeper::~AnchorKeeper() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
  MutexLock lock(mutex_);
  if (failure_.ok() || told_) return;
  LogError("store_failed", {{"reason", std::string(ReasonName(ReasonOf(failure_)))},
                            {"detail", MessageOf(failure_)}});
}

Status AnchorKeeper::Advance(uint64_t commit_sequence) {
  {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return !busy_; });
    told_ = !failure_.ok();
    ENLACE_RETURN_IF_ERROR(failure_);
    busy_ = true;
  }
  const Status written = anchor_->Write(commit_sequence, file_list_());
  {
    MutexLock lock(mutex_);
    sync_wanted_ = written.ok();
    busy_ = written.ok();
    if (failure_.ok()) failure_ = written;
    told_ = !failure_.ok();
  }
  changed_.NotifyAll();
  return written;
}

Status AnchorKeeper::Health() const {
  MutexLock lock(mutex_);
  told_ = !failure_.ok();
  return failure_;
}

std::optional<bool> AnchorKeeper::NextTurn() {
  MutexLock lock(mutex_);
  changed_.WaitFor(mutex_, kFileListCheckMs, [this]() ENLACE_NO_ANALYSIS {
    return sync_wanted_ || stopping_ || !failure_.ok();
  });
  changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return sync_wanted_ || !busy_; });
  if (!failure_.ok()) {  // Nothing is written any more.
    changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return stopping_; });
    return std::nullopt;
  }
  if (sync_wanted_) return true;
  busy_ = true;
  return false;
}

Status AnchorKeeper::WriteMovedFileList() {
  const kv::FileListMark files = file_list_();
  if (files == anchor_->state().files) return absl::OkStatus();
  ENLACE_RETURN_IF_ERROR(anchor_->Write(anchor_->state().commit_sequence, files));
  return Sync();
}

Status AnchorKeeper::Sync() {
  const SystemClock clock;
  const int64_t begin_us = clock.SteadyUs();
  const Status synced = anchor_->Sync();
  if (metrics_ != nullptr) {
    metrics_->CountSync(metrics::SyncedFile::kAnchor, clock.SteadyUs() - begin_us);
  }
  return synced;
}

void AnchorKeeper::Run() {
  while (const std::optional<bool> sync = NextTurn()) {
    const Status done = *sync ? Sync() : WriteMovedFileList();
    bool last = false;
    {
      MutexLock lock(mutex_);
      if (failure_.ok()) failure_ = done;  // For good: a failed sync is never tried again.
      busy_ = false;
      sync_wanted_ = false;
      last = stopping_ && !*sync;
    }
    changed_.NotifyAll();
    if (last) return;
  }
}

}  // namespace enlace::store
