#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "node/base/mutex.h"
#include "node/kv/engine.h"
#include "node/store/data_lock.h"
#include "node/store/health.h"
#include "node/store/reader.h"
#include "node/store/space.h"
#include "node/store/store.h"
#include "node/store/writer.h"

namespace enlace::store {

// The store over its parts; made by Store::Open and Store::OpenOnEngine.
class StoreImpl final : public Store {
 public:
  // Destroyed in reverse order: the engine closes, then the anchor, then the lock ends.
  struct Parts {
    std::optional<DataLock> lock = std::nullopt;  // Nothing for an engine of a test.
    std::unique_ptr<SpaceWatch> space;
    std::unique_ptr<CommitWitness> witness = nullptr;  // Null without anchor.
    std::unique_ptr<kv::Engine> engine;
  };

  StoreImpl(Parts parts, std::shared_ptr<StoreHealth> health, Clock& clock, Writer::Limits limits,
            uint64_t commit_sequence);

  ~StoreImpl() override;

  using Store::Write;
  Status Write(const Work& work, WriteClass write_class) override;
  void Submit(Work work, WriteClass write_class, Done done) override;
  std::unique_ptr<Reader> Read() override;
  uint64_t commit_sequence() const override { return writer_.commit_sequence(); }
  Status Health() const override;
  metrics::DatabaseFigures Figures() const override { return parts_.engine->Figures(); }
  SpaceStatus Space() override { return parts_.space->Look(); }
  using Store::VerifyRows;
  StatusOr<uint64_t> VerifyRows(const std::function<bool()>& stopped) override;

 private:
  const Parts parts_;
  const std::shared_ptr<StoreHealth> health_;
#ifdef ENLACE_BREAK_STALE_READ
  Mutex stale_mutex_;
  std::deque<std::unique_ptr<kv::Snapshot>> stale_;
#endif
  Writer writer_;  // Last: ends before what it writes to.
};

}  // namespace enlace::store
