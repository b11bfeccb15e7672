#include "client/intake/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace enlace::intake {
namespace {

Status Unwritable(const std::string& path) {
  return Error(Reason::FILE_UNWRITABLE, fmt::format("cannot write {}: {}", path, strerror(errno)),
               {{"path", path}});
}

Status Unreadable(const std::string& path) {
  return Error(Reason::FILE_UNREADABLE, fmt::format("cannot read {}: {}", path, strerror(errno)),
               {{"path", path}});
}

Status WriteAll(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unwritable(path);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (::fsync(fd) != 0) return Unwritable(path);
  return absl::OkStatus();
}

// A new name is on disk only when its folder is.
Status SyncFolder(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Unwritable(folder);
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok ? absl::OkStatus() : Unwritable(folder);
}

}  // namespace

StatusOr<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path) {
  // Without O_NONBLOCK the opening itself would wait for the other end of a pipe.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Unreadable(path);
  std::unique_ptr<FileSource> out(new FileSource(fd, path));
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Unreadable(path);
  if (!S_ISREG(info.st_mode)) {
    return Error(Reason::FILE_UNREADABLE, path + " is no regular file", {{"path", path}});
  }
  return out;
}

FileSource::~FileSource() { ::close(fd_); }

StatusOr<size_t> FileSource::Read(char* buffer, size_t size) {
  for (;;) {
    const ssize_t count = ::read(fd_, buffer, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unreadable(path_);
    return static_cast<size_t>(count);
  }
}

Status FileSource::Rewind() {
  if (::lseek(fd_, 0, SEEK_SET) != 0) return Unreadable(path_);
  return absl::OkStatus();
}

StatusOr<std::unique_ptr<DurableFile>> DurableFile::Create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) {
    return Error(
        Reason::RECEIPT_EXISTS,
        fmt::format(
            "{} exists already and nothing beside it says whose receipt it is; name another "
            "file, since a receipt is the only link to the records",
            path),
        {{"path", path}});
  }
  if (fd < 0) return Unwritable(path);
  std::unique_ptr<DurableFile> out(new DurableFile(fd, path, 0));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return Unwritable(path);
  ENLACE_RETURN_IF_ERROR(SyncFolder(path));
  return out;
}

StatusOr<std::unique_ptr<DurableFile>> DurableFile::Resume(const std::string& path, uint64_t size) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return Unwritable(path);
  std::unique_ptr<DurableFile> out(new DurableFile(fd, path, size));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return Error(Reason::RECEIPT_EXISTS, path + " is being written by another process",
                 {{"path", path}});
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Unwritable(path);
  if (static_cast<uint64_t>(info.st_size) < size) {
    return Error(Reason::RECEIPT_EXISTS,
                 path + " is shorter than its state file says; it was changed by hand",
                 {{"path", path}});
  }
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return Unwritable(path);
  return out;
}

DurableFile::~DurableFile() { ::close(fd_); }

Status DurableFile::Append(std::string_view bytes) {
  ENLACE_RETURN_IF_ERROR(WriteAll(fd_, path_, bytes));
  size_ += bytes.size();
  return absl::OkStatus();
}

Status ReplaceFile(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  const int fd =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Unwritable(temporary);
  const Status written = WriteAll(fd, temporary, bytes);
  ::close(fd);
  ENLACE_RETURN_IF_ERROR(written);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return Unwritable(path);
  return SyncFolder(path);
}

Status RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Unwritable(path);
  return absl::OkStatus();
}

}  // namespace enlace::intake
