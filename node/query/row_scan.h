#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "node/query/cells.h"
#include "node/query/cube.h"
#include "node/query/plan.h"

// Inside of CaseColumns: counting row by row, for tables that no cube can hold: more than one
// set, or very many possible cells. Guarded by its lock.
namespace enlace::query {

class RowScan {
 public:
  // `axes` must outlive it; their keys are below `possible_cells`.
  RowScan(const std::vector<Axis>& axes, uint64_t possible_cells);

  void CountBlock(const BlockRows& rows);
  CountedCells Cells() const;
  // Counted rows with a value on every axis.
  uint64_t RowsWithEveryCode() const { return every_code_; }

 private:
  void Count(uint32_t row);
  void CountCells(uint32_t row, size_t depth, uint64_t key);
  void Add(uint64_t key);

  const std::vector<Axis>& axes_;
  std::vector<uint32_t> dense_;  // By key, when there are not too many.
  std::unordered_map<uint64_t, uint64_t> sparse_;
  uint64_t every_code_ = 0;
};

}  // namespace enlace::query
