#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "node/query/columns.h"

namespace enlace::query {
namespace {

// Up to this many possible cells are counted in an array, more in a hash table.
constexpr uint64_t kDenseCellsMax = 1 << 20;
constexpr uint32_t kBlockRows = 4096;

// One attribute of the table; exactly one of the pointers is set.
struct Axis {
  const SingleColumn* single = nullptr;
  const SetColumn* set = nullptr;
  uint64_t stride = 1;

  uint64_t slots() const { return single != nullptr ? single->slots() : kSetSlots; }
  Coordinate CoordinateOf(uint32_t slot) const {
    return single != nullptr ? single->CoordinateOf(slot) : SetColumn::CoordinateOf(slot);
  }
};

// One filter, compiled.
struct Test {
  const SingleColumn* single = nullptr;
  const SetColumn* set = nullptr;
  std::vector<char> slots;  // By slot, for a single attribute.
  uint64_t mask = 0;        // For a set.

  bool Passes(uint32_t row) const {
    return single != nullptr ? slots[single->Get(row)] != 0 : (set->Affirmed(row) & mask) != 0;
  }
};

struct Faults {
  void Add(std::string field, std::string text) {
    list.push_back({std::move(field), std::move(text), Reason::TABULATION_INVALID});
  }
  std::vector<FieldViolation> list;
};

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

// A request with its columns found and its faults ruled out.
struct CaseColumns::Plan {
  void AddAxes(const Columns& columns, const TabulationRequest& request, Faults& faults);
  void AddFilter(const Columns& columns, const Filter& filter, const std::string& field,
                 Faults& faults);
  void AddTime(const TabulationRequest& request, Faults& faults);

  std::vector<Axis> axes;
  std::vector<Test> tests;
  uint32_t year_from = 0;
  uint32_t year_to = UINT32_MAX;
  int64_t as_of_ms = kOpenEnd - 1;
  std::optional<std::string> entity;
  bool several_valued = false;
  uint64_t possible_cells = 1;
};

// One pass over the columns, block by block: select rows, then count them.
class CaseColumns::Scan {
 public:
  Scan(const Columns& columns, const Plan& plan)
      : columns_(columns),
        plan_(plan),
        counter_(plan.possible_cells),
        entity_seen_(columns.entity_names.size()) {}

