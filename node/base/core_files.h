#pragma once

#include "node/base/error.h"

namespace enlace {

// From here on this process leaves no core file, neither by itself nor through a handler of
// the system, and other processes of its user cannot read its memory: it holds rows and keys.
// INTERNAL when the system refuses.
Status ForbidCoreFiles();

}  // namespace enlace
