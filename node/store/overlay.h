#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/store/store.h"

namespace enlace::store {

// Changes that are not yet in the database, laid over it. Owned by the writer thread.
class Overlay {
 public:
  using Change = std::optional<std::string>;  // Nothing deletes the key.
  using Changes = std::map<std::string, Change, std::less<>>;

  Overlay() : tables_(static_cast<size_t>(Table::kCount)) {}

  void Set(Table table, std::string_view key, Change change);
  // The change of this key, or null when it has none.
  const Change* Find(Table table, std::string_view key) const;
  // Adds the changes within `range` to `out`, over those that are there.
  void Collect(Table table, const kv::KeyRange& range, Changes& out) const;
  // Moves all changes over those of `below`.
  void MoveInto(Overlay& below);

  const std::vector<Changes>& tables() const { return tables_; }
  bool empty() const { return bytes_ == 0; }
  // As the engine counts a batch, envelopes included.
  size_t bytes() const { return bytes_; }

 private:
  std::vector<Changes> tables_;
  size_t bytes_ = 0;
};

// Scans `base` as it would be with `changes` made.
Status ScanWithChanges(const Reader& base, Table table, const kv::KeyRange& range,
                       const Overlay::Changes& changes, const kv::RowVisitor& visit);

}  // namespace enlace::store
