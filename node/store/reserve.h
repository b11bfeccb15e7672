#pragma once

#include <cstdint>
#include <string>

#include "node/store/files.h"

namespace enlace::store {

// A file whose blocks are really taken from the disk, so that they can be given back when there
// is nothing else left: no other process can use them before. Used by one thread at a time.
class Reserve {
 public:
  // Given back at a time.
  static constexpr uint64_t kSteps = 8;

  // Opens or makes the file; takes nothing yet. `bytes` is what Fill takes at most.
  static StatusOr<Reserve> Open(const std::string& path, uint64_t bytes);

  // Takes what is missing. On error, as on a disk that is full after all, what is held stays.
  Status Fill();
  // Gives one step back to the disk; false when nothing is held, or the disk refuses.
  bool Release();
  uint64_t held() const { return held_; }
  uint64_t missing() const { return bytes_ - held_; }

 private:
  Reserve(FileDescriptor file, uint64_t bytes, uint64_t held)
      : file_(std::move(file)), bytes_(bytes), held_(held) {}

  FileDescriptor file_;
  uint64_t bytes_;
  uint64_t held_;
};

}  // namespace enlace::store
