#include "node/rpc/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "fmt/format.h"

namespace enlace::rpc {
namespace {

constexpr int64_t kStoreFilesMin = 64;
constexpr int64_t kStoreFilesMax = 256;
// The store's logs and locks, both doors, gRPC's own, and files that are read for a moment.
constexpr int64_t kOthers = 64;
// A peer's connection, and the next while it is replaced.
constexpr int64_t kPerPeer = 2;
constexpr int64_t kPerConnection = 2;
constexpr int64_t kConnectionsMin = 16;
constexpr int64_t kKeptFree = 16;

}  // namespace

int64_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit = {0, 0};
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  constexpr rlim_t kMany = 1 << 30;  // Some systems say "infinity".
  return static_cast<int64_t>(std::min(limit.rlim_cur, kMany));
}

StatusOr<DescriptorPlan> PlanDescriptors(int64_t limit, int64_t peers) {
  DescriptorPlan plan;
  plan.store_files = std::clamp(limit / 4, kStoreFilesMin, kStoreFilesMax);
  plan.connections = (limit - plan.store_files - kOthers - kPerPeer * peers) / kPerConnection;
  plan.connection_end = limit - kKeptFree;
  if (limit >= kDescriptorsMin && plan.connections >= kConnectionsMin) return plan;
  const int64_t without_store = kOthers + kPerPeer * peers + kPerConnection * kConnectionsMin;
  const int64_t needed = std::max(kDescriptorsMin, (4 * without_store + 2) / 3);
  return Error(Reason::LISTEN_FAILED,
               fmt::format("expected that this process may open {} files, seen {}; raise the hard "
                           "limit (LimitNOFILE= of the service, ulimit -n)",
                           needed, limit),
               {{"files_min", std::to_string(needed)}, {"files", std::to_string(limit)}});
}

}  // namespace enlace::rpc