  void Run() {
    uint32_t only_entity = kNoRow;
    if (plan_.entity.has_value()) {
      const auto at = columns_.entity_index.find(*plan_.entity);
      if (at == columns_.entity_index.end()) return;
      only_entity = at->second;
    }
    std::vector<uint32_t> selected;
    selected.reserve(kBlockRows);
    for (uint32_t from = 0; from < columns_.rows(); from += kBlockRows) {
      const uint32_t to = std::min(from + kBlockRows, columns_.rows());
      selected.clear();
      Select(from, to, only_entity, selected);
      for (const uint32_t row : selected) Count(row);
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
  void Select(uint32_t from, uint32_t to, uint32_t only_entity, std::vector<uint32_t>& out) const {
    for (uint32_t row = from; row < to; ++row) {
      const bool there =
          columns_.from_ms[row] <= plan_.as_of_ms && plan_.as_of_ms < columns_.to_ms[row];
      const uint32_t year = columns_.year[row];
      if (!there || year < plan_.year_from || year > plan_.year_to) continue;
      if (only_entity != kNoRow && columns_.entity[row] != only_entity) continue;
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
  uint64_t records_ = 0;
  uint64_t denominator_ = 0;
};

void CaseColumns::Plan::AddAxes(const Columns& columns, const TabulationRequest& request,
                                Faults& faults) {
  if (request.attributes.empty() || request.attributes.size() > kAttributesMax) {
    faults.Add("attributes", fmt::format("expected 1 to {} attributes", kAttributesMax));
  }
  std::set<uint32_t> seen;
  for (size_t i = 0; i < std::min(request.attributes.size(), kAttributesMax); ++i) {
    const uint32_t attribute = request.attributes[i];
    const Axis axis{columns.Single(attribute), columns.Set(attribute), possible_cells};
    if (axis.single == nullptr && axis.set == nullptr) {
      faults.Add(fmt::format("attributes[{}]", i), "there is no such attribute");
      continue;
    }
    if (!seen.insert(attribute).second) {
      faults.Add(fmt::format("attributes[{}]", i), "the attribute stands twice");
    }
    possible_cells *= axis.slots();
    several_valued = several_valued || axis.set != nullptr;
    axes.push_back(axis);
  }
}

void CaseColumns::Plan::AddFilter(const Columns& columns, const Filter& filter,
                                  const std::string& field, Faults& faults) {
  Test test{columns.Single(filter.attribute), columns.Set(filter.attribute), {}, 0};
  if (test.single == nullptr && test.set == nullptr) {
    faults.Add(field + ".attribute", "there is no such attribute");
    return;
  }
  if (filter.codes.empty() || filter.codes.size() > kFilterCodesMax) {
    faults.Add(field + ".codes", fmt::format("expected 1 to {} codes", kFilterCodesMax));
    return;
  }
  if (test.single != nullptr) test.slots.resize(test.single->slots());
  const codes::CodeList& list = test.single != nullptr ? test.single->list() : test.set->list();
  for (const uint32_t code : filter.codes) {
    if (code == 0 || list.Find(code) == nullptr) {
      faults.Add(field + ".codes", fmt::format("expected codes of list {}", list.name()));
      return;
    }
    if (test.single != nullptr) {
      test.slots[test.single->SlotOf(code)] = 1;
    } else {
      test.mask |= uint64_t{1} << (code & 63U);
    }
  }
  tests.push_back(std::move(test));
}

void CaseColumns::Plan::AddTime(const TabulationRequest& request, Faults& faults) {
  year_from = request.year_from;
  if (request.year_to != 0) year_to = request.year_to;
  if (year_from > year_to) faults.Add("year_to", "expected year_from or later");
  if (request.as_of_ms < 0) {
    faults.Add("as_of_ms", "expected milliseconds since 1970, or 0 for now");
  }
  if (request.as_of_ms > 0) as_of_ms = std::min(request.as_of_ms, kOpenEnd - 1);
}

StatusOr<CaseColumns::Plan> CaseColumns::MakePlan(const TabulationRequest& request,
                                                  const Viewer& viewer) const {
  Faults faults;
  Plan plan;
  plan.AddAxes(*columns_, request, faults);
  if (request.filters.size() > kFiltersMax) {
    faults.Add("filters", fmt::format("expected at most {} filters", kFiltersMax));
  }
  for (size_t i = 0; i < std::min(request.filters.size(), kFiltersMax); ++i) {
    plan.AddFilter(*columns_, request.filters[i], fmt::format("filters[{}]", i), faults);
  }
  plan.AddTime(request, faults);
  if (viewer.threshold == 0) plan.entity = viewer.entity;
  if (!faults.list.empty()) {
    return WithViolations(
        Error(Reason::TABULATION_INVALID, "the request has faults; see the field violations"),
        faults.list);
  }
  return plan;
}

StatusOr<Tabulation> CaseColumns::Tabulate(const TabulationRequest& request,
                                           const Viewer& viewer) const {
  // Names and lists of columns never change, so planning needs no lock.
  ENLACE_ASSIGN_OR_RETURN(const Plan plan, MakePlan(request, viewer));
  std::unique_lock<std::mutex> gate(gate_);
  std::shared_lock<std::shared_mutex> lock(mutex_);
  gate.unlock();
  Scan scan(*columns_, plan);
  scan.Run();
  ENLACE_ASSIGN_OR_RETURN(Tabulation table, scan.Result());
  lock.unlock();
  if (viewer.threshold != 0) Suppress(table, viewer.threshold);
  return table;
}

}  // namespace enlace::query
