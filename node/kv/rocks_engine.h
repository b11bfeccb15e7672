#pragma once

#include <memory>

#include <rocksdb/env.h>

#include "node/kv/engine.h"

namespace enlace::kv {

// OpenRocksEngine over another file system, so that tests can lose power, count syncs and
// break files. `env` must outlive the engine and its snapshots.
StatusOr<std::unique_ptr<Engine>> OpenRocksEngineOn(const RocksOptions& options, rocksdb::Env* env);

}  // namespace enlace::kv
