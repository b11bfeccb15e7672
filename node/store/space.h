#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "node/base/mutex.h"
#include "node/store/reserve.h"
#include "node/store/store.h"

namespace enlace::store {

// Decides before each commit whether the disk has room for it, so that the database never meets
// a full disk, after which it takes no writes until it is opened again.
//
// Below the low-water mark ordinary writes are refused. Reserved ones (audit, erasure,
// withdrawal) go on with what is above the floor, an eighth of the mark, which belongs to the
// database's own files; then the reserve is given back step by step; when that is spent they are
// refused too. Well above the mark the reserve is taken again and all writes are. Thread-safe.
class SpaceWatch {
 public:
  struct Options {
    std::string folder;  // Whose disk is watched; holds the reserve.
    uint64_t reserve_bytes = 0;
    uint64_t low_water_bytes = 0;                              // 0: nothing is watched.
    std::function<StatusOr<uint64_t>()> free_bytes = nullptr;  // Null: asks the system.
  };

  // Takes the reserve if there is room. On a disk that is full already it gives the reserve
  // back, so that the database can open. STORE_FAILED when the disk refuses for another reason.
  static StatusOr<std::unique_ptr<SpaceWatch>> Open(Options options);

  // `changed` is told of each beginning (true) and end of a time in which space is low. Called
  // by whoever looks, one call at a time.
  void OnChange(std::function<void(bool low)> changed);

  // Measures again.
  SpaceStatus Look();
  // By the last Look: OK, or STORE_FULL. May give back a part of the reserve.
  Status Admit(WriteClass write_class);

 private:
  SpaceWatch(Options options, std::optional<Reserve> reserve)
      : options_(std::move(options)), reserve_(std::move(reserve)) {}
  void Measure() ENLACE_REQUIRES(mutex_);
  void Refill() ENLACE_REQUIRES(mutex_);
  void SetState(SpaceState state) ENLACE_REQUIRES(mutex_);
  bool MakeRoom() ENLACE_REQUIRES(mutex_);
  uint64_t floor_bytes() const { return options_.low_water_bytes / 8; }
  // Higher than the mark, so that a disk at the mark does not change its mind at each write.
  uint64_t plenty_bytes() const { return options_.low_water_bytes + options_.low_water_bytes / 8; }

  const Options options_;
  Mutex mutex_;
  std::optional<Reserve> reserve_ ENLACE_GUARDED_BY(mutex_);  // Nothing without watching.
  std::function<void(bool)> changed_ ENLACE_GUARDED_BY(mutex_);
  SpaceState state_ ENLACE_GUARDED_BY(mutex_) = SpaceState::kPlenty;
  uint64_t free_ ENLACE_GUARDED_BY(mutex_) = 0;
  bool fill_failed_ ENLACE_GUARDED_BY(mutex_) = false;  // Not tried again in this state.
};

// The part of a store's options that is for this.
SpaceWatch::Options SpaceOptions(const StoreOptions& options);

}  // namespace enlace::store
