#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "node/release/attacker.h"
#include "node/release/relations.h"

// Complementary suppression for the figures of one indicator and year. Pure.
namespace enlace::release {

// How one cell stands before and after.
struct Cell {
  enum class Kind : uint8_t {
    kShown,          // Its value is published.
    kPrimary,        // Hidden because it is small.
    kBySource,       // Hidden by the source.
    kConflict,       // No agreed value, none of the candidates small.
    kSmallConflict,  // No agreed value, and a candidate is small.
    kComplementary,  // Hidden to protect others.
  };
  Kind kind = Kind::kShown;
  uint64_t value = 0;  // Valid for shown, primary and complementary cells.
};

struct SuppressionResult {
  uint64_t complementary = 0;
  uint64_t contradictory = 0;  // Sums that cannot hold.
  uint64_t unprotected = 0;    // Hidden cells that no further hiding protects.
};

struct PrimaryBounds {
  int64_t low = 1;
  int64_t high = 4;
};

// Turns shown cells into complementary ones until the attacker determines no sensitive
// cell, preferring parts over totals and small values; then shows again what turned out
// not to be needed. Forms whose sum contradicts their total are also attacked as
// overlapping ones. Deterministic.
SuppressionResult Protect(const TableShape& shape, const PrimaryBounds& primary, bool forms_overlap,
                          std::map<model::FigureKey, Cell>& cells);

}  // namespace enlace::release
