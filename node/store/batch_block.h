#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/error.h"

// What kRows rows of a delivery became, as one value: storage.v1.StoredBatchBlock. Rows of one part
// lie behind each other in the store, so that a row takes some three bytes. Pure.
namespace enlace::store {

class BatchBlock {
 public:
  static constexpr uint64_t kRows = 128;

  struct Row {
    uint8_t outcome = 0;  // Number of a RowOutcome; 0 when the row was not seen.
    bool keyed = false;   // Had a source key.
    // Key in case_revision of the revision that holds its content; zeros when set aside.
    uint64_t commit = 0;
    uint32_t index = 0;
    bool operator==(const Row&) const = default;
  };

  // First row of the block that has `row`.
  static uint64_t FirstRow(uint64_t row) { return row / kRows * kRows; }

  Row& At(uint64_t row) { return rows_[row % kRows]; }
  const Row& At(uint64_t row) const { return rows_[row % kRows]; }

  std::string Encode() const;
  // STORE_CORRUPT.
  static StatusOr<BatchBlock> Parse(std::string_view bytes);

  bool operator==(const BatchBlock&) const = default;

 private:
  std::array<Row, kRows> rows_;
};

}  // namespace enlace::store
