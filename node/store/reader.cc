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

Status Reader::GetMany(Table table, const std::vector<std::string>& keys,
                       const kv::ValueVisitor& visit) const {
  for (size_t at = 0; at < keys.size(); ++at) {
    ENLACE_ASSIGN_OR_RETURN(const auto value, Get(table, keys[at]));
    if (!visit(at, value.has_value() ? std::optional<std::string_view>(*value) : std::nullopt)) {
      break;
    }
  }
  return absl::OkStatus();
}

Status SnapshotReader::GetMany(Table table, const std::vector<std::string>& keys,
                               const kv::ValueVisitor& visit) const {
  Status damage;
  const Status read = snapshot_->GetMany(static_cast<kv::TableId>(table), keys,
                                         [&](size_t at, std::optional<std::string_view> stored) {
                                           if (!stored.has_value()) return visit(at, std::nullopt);
                                           const auto value = UnwrapValue(table, keys[at], *stored);
                                           damage = value.status();
                                           return value.ok() && visit(at, *value);
                                         });
  return health_->Watch(damage.ok() ? read : damage);
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
