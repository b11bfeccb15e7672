#pragma once

#include "node/base/error.h"
#include "node/kv/engine.h"

// What every engine checks before it looks at a batch, so that all refuse alike.
namespace enlace::kv {

// OK, or STORE_LIMIT naming the limit. REQUIRES: each table is below `table_count`.
Status CheckLimits(const Batch& batch, size_t table_count);

}  // namespace enlace::kv
