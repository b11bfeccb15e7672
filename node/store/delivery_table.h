#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/store/batch_block.h"
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
  // Rows are kept in blocks, several in one value. Those of figures are not, since a row of an
  // earlier part may move when a figure comes into conflict, nor are those of a batch that an
  // earlier program began.
  bool blocks = false;

  uint64_t Count(RowOutcome outcome) const;
  uint64_t NotOurs() const;
};

struct BatchRow {
  RowOutcome outcome = RowOutcome::kAccepted;
  // What a row that comes again is compared with; all empty when quarantined. Figures, and cases
  // of earlier programs: 16 bytes, and figure key as text or reference of the record.
  std::string content_hash;
  std::string subject;
  std::string reason;  // Quarantined only, as field.
  std::string field;
  // Cases: key in case_revision of the revision that holds its content, and whether it had a
  // source key.
  std::string revision = {};
  bool keyed = false;
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

// The rows of one batch within one transaction.
class BatchRows {
 public:
  BatchRows(Transaction& transaction, BatchId batch)
      : transaction_(transaction), batch_(std::move(batch)) {}

  // What the row became earlier, also in this transaction; nothing when it is new. Of a
  // quarantined row in a block the outcome alone.
  StatusOr<std::optional<BatchRow>> Find(uint64_t row, const BatchAccount& account);
  // Notes what the row became, moves the account by it, and keeps the list of rows set aside equal
  // to the rows that are quarantined.
  Status Put(uint64_t row, const BatchRow& became, BatchAccount& account);
  // Writes the blocks. To be called once, behind the last Put.
  void Flush();

 private:
  struct Kept {
    BatchBlock block;
    bool changed = false;
  };
  StatusOr<Kept*> KeptOf(uint64_t row);
  StatusOr<std::optional<BatchRow>> LoadSingle(uint64_t row) const;
  void PutSingle(uint64_t row, const BatchRow& became);

  Transaction& transaction_;
  BatchId batch_;
  std::map<uint64_t, Kept> blocks_;  // By first row.
  // What is stored of one row outside of blocks; read once for Find and the Put behind it.
  uint64_t looked_at_ = 0;  // 0 for none.
  std::optional<BatchRow> seen_;
};

// Rows set aside in row order, at most `rows_max`.
StatusOr<std::vector<QuarantineRow>> ListQuarantine(const Reader& reader, const BatchId& batch,
                                                    size_t rows_max);

}  // namespace enlace::store
