#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "node/store/case_views.h"
#include "node/store/store.h"

// What a directory of all case records needs to know of each revision, and no more: a scan that
// makes no reference and reads no content but its year.
namespace enlace::store {

// Its texts are valid until the visitor that was given it returns.
struct CaseMark {
  std::string_view key;  // In table case_revision.
  std::string_view entity;
  std::string_view reference;  // Of revisions from the second on; of others it may be empty.
  uint32_t revision = 0;
  uint32_t year = 0;  // Of registration; 0 when erased.
};

CaseMark MarkOf(const StoredCaseView& view);

// All revisions behind the row with key `after` (empty: all there are) in commit order; false
// from `visit` stops. A record is changed by a further revision only, so that whoever goes on
// behind the last row that was seen misses nothing.
Status ScanCaseMarks(const Reader& reader, std::string_view after,
                     const std::function<bool(const CaseMark&)>& visit);

// The keys of the first revisions of records, in the order of `references`. STORE_CORRUPT when
// there is none.
StatusOr<std::vector<std::string>> FirstCaseKeys(const Reader& reader,
                                                 const std::vector<std::string>& references);

}  // namespace enlace::store
