#pragma once

#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include "node/kv/engine.h"

// How RocksDB 7.8 must be set up so that it keeps its promises; each line that is not a
// matter of taste says which defect or default it answers.
namespace enlace::kv {

rocksdb::DBOptions MakeDbOptions(const RocksOptions& options, rocksdb::Env* env);
rocksdb::ColumnFamilyOptions MakeTableOptions(const std::shared_ptr<rocksdb::Cache>& cache);
// Of every commit; `sync` as in Batch. There is no other write path.
rocksdb::WriteOptions MakeWriteOptions(bool sync);

}  // namespace enlace::kv
