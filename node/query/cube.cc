#include "node/query/cube.h"

#include <algorithm>
#include <numeric>

#include "node/base/check.h"

namespace enlace::query {
namespace {

// Neighbouring rows often fall into one cell, and each addition would wait for the one before:
// small cubes are counted in several arrays, in turn.
constexpr uint64_t kLaneCellsMax = 16 << 10;
constexpr size_t kLanes = 4;

template <typename Key>
void AddKeys(const Digit& digit, const BlockRows& rows, uint64_t stride, Key* keys) {
  const auto step = static_cast<Key>(stride);
  if (digit.single != nullptr) {
    digit.single->AddKeys(rows.from, rows.count, step, keys);
  } else {
    digit.set->AddByteKeys(rows.from, rows.count, digit.byte, step, keys);
  }
}

template <typename Key>
void CountKeys(const Key* keys, size_t count, size_t cells, std::vector<uint32_t>& counts) {
  size_t i = 0;
  if (counts.size() > cells) {
    uint32_t* const lane0 = counts.data();
    uint32_t* const lane1 = lane0 + cells;
    uint32_t* const lane2 = lane1 + cells;
    uint32_t* const lane3 = lane2 + cells;
    for (; i + kLanes <= count; i += kLanes) {
      ++lane0[keys[i]];
      ++lane1[keys[i + 1]];
      ++lane2[keys[i + 2]];
      ++lane3[keys[i + 3]];
    }
  }
  for (; i < count; ++i) ++counts[keys[i]];
}

uint64_t StrideOf(const Digit& digit, std::span<const Axis> axes) {
  for (const Axis& axis : axes) {
    if (axis.single == digit.single && axis.set == digit.set) return axis.stride;
  }
  return 0;
}

}  // namespace

Cube::Cube(std::vector<Digit> digits) : digits_(std::move(digits)), strides_(digits_.size()) {
  // The longest digit last, so that the innermost loop of summing up is long.
  std::sort(digits_.begin(), digits_.end(), [](const Digit& a, const Digit& b) {
    return std::pair(a.set == nullptr, a.values()) < std::pair(b.set == nullptr, b.values());
  });
  for (size_t d = digits_.size(); d-- > 0;) {
    strides_[d] = cells_;
    cells_ *= digits_[d].values();
  }
  ENLACE_CHECK(cells_ <= kCellsMax);
  counts_.resize(cells_ * (cells_ <= kLaneCellsMax ? kLanes : 1));
  if (cells_ <= kShortCellsMax) {
    short_keys_.resize(CaseColumns::kBlockRows);
  } else {
    long_keys_.resize(CaseColumns::kBlockRows);
  }
}

uint64_t Cube::CellsOf(std::span<const Digit> digits) {
  return std::accumulate(digits.begin(), digits.end(), uint64_t{1},
                         [](uint64_t cells, const Digit& digit) { return cells * digit.values(); });
}

void Cube::CountBlock(const BlockRows& rows) {
  if (!rows.all && rows.listed.empty()) return;
  if (short_keys_.empty()) {
    Count(rows, long_keys_.data());
  } else {
    Count(rows, short_keys_.data());
  }
}

template <typename Key>
void Cube::Count(const BlockRows& rows, Key* keys) {
  std::fill_n(keys, rows.count, Key{0});
  for (size_t d = 0; d < digits_.size(); ++d) AddKeys(digits_[d], rows, strides_[d], keys);
  if (rows.all) return CountKeys(keys, rows.count, cells_, counts_);
  size_t count = 0;
  // Rows are listed in their order, so that no key is lost before it is moved.
  for (const uint16_t row : rows.listed) keys[count++] = keys[row];
  CountKeys(keys, count, cells_, counts_);
}

void Cube::Finish() {
  for (size_t at = cells_; at < counts_.size(); ++at) counts_[at % cells_] += counts_[at];
  counts_.resize(cells_);
}

void Cube::AddTo(std::span<const Axis> axes, std::vector<uint32_t>& counts) const {
  std::vector<uint64_t> table_strides;
  for (const Digit& digit : digits_) table_strides.push_back(StrideOf(digit, axes));
  const Digit& first = digits_.front();
  if (first.set == nullptr) return AddSlice(counts_.data(), 0, table_strides, counts.data());
  for (uint32_t value = 0; value < first.values(); ++value) {
    const uint32_t* const slice = counts_.data() + value * strides_.front();
    for (uint32_t slot = 0; slot < first.set->slots(); ++slot) {
      if (!SetColumn::ByteHasSlot(first.byte, value, slot)) continue;
      AddSlice(slice, 1, table_strides, counts.data() + slot * table_strides.front());
    }
  }
}

// Depth is at most the number of single attributes.
void Cube::AddSlice(const uint32_t* slice, size_t digit, std::span<const uint64_t> table_strides,
                    uint32_t* table) const {
  if (digit == digits_.size()) {
    *table += *slice;
    return;
  }
  const uint32_t values = digits_[digit].values();
  const uint64_t stride = table_strides[digit];
  if (digit + 1 == digits_.size()) {
    for (uint32_t value = 0; value < values; ++value) table[value * stride] += slice[value];
    return;
  }
  for (uint32_t value = 0; value < values; ++value) {
    AddSlice(slice + value * strides_[digit], digit + 1, table_strides, table + value * stride);
  }
}

uint64_t Cube::RowsWithEveryCode() const {
  uint64_t rows = 0;
  for (size_t cell = 0; cell < cells_; ++cell) {
    if (counts_[cell] == 0) continue;
    bool every = true;
    for (size_t d = 0; d < digits_.size(); ++d) {
      const auto value = static_cast<uint32_t>(cell / strides_[d] % digits_[d].values());
      every = every &&
              (digits_[d].single != nullptr ? value >= kReasonSlots : SetColumn::Affirms(value));
    }
    rows += every ? counts_[cell] : 0;
  }
  return rows;
}

}  // namespace enlace::query
