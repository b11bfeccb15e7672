#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "node/model/case_record.h"

// What is asked of the cases and what is answered: counts over one to three attributes.
// Pure values; node/query/case_columns.h computes them.
namespace enlace::query {

inline constexpr size_t kAttributesMax = 3;
inline constexpr size_t kFiltersMax = 8;
inline constexpr size_t kFilterCodesMax = 500;
inline constexpr size_t kCellsMax = 20'000;
// Below this a suppressed cell would have one possible value (1) and hide nothing.
inline constexpr uint32_t kThresholdMin = 3;

// Keeps records that have (or, in a set, affirm) one of the codes.
struct Filter {
  uint32_t attribute = 0;
  std::vector<uint32_t> codes;
};

struct TabulationRequest {
  std::vector<uint32_t> attributes;  // 1 to 3, each once.
  std::vector<Filter> filters;       // All must hold.
  uint32_t year_from = 0;            // Of registration; 0 is open.
  uint32_t year_to = 0;              // 0 is open.
  int64_t as_of_ms = 0;              // The records as they were then; 0 is now.
};

// Whose records are counted, and how the counts are shown.
struct Viewer {
  // The own entity's records, exact.
  static Viewer OwnRows(std::string entity) { return {std::move(entity), 0}; }
  // All entities' records, suppressed below `threshold` (raised to kThresholdMin).
  static Viewer Everyone(uint32_t threshold) {
    return {"", threshold < kThresholdMin ? kThresholdMin : threshold};
  }

  std::string entity;
  uint32_t threshold = kThresholdMin;
};

// One answer of one attribute: a code, or why there is none.
struct Coordinate {
  uint32_t code = 0;
  model::Missing missing = model::Missing::kNone;
  auto operator<=>(const Coordinate&) const = default;
};

// One attribute of a table, with those of its answers that occur in it.
struct TableAxis {
  uint32_t attribute = 0;
  std::vector<Coordinate> values;  // Ascending, so that those without a code come first.
  bool operator==(const TableAxis&) const = default;
};

// Cells are numbered in mixed radix: the number of a cell is the sum over the axes of the
// position of its answer there times the lengths of all axes that follow.
struct Tabulation {
  std::vector<TableAxis> axes;   // One per attribute of the request.
  std::vector<uint64_t> cells;   // Numbers of the non-empty ones, ascending.
  std::vector<uint64_t> counts;  // Of the cells; 0 when suppressed.
  uint64_t records = 0;          // That passed the filters; 0 when hidden.
  // Records with any value in every attribute, the denominator of shares; 0 when hidden.
  uint64_t denominator = 0;
  bool margins_hidden = false;        // records, denominator and entities are hidden.
  uint32_t threshold = 0;             // That was applied; 0 for none.
  bool several_valued = false;        // Cells may add up to more than the records.
  std::vector<std::string> entities;  // Whose records passed, ascending.
  bool operator==(const Tabulation&) const = default;
};

// Hides small counts. The rule, the same for every table:
//
//  1. Every cell of 1 to threshold-1 records is suppressed.
//  2. Cells fall into two groups, those with a code in every coordinate (they add up to the
//     denominator) and the others (they add up to records less denominator). A group with
//     suppressed cells is safe when there are at least two, their sum s is at least the
//     threshold, and s lies strictly between "all 1" and "all threshold-1".
//  3. In a group that is not safe, the cells with the smallest remaining count (all that
//     share it) are suppressed as well; in the other group where the own has none left.
//  4. Records, denominator and entities are shown only when both groups are safe; in a table
//     with a several-valued attribute, where sums are inequalities, only when nothing is
//     suppressed.
//
// Why it holds: what is published depends on the suppressed counts only through their sum
// per group, and only when rule 2 leaves each of them two values or more; otherwise no sum
// is published and a small cell can be anything from 1 to threshold-1. This is so also for
// a reader who knows the rule; a test tries all small tables. Rule 3 keeps a lone small
// cell hidden when the total is learned from another table. Not covered: a reader who asks
// for many overlapping tables and subtracts. Such calls are audited, and what leaves the
// node is a release, which is checked over all linked tables.
//
// REQUIRES: threshold >= kThresholdMin, and the table is exact.
void Suppress(Tabulation& table, uint32_t threshold);

}  // namespace enlace::query
