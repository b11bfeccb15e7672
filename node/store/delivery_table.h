#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/store/store.h"

// What became of each delivery: one account per batch, one row per source row, and the
// rows set aside. No value of a source file is ever in here.
namespace enlace::store {

// Numbers as in enlace.exchange.v1.RowResult.Outcome.
enum class RowOutcome : uint32_t {
  kAccepted = 1,
  kUnchanged = 2,
  kReplaced = 3,
  kInConflict = 4,
  kQuarantined = 5,
};

enum class BatchSubject : uint32_t { kCaseRecords = 1, kObservations = 2 };

// Parts of a delivery that count rows of another jurisdiction.
inline constexpr size_t kBatchPartsMax = 20'000;

// Which delivery of which entity.
struct BatchId {
  std::string entity;
  std::string id;
};

// Rows of the source file that one part of a delivery covers, both included.
struct PartRows {
  uint64_t first = 0;
  uint64_t last = 0;
};

struct BatchAccount {
  std::string format;
  BatchSubject subject = BatchSubject::kCaseRecords;
  std::map<RowOutcome, uint64_t> outcomes;
  std::map<uint64_t, uint64_t> not_ours;  // By the first row of a part.

  uint64_t Count(RowOutcome outcome) const;
  uint64_t NotOurs() const;
};

struct BatchRow {
  RowOutcome outcome = RowOutcome::kAccepted;
  std::string content_hash;  // 16 bytes; empty when quarantined.
  std::string subject;       // Record reference, or figure key as text.
  std::string reason;        // Quarantined only, as field.
  std::string field;
};

struct QuarantineRow {
  uint64_t row = 0;
  std::string column;
  std::string reason;
  bool operator==(const QuarantineRow&) const = default;
};

// The account, or nothing for an unknown batch.
StatusOr<std::optional<BatchAccount>> LoadBatch(const Reader& reader, const BatchId& batch);
// The account of this delivery to write on: an empty one when it is new. BATCH_CONFLICT
// when the id was used for another format or for other subjects.
StatusOr<BatchAccount> OpenBatch(const Reader& reader, const BatchId& batch,
                                 std::string_view format, BatchSubject subject);
void PutBatch(Transaction& transaction, const BatchId& batch, const BatchAccount& account);
// Notes how many rows of another jurisdiction a part had. It replaces what was counted for
// parts that began within its rows, so that a delivery sent again counts once wherever its
// parts end. BATCH_TOO_LARGE above kBatchPartsMax parts.
Status CountNotOurs(BatchAccount& account, PartRows rows, uint64_t not_ours);

StatusOr<std::optional<BatchRow>> LoadBatchRow(const Reader& reader, const BatchId& batch,
                                               uint64_t row);
// Writes what the row became, moves the account by it, and keeps the list of rows set
// aside equal to the rows that are quarantined. `before` is what LoadBatchRow gave.
void PutBatchRow(Transaction& transaction, const BatchId& batch, uint64_t row,
                 const std::optional<BatchRow>& before, const BatchRow& after,
                 BatchAccount& account);

// Rows set aside in row order, at most `rows_max`.
StatusOr<std::vector<QuarantineRow>> ListQuarantine(const Reader& reader, const BatchId& batch,
                                                    size_t rows_max);

}  // namespace enlace::store
