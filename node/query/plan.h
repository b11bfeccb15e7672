#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/query/columns.h"
#include "node/query/tabulation.h"

// Inside of CaseColumns: a request, checked and compiled to columns.
namespace enlace::query {

// One attribute of the table; exactly one of the pointers is set.
struct Axis {
  const SingleColumn* single = nullptr;
  const SetColumn* set = nullptr;
  uint64_t stride = 1;  // The last axis has 1, so that keys are in the order of coordinates.

  uint32_t attribute() const { return single != nullptr ? single->attribute() : set->attribute(); }
  uint64_t slots() const { return single != nullptr ? single->slots() : set->slots(); }
  Coordinate CoordinateOf(uint32_t slot) const {
    return single != nullptr ? single->CoordinateOf(slot) : SetColumn::CoordinateOf(slot);
  }
};

// One filter, compiled.
struct Test {
  const SingleColumn* single = nullptr;
  const SetColumn* set = nullptr;
  std::vector<uint8_t> slots;  // 1 for each slot that passes, of a single attribute.
  uint64_t mask = 0;           // Codes that pass, of a set.

  bool operator==(const Test&) const = default;
  // Clears `taken` of the rows that do not pass; `first_row` is the first of a block.
  void Keep(size_t first_row, size_t count, uint8_t* taken) const {
    if (single != nullptr) {
      single->KeepSlots(first_row, count, slots.data(), taken);
    } else {
      set->KeepAffirmed(first_row, count, mask, taken);
    }
  }
};

struct PlanFaults;

// A request with its columns found and its faults ruled out.
struct CaseColumns::Plan {
  void AddAxes(const Columns& columns, const TabulationRequest& request, PlanFaults& faults);
  void AddFilter(const Columns& columns, const Filter& filter, const std::string& field,
                 PlanFaults& faults);
  void AddTime(const TabulationRequest& request, PlanFaults& faults);
  // True when both count the same records.
  bool SelectsAs(const Plan& other) const {
    return tests == other.tests && year_from == other.year_from && year_to == other.year_to &&
           as_of_ms == other.as_of_ms && entity == other.entity;
  }

  std::vector<Axis> axes;
  std::vector<Test> tests;
  uint32_t year_from = 0;
  uint32_t year_to = UINT32_MAX;
  int64_t as_of_ms = kOpenEnd - 1;
  std::optional<std::string> entity;
  bool several_valued = false;
  uint64_t possible_cells = 1;
};

}  // namespace enlace::query
