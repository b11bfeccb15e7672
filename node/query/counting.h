#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "node/query/cube.h"
#include "node/query/plan.h"
#include "node/query/row_scan.h"
#include "node/query/selection.h"

// Inside of CaseColumns: the tables of one question in the making, block by block. Guarded by
// its lock.
namespace enlace::query {

// Records are chosen once for all tables that count the same ones, and tables that share
// attributes are counted in one cube while that stays small against the number of rows.
class CaseColumns::Counting {
 public:
  // `columns` and `plans` must outlive it.
  Counting(const Columns& columns, const std::vector<Plan>& plans);

  // Rows `from` to before `to`: one block, or the beginning of the last one.
  void CountBlock(uint32_t from, uint32_t to);
  // After the last block, before Result, which needs no lock.
  void Finish();
  // The exact table of plan number `number`. TABULATION_INVALID when it has too many cells.
  StatusOr<Tabulation> Result(size_t number) const;

 private:
  // A cube before it is made.
  struct Draft {
    const Selection* selection = nullptr;
    std::vector<Digit> digits;
    bool shared = false;  // Other tables may join.
  };
  struct Table {
    Selection* selection = nullptr;
    std::vector<size_t> cubes;    // By number; in a table with a set, one for each of its bytes.
    std::optional<RowScan> scan;  // When there is no cube.
  };

  Selection* SelectionOf(const Plan& plan);
  // The digits of the cubes for a table; none when it must be counted row by row.
  static std::vector<std::vector<Digit>> DigitsOf(const Plan& plan);
  // Number of the draft that the digits joined, or of a new one.
  size_t Join(const Draft& wanted);

  const Columns& columns_;
  const std::vector<Plan>& plans_;
  std::list<Selection> selections_;
  std::vector<Table> tables_;
  std::vector<Draft> drafts_;
  std::vector<Cube> cubes_;  // One for each draft, in their order.
};

}  // namespace enlace::query
