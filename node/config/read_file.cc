#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "node/base/file_descriptor.h"
#include "node/config/yaml.h"

namespace enlace::config {
StatusOr<std::string> ReadFile(const std::string& path) {
  const auto fail = [&path](const std::string& why) {
    return Error(Reason::FILE_UNREADABLE, "cannot read " + path + ": " + why, {{"path", path}});
  };
  // Without O_NONBLOCK the opening itself would wait for the other end of a pipe.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fail(std::strerror(errno));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return fail(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fail("it is no regular file");
  if (static_cast<uint64_t>(info.st_size) > kFileBytesMax) return fail("it is too large");
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + got, bytes.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(std::strerror(errno));
    if (count == 0) break;
    got += static_cast<size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace enlace::config
