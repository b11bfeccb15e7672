#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "node/query/columns.h"
#include "node/query/cube.h"
#include "node/query/plan.h"

// Inside of CaseColumns: which rows of a block a question counts. Guarded by its lock.
namespace enlace::query {

// Made block by block; tables that count the same records share one.
class CaseColumns::Selection {
 public:
  Selection(const Columns& columns, const Plan& plan);

  const Plan& plan() const { return plan_; }
  // Rows `from` to before `to`: one block, or the beginning of the last one.
  void Select(uint32_t from, uint32_t to);

  // Of the block.
  BlockRows rows() const { return {from_, count_, all_, {rows_.data(), taken_}}; }

  // After the last block: needs no lock from then on.
  void Finish();
  uint64_t records() const { return records_; }
  const std::vector<std::string>& entities() const { return entities_; }  // Ascending.

 private:
  bool TakesAll() const;
  // By time, year, entity and conditions, for each row of the block 1 or 0.
  void Mark(uint8_t* taken) const;
  void MarkByTime(uint8_t* taken) const;
  bool now() const { return plan_.as_of_ms == kOpenEnd - 1; }

  const Columns& columns_;
  const Plan& plan_;
  uint32_t only_entity_ = kNoRow;  // kNoRow for all.
  bool nobody_ = false;            // The entity has no records.
  bool all_ = false;
  uint32_t from_ = 0;
  uint32_t count_ = 0;
  uint32_t taken_ = 0;                     // Of rows_, that are listed.
  std::array<uint16_t, kBlockRows> rows_;  // From the block's first.
  std::vector<uint8_t> entity_seen_;
  std::vector<std::string> entities_;
  uint64_t records_ = 0;
};

}  // namespace enlace::query
