#include "node/rpc/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "fmt/format.h"

namespace enlace::rpc {

StatusOr<int64_t> RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit = {0, 0};
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  constexpr rlim_t kMany = 1 << 30;  // Some systems say "infinity".
  const auto count = static_cast<int64_t>(std::min(limit.rlim_cur, kMany));
  ENLACE_RETURN_IF_ERROR(CheckDescriptorLimit(count));
  return count;
}

Status CheckDescriptorLimit(int64_t limit) {
  if (limit >= kDescriptorsMin) return Status();
  return Error(Reason::LISTEN_FAILED,
               fmt::format("expected that this process may open {} files, seen {}; raise the hard "
                           "limit (LimitNOFILE= of the service, ulimit -n)",
                           kDescriptorsMin, limit),
               {{"files_min", std::to_string(kDescriptorsMin)}, {"files", std::to_string(limit)}});
}

int64_t ConnectionDescriptorsEnd(int64_t limit) {
  return std::min(limit - kDescriptorsReserved, kConnectionsMax);
}

}  // namespace enlace::rpc
