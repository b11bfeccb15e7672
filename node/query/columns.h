#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/codes/registry.h"
#include "node/model/attributes.h"
#include "node/model/case_record.h"
#include "node/query/blocks.h"
#include "node/query/case_columns.h"
#include "node/query/record_index.h"
#include "node/query/tabulation.h"

// Inside of CaseColumns: the columns themselves. Guarded by its lock.
namespace enlace::query {

inline constexpr int64_t kOpenEnd = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
// A coordinate as a small number: the three reasons for no code, then the codes in the
// order of their list (single) or by number (set).
inline constexpr uint32_t kReasonSlots = 3;
// Entities whose records one node can hold.
inline constexpr size_t kEntitiesMax = 1 << 16;

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
  // Adds slot * stride of `count` rows, from the first of a block on, to `keys`. Key is uint16_t
  // or uint32_t.
  template <typename Key>
  void AddKeys(size_t first_row, size_t count, Key stride, Key* keys) const;
  // Clears `taken` where the slot's entry in `slots` is 0, for rows as above.
  void KeepSlots(size_t first_row, size_t count, const uint8_t* slots, uint8_t* taken) const;
  // kNoRow when the list has no such code.
  uint32_t SlotOf(uint32_t code) const;
  Coordinate CoordinateOf(uint32_t slot) const;

 private:
  const model::AttributeInfo& info_;
  const codes::CodeList& list_;
  const bool wide_;
  Blocks<uint8_t> narrow_;
  Blocks<uint16_t> broad_;
};

// Affirmed codes as a mask, as wide as the list needs; what is denied is not counted and not
// held. Codes begin at 1, so that bit 0 is free: set, it says that nothing is affirmed and
// that the bits above it are the slot of the reason.
class SetColumn {
 public:
  SetColumn(const model::AttributeInfo& info, const codes::CodeList& list);

  uint32_t attribute() const { return info_.number; }
  const codes::CodeList& list() const { return list_; }
  // Bit n is code n.
  uint64_t Affirmed(size_t row) const {
    const uint64_t held = Held(row);
    return (held & 1U) != 0 ? 0 : held;
  }
  // REQUIRES: nothing is affirmed.
  uint32_t RestSlot(size_t row) const { return static_cast<uint32_t>(Held(row) >> 1); }
  void Append(const model::SetValue& value);
  void Wipe(size_t row);
  static Coordinate CoordinateOf(uint32_t slot);
  // Reasons, then the codes from 1 to the highest of the list.
  uint32_t slots() const { return kReasonSlots + highest_; }

  // The mask byte by byte, the lowest first, as it is held.
  size_t bytes() const { return highest_ / 8 + 1; }
  uint32_t ByteValues(size_t byte) const;
  // Whether a row whose byte number `byte` is `value` counts in the slot, by this byte alone.
  static bool ByteHasSlot(size_t byte, uint32_t value, uint32_t slot);
  // Whether a row with this first byte affirms anything.
  static bool Affirms(uint32_t first_byte) { return (first_byte & 1U) == 0; }
  // Adds byte * stride of `count` rows, from the first of a block on, to `keys`.
  template <typename Key>
  void AddByteKeys(size_t first_row, size_t count, size_t byte, Key stride, Key* keys) const;
  // Clears `taken` where no code of `mask` is affirmed, for rows as above.
  void KeepAffirmed(size_t first_row, size_t count, uint64_t mask, uint8_t* taken) const;

 private:
  uint64_t Held(size_t row) const;
  // `visit` gets the masks from row `first_row` on, the first of a block, in their type.
  template <typename Visit>
  void VisitBlock(size_t first_row, Visit visit) const;

  const model::AttributeInfo& info_;
  const codes::CodeList& list_;
  const uint32_t highest_;  // Code; 0 when the list is empty.
  size_t width_ = 1;        // Bytes of one mask; the column of that width is used.
  Blocks<uint8_t> bytes1_;
  Blocks<uint16_t> bytes2_;
  Blocks<uint32_t> bytes4_;
  Blocks<uint64_t> bytes8_;
};

struct CaseColumns::Columns {
  explicit Columns(const codes::Registry& registry);

  const SingleColumn* Single(uint32_t attribute) const;
  const SetColumn* Set(uint32_t attribute) const;
  // CODE_UNKNOWN when the lists lack a code of `content`.
  Status CheckCodes(const model::CaseContent& content) const;
  bool HasRoomFor(const std::string& name) const {
    return entity_names.size() < kEntitiesMax || entity_index.contains(name);
  }
  // REQUIRES: CheckCodes and HasRoomFor are OK. Returns the new row.
  uint32_t Append(const model::CaseRecord& revision, uint32_t previous);
  void Wipe(uint32_t row);

  // The row counts no longer from `ms` on; an earlier end stays.
  void End(uint32_t row, int64_t ms);
  // When it ended; kOpenEnd when it counts.
  int64_t ToMs(uint32_t row) const { return ended[row] == 0 ? kOpenEnd : to_ms.at(row); }
  // Row of the revision before; kNoRow for none.
  uint32_t Previous(uint32_t row) const;
  // True when no row of the block that begins at `first_row` has ended.
  bool AllOpen(uint32_t first_row) const { return ended_in_block[first_row / kBlockRows] == 0; }

  uint32_t rows() const { return static_cast<uint32_t>(from_ms.size()); }

  std::vector<SingleColumn> singles;
  std::vector<SetColumn> sets;
  // A row counts at time t when from_ms <= t < ToMs().
  Blocks<int64_t> from_ms;
  Blocks<uint16_t> year;
  Blocks<uint16_t> entity;  // Index in entity_names.
  Blocks<uint8_t> ended;    // 1 when it has.
  std::vector<uint32_t> ended_in_block;
  // Most records are never changed, so that few rows are in these.
  std::unordered_map<uint32_t, int64_t> to_ms;
  std::unordered_map<uint32_t, uint32_t> previous;
  std::vector<std::string> entity_names;
  std::map<std::string, uint16_t, std::less<>> entity_index;
  RecordIndex index;
};

}  // namespace enlace::query
