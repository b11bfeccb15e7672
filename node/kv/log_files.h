#pragma once

#include <string>

#include <rocksdb/env.h>

#include "node/base/error.h"

namespace enlace::kv {

// STORE_CORRUPT when two logs of a database that is not open begin with the same write: one is a
// copy of the other. RocksDB would replay both and end the process at the second. A log that
// cannot be read is left for the opening to judge.
Status CheckLogsDiffer(const std::string& path, rocksdb::Env* env);

}  // namespace enlace::kv
