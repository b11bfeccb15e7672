// A library for LD_PRELOAD: from the n-th request for memory on, a process gets none.
//
//   ENLACE_MEMORY_AT      the first request that is refused, counted from 1; 0 for none
//   ENLACE_MEMORY_COUNT   a file that gets the number of requests when the process ends
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

// Under these names the C library keeps its own.
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);
}

namespace {

std::atomic<long> asked{0};
std::atomic<long> refused_from{0};  // 0 until the settings are read.

__attribute__((constructor)) void ReadSettings() {
  const char* text = std::getenv("ENLACE_MEMORY_AT");
  if (text != nullptr) refused_from = std::atol(text);
}

__attribute__((destructor)) void Tell() {
  const char* path = std::getenv("ENLACE_MEMORY_COUNT");
  if (path == nullptr) return;
  char line[32];
  const int length = std::snprintf(line, sizeof(line), "%ld\n", asked.load());
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (write(file, line, static_cast<size_t>(length)) < 0) _exit(9);
  close(file);
}

bool Refused() {
  const long number = ++asked;
  if (refused_from == 0 || number < refused_from) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(size_t bytes) noexcept { return Refused() ? nullptr : __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) noexcept {
  return Refused() ? nullptr : __libc_calloc(count, bytes);
}
void* realloc(void* old, size_t bytes) noexcept {
  return Refused() ? nullptr : __libc_realloc(old, bytes);
}

}  // extern "C"
