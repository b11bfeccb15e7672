#include "client/cli/exit_code.h"

#include "node/base/check.h"

namespace enlace::cli {

ExitCode ExitCodeOf(const Status& status) {
  ENLACE_CHECK(!status.ok());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnreachable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitNotPermitted;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return kExitPrecondition;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    default:
      // A file that is not there was named on the command line.
      if (ReasonOf(status) == Reason::FILE_UNREADABLE) return kExitUsage;
      return kExitFailed;
  }
}

}  // namespace enlace::cli
