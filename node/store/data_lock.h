#pragma once

#include <string>
#include <utility>

#include "node/store/files.h"

namespace enlace::store {

// While this file is there, a backup is being restored into the directory, or was when
// something interrupted it: nothing but restoring again may touch what is there.
std::string RestoringPath(const std::string& data_dir);

// One process per data directory, for as long as this lives.
class DataLock {
 public:
  // STORE_FORMAT when the directory was never initialised, or is only half restored;
  // STORE_LOCKED.
  static StatusOr<DataLock> Take(const std::string& data_dir);
  // The same for a directory in the making.
  static StatusOr<DataLock> Create(const std::string& data_dir);

 private:
  explicit DataLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace enlace::store
