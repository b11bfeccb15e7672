#pragma once

#include <cstdint>
#include <vector>

#include "node/query/columns.h"
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

  // Of the block: true when every row is counted; otherwise rows() are, from the block's first.
  bool all() const { return all_; }
  const std::vector<uint16_t>& rows() const { return rows_; }
  uint32_t from() const { return from_; }
  uint32_t count() const { return count_; }  // Rows of the block, counted or not.

  // Over all blocks.
  uint64_t records() const { return records_; }
  std::vector<std::string> Entities() const;

 private:
  bool TakesAll(uint32_t from) const;
  bool Takes(uint32_t row) const;

  const Columns& columns_;
  const Plan& plan_;
  uint32_t only_entity_ = kNoRow;  // kNoRow for all.
  bool nobody_ = false;            // The entity has no records.
  bool all_ = false;
  uint32_t from_ = 0;
  uint32_t count_ = 0;
  std::vector<uint16_t> rows_;
  std::vector<char> entity_seen_;
  uint64_t records_ = 0;
};

}  // namespace enlace::query
