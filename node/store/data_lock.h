#pragma once

#include <string>
#include <utility>

#include "node/store/files.h"

namespace enlace::store {

// One process per data directory, for as long as this lives.
class DataLock {
 public:
  // STORE_FORMAT when the directory was never initialised; STORE_LOCKED.
  static StatusOr<DataLock> Take(const std::string& data_dir);
  // The same for a directory in the making.
  static StatusOr<DataLock> Create(const std::string& data_dir);

 private:
  explicit DataLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace enlace::store
