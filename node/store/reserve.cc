#include "node/store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace enlace::store {

StatusOr<Reserve> Reserve::Open(const std::string& path, uint64_t bytes) {
  ENLACE_ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(path, O_RDWR | O_CREAT));
  struct stat found {};
  if (fstat(file.get(), &found) != 0) return FileError(path, "looking at", errno);
  // More than is wanted now, since it was configured so before: given back.
  if (static_cast<uint64_t>(found.st_size) > bytes &&
      ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    return FileError(path, "shortening", errno);
  }
  // Blocks, not length: a copied file may be all hole.
  const uint64_t blocks = static_cast<uint64_t>(found.st_blocks) * 512;
  const uint64_t held = std::min({bytes, static_cast<uint64_t>(found.st_size), blocks});
  return Reserve(std::move(file), bytes, held);
}

Status Reserve::Fill() {
  if (held_ == bytes_) return absl::OkStatus();
  const int failed = posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes_));
  if (failed == 0) {
    held_ = bytes_;
    return absl::OkStatus();
  }
  // Some file systems leave a part behind.
  if (ftruncate(file_.get(), static_cast<off_t>(held_)) != 0) held_ = 0;
  return FileError("the reserve", "taking blocks for", failed);
}

bool Reserve::Release() {
  if (held_ == 0) return false;
  const uint64_t step = std::max<uint64_t>(1, bytes_ / kSteps);
  const uint64_t left = held_ > step ? held_ - step : 0;
  if (ftruncate(file_.get(), static_cast<off_t>(left)) != 0) return false;
  held_ = left;
  return true;
}

}  // namespace enlace::store
