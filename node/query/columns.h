#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "node/codes/registry.h"
#include "node/model/attributes.h"
#include "node/model/case_record.h"
#include "node/query/case_columns.h"
#include "node/query/tabulation.h"

// Inside of CaseColumns: the columns themselves. Guarded by its lock.
namespace enlace::query {

inline constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();
inline constexpr int64_t kOpenEnd = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
// A coordinate as a small number: the three reasons for no code, then the codes in the
// order of their list (single) or by number (set).
inline constexpr uint32_t kReasonSlots = 3;
inline constexpr uint32_t kSetSlots = kReasonSlots + 63;

inline uint32_t ReasonSlot(model::Missing missing) { return static_cast<uint32_t>(missing) - 1; }

// One byte a record, or two when the list is longer than a byte counts.
class SingleColumn {
 public:
  SingleColumn(const model::AttributeInfo& info, const codes::CodeList& list)
      : info_(info), list_(list), wide_(slots() > 256) {}

  uint32_t attribute() const { return info_.number; }
  const codes::CodeList& list() const { return list_; }
  uint32_t slots() const { return kReasonSlots + static_cast<uint32_t>(list_.codes().size()); }
  uint32_t Get(size_t row) const { return wide_ ? broad_[row] : narrow_[row]; }
  void Append(uint32_t slot);
  void Wipe(size_t row);
  // kNoRow when the list has no such code.
  uint32_t SlotOf(uint32_t code) const;
  Coordinate CoordinateOf(uint32_t slot) const;

 private:
  const model::AttributeInfo& info_;
  const codes::CodeList& list_;
  const bool wide_;
  std::vector<uint8_t> narrow_;
  std::vector<uint16_t> broad_;
};

// Affirmed codes as a mask; what is denied is not counted and not held.
class SetColumn {
 public:
  SetColumn(const model::AttributeInfo& info, const codes::CodeList& list)
      : info_(info), list_(list) {}

  uint32_t attribute() const { return info_.number; }
  const codes::CodeList& list() const { return list_; }
  uint64_t Affirmed(size_t row) const { return affirmed_[row]; }
  uint32_t RestSlot(size_t row) const { return rest_[row]; }
  void Append(const model::SetValue& value);
  void Wipe(size_t row);
  static Coordinate CoordinateOf(uint32_t slot);

 private:
  const model::AttributeInfo& info_;
  const codes::CodeList& list_;
  std::vector<uint64_t> affirmed_;
  std::vector<uint8_t> rest_;
};

struct CaseColumns::Columns {
  explicit Columns(const codes::Registry& registry);

  const SingleColumn* Single(uint32_t attribute) const;
  const SetColumn* Set(uint32_t attribute) const;
  // CODE_UNKNOWN when the lists lack a code of `content`.
  Status CheckCodes(const model::CaseContent& content) const;
  // REQUIRES: CheckCodes is OK. Returns the new row.
  uint32_t Append(const model::CaseRecord& revision, uint32_t previous);
  void Wipe(uint32_t row);

  uint32_t rows() const { return static_cast<uint32_t>(from_ms.size()); }

  std::vector<SingleColumn> singles;
  std::vector<SetColumn> sets;
  // A row counts at time t when from_ms <= t < to_ms.
  std::vector<int64_t> from_ms;
  std::vector<int64_t> to_ms;
  std::vector<uint16_t> year;
  std::vector<uint32_t> entity;    // Index in entity_names.
  std::vector<uint32_t> previous;  // Row of the revision before; kNoRow for none.
  std::vector<std::string> entity_names;
  std::map<std::string, uint32_t, std::less<>> entity_index;
};

}  // namespace enlace::query
