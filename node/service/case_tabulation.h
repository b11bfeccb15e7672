#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/mutex.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"
#include "node/store/case_table.h"
#include "node/store/store.h"

// Cross-tabulations of case records: what is asked, the counting, and the threshold under
// which a caller who sees other entities' records learns no count.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

inline constexpr size_t kTabulationAttributesMax = 3;
inline constexpr size_t kTabulationFiltersMax = 8;
inline constexpr size_t kTabulationCodesMax = 300;  // Per filter.

struct TabulationQuery {
  struct Filter {
    uint32_t attribute = 0;
    std::set<uint32_t> codes;
  };
  std::vector<uint32_t> attributes;
  std::vector<Filter> filters;
  uint32_t year_from = 0;  // 0 is open, as year_to.
  uint32_t year_to = 0;
  int64_t as_of_ms = 0;    // 0 is now.
  std::string entity;      // Only its records; empty is all.
};
// TABULATION_INVALID names what is wrong: no, unknown, repeated or too many attributes,
// filters or codes.
StatusOr<TabulationQuery> TabulationFromProto(const pb::TabulateCaseRecordsRequest& request,
                                              const codes::Registry& registry);

struct Tabulation {
  // One answer per attribute: a code, or why there is none. A record without an affirmed
  // code of a several-valued attribute counts under that attribute's reason.
  std::map<std::vector<model::SingleValue>, uint64_t> cells;
  uint64_t records = 0;      // That passed the filters.
  uint64_t denominator = 0;  // Of these, with a code in every attribute.
  std::set<std::string> entities;
  bool several_valued = false;
};

// All revisions of all records, kept in memory beside the store. Filled at start and told
// of every commit; can be thrown away and made anew at any time. Thread-safe.
class CaseColumns {
 public:
  static StatusOr<std::unique_ptr<CaseColumns>> Load(const store::Reader& reader);

  // Takes in a committed revision, in any order and as often as it comes. An erased one
  // removes all of its record.
  void Apply(const model::CaseRecord& revision);

  Tabulation Tabulate(const TabulationQuery& query) const;

 private:
  struct Version {
    int64_t update_time_ms = 0;
    bool active = true;
    model::CaseContent content;
  };
  struct Record {
    std::string entity;
    bool erased = false;
    std::map<uint32_t, Version> versions;  // By revision.
  };
  static const Version* VersionAt(const Record& record, int64_t as_of_ms);

  mutable Mutex mutex_;
  std::map<model::RecordReference, Record> records_ ENLACE_GUARDED_BY(mutex_);
};

// The answer. With a threshold, cells below it are suppressed, and further ones until the
// hidden cells are at least two that hold at least the threshold together, so that no count
// follows from the total and the rest; totals that are or would give away a small count
// are 0. Threshold 0 hides nothing.
pb::TabulateCaseRecordsResponse TabulationToProto(const Tabulation& tabulation,
                                                  uint32_t threshold);

}  // namespace enlace::service
