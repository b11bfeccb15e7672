#pragma once

#include "node/base/error.h"
#include "node/base/mutex.h"

namespace enlace::store {

// Whether the store still takes writes. The first failure stays for good: after a refused
// write or damaged bytes nobody knows what the disk holds, so only a restart, which
// compares with the anchor, may say that all is well again. Thread-safe.
class StoreHealth {
 public:
  // REQUIRES: !failure.ok().
  void Fail(const Status& failure);
  Status Get() const;
  // Fails when `status` says that stored bytes are damaged or unreadable; returns it.
  Status Watch(Status status);

 private:
  mutable Mutex mutex_;
  Status failure_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::store
