#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"
#include "node/service/delivery.h"
#include "node/service/epochs.h"
#include "node/service/import_request.h"
#include "node/store/case_table.h"
#include "node/store/source_keys.h"

// What one call of ImportCaseRecords does to the store.
//
//   the row came before, same content     -> UNCHANGED, the same name (an erased record
//                                            stays erased and cannot be compared); the same
//                                            codes of another version are the same content
//   the row came before, other content    -> BATCH_CONFLICT for the call
//   the row is not valid                  -> QUARANTINED
//   its source key is known, same content -> UNCHANGED
//   its source key is known               -> REPLACED, or QUARANTINED when that record was
//                                            withdrawn or erased (a file brings nobody back),
//                                            and when another row of this very delivery had
//                                            the key: no order of rows decides what is true
//   otherwise                             -> ACCEPTED as a new person, however alike others
//                                            are
namespace enlace::service {

// Rows as far as they can be judged without the store; made before the transaction.
struct CaseImportRow {
  uint64_t row = 0;
  Status fault;  // Not OK: quarantined for this.
  model::CaseContent content;
  std::string_view wire;  // The content as it is stored: bytes of the request, or `own_wire`.
  std::string own_wire;
  std::string_view source_key;  // Bytes of the request.
  std::string source_hash;  // Empty without a key, and when the entity's secret is not made yet.
};
// They see bytes of the request. `hasher` may be nothing.
std::vector<CaseImportRow> ReadCaseRows(const ImportRequest& request,
                                        const codes::Registry& registry,
                                        const std::optional<store::SourceKeyHasher>& hasher);

// What became of one row.
struct CaseImportOutcome {
  store::RowOutcome outcome = store::RowOutcome::kAccepted;
  std::string reference;
  RowFault fault;                             // Quarantined only.
  int64_t time_ms = 0;                        // Accepted only: of the commit.
  std::optional<model::CaseRecord> replaced;  // Replaced only: the new revision.
};

class CaseImport {
 public:
  // The references live as long as it does.
  static StatusOr<CaseImport> Open(store::Transaction& transaction, Delivery& delivery,
                                   const store::RandomSource& random, const Epochs& epochs);

  // Stores one row. An error ends the call.
  StatusOr<CaseImportOutcome> Add(const CaseImportRow& row);

 private:
  CaseImport(store::Transaction& transaction, Delivery& delivery, store::CaseAdder adder,
             const store::RandomSource& random, const Epochs& epochs)
      : transaction_(transaction),
        delivery_(delivery),
        adder_(std::move(adder)),
        random_(random),
        epochs_(epochs) {}

  StatusOr<std::string> SourceHash(const CaseImportRow& row);
  // The row came before.
  StatusOr<CaseImportOutcome> AddAgain(const CaseImportRow& row, const std::string& source_hash,
                                       const store::BatchRow& stored);
  StatusOr<CaseImportOutcome> AddNew(const CaseImportRow& row, const std::string& source_hash);
  StatusOr<CaseImportOutcome> AddKnown(const CaseImportRow& row, const std::string& source_hash,
                                       const store::SourceKeyRow& known);
  // An erased record cannot be compared, so its row counts as the same.
  StatusOr<bool> IsRowOf(const store::StoredCase& stored, bool keyed, const CaseImportRow& row,
                         const std::string& source_hash) const;
  StatusOr<bool> HasHash(const store::BatchRow& stored, const CaseImportRow& row,
                         const std::string& source_hash) const;
  // This delivery speaks of the key now.
  void NoteSourceKey(const std::string& source_hash, const std::string& first_key);
  StatusOr<CaseImportOutcome> Quarantine(const CaseImportRow& row, RowFault fault);
  // Notes that the row's content is that of the revision at `key`.
  StatusOr<CaseImportOutcome> Record(const CaseImportRow& row, store::RowOutcome outcome,
                                     const std::string& key, std::string reference);

  store::Transaction& transaction_;
  Delivery& delivery_;
  store::CaseAdder adder_;
  const store::RandomSource& random_;
  const Epochs& epochs_;
};

// The answer, and the new revisions for the columns. The contents of accepted rows are moved out of
// `rows`.
struct CaseImportResult {
  pb::ImportCaseRecordsResponse response;
  std::vector<model::CaseRecord> changed;
};
CaseImportResult TellImport(std::vector<CaseImportRow>& rows,
                            std::vector<CaseImportOutcome>& outcomes, std::string_view entity,
                            std::string_view jurisdiction);

// OK, or ATTRIBUTE_INVALID when `after` would leave a registration period that was measured.
Status CheckPeriod(const Epochs& epochs, const model::CaseContent& before,
                   const model::CaseContent& after, std::string_view prefix);

}  // namespace enlace::service
