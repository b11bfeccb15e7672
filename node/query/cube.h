#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "node/query/columns.h"
#include "node/query/plan.h"

// Inside of CaseColumns: counting without a branch for each row. Guarded by its lock.
//
// A cube counts rows by the combination of a few digits, which are the raw values of columns:
// the slot of a single attribute, or one byte of the mask of a set. Tables are summed up from it
// afterwards. So several tables that share attributes are counted in one pass, and a row that
// affirms five codes costs as much as one that affirms none.
namespace enlace::query {

// What a cube reads of a row; exactly one of the pointers is set.
struct Digit {
  const SingleColumn* single = nullptr;
  const SetColumn* set = nullptr;
  size_t byte = 0;  // Of the mask of a set.

  bool operator==(const Digit&) const = default;
  uint32_t values() const { return single != nullptr ? single->slots() : set->ByteValues(byte); }
};

// Rows of one block: all of them, or the ones that are listed, from the block's first.
struct BlockRows {
  uint32_t from = 0;
  uint32_t count = 0;
  bool all = false;
  std::span<const uint16_t> listed;
};

class Cube {
 public:
  // Beyond this the counts would not stay in the processor's cache.
  static constexpr uint64_t kCellsMax = 1 << 20;
  // Keys of up to this many cells have 16 bits, which halves the work of making them.
  static constexpr uint64_t kShortCellsMax = 1 << 16;

  // REQUIRES: CellsOf(digits) <= kCellsMax.
  explicit Cube(std::vector<Digit> digits);
  static uint64_t CellsOf(std::span<const Digit> digits);

  void CountBlock(const BlockRows& rows);
  // After the last block, before AddTo.
  void Finish();

  // Adds the counts to those of a table, whose keys are sums of slot * stride of its axes.
  // REQUIRES: every axis that is a single attribute is a digit; at most one digit is a byte of
  // a set, and that set is an axis.
  void AddTo(std::span<const Axis> axes, std::vector<uint32_t>& counts) const;
  // Rows with a code of every single attribute and something affirmed of the set, if there is one.
  // REQUIRES: it is the first byte of the set, which alone knows.
  uint64_t RowsWithEveryCode() const;

 private:
  template <typename Key>
  void Count(const BlockRows& rows, Key* keys);
  // Adds the counts from `slice` on, over digit number `digit` and all behind it.
  void AddSlice(const uint32_t* slice, size_t digit, std::span<const uint64_t> table_strides,
                uint32_t* table) const;

  std::vector<Digit> digits_;
  std::vector<uint64_t> strides_;
  uint64_t cells_ = 1;
  std::vector<uint32_t> counts_;  // There are fewer rows than this counts.
  std::vector<uint16_t> short_keys_;
  std::vector<uint32_t> long_keys_;
};

}  // namespace enlace::query
