#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "node/query/columns.h"
#include "node/query/plan.h"

namespace enlace::query {
namespace {

// Up to this many possible cells are counted in an array, more in a hash table.
constexpr uint64_t kDenseCellsMax = 1 << 20;

// Counts by cell key; the key is the sum of slot * stride.
class Counter {
 public:
  explicit Counter(uint64_t cells) {
    if (cells <= kDenseCellsMax) dense_.resize(cells);
  }
  void Add(uint64_t key) {
    if (dense_.empty()) {
      ++sparse_[key];
    } else {
      ++dense_[key];
    }
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t key = 0; key < dense_.size(); ++key) {
      if (dense_[key] != 0) visit(key, dense_[key]);
    }
    for (const auto& [key, count] : sparse_) visit(key, count);
  }

 private:
  std::vector<uint64_t> dense_;
  std::unordered_map<uint64_t, uint64_t> sparse_;
};

}  // namespace

// One table in the making, block by block: select rows, then count them.
class CaseColumns::Scan {
 public:
  Scan(const Columns& columns, const Plan& plan)
      : columns_(columns),
        plan_(plan),
        counter_(plan.possible_cells),
        entity_seen_(columns.entity_names.size()) {
    selected_.reserve(kBlockRows);
    if (!plan_.entity.has_value()) return;
    const auto at = columns_.entity_index.find(*plan_.entity);
    nobody_ = at == columns_.entity_index.end();
    if (!nobody_) only_entity_ = at->second;
  }

  // Rows `from` to before `to`, at most kBlockRows.
  void CountBlock(uint32_t from, uint32_t to) {
    if (nobody_) return;
    selected_.clear();
    Select(from, to, selected_);
    for (const uint32_t row : selected_) Count(row);
  }

  StatusOr<Tabulation> Result() const {
    Tabulation table;
    counter_.ForEach([&](uint64_t key, uint64_t count) {
      // One more than the limit is enough to know.
      if (table.cells.size() <= kCellsMax) table.cells.push_back(CellOf(key, count));
    });
    if (table.cells.size() > kCellsMax) {
      return Error(Reason::TABULATION_INVALID,
                   fmt::format("the table has more than {} cells; ask for fewer attributes or "
                               "filter",
                               kCellsMax));
    }
    std::sort(table.cells.begin(), table.cells.end(),
              [](const Cell& a, const Cell& b) { return a.coordinates < b.coordinates; });
    table.records = records_;
    table.denominator = denominator_;
    table.several_valued = plan_.several_valued;
    for (size_t i = 0; i < entity_seen_.size(); ++i) {
      if (entity_seen_[i] != 0) table.entities.push_back(columns_.entity_names[i]);
    }
    std::sort(table.entities.begin(), table.entities.end());
    return table;
  }

 private:
  void Select(uint32_t from, uint32_t to, std::vector<uint32_t>& out) const {
    for (uint32_t row = from; row < to; ++row) {
      const bool there =
          columns_.from_ms[row] <= plan_.as_of_ms && plan_.as_of_ms < columns_.to_ms[row];
      const uint32_t year = columns_.year[row];
      if (!there || year < plan_.year_from || year > plan_.year_to) continue;
      if (only_entity_ != kNoRow && columns_.entity[row] != only_entity_) continue;
      if (std::all_of(plan_.tests.begin(), plan_.tests.end(),
                      [&](const Test& test) { return test.Passes(row); })) {
        out.push_back(row);
      }
    }
  }

  void Count(uint32_t row) {
    ++records_;
    entity_seen_[columns_.entity[row]] = 1;
    bool every_value = true;
    for (const Axis& axis : plan_.axes) {
      every_value = every_value && (axis.single != nullptr ? axis.single->Get(row) >= kReasonSlots
                                                           : axis.set->Affirmed(row) != 0);
    }
    denominator_ += every_value ? 1 : 0;
    CountCells(row, 0, 0);
  }

  // Depth is at most kAttributesMax.
  void CountCells(uint32_t row, size_t depth, uint64_t key) {
    if (depth == plan_.axes.size()) {
      counter_.Add(key);
      return;
    }
    const Axis& axis = plan_.axes[depth];
    if (axis.single != nullptr) {
      CountCells(row, depth + 1, key + axis.single->Get(row) * axis.stride);
      return;
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

  Cell CellOf(uint64_t key, uint64_t count) const {
    Cell cell;
    for (const Axis& axis : plan_.axes) {
      const auto slot = static_cast<uint32_t>(key / axis.stride % axis.slots());
      cell.coordinates.push_back(axis.CoordinateOf(slot));
    }
    cell.count = count;
    return cell;
  }

  const Columns& columns_;
  const Plan& plan_;
  Counter counter_;
  std::vector<char> entity_seen_;
  std::vector<uint32_t> selected_;
  uint32_t only_entity_ = kNoRow;  // kNoRow for all.
  bool nobody_ = false;            // The entity has no records.
  uint64_t records_ = 0;
  uint64_t denominator_ = 0;
};

StatusOr<Tabulation> CaseColumns::Tabulate(const TabulationRequest& request, const Viewer& viewer,
                                           const std::function<bool()>& stopped) const {
  std::vector<Plan> plans;
  ENLACE_ASSIGN_OR_RETURN(plans.emplace_back(), MakePlan(request, viewer, ""));
  ENLACE_ASSIGN_OR_RETURN(std::vector<Tabulation> tables, Count(plans, viewer, stopped));
  return std::move(tables.front());
}

StatusOr<std::vector<Tabulation>> CaseColumns::TabulateAll(
    const std::vector<TabulationRequest>& requests, const Viewer& viewer,
    const std::function<bool()>& stopped) const {
  std::vector<Plan> plans;
  for (size_t i = 0; i < requests.size(); ++i) {
    ENLACE_ASSIGN_OR_RETURN(plans.emplace_back(),
                            MakePlan(requests[i], viewer, fmt::format("requests[{}].", i)));
  }
  return Count(plans, viewer, stopped);
}

// Names and lists of columns never change, so that planning before this needs no lock. Each
// block is counted for all tables while it is in the processor's cache.
StatusOr<std::vector<Tabulation>> CaseColumns::Count(const std::vector<Plan>& plans,
                                                     const Viewer& viewer,
                                                     const std::function<bool()>& stopped) const {
  std::unique_lock<std::mutex> gate(gate_);
  std::shared_lock<std::shared_mutex> lock(mutex_);
  gate.unlock();
  std::vector<Scan> scans;
  scans.reserve(plans.size());
  for (const Plan& plan : plans) scans.emplace_back(*columns_, plan);
  for (uint32_t from = 0; from < columns_->rows(); from += kBlockRows) {
    if (stopped()) {
      return Error(Reason::CALL_CANCELLED, "the call ended before its cases were counted");
    }
    const uint32_t to = std::min(from + kBlockRows, columns_->rows());
    for (Scan& scan : scans) scan.CountBlock(from, to);
  }
  std::vector<Tabulation> tables;
  size_t cells = 0;
  for (const Scan& scan : scans) {
    ENLACE_ASSIGN_OR_RETURN(tables.emplace_back(), scan.Result());
    cells += tables.back().cells.size();
    if (cells > kBatchCellsMax) {
      return Error(Reason::TABULATION_INVALID,
                   fmt::format("the tables have more than {} cells together; ask for fewer at once",
                               kBatchCellsMax));
    }
  }
  lock.unlock();
  if (viewer.threshold != 0) {
    for (Tabulation& table : tables) Suppress(table, viewer.threshold);
  }
  return tables;
}

}  // namespace enlace::query
