#include "node/base/core_files.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace enlace {

Status ForbidCoreFiles() {
  const rlimit none{0, 0};
  // The limit alone does not bind a handler that core_pattern pipes into.
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return Error(Reason::INTERNAL, "the system does not let this process forbid core files");
  }
  return absl::OkStatus();
}

}  // namespace enlace
