#include "node/store/overlay.h"

#include <utility>

namespace enlace::store {
namespace {

size_t Bytes(std::string_view key, const Overlay::Change& change) {
  return key.size() + (change ? change->size() : 0);
}

}  // namespace

void Overlay::Set(Table table, std::string_view key, Change change) {
  Changes& changes = tables_.at(static_cast<size_t>(table));
  bytes_ += Bytes(key, change);
  // Rows of a delivery come in the order of their keys.
  const bool last = !changes.empty() && changes.rbegin()->first < key;
  const auto it = last ? changes.end() : changes.lower_bound(key);
  if (it == changes.end() || it->first != key) {
    changes.emplace_hint(it, std::string(key), std::move(change));
    return;
  }
  bytes_ -= Bytes(key, it->second);
  it->second = std::move(change);
}

const Overlay::Change* Overlay::Find(Table table, std::string_view key) const {
  const Changes& changes = tables_.at(static_cast<size_t>(table));
  const auto it = changes.find(key);
  return it == changes.end() ? nullptr : &it->second;
}

void Overlay::Collect(Table table, const kv::KeyRange& range, Changes& out) const {
  const Changes& changes = tables_.at(static_cast<size_t>(table));
  for (auto it = changes.lower_bound(range.first); it != changes.end(); ++it) {
    if (!range.limit.empty() && it->first >= range.limit) return;
    out.insert_or_assign(it->first, it->second);
  }
}

// Whole nodes change place, so that nothing is copied.
void Overlay::MoveInto(Overlay& below) {
  for (size_t table = 0; table < tables_.size(); ++table) {
    Changes& own = tables_[table];
    Changes& others = below.tables_[table];
    if (others.empty()) {
      others.swap(own);
      continue;
    }
    while (!own.empty()) {
      auto moved = others.insert(own.extract(own.begin()));
      if (moved.inserted) continue;
      below.bytes_ -= Bytes(moved.position->first, moved.position->second);
      moved.position->second = std::move(moved.node.mapped());
    }
  }
  below.bytes_ += bytes_;
  bytes_ = 0;
}

Status ScanWithChanges(const Reader& base, Table table, const kv::KeyRange& range,
                       const Overlay::Changes& changes, const kv::RowVisitor& visit) {
  auto next = changes.begin();
  bool more = true;
  // Visits the changed rows before `key` (all for null); deleted ones show as nothing.
  const auto visit_changes_before = [&](const std::string_view* key) {
    for (; more && next != changes.end() && (key == nullptr || next->first < *key); ++next) {
      if (next->second) more = visit(next->first, Overlay::ValueOf(*next->second));
    }
  };
  ENLACE_RETURN_IF_ERROR(base.Scan(table, range, [&](std::string_view key, std::string_view value) {
    visit_changes_before(&key);
    const bool replaced = next != changes.end() && next->first == key;
    if (more && !replaced) more = visit(key, value);
    return more;
  }));
  visit_changes_before(nullptr);
  return absl::OkStatus();
}

}  // namespace enlace::store
