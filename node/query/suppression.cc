#include <algorithm>

#include "node/base/check.h"
#include "node/query/cells.h"
#include "node/query/tabulation.h"

namespace enlace::query {
namespace {

// One of the two groups of a table's cells: those that have a code on every axis, or the others.
class Group {
 public:
  // All must outlive it. A cell is of the group when its flag is `flag`.
  Group(const std::vector<uint64_t>& counts, const std::vector<uint8_t>& every_code, uint8_t flag,
        std::vector<uint8_t>& suppressed)
      : counts_(counts), every_code_(every_code), flag_(flag), suppressed_(suppressed) {}

  // Rule 1; true when rule 2 finds the group safe.
  bool SuppressSmall(uint64_t threshold) {
    uint64_t cells = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      const bool small = every_code_[i] == flag_ && counts_[i] < threshold;
      if (small) suppressed_[i] = 1;
      cells += small ? 1 : 0;
      sum += small ? counts_[i] : 0;
    }
    if (cells == 0) return true;
    return cells >= 2 && sum >= threshold && sum > cells && sum < cells * (threshold - 1);
  }

  // Rule 3: false when the group has no cell left to suppress.
  bool SuppressSmallestLeft() {
    uint64_t smallest = UINT64_MAX;
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (IsLeft(i)) smallest = std::min(smallest, counts_[i]);
    }
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (IsLeft(i) && counts_[i] == smallest) suppressed_[i] = 1;
    }
    return smallest != UINT64_MAX;
  }

 private:
  bool IsLeft(size_t i) const { return every_code_[i] == flag_ && suppressed_[i] == 0; }

  const std::vector<uint64_t>& counts_;
  const std::vector<uint8_t>& every_code_;
  const uint8_t flag_;
  std::vector<uint8_t>& suppressed_;
};

}  // namespace

void Suppress(Tabulation& table, uint32_t threshold) {
  ENLACE_CHECK(threshold >= kThresholdMin);
  table.threshold = threshold;
  const std::vector<uint8_t> every_code = CellsWithEveryCode(table);
  std::vector<uint8_t> suppressed(table.counts.size());
  Group coded(table.counts, every_code, 1, suppressed);
  Group missing(table.counts, every_code, 0, suppressed);

  const bool coded_safe = coded.SuppressSmall(threshold);
  const bool missing_safe = missing.SuppressSmall(threshold);
  if (!coded_safe && !coded.SuppressSmallestLeft()) missing.SuppressSmallestLeft();
  if (!missing_safe && !missing.SuppressSmallestLeft()) coded.SuppressSmallestLeft();

  bool any = false;
  for (size_t i = 0; i < suppressed.size(); ++i) {
    any = any || suppressed[i] != 0;
    if (suppressed[i] != 0) table.counts[i] = 0;
  }
  table.margins_hidden = table.several_valued ? any : !(coded_safe && missing_safe);
  if (table.margins_hidden) {
    table.records = 0;
    table.denominator = 0;
    table.entities.clear();
  }
}

}  // namespace enlace::query
