#include "node/query/cells.h"

#include <algorithm>
#include <array>

#include "node/base/check.h"

namespace enlace::query {
namespace {

// Where ascending numbers in mixed radix stand on each axis. They are mostly close to each other,
// so that few of them need a division.
class CellWalk {
 public:
  // REQUIRES: 1 to kAttributesMax lengths.
  explicit CellWalk(const std::vector<uint64_t>& lengths) : axes_(lengths.size()) {
    ENLACE_CHECK(axes_ >= 1 && axes_ <= kAttributesMax);
    std::copy(lengths.begin(), lengths.end(), lengths_.begin());
  }

  // REQUIRES: `number` is not below the one before, and below the product of the lengths.
  void To(uint64_t number) {
    size_t axis = axes_ - 1;
    at_[axis] += number - number_;
    number_ = number;
    for (; at_[axis] >= lengths_[axis]; --axis) {
      at_[axis - 1] += at_[axis] / lengths_[axis];
      at_[axis] %= lengths_[axis];
    }
  }
  uint64_t at(size_t axis) const { return at_[axis]; }

 private:
  const size_t axes_;
  std::array<uint64_t, kAttributesMax> lengths_{};
  std::array<uint64_t, kAttributesMax> at_{};
  uint64_t number_ = 0;
};

std::vector<uint64_t> Slots(std::span<const Axis> axes) {
  std::vector<uint64_t> slots;
  for (const Axis& axis : axes) slots.push_back(axis.slots());
  return slots;
}

// By axis and slot: 1 when a key has it.
std::vector<std::vector<uint8_t>> SeenSlots(std::span<const Axis> axes,
                                            const std::vector<uint64_t>& keys) {
  std::vector<std::vector<uint8_t>> seen;
  for (const Axis& axis : axes) seen.emplace_back(axis.slots());
  CellWalk walk(Slots(axes));
  for (const uint64_t key : keys) {
    walk.To(key);
    for (size_t i = 0; i < axes.size(); ++i) seen[i][walk.at(i)] = 1;
  }
  return seen;
}

}  // namespace

CountedCells DenseCells(const std::vector<uint32_t>& counts) {
  CountedCells cells;
  cells.keys.resize(counts.size());
  cells.counts.resize(counts.size());
  size_t found = 0;
  // Without a branch: which cells are empty cannot be foretold.
  for (size_t key = 0; key < counts.size(); ++key) {
    cells.keys[found] = key;
    cells.counts[found] = counts[key];
    found += counts[key] != 0 ? 1 : 0;
  }
  cells.keys.resize(found);
  cells.counts.resize(found);
  return cells;
}

void SetCells(std::span<const Axis> axes, CountedCells counted, Tabulation& table) {
  const auto seen = SeenSlots(axes, counted.keys);
  // What a slot adds to the number of a cell.
  std::vector<std::vector<uint64_t>> parts(axes.size());
  table.axes.resize(axes.size());
  uint64_t stride = 1;
  for (size_t i = axes.size(); i-- > 0;) {
    TableAxis& axis = table.axes[i];
    axis.attribute = axes[i].attribute();
    parts[i].resize(seen[i].size());
    for (uint32_t slot = 0; slot < seen[i].size(); ++slot) {
      if (seen[i][slot] == 0) continue;
      parts[i][slot] = axis.values.size() * stride;
      axis.values.push_back(axes[i].CoordinateOf(slot));
    }
    stride *= axis.values.size();
  }
  table.cells = std::move(counted.keys);
  table.counts = std::move(counted.counts);
  CellWalk walk(Slots(axes));
  for (uint64_t& cell : table.cells) {
    walk.To(cell);
    cell = 0;
    for (size_t i = 0; i < axes.size(); ++i) cell += parts[i][walk.at(i)];
  }
}

std::vector<uint8_t> CellsWithEveryCode(const Tabulation& table) {
  std::vector<uint8_t> out(table.cells.size());
  if (table.cells.empty()) return out;
  std::vector<uint64_t> lengths;
  std::vector<uint64_t> reasons;  // Answers without a code, which come first.
  for (const TableAxis& axis : table.axes) {
    lengths.push_back(axis.values.size());
    uint64_t without = 0;
    for (const Coordinate& at : axis.values) without += at.missing != model::Missing::kNone ? 1 : 0;
    reasons.push_back(without);
  }
  CellWalk walk(lengths);
  for (size_t i = 0; i < out.size(); ++i) {
    walk.To(table.cells[i]);
    bool every = true;
    for (size_t axis = 0; axis < reasons.size(); ++axis) {
      every = every && walk.at(axis) >= reasons[axis];
    }
    out[i] = every ? 1 : 0;
  }
  return out;
}

}  // namespace enlace::query
