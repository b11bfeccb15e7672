#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"
#include "node/service/delivery.h"
#include "node/service/epochs.h"
#include "node/store/case_table.h"

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
  std::string canonical;  // Its bytes as of any version of the lists: what rows are hashed over.
  std::string source_key;
};
std::vector<CaseImportRow> ReadCaseRows(const pb::ImportCaseRecordsRequest& request,
                                        const codes::Registry& registry);

struct CaseImportResult {
  pb::ImportCaseRecordsResponse response;
  std::vector<model::CaseRecord> changed;  // New revisions, for the columns.
};

class CaseImport {
 public:
  CaseImport(store::Transaction& transaction, Delivery& delivery, std::string_view jurisdiction,
             const store::RandomSource& random, const Epochs& epochs, CaseImportResult& result)
      : transaction_(transaction),
        delivery_(delivery),
        jurisdiction_(jurisdiction),
        random_(random),
        epochs_(epochs),
        result_(result) {}

  // Stores one row and adds its result. An error ends the call.
  Status Add(const CaseImportRow& row);

 private:
  // An erased record cannot be compared, so its row counts as the same.
  StatusOr<bool> IsRowOf(const store::BatchRow& stored, const model::CaseContent& content,
                         const std::string& source_hash) const;
  Status AddNew(const CaseImportRow& row, const std::string& source_hash);
  Status AddKnown(const CaseImportRow& row, const std::string& source_hash,
                  const std::string& reference);
  // This delivery speaks of the key now.
  void NoteSourceKey(const std::string& source_hash, const std::string& reference);
  Status Unchanged(const CaseImportRow& row, const std::string& reference);
  Status Quarantine(const CaseImportRow& row, const RowFault& fault);
  Status RecordHashed(const CaseImportRow& row, store::RowOutcome outcome,
                      const std::string& reference, const std::string& source_hash);
  Status Record(const CaseImportRow& row, store::RowOutcome outcome, const std::string& reference,
                std::string content_hash);

  store::Transaction& transaction_;
  Delivery& delivery_;
  const std::string_view jurisdiction_;
  const store::RandomSource& random_;
  const Epochs& epochs_;
  CaseImportResult& result_;
};

// OK, or ATTRIBUTE_INVALID when `after` would leave a registration period that was measured.
Status CheckPeriod(const Epochs& epochs, const model::CaseContent& before,
                   const model::CaseContent& after, std::string_view prefix);

}  // namespace enlace::service
