#include "node/store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace enlace::store {
namespace {

std::atomic<uint64_t> syncs_done = 0;

}  // namespace

Status FileError(const std::string& path, const std::string& doing, int error_number) {
  return Error(Reason::STORE_FAILED, fmt::format("{} {}: {}", doing, path,
                                                 std::generic_category().message(error_number)));
}

StatusOr<FileDescriptor> OpenFile(const std::string& path, int flags, int mode) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd >= 0) return FileDescriptor(fd);
  if (errno == ENOENT) {
    return Error(Reason::FILE_UNREADABLE, fmt::format("{} does not exist", path));
  }
  return FileError(path, "opening", errno);
}

Status LockFile(const FileDescriptor& file, const std::string& path) {
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno != EWOULDBLOCK) return FileError(path, "locking", errno);
  return Error(Reason::STORE_LOCKED,
               fmt::format("another process holds {}; stop the other node first", path));
}

Status SyncFile(const FileDescriptor& file, const std::string& path) {
  if (fsync(file.get()) != 0) return FileError(path, "syncing", errno);
  ++syncs_done;
  return absl::OkStatus();
}

Status SyncFileBytes(const FileDescriptor& file, const std::string& path) {
  if (fdatasync(file.get()) != 0) return FileError(path, "syncing", errno);
  ++syncs_done;
  return absl::OkStatus();
}

uint64_t SyncsDone() { return syncs_done; }

Status SyncFolder(const std::string& folder) {
  ENLACE_ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(folder, O_RDONLY | O_DIRECTORY));
  return SyncFile(file, folder);
}

Status SyncParentFolder(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return SyncFolder(parent.empty() ? "." : parent);
}

Status Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return FileError(from, "renaming", errno);
  return absl::OkStatus();
}

}  // namespace enlace::store
