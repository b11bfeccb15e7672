#include "node/store/data_lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace enlace::store {
namespace {

std::string LockPath(const std::string& data_dir) { return data_dir + "/LOCK"; }

}  // namespace

std::string RestoringPath(const std::string& data_dir) { return data_dir + "/RESTORING"; }

StatusOr<DataLock> DataLock::Take(const std::string& data_dir) {
  StatusOr<FileDescriptor> file = OpenFile(LockPath(data_dir), O_RDWR);
  if (!file.ok() && ReasonOf(file.status()) == Reason::FILE_UNREADABLE) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("{} is not an initialised data directory; check data_dir, or make one "
                             "with `enlaced init`",
                             data_dir));
  }
  if (!file.ok()) return file.status();
  ENLACE_RETURN_IF_ERROR(LockFile(*file, data_dir));
  std::error_code code;
  if (std::filesystem::exists(RestoringPath(data_dir), code)) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("restoring a backup into {} was interrupted, so it holds no whole "
                             "store: run `enlaced restore` again",
                             data_dir));
  }
  return DataLock(*std::move(file));
}

StatusOr<DataLock> DataLock::Create(const std::string& data_dir) {
  ENLACE_ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(LockPath(data_dir), O_RDWR | O_CREAT));
  ENLACE_RETURN_IF_ERROR(LockFile(file, data_dir));
  return DataLock(std::move(file));
}

}  // namespace enlace::store
