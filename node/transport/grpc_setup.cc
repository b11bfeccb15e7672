#include "node/transport/grpc_setup.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>

#include "absl/synchronization/mutex.h"
#include "grpc/support/log.h"
#include "node/base/clock.h"
#include "node/base/log.h"

namespace enlace::transport {
namespace {

// Strangers who connect and talk nonsense make gRPC write; they may not fill the disk.
constexpr int kLinesPerSecondMax = 5;

bool HasRoom() {
  static std::atomic<int64_t> second = 0;
  static std::atomic<int> lines = 0;
  const int64_t now = SystemClock().SteadyMs() / 1000;
  if (second.exchange(now) != now) lines = 0;
  return lines++ < kLinesPerSecondMax;
}

void Forward(gpr_log_func_args* args) {
  // Said for every caller that names this host by its address.
  if (std::strncmp(args->message, "No match found for server name", 30) == 0) return;
  if (!HasRoom()) return;
  const char* const slash = std::strrchr(args->file, '/');
  LogWarning("grpc", {{"at", std::string(slash == nullptr ? args->file : slash + 1) + ":" +
                                 std::to_string(args->line)},
                      {"text", args->message}});
}

}  // namespace

void SetUpGrpc() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(Forward);
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  });
}

}  // namespace enlace::transport
