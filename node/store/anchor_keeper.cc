#include "node/store/anchor_keeper.h"

#include <pthread.h>

#include <utility>

namespace enlace::store {

AnchorKeeper::AnchorKeeper(std::unique_ptr<AnchorFile> file)
    : file_(std::move(file)), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-anchor");
}

AnchorKeeper::~AnchorKeeper() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

Status AnchorKeeper::Advance(uint64_t commit_sequence) {
  {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return !sync_wanted_; });
    ENLACE_RETURN_IF_ERROR(failure_);
  }
  ENLACE_RETURN_IF_ERROR(file_->Write(commit_sequence));
  {
    MutexLock lock(mutex_);
    sync_wanted_ = true;
  }
  changed_.NotifyAll();
  return absl::OkStatus();
}

void AnchorKeeper::Run() {
  while (true) {
    {
      MutexLock lock(mutex_);
      changed_.Wait(mutex_, [this]() ENLACE_NO_ANALYSIS { return sync_wanted_ || stopping_; });
      if (!sync_wanted_) return;
    }
    const Status synced = file_->Sync();
    {
      MutexLock lock(mutex_);
      if (failure_.ok()) failure_ = synced;  // For good: a failed sync is never tried again.
      sync_wanted_ = false;
    }
    changed_.NotifyAll();
  }
}

}  // namespace enlace::store
