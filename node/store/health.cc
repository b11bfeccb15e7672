#include "node/store/health.h"

#include "node/base/check.h"
#include "node/base/log.h"

namespace enlace::store {

void StoreHealth::Fail(const Status& failure) {
  ENLACE_CHECK(!failure.ok());
  {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return;
    failure_ = failure;
  }
  LogError("store_failed", {{"reason", std::string(ReasonName(ReasonOf(failure)))},
                            {"detail", MessageOf(failure)}});
}

Status StoreHealth::Get() const {
  MutexLock lock(mutex_);
  return failure_;
}

Status StoreHealth::Watch(Status status) {
  if (!status.ok()) {
    const Reason reason = ReasonOf(status);
    if (reason == Reason::STORE_CORRUPT || reason == Reason::STORE_FAILED) Fail(status);
  }
  return status;
}

}  // namespace enlace::store
