#pragma once

#include <memory>
#include <string>

#include <rocksdb/file_system.h>

#include "node/base/mutex.h"
#include "node/kv/engine.h"

namespace enlace::kv {

// A file system that follows what is written to MANIFEST files, so that the engine can say
// which bytes of the list are surely on disk. Everything else passes through. Thread-safe.
class ManifestWatch final : public rocksdb::FileSystemWrapper {
 public:
  explicit ManifestWatch(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}
  const char* Name() const override { return "ManifestWatch"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;

  // The newest MANIFEST as far as it was synced.
  FileListMark Get() const;
  void Synced(const FileListMark& mark);

 private:
  mutable Mutex mutex_;
  FileListMark synced_ ENLACE_GUARDED_BY(mutex_);
};

// The number in a path that ends in MANIFEST-NNNNNN; nothing for another file.
std::optional<uint64_t> ManifestNumber(std::string_view path);

}  // namespace enlace::kv
