#include "node/store/reader.h"

#include <utility>

#include "node/store/envelope.h"

namespace enlace::store {

SnapshotReader::SnapshotReader(std::unique_ptr<kv::Snapshot> snapshot,
                               std::shared_ptr<StoreHealth> health)
    : snapshot_(std::move(snapshot)), health_(std::move(health)) {}

StatusOr<std::optional<std::string>> SnapshotReader::Get(Table table, std::string_view key) const {
  auto stored = snapshot_->Get(static_cast<kv::TableId>(table), key);
  if (!stored.ok()) return health_->Watch(stored.status());
  if (!stored->has_value()) return std::optional<std::string>();
  const auto value = UnwrapValue(table, key, **stored);
  if (!value.ok()) return health_->Watch(value.status());
  return std::optional<std::string>(*value);
}

Status SnapshotReader::Scan(Table table, const kv::KeyRange& range,
                            const kv::RowVisitor& visit) const {
  Status damage;
  const Status scanned = snapshot_->Scan(static_cast<kv::TableId>(table), range,
                                         [&](std::string_view key, std::string_view stored) {
                                           const auto value = UnwrapValue(table, key, stored);
                                           if (!value.ok()) {
                                             damage = value.status();
                                             return false;
                                           }
                                           return visit(key, *value);
                                         });
  return health_->Watch(damage.ok() ? scanned : damage);
}

}  // namespace enlace::store
