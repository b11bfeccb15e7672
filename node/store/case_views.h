#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/model/case_record.h"
#include "node/store/store.h"

// Case records as they lie in the store, for answers that pass stored bytes through and for
// scans over all of them: nothing is decoded that nobody asks for.
namespace enlace::store {

// One revision. The texts are valid until the visitor that was given it returns.
struct StoredCaseView {
  std::string_view key;        // In table case_revision; a cursor for ScanCaseViews.
  std::string_view reference;  // 16 bytes.
  std::string_view entity;
  // Fields 3 to 7 of enlace.exchange.v1.CaseRecord as model::AppendContentWire writes them; empty
  // when erased.
  std::string_view content;
  model::CaseState state = model::CaseState::kActive;
  uint32_t revision = 0;
  uint32_t reason = 0;
  int64_t create_time_ms = 0;
  int64_t update_time_ms = 0;
};

// All revisions of all entities in commit order, from the row with key `cursor` on (empty: from
// the first); false from `visit` stops. `visit` must not read the store.
Status ScanCaseViews(const Reader& reader, std::string_view cursor,
                     const std::function<bool(const StoredCaseView&)>& visit);

// The last revision of each of `references`, in their order: `visit` is told the place in the list
// and the record, or null when there is none; false stops. Cheaper than one LoadCase for each.
Status GetCaseViews(const Reader& reader, const std::vector<std::string>& references,
                    const std::function<bool(size_t, const StoredCaseView*)>& visit);

// The revisions with these keys, in their order: `visit` is told the place in the list and the
// revision; false stops. Cheapest where the keys ascend. STORE_CORRUPT when one is absent.
Status GetCaseRevisions(const Reader& reader, std::span<const std::string> keys,
                        const std::function<bool(size_t, const StoredCaseView&)>& visit);

// The record of a view, with its content decoded. STORE_CORRUPT leaves `out` in any state. What
// `out` holds is used again, so that a scan allocates nothing.
Status ReadCaseView(const StoredCaseView& view, model::CaseRecord& out);

}  // namespace enlace::store
