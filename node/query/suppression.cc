#include <algorithm>

#include "node/base/check.h"
#include "node/query/tabulation.h"

namespace enlace::query {
namespace {

bool HasEveryCode(const Cell& cell) {
  return std::all_of(cell.coordinates.begin(), cell.coordinates.end(),
                     [](const Coordinate& c) { return c.missing == model::Missing::kNone; });
}

using Group = std::vector<Cell*>;

// Rule 1 for one group; true when rule 2 finds it safe.
bool SuppressSmall(const Group& group, uint64_t threshold) {
  uint64_t cells = 0;
  uint64_t sum = 0;
  for (Cell* cell : group) {
    if (cell->count >= threshold) continue;
    cell->suppressed = true;
    ++cells;
    sum += cell->count;
  }
  if (cells == 0) return true;
  return cells >= 2 && sum >= threshold && sum > cells && sum < cells * (threshold - 1);
}

// Rule 3: false when the group has no cell left to suppress.
bool SuppressSmallestLeft(const Group& group) {
  uint64_t smallest = UINT64_MAX;
  for (const Cell* cell : group) {
    if (!cell->suppressed) smallest = std::min(smallest, cell->count);
  }
  for (Cell* cell : group) {
    if (cell->count == smallest) cell->suppressed = true;
  }
  return smallest != UINT64_MAX;
}

}  // namespace

void Suppress(Tabulation& table, uint32_t threshold) {
  ENLACE_CHECK(threshold >= kThresholdMin);
  table.threshold = threshold;
  Group coded;
  Group missing;
  for (Cell& cell : table.cells) (HasEveryCode(cell) ? coded : missing).push_back(&cell);

  const bool coded_safe = SuppressSmall(coded, threshold);
  const bool missing_safe = SuppressSmall(missing, threshold);
  if (!coded_safe && !SuppressSmallestLeft(coded)) SuppressSmallestLeft(missing);
  if (!missing_safe && !SuppressSmallestLeft(missing)) SuppressSmallestLeft(coded);

  const bool any = std::any_of(table.cells.begin(), table.cells.end(),
                               [](const Cell& cell) { return cell.suppressed; });
  table.margins_hidden = table.several_valued ? any : !(coded_safe && missing_safe);
  for (Cell& cell : table.cells) {
    if (cell.suppressed) cell.count = 0;
  }
  if (table.margins_hidden) {
    table.records = 0;
    table.denominator = 0;
    table.entities.clear();
  }
}

}  // namespace enlace::query
