#pragma once

#include "node/base/error.h"

// What the shell learns. Documented in docs/CLI.md, which a test compares.
namespace enlace::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,         // Anything that is none of the others.
  kExitUsage = 2,          // The command line, a file or a value was wrong.
  kExitUnreachable = 3,    // Nobody answers, or not in time.
  kExitNotPermitted = 4,   // Not signed in, or not allowed.
  kExitPrecondition = 5,   // Another state or another change stands in the way.
  kExitFindings = 6,       // Completed, and there is something to look at.
  kExitInterrupted = 130,  // Ctrl-C.
};

// REQUIRES: `status` is not OK.
ExitCode ExitCodeOf(const Status& status);

}  // namespace enlace::cli
