#pragma once

#include <memory>
#include <string>

#include <rocksdb/file_system.h>

#include "node/metrics/metrics.h"

namespace enlace::kv {

// A file system that tells how long the disk takes to make files durable: the first thing that
// slows down when a disk is failing or shared. Everything else passes through. Thread-safe.
class SyncTimer final : public rocksdb::FileSystemWrapper {
 public:
  SyncTimer(const std::shared_ptr<rocksdb::FileSystem>& target, metrics::Metrics& metrics)
      : FileSystemWrapper(target), metrics_(metrics) {}
  const char* Name() const override { return "SyncTimer"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;

 private:
  metrics::Metrics& metrics_;
};

}  // namespace enlace::kv
