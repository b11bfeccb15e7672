// A library for LD_PRELOAD: fails one chosen system call of a process, and records all of them.
//
//   ENLACE_FAULT_PATH   only files below this folder count, and are recorded
//   ENLACE_FAULT_CALL   open read write pwrite fsync fdatasync ftruncate rename close
//                       syncrange (a hint to begin writing), or none
//   ENLACE_FAULT_AT     the n-th of that kind fails, counted from 1
//   ENLACE_FAULT_ERRNO  with this number
//   ENLACE_FAULT_MODE   "before": nothing is done. "after": done, and reported as failed.
//                       "half": half of a write is done.
//   ENLACE_FAULT_TRACE  a file that gets one line for each call when it ends:
//                       BEGIN CALL PATH RESULT ERRNO [FAULT]
//                       BEGIN counts the beginnings of calls, lines are in the order of the ends.
//
// What the process writes to its standard output is recorded too, as the call "say" whose path is
// the text, so that the order of syncs and acknowledgements is seen. The system is called directly:
// nothing here allocates or takes a lock. A close really closes whatever it reports, as Linux does.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kTraceFd = 900;  // Out of the way of the program's own.
using Path = std::array<char, 512>;

enum class Mode { kBefore, kAfter, kHalf };

struct Plan {
  const char* folder = nullptr;
  const char* call = "none";
  long at = 0;
  int error = EIO;
  Mode mode = Mode::kBefore;
  bool traced = false;
};

Plan plan;
std::atomic<long> counted{0};
std::atomic<long> begun{0};

const char* Setting(const char* name, const char* normal) {
  const char* text = std::getenv(name);
  return text != nullptr ? text : normal;
}

__attribute__((constructor)) void ReadPlan() {
  plan.call = Setting("ENLACE_FAULT_CALL", "none");
  plan.at = std::atol(Setting("ENLACE_FAULT_AT", "0"));
  plan.error = std::atoi(Setting("ENLACE_FAULT_ERRNO", "5"));
  const char* mode = Setting("ENLACE_FAULT_MODE", "before");
  plan.mode = std::strcmp(mode, "after") == 0  ? Mode::kAfter
              : std::strcmp(mode, "half") == 0 ? Mode::kHalf
                                               : Mode::kBefore;
  if (const char* trace = std::getenv("ENLACE_FAULT_TRACE")) {
    const long fd = syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND, 0600);
    plan.traced = fd >= 0 && syscall(SYS_dup3, fd, kTraceFd, O_CLOEXEC) == kTraceFd;
    if (fd >= 0) syscall(SYS_close, fd);
  }
  plan.folder = std::getenv("ENLACE_FAULT_PATH");  // Last: from now on calls count.
}

bool IsBelow(const char* path) {
  return plan.folder != nullptr && std::strncmp(path, plan.folder, std::strlen(plan.folder)) == 0;
}

Path PathOf(int fd) {
  Path name{};
  Path link{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  if (syscall(SYS_readlinkat, AT_FDCWD, link.data(), name.data(), name.size() - 1) < 0) name[0] = 0;
  std::replace(name.begin(), name.end(), ' ', '.');  // "(deleted)" follows a blank.
  return name;
}

void Trace(long begin, const char* call, const char* path, long result, int error, bool fault) {
  if (!plan.traced) return;
  std::array<char, 1024> line;
  const int length = std::snprintf(line.data(), line.size(), "%ld %s %s %ld %d%s\n", begin, call,
                                   path, result, result < 0 ? error : 0, fault ? " FAULT" : "");
  const auto bytes = std::min<size_t>(static_cast<size_t>(std::max(length, 0)), line.size() - 1);
  syscall(SYS_write, kTraceFd, line.data(), bytes);
}

// Runs `call`, or fails it if it is the chosen one. `half` is what a torn write does.
template <typename Real, typename Half>
long Run(const char* call, const char* path, const Real& real, const Half& half) {
  const long begin = ++begun;
  const bool fault = std::strcmp(call, plan.call) == 0 && ++counted == plan.at;
  long result = -1;
  if (!fault) {
    result = real();
  } else if (plan.mode == Mode::kAfter) {
    real();
  } else if (plan.mode == Mode::kHalf) {
    half();
  }
  const int error = fault ? plan.error : errno;
  Trace(begin, call, path, fault ? -1 : result, error, fault);
  errno = error;
  return fault ? -1 : result;
}

template <typename Real>
long Run(const char* call, const char* path, const Real& real) {
  return Run(call, path, real, [] {});
}

int Open(int folder, const char* path, int flags, mode_t mode) {
  const auto real = [&] { return syscall(SYS_openat, folder, path, flags, mode); };
  if (!IsBelow(path)) return static_cast<int>(real());
  struct stat there {};
  const bool makes = (flags & O_CREAT) != 0 && stat(path, &there) != 0;
  const int fd = static_cast<int>(Run("open", path, real));
  if (makes && fd >= 0) Trace(++begun, "made", path, 0, 0, false);
  return fd;
}

mode_t ModeArgument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

template <typename Real>
long RunOnFile(const char* call, int fd, const Real& real) {
  const Path path = PathOf(fd);
  return IsBelow(path.data()) ? Run(call, path.data(), real) : real();
}

// "say" with the first line of what was said; blanks become dots, so that it stays one word.
void TraceSaid(const void* bytes, size_t count) {
  Path text{};
  const auto* begin = static_cast<const char*>(bytes);
  for (size_t i = 0; i < std::min(count, text.size() - 1) && begin[i] != '\n'; ++i) {
    text[i] = begin[i] == ' ' ? '.' : begin[i];
  }
  Trace(++begun, "say", text.data(), static_cast<long>(count), 0, false);
}

}  // namespace

