#include "node/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace enlace {

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "fatal: invariant broken: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace enlace
