#include "node/store/store.h"

#include <utility>

#include "node/store/group.h"
#include "node/store/stoppable_reader.h"
#include "node/store/store_impl.h"
#include "node/store/verify.h"

namespace enlace::store {

StoreImpl::StoreImpl(Parts parts, std::shared_ptr<StoreHealth> health, Clock& clock,
                     Writer::Limits limits, uint64_t commit_sequence)
    : parts_(std::move(parts)),
      health_(std::move(health)),
      writer_(*parts_.engine, *parts_.space, parts_.witness.get(), health_, clock, limits,
              commit_sequence) {
  parts_.space->OnChange(
      [this](bool low) { health_->Watch(parts_.engine->SaveSpace(low)).IgnoreError(); });
}

StoreImpl::~StoreImpl() {
  Health().IgnoreError();  // Logs what failed in the background and nobody asked for.
  parts_.space->OnChange([](bool) {});
}

Status StoreImpl::Write(const Work& work, WriteClass write_class) {
  return writer_.Write(work, write_class);
}

void StoreImpl::Submit(Work work, WriteClass write_class, Done done) {
  writer_.Submit(std::move(work), write_class, std::move(done));
}

std::unique_ptr<Reader> StoreImpl::Read() {
#ifdef ENLACE_BREAK_STALE_READ
  // The state that a read some time before this one should have seen.
  constexpr size_t kReadsLate = 16;
  MutexLock lock(stale_mutex_);
  stale_.push_back(parts_.engine->TakeSnapshot());
  if (stale_.size() > kReadsLate) {
    std::unique_ptr<kv::Snapshot> late = std::move(stale_.front());
    stale_.pop_front();
    return std::make_unique<SnapshotReader>(std::move(late), health_);
  }
#endif
  return std::make_unique<SnapshotReader>(parts_.engine->TakeSnapshot(), health_);
}

Status StoreImpl::Health() const {
  ENLACE_RETURN_IF_ERROR(health_->Get());
  if (parts_.witness != nullptr) {
    ENLACE_RETURN_IF_ERROR(health_->Watch(parts_.witness->Health()));
  }
  return health_->Watch(parts_.engine->Health());
}

StatusOr<uint64_t> StoreImpl::VerifyRows(const std::function<bool()>& stopped) {
  const StoppableReader reader(Read(), stopped);
  const StatusOr<uint64_t> rows = VerifyEveryRow(reader);
  if (!rows.ok()) return health_->Watch(rows.status());
  ENLACE_RETURN_IF_ERROR(reader.Check());
  ENLACE_RETURN_IF_ERROR(health_->Watch(parts_.engine->VerifyChecksums()));
  return rows;
}

std::unique_ptr<Store> Store::OpenOnEngine(std::unique_ptr<kv::Engine> engine, Clock& clock,
                                           const StoreOptions& space) {
  const StoreOptions defaults;
  auto health = std::make_shared<StoreHealth>();
  const auto sequence = ReadCommitSequence(SnapshotReader(engine->TakeSnapshot(), health));
  // A sequence that cannot be read leaves a store that answers nothing but its failure.
  if (!sequence.ok()) health->Fail(sequence.status());
  auto watch = SpaceWatch::Open(SpaceOptions(space));
  if (!watch.ok()) {
    health->Fail(watch.status());
    watch = SpaceWatch::Open({});
  }
  StoreImpl::Parts parts{.space = *std::move(watch), .engine = std::move(engine)};
  return std::make_unique<StoreImpl>(
      std::move(parts), std::move(health), clock,
      Writer::Limits{defaults.group_bytes_max, defaults.queue_max, nullptr}, sequence.value_or(0));
}

}  // namespace enlace::store
