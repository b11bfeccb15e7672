#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/store/envelope.h"
#include "node/store/store.h"

namespace enlace::store {

// Changes that are not yet in the database, laid over it. Owned by the writer thread.
class Overlay {
 public:
  // The value in its envelope, as the engine will hold it; nothing deletes the key.
  using Change = std::optional<std::string>;
  using Changes = std::map<std::string, Change, std::less<>>;

  Overlay() : tables_(static_cast<size_t>(Table::kCount)) {}

  void Set(Table table, std::string_view key, Change change);
  // The change of this key, or null when it has none.
  const Change* Find(Table table, std::string_view key) const;
  // Adds the changes within `range` to `out`, over those that are there.
  void Collect(Table table, const kv::KeyRange& range, Changes& out) const;
  // Moves all changes over those of `below`.
  void MoveInto(Overlay& below);

  // What a reader sees of a change that deletes nothing.
  static std::string_view ValueOf(const std::string& wrapped) {
    return std::string_view(wrapped).substr(kEnvelopeBytes);
  }
  // Gives all changes away; the count of bytes stays.
  std::vector<Changes> Take() { return std::move(tables_); }
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
