// Loaded before the C library (LD_PRELOAD) to end or deceive a program at one of its calls that
// change files:
//   ENLACE_KILL_AT=N           kills the process in place of its N-th such call (from 1)
//   ENLACE_KILL_THREAD=PREFIX  counts only calls of threads whose name begins so
//   ENLACE_KILL_BUT=PREFIX     does not count those of threads whose name begins so
//   ENLACE_KILL_ARMED=FILE     counts only calls that are made while FILE exists
//   ENLACE_KILL_TORN=1         writes the first half of a write in whose place it kills
//   ENLACE_COUNT_TO=FILE       writes the number of counted calls so far to FILE, after each
//   ENLACE_NO_SYNC=1           every sync answers "done" and does nothing
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool IsCounted() {
  static const char* const armed = std::getenv("ENLACE_KILL_ARMED");
  if (armed != nullptr && access(armed, F_OK) != 0) return false;
  static const char* const prefix = std::getenv("ENLACE_KILL_THREAD");
  static const char* const but = std::getenv("ENLACE_KILL_BUT");
  if (prefix == nullptr && but == nullptr) return true;
  std::array<char, 17> name{};
  prctl(PR_GET_NAME, name.data());
  const auto begins = [&name](const char* with) {
    return std::strncmp(name.data(), with, std::strlen(with)) == 0;
  };
  return (prefix == nullptr || begins(prefix)) && (but == nullptr || !begins(but));
}

void WriteCount(long count) {
  static const char* const path = std::getenv("ENLACE_COUNT_TO");
  if (path == nullptr) return;
  static const auto open_file = Next<int (*)(const char*, int, ...)>("open");
  static const auto write_at = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  static const int file = open_file(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%ld\n", count);
  write_at(file, text.data(), static_cast<size_t>(length), 0);
}

// Whether the program ends in place of this call.
bool CountsToTheEnd() {
  static const char* const text = std::getenv("ENLACE_KILL_AT");
  static const long limit = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  static std::atomic<long> calls{0};
  if (!IsCounted()) return false;
  const long call = ++calls;
  WriteCount(call);
  return call == limit;
}

void Count() {
  if (CountsToTheEnd()) kill(getpid(), SIGKILL);
}

// The same in place of a write of `size` bytes, some of which may reach the file.
template <typename WriteBytes>
void CountWrite(size_t size, WriteBytes write_bytes) {
  if (!CountsToTheEnd()) return;
  static const bool torn = std::getenv("ENLACE_KILL_TORN") != nullptr;
  if (torn && size > 1) write_bytes(size / 2);
  kill(getpid(), SIGKILL);
}

bool SyncsNothing() {
  static const bool nothing = std::getenv("ENLACE_NO_SYNC") != nullptr;
  return nothing;
}

// Standard output and pipes are no files.
bool IsFile(int file) {
  struct stat status {};
  return file > 2 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

extern "C" {

int fsync(int file) {
  Count();
  return SyncsNothing() ? 0 : Next<int (*)(int)>("fsync")(file);
}
int fdatasync(int file) {
  Count();
  return SyncsNothing() ? 0 : Next<int (*)(int)>("fdatasync")(file);
}
int sync_file_range(int file, off64_t offset, off64_t count, unsigned flags) {
  if (SyncsNothing()) return 0;
  return Next<int (*)(int, off64_t, off64_t, unsigned)>("sync_file_range")(file, offset, count,
                                                                           flags);
}
ssize_t write(int file, const void* bytes, size_t count) {
  const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  if (IsFile(file)) CountWrite(count, [&](size_t some) { next(file, bytes, some); });
  return next(file, bytes, count);
}
ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  const auto next = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  CountWrite(count, [&](size_t some) { next(file, bytes, some, offset); });
  return next(file, bytes, count, offset);
}
ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) {
  const auto next = Next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  CountWrite(count, [&](size_t some) { next(file, bytes, some, offset); });
  return next(file, bytes, count, offset);
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  if (IsFile(file)) Count();
  return Next<ssize_t (*)(int, const struct iovec*, int)>("writev")(file, parts, count);
}
int rename(const char* from, const char* to) {
  Count();
  return Next<int (*)(const char*, const char*)>("rename")(from, to);
}
int link(const char* from, const char* to) {
  Count();
  return Next<int (*)(const char*, const char*)>("link")(from, to);
}
int unlink(const char* path) {
  Count();
  return Next<int (*)(const char*)>("unlink")(path);
}
int unlinkat(int folder, const char* path, int flags) {
  Count();
  return Next<int (*)(int, const char*, int)>("unlinkat")(folder, path, flags);
}
int remove(const char* path) {
  Count();
  return Next<int (*)(const char*)>("remove")(path);
}
int mkdir(const char* path, mode_t mode) {
  Count();
  return Next<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}
int ftruncate(int file, off_t size) {
  Count();
  return Next<int (*)(int, off_t)>("ftruncate")(file, size);
}
int ftruncate64(int file, off64_t size) {
  Count();
  return Next<int (*)(int, off64_t)>("ftruncate64")(file, size);
}
int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) != 0) Count();
  return Next<int (*)(const char*, int, ...)>("open")(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) != 0) Count();
  return Next<int (*)(const char*, int, ...)>("open64")(path, flags, mode);
}

}  // extern "C"
