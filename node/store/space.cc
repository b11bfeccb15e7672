#include "node/store/space.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "node/base/disk.h"
#include "node/base/log.h"

namespace enlace::store {
namespace {

constexpr uint64_t kMiB = 1 << 20;

StatusOr<uint64_t> FreeBytes(const std::string& folder) {
  const std::optional<uint64_t> bytes = AvailableBytes(folder);
  if (!bytes.has_value()) return FileError(folder, "measuring", errno);
  return *bytes;
}

Status Full(std::string_view what) {
  return Error(
      Reason::STORE_FULL,
      fmt::format("{}; the node's operator must free space, and no restart is needed then", what));
}

}  // namespace

SpaceWatch::Options SpaceOptions(const StoreOptions& options) {
  return {options.data_dir, options.reserve_bytes, options.low_water_bytes, options.free_bytes};
}

StatusOr<std::unique_ptr<SpaceWatch>> SpaceWatch::Open(Options options) {
  if (!options.free_bytes) {
    options.free_bytes = [folder = options.folder] { return FreeBytes(folder); };
  }
  std::optional<Reserve> reserve;
  if (options.low_water_bytes > 0) {
    ENLACE_ASSIGN_OR_RETURN(reserve,
                            Reserve::Open(options.folder + "/reserve", options.reserve_bytes));
  }
  std::unique_ptr<SpaceWatch> watch(new SpaceWatch(std::move(options), std::move(reserve)));
  MutexLock lock(watch->mutex_);
  watch->Measure();
  if (watch->state_ == SpaceState::kPlenty) {
    watch->Refill();
  } else {
    watch->MakeRoom();
  }
  return watch;
}

void SpaceWatch::OnChange(std::function<void(bool low)> changed) {
  MutexLock lock(mutex_);
  changed_ = std::move(changed);
  if (state_ != SpaceState::kPlenty) changed_(true);
}

SpaceStatus SpaceWatch::Look() {
  MutexLock lock(mutex_);
  Measure();
  return {state_, free_, reserve_ ? reserve_->held() : 0};
}

void SpaceWatch::Measure() {
  if (!reserve_) return;
  const StatusOr<uint64_t> found = options_.free_bytes();
  if (!found.ok()) return;  // What is known stays; a disk that is gone fails at the commit.
  free_ = *found;
  if (free_ < options_.low_water_bytes) {
    if (state_ == SpaceState::kPlenty) SetState(SpaceState::kLow);
  } else if (state_ == SpaceState::kPlenty) {
    Refill();
  } else if (free_ >= plenty_bytes() + reserve_->missing()) {
    SetState(SpaceState::kPlenty);
    Refill();
  }
}

// Takes what is missing of the reserve, where that leaves more than the mark.
void SpaceWatch::Refill() {
  const uint64_t missing = reserve_->missing();
  if (missing == 0 || fill_failed_ || free_ < plenty_bytes() + missing) return;
  const Status filled = reserve_->Fill();
  if (filled.ok()) {
    free_ -= missing;
  } else {
    fill_failed_ = true;
    LogWarning("disk_reserve_not_taken", {{"detail", MessageOf(filled)}});
  }
}

Status SpaceWatch::Admit(WriteClass write_class) {
  MutexLock lock(mutex_);
  if (state_ == SpaceState::kPlenty) return absl::OkStatus();
  if (write_class == WriteClass::kOrdinary || write_class == WriteClass::kLarge) {
    return Full("the disk is nearly full, and what is left is for audit, erasure and withdrawal");
  }
  if (MakeRoom()) {
    if (state_ == SpaceState::kSpent) SetState(SpaceState::kLow);
    return absl::OkStatus();
  }
  if (state_ != SpaceState::kSpent) SetState(SpaceState::kSpent);
  return Full("the disk is full and the reserve is spent");
}

// True when a reserved write has room, if need be out of the reserve.
bool SpaceWatch::MakeRoom() {
  while (free_ < floor_bytes() && reserve_->Release()) {
    const StatusOr<uint64_t> found = options_.free_bytes();
    free_ = found.value_or(free_);
    LogError("disk_reserve_used", {{"free_mib", std::to_string(free_ / kMiB)},
                                   {"reserve_mib", std::to_string(reserve_->held() / kMiB)}});
  }
  return free_ >= floor_bytes();
}

void SpaceWatch::SetState(SpaceState state) {
  const bool was_low = state_ != SpaceState::kPlenty;
  const bool low = state != SpaceState::kPlenty;
  state_ = state;
  fill_failed_ = false;
  const std::initializer_list<LogField> fields = {
      {"free_mib", std::to_string(free_ / kMiB)},
      {"reserve_mib", std::to_string(reserve_->held() / kMiB)}};
  switch (state) {
    case SpaceState::kPlenty:
      LogInfo("disk_has_room", fields);
      break;
    case SpaceState::kLow:
      LogWarning("disk_nearly_full", fields);
      break;
    case SpaceState::kSpent:
      LogError("disk_full", fields);
      break;
  }
  if (low != was_low && changed_) changed_(low);
}

}  // namespace enlace::store
