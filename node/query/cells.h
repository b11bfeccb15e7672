#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "node/query/plan.h"
#include "node/query/tabulation.h"

// Inside of node/query: the cells of an answer. Pure.
namespace enlace::query {

// Counts by key, the sum of slot * stride of each axis; ascending by key, without zeros.
struct CountedCells {
  std::vector<uint64_t> keys;
  std::vector<uint64_t> counts;
};

// The cells of counts that lie by key.
CountedCells DenseCells(const std::vector<uint32_t>& counts);

// Sets axes, cells and counts of `table`: axes keep only the answers that occur, and cells are
// numbered by what is kept.
void SetCells(std::span<const Axis> axes, CountedCells counted, Tabulation& table);

// For each cell of the table: 1 when it has a code on every axis.
std::vector<uint8_t> CellsWithEveryCode(const Tabulation& table);

}  // namespace enlace::query
