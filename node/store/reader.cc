#include "node/store/reader.h"

#include <utility>

#include "node/store/envelope.h"

namespace enlace::store {

Status Reader::GetMany(Table table, std::span<const std::string> keys,
                       const kv::ValueVisitor& visit) const {
  for (size_t place = 0; place < keys.size(); ++place) {
    ENLACE_ASSIGN_OR_RETURN(const auto value, Get(table, keys[place]));
    const std::string_view bytes = value.has_value() ? std::string_view(*value) : "";
    if (!visit(place, value.has_value() ? &bytes : nullptr)) break;
  }
  return absl::OkStatus();
}

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

Status SnapshotReader::GetMany(Table table, std::span<const std::string> keys,
                               const kv::ValueVisitor& visit) const {
  Status damage;
  const Status read = snapshot_->GetMany(
      static_cast<kv::TableId>(table), keys, [&](size_t place, const std::string_view* stored) {
        if (stored == nullptr) return visit(place, nullptr);
        const auto value = UnwrapValue(table, keys[place], *stored);
        damage = value.status();
        return value.ok() && visit(place, &*value);
      });
  return health_->Watch(damage.ok() ? read : damage);
}

}  // namespace enlace::store
