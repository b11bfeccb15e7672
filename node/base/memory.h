#pragma once

#include <cstdint>

// Memory that the system has given to this process.
namespace enlace {

// In bytes; 0 when the system does not say.
int64_t ResidentBytes();

// Gives memory back that a flood, or a large call, has left behind. The allocator keeps what
// was freed between what is in use: after 80,000 streams that was 2 GB, for ever. Nobody can tell
// beforehand how much there is to give, and asking takes some milliseconds for each gigabyte, so
// it asks when there is much more than there was once, and less often where it was in vain. Not
// thread-safe.
class MemoryKeeper {
 public:
  // Above the least that was ever seen.
  static constexpr int64_t kGrowthBytes = 32 << 20;
  static constexpr int kLooksMax = 60;

  // To be called about every second. True when much was given back.
  bool Look();

 private:
  int64_t least_bytes_ = 0;
  int64_t last_bytes_ = 0;
  int wait_ = 1;  // Looks between two attempts.
  int looks_left_ = 0;
};

}  // namespace enlace