// The names that the C library gives these calls.
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeArgument(flags, arguments);
  va_end(arguments);
  return Open(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));
int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeArgument(flags, arguments);
  va_end(arguments);
  return Open(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) __attribute__((alias("openat")));

int close(int fd) {
  const Path path = PathOf(fd);
  if (!IsBelow(path.data())) return static_cast<int>(syscall(SYS_close, fd));
  const auto real = [fd] { return syscall(SYS_close, fd); };
  return static_cast<int>(Run("close", path.data(), real, real));
}

ssize_t write(int fd, const void* bytes, size_t count) {
  if (fd == STDOUT_FILENO) TraceSaid(bytes, count);
  const auto some = [&](size_t part) { return syscall(SYS_write, fd, bytes, part); };
  const Path path = PathOf(fd);
  if (!IsBelow(path.data())) return some(count);
  return Run(
      "write", path.data(), [&] { return some(count); }, [&] { some(count / 2); });
}
ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  const auto some = [&](size_t part) { return syscall(SYS_pwrite64, fd, bytes, part, offset); };
  const Path path = PathOf(fd);
  if (!IsBelow(path.data())) return some(count);
  return Run(
      "pwrite", path.data(), [&] { return some(count); }, [&] { some(count / 2); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off_t offset)
    __attribute__((alias("pwrite")));

ssize_t read(int fd, void* bytes, size_t count) {
  return RunOnFile("read", fd, [&] { return syscall(SYS_read, fd, bytes, count); });
}
ssize_t pread(int fd, void* bytes, size_t count, off_t offset) {
  return RunOnFile("read", fd, [&] { return syscall(SYS_pread64, fd, bytes, count, offset); });
}
ssize_t pread64(int fd, void* bytes, size_t count, off_t offset) __attribute__((alias("pread")));

int fsync(int fd) {
  return static_cast<int>(RunOnFile("fsync", fd, [fd] { return syscall(SYS_fsync, fd); }));
}
int fdatasync(int fd) {
  return static_cast<int>(RunOnFile("fdatasync", fd, [fd] { return syscall(SYS_fdatasync, fd); }));
}
int sync_file_range(int fd, off64_t offset, off64_t count, unsigned int flags) {
  return static_cast<int>(RunOnFile(
      "syncrange", fd, [&] { return syscall(SYS_sync_file_range, fd, offset, count, flags); }));
}

int ftruncate(int fd, off_t length) noexcept {
  return static_cast<int>(
      RunOnFile("ftruncate", fd, [&] { return syscall(SYS_ftruncate, fd, length); }));
}
int ftruncate64(int fd, off_t length) noexcept __attribute__((alias("ftruncate")));

int rename(const char* from, const char* to) noexcept {
  const auto real = [&] { return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); };
  if (!IsBelow(to)) return static_cast<int>(real());
  const int result = static_cast<int>(Run("rename", to, real));
  if (result == 0) Trace(++begun, "made", to, 0, 0, false);
  return result;
}

}  // extern "C"
