#include "node/query/counting.h"

#include <fmt/format.h>

#include <algorithm>

#include "node/query/cells.h"

namespace enlace::query {
namespace {

// A shared cube is worth its cells when there are this many rows for each: it is gone through
// once for each of its tables.
constexpr uint64_t kRowsPerSharedCell = 8;

std::vector<Digit> Union(std::vector<Digit> digits, const std::vector<Digit>& others) {
  for (const Digit& other : others) {
    if (std::find(digits.begin(), digits.end(), other) == digits.end()) digits.push_back(other);
  }
  return digits;
}

uint64_t CodedRecords(const Tabulation& table) {
  uint64_t records = 0;
  const std::vector<uint8_t> every_code = CellsWithEveryCode(table);
  for (size_t i = 0; i < table.counts.size(); ++i) {
    records += every_code[i] != 0 ? table.counts[i] : 0;
  }
  return records;
}

}  // namespace

CaseColumns::Counting::Counting(const Columns& columns, const std::vector<Plan>& plans)
    : columns_(columns), plans_(plans) {
  for (const Plan& plan : plans) {
    Table& table = tables_.emplace_back();
    table.selection = SelectionOf(plan);
    for (std::vector<Digit>& digits : DigitsOf(plan)) {
      table.cubes.push_back(Join({table.selection, std::move(digits), !plan.several_valued}));
    }
    if (table.cubes.empty()) table.scan.emplace(plan.axes, plan.possible_cells);
  }
  for (const Draft& draft : drafts_) cubes_.emplace_back(draft.digits);
}

CaseColumns::Selection* CaseColumns::Counting::SelectionOf(const Plan& plan) {
  for (Selection& made : selections_) {
    if (made.plan().SelectsAs(plan)) return &made;
  }
  return &selections_.emplace_back(columns_, plan);
}

std::vector<std::vector<Digit>> CaseColumns::Counting::DigitsOf(const Plan& plan) {
  std::vector<Digit> singles;
  const SetColumn* set = nullptr;
  for (const Axis& axis : plan.axes) {
    if (axis.set != nullptr && set != nullptr) return {};
    if (axis.set != nullptr) {
      set = axis.set;
    } else {
      singles.push_back({axis.single, nullptr, 0});
    }
  }
  std::vector<std::vector<Digit>> cubes;
  if (set == nullptr) cubes.push_back(singles);
  for (size_t byte = 0; set != nullptr && byte < set->bytes(); ++byte) {
    cubes.push_back(Union({{nullptr, set, byte}}, singles));
  }
  const bool fit = std::all_of(cubes.begin(), cubes.end(), [](const std::vector<Digit>& digits) {
    return Cube::CellsOf(digits) <= Cube::kCellsMax;
  });
  return fit && plan.possible_cells <= Cube::kCellsMax ? cubes : std::vector<std::vector<Digit>>();
}

size_t CaseColumns::Counting::Join(const Draft& wanted) {
  const uint64_t cells_max =
      std::min<uint64_t>(Cube::kShortCellsMax, columns_.rows() / kRowsPerSharedCell);
  size_t best = drafts_.size();
  uint64_t best_cells = cells_max + 1;
  for (size_t i = 0; wanted.shared && i < drafts_.size(); ++i) {
    if (!drafts_[i].shared || drafts_[i].selection != wanted.selection) continue;
    const uint64_t cells = Cube::CellsOf(Union(drafts_[i].digits, wanted.digits));
    if (cells >= best_cells) continue;
    best = i;
    best_cells = cells;
  }
  if (best == drafts_.size()) {
    drafts_.push_back(wanted);
  } else {
    drafts_[best].digits = Union(std::move(drafts_[best].digits), wanted.digits);
  }
  return best;
}

void CaseColumns::Counting::CountBlock(uint32_t from, uint32_t to) {
  for (Selection& selection : selections_) selection.Select(from, to);
  for (size_t i = 0; i < cubes_.size(); ++i) cubes_[i].CountBlock(drafts_[i].selection->rows());
  for (Table& table : tables_) {
    if (table.scan.has_value()) table.scan->CountBlock(table.selection->rows());
  }
}

void CaseColumns::Counting::Finish() {
  for (Selection& selection : selections_) selection.Finish();
  for (Cube& cube : cubes_) cube.Finish();
}

StatusOr<Tabulation> CaseColumns::Counting::Result(size_t number) const {
  const Plan& plan = plans_[number];
  const Table& counted = tables_[number];
  CountedCells cells;
  if (counted.scan.has_value()) {
    cells = counted.scan->Cells();
  } else {
    std::vector<uint32_t> counts(plan.possible_cells);
    for (const size_t cube : counted.cubes) cubes_[cube].AddTo(plan.axes, counts);
    cells = DenseCells(counts);
  }
  if (cells.keys.size() > kCellsMax) {
    return Error(Reason::TABULATION_INVALID,
                 fmt::format("the table has more than {} cells; ask for fewer attributes or filter",
                             kCellsMax));
  }
  Tabulation table;
  SetCells(plan.axes, std::move(cells), table);
  table.records = counted.selection->records();
  table.several_valued = plan.several_valued;
  if (!plan.several_valued) {
    table.denominator = CodedRecords(table);
  } else {
    table.denominator = counted.scan.has_value()
                            ? counted.scan->RowsWithEveryCode()
                            : cubes_[counted.cubes.front()].RowsWithEveryCode();
  }
  table.entities = counted.selection->entities();
  return table;
}

}  // namespace enlace::query
