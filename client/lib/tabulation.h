#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/error.h"

// The cells of a tabulation one by one; a node's answer holds them packed. Pure.
namespace enlace::client {

struct TabulationCell {
  // One answer of one attribute.
  struct Coordinate {
    uint32_t code = 0;  // 0 when missing is set.
    exchange::v1::Missing missing = exchange::v1::MISSING_UNSPECIFIED;
    bool operator==(const Coordinate&) const = default;
  };
  std::vector<Coordinate> coordinates;  // One for each axis of the table.
  uint64_t count = 0;                   // 0 when suppressed.
  bool suppressed = false;
  bool operator==(const TabulationCell&) const = default;
};

// Visits the cells of an answer of TabulateCaseRecords in their order. TABULATION_INVALID when
// the answer contradicts itself; cells that were visited stay visited.
Status ForEachCell(const exchange::v1::TabulateCaseRecordsResponse& table,
                   const std::function<void(const TabulationCell&)>& visit);

}  // namespace enlace::client
