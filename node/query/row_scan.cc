#include "node/query/row_scan.h"

#include <algorithm>

namespace enlace::query {
namespace {

// Up to this many possible cells are counted in an array, more in a hash table.
constexpr uint64_t kDenseCellsMax = 1 << 20;

}  // namespace

RowScan::RowScan(const std::vector<Axis>& axes, uint64_t possible_cells) : axes_(axes) {
  if (possible_cells <= kDenseCellsMax) dense_.resize(possible_cells);
}

void RowScan::CountBlock(const BlockRows& rows) {
  if (rows.all) {
    for (uint32_t i = 0; i < rows.count; ++i) Count(rows.from + i);
  } else {
    for (const uint16_t i : rows.listed) Count(rows.from + i);
  }
}

void RowScan::Count(uint32_t row) {
  const bool every_code = std::all_of(axes_.begin(), axes_.end(), [row](const Axis& axis) {
    return axis.single != nullptr ? axis.single->Get(row) >= kReasonSlots
                                  : axis.set->Affirmed(row) != 0;
  });
  every_code_ += every_code ? 1 : 0;
  CountCells(row, 0, 0);
}

// Depth is at most kAttributesMax.
void RowScan::CountCells(uint32_t row, size_t depth, uint64_t key) {
  if (depth == axes_.size()) return Add(key);
  const Axis& axis = axes_[depth];
  if (axis.single != nullptr) {
    return CountCells(row, depth + 1, key + axis.single->Get(row) * axis.stride);
  }
  uint64_t affirmed = axis.set->Affirmed(row);
  if (affirmed == 0) {
    CountCells(row, depth + 1, key + axis.set->RestSlot(row) * axis.stride);
  }
  for (; affirmed != 0; affirmed &= affirmed - 1) {
    const auto code = static_cast<uint64_t>(__builtin_ctzll(affirmed));
    CountCells(row, depth + 1, key + (kReasonSlots + code - 1) * axis.stride);
  }
}

void RowScan::Add(uint64_t key) {
  if (dense_.empty()) {
    ++sparse_[key];
  } else {
    ++dense_[key];
  }
}

CountedCells RowScan::Cells() const {
  if (!dense_.empty()) return DenseCells(dense_);
  CountedCells cells;
  std::vector<std::pair<uint64_t, uint64_t>> sorted(sparse_.begin(), sparse_.end());
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [key, count] : sorted) {
    cells.keys.push_back(key);
    cells.counts.push_back(count);
  }
  return cells;
}

}  // namespace enlace::query
