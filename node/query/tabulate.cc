#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>
#include <unordered_map>

#include "node/query/columns.h"
#include "node/query/plan.h"
#include "node/query/selection.h"

namespace enlace::query {
namespace {

// Up to this many possible cells are counted in an array, more in a hash table.
constexpr uint64_t kDenseCellsMax = 1 << 20;
// Neighbouring rows often fall into one cell, and each addition would wait for the one before:
// small tables are counted in several arrays, in turn.
constexpr uint64_t kLaneCellsMax = 16 << 10;
constexpr size_t kLanes = 4;

// Counts by cell key; the key is the sum of slot * stride.
class Counter {
 public:
  explicit Counter(uint64_t cells) : cells_(cells) {
    if (dense()) counts_.resize(cells * (cells <= kLaneCellsMax ? kLanes : 1));
  }
  bool dense() const { return cells_ <= kDenseCellsMax; }
  void Add(uint64_t key) {
    if (dense()) {
      ++counts_[key];
    } else {
      ++sparse_[key];
    }
  }
  // REQUIRES: dense().
  void AddAll(const uint32_t* keys, uint32_t count) {
    uint32_t i = 0;
    if (counts_.size() > cells_) {
      uint32_t* const lane0 = counts_.data();
      uint32_t* const lane1 = lane0 + cells_;
      uint32_t* const lane2 = lane1 + cells_;
      uint32_t* const lane3 = lane2 + cells_;
      for (; i + kLanes <= count; i += kLanes) {
        ++lane0[keys[i]];
        ++lane1[keys[i + 1]];
        ++lane2[keys[i + 2]];
        ++lane3[keys[i + 3]];
      }
    }
    for (; i < count; ++i) ++counts_[keys[i]];
  }
  // In the order of keys where the counter is dense.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const size_t lanes = counts_.size() / std::max<uint64_t>(cells_, 1);
    for (size_t key = 0; key < (dense() ? cells_ : 0); ++key) {
      uint64_t count = 0;
      for (size_t lane = 0; lane < lanes; ++lane) count += counts_[lane * cells_ + key];
      if (count != 0) visit(key, count);
    }
    for (const auto& [key, count] : sparse_) visit(key, count);
  }

 private:
  const uint64_t cells_;
  std::vector<uint32_t> counts_;  // There are fewer rows than this counts.
  std::unordered_map<uint64_t, uint64_t> sparse_;
};

}  // namespace

// One table in the making, block by block.
class CaseColumns::Scan {
 public:
  Scan(const Plan& plan, const Selection& selection)
      : plan_(plan), selection_(selection), counter_(plan.possible_cells) {}

  // Counts the rows that are selected.
  void CountBlock() {
    if (!plan_.several_valued && counter_.dense()) return CountSingles();
    if (selection_.all()) {
      for (uint32_t i = 0; i < selection_.count(); ++i) Count(selection_.from() + i);
    } else {
      for (const uint16_t i : selection_.rows()) Count(selection_.from() + i);
    }
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
    const auto before = [](const Cell& a, const Cell& b) { return a.coordinates < b.coordinates; };
    if (!std::is_sorted(table.cells.begin(), table.cells.end(), before)) {
      std::sort(table.cells.begin(), table.cells.end(), before);
    }
    table.records = selection_.records();
    table.denominator = plan_.several_valued ? denominator_ : CodedRecords(table);
    table.several_valued = plan_.several_valued;
    table.entities = selection_.Entities();
    return table;
  }

 private:
  // Of a table in which each record is in one cell.
  static uint64_t CodedRecords(const Tabulation& table) {
    uint64_t records = 0;
    for (const Cell& cell : table.cells) {
      const bool coded =
          std::all_of(cell.coordinates.begin(), cell.coordinates.end(),
                      [](const Coordinate& at) { return at.missing == model::Missing::kNone; });
      records += coded ? cell.count : 0;
    }
    return records;
  }

  // Without a branch for a row: keys of the whole block, then the counts.
  void CountSingles() {
    if (!selection_.all() && selection_.rows().empty()) return;
    std::fill_n(keys_.begin(), selection_.count(), 0);
    for (const Axis& axis : plan_.axes) {
      axis.single->AddKeys(selection_.from(), selection_.count(),
                           static_cast<uint32_t>(axis.stride), keys_.data());
    }
    if (selection_.all()) return counter_.AddAll(keys_.data(), selection_.count());
    uint32_t count = 0;
    for (const uint16_t row : selection_.rows()) keys_[count++] = keys_[row];
    counter_.AddAll(keys_.data(), count);
  }

  void Count(uint32_t row) {
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
    cell.coordinates.reserve(plan_.axes.size());
    for (const Axis& axis : plan_.axes) {
      const auto slot = static_cast<uint32_t>(key / axis.stride % axis.slots());
      cell.coordinates.push_back(axis.CoordinateOf(slot));
    }
    cell.count = count;
    return cell;
  }

  const Plan& plan_;
  const Selection& selection_;
  Counter counter_;
  std::array<uint32_t, kBlockRows> keys_{};
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
  std::list<Selection> selections;
  std::list<Scan> scans;
  for (const Plan& plan : plans) {
    auto same = std::find_if(selections.begin(), selections.end(), [&plan](const Selection& made) {
      return made.plan().SelectsAs(plan);
    });
    if (same == selections.end()) same = selections.emplace(selections.end(), *columns_, plan);
    scans.emplace_back(plan, *same);
  }
  for (uint32_t from = 0; from < columns_->rows(); from += kBlockRows) {
    if (stopped()) {
      return Error(Reason::CALL_CANCELLED, "the call ended before its cases were counted");
    }
    const uint32_t to = std::min(from + kBlockRows, columns_->rows());
    for (Selection& selection : selections) selection.Select(from, to);
    for (Scan& scan : scans) scan.CountBlock();
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
