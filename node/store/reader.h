#pragma once

#include <memory>

#include "node/kv/engine.h"
#include "node/store/health.h"
#include "node/store/store.h"

namespace enlace::store {

// Reads a snapshot, takes values out of their envelopes, and reports damage to `health`.
// Thread-safe; may outlive the store.
class SnapshotReader final : public Reader {
 public:
  SnapshotReader(std::unique_ptr<kv::Snapshot> snapshot, std::shared_ptr<StoreHealth> health);

  StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override;
  Status Scan(Table table, const kv::KeyRange& range, const kv::RowVisitor& visit) const override;
  Status GetMany(Table table, std::span<const std::string> keys,
                 const kv::ValueVisitor& visit) const override;

 private:
  const std::unique_ptr<kv::Snapshot> snapshot_;
  const std::shared_ptr<StoreHealth> health_;
};

}  // namespace enlace::store
