#include "node/transport/grpc_log.h"

#include <cstring>
#include <mutex>
#include <string>

#include "grpc/support/log.h"
#include "node/base/log.h"

namespace enlace::transport {
namespace {

void Forward(gpr_log_func_args* args) {
  const char* const slash = std::strrchr(args->file, '/');
  LogWarning("grpc", {{"at", std::string(slash == nullptr ? args->file : slash + 1) + ":" +
                                 std::to_string(args->line)},
                      {"text", args->message}});
}

}  // namespace

void InstallGrpcLog() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(Forward);
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  });
}

}  // namespace enlace::transport
