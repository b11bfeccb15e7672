#include "node/base/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace enlace {

int64_t ResidentBytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  long size = 0;
  long resident = 0;
  if (file == nullptr || std::fscanf(file.get(), "%ld %ld", &size, &resident) != 2) return 0;
  return static_cast<int64_t>(resident) * sysconf(_SC_PAGESIZE);
}

bool MemoryKeeper::Look() {
  const int64_t now_bytes = ResidentBytes();
  // While it still grows, what is freed is used again at once.
  const bool grows = now_bytes > last_bytes_ + kGrowthBytes / 4;
  last_bytes_ = now_bytes;
  if (least_bytes_ == 0 || now_bytes < least_bytes_) least_bytes_ = now_bytes;
  if (grows || now_bytes < least_bytes_ + kGrowthBytes || --looks_left_ > 0) return false;
  malloc_trim(0);
  last_bytes_ = ResidentBytes();
  const bool gave = now_bytes - last_bytes_ >= kGrowthBytes / 4;
  wait_ = gave ? 1 : std::min(2 * wait_, kLooksMax);
  looks_left_ = wait_;
  return gave;
}

}  // namespace enlace
