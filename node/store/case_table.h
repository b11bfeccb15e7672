#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/model/case_record.h"
#include "node/store/case_reference.h"
#include "node/store/case_views.h"
#include "node/store/store.h"

// Case records in the store: every revision is a row of its own in commit order. A record is found
// by its reference (case_reference.h), later revisions through an index, and by the source's own
// key through a keyed hash (source_keys.h).
//
// Who may see what is decided above; these functions know entities only as owners of rows.
// Functions on a Transaction run on the writer thread and write nothing when they fail
// with an error that the caller then returns.
namespace enlace::store {

// Revisions that hold content; withdrawal and erasure are always possible beyond it.
inline constexpr uint32_t kCaseRevisionsMax = 1000;

// The last revision. CASE_NOT_FOUND.
StatusOr<model::CaseRecord> LoadCase(const Reader& reader, std::string_view reference);
// The last revision made at or before `as_of_ms`. Times of one record never go back, even
// when the wall clock does. CASE_NOT_FOUND when there was none yet. An erased record is
// erased at all times.
StatusOr<model::CaseRecord> LoadCaseAsOf(const Reader& reader, std::string_view reference,
                                         int64_t as_of_ms);

// All revisions, oldest first. CASE_NOT_FOUND.
StatusOr<std::vector<model::CaseRecord>> LoadCaseHistory(const Reader& reader,
                                                         std::string_view reference);

// A revision and where it stands.
struct StoredCase {
  model::CaseRecord record;
  std::string key;        // In table case_revision.
  std::string first_key;  // Of the record's first revision.
  // Of the row: what belongs to its reference, and the salt of an earlier program.
  std::string nonce;
  std::string salt;
};
// As LoadCase.
StatusOr<StoredCase> LoadStoredCase(const Reader& reader, std::string_view reference);
// The revision whose key another row names. STORE_CORRUPT when it is absent.
StatusOr<StoredCase> LoadCaseRevision(const Reader& reader, std::string_view key);

// Adds new records of one entity within one transaction.
class CaseAdder {
 public:
  static StatusOr<CaseAdder> Open(Transaction& transaction, std::string_view entity,
                                  const RandomSource& random);
  struct Added {
    std::string key;
    std::string reference;
  };
  // Stores the content, validated, canonical and as model::AppendContentWire writes it, under a new
  // reference. STORE_LIMIT when one write holds more records than references can tell apart.
  StatusOr<Added> Add(std::string_view content);

 private:
  CaseAdder(Transaction& transaction, std::string_view entity, CaseReferences references,
            std::string nonce)
      : transaction_(transaction),
        entity_(entity),
        references_(std::move(references)),
        nonce_(std::move(nonce)) {}

  Transaction& transaction_;
  const std::string entity_;
  CaseReferences references_;
  const std::string nonce_;
};

// Stores `content` (validated and canonical) under a new reference.
StatusOr<model::CaseRecord> AddCase(Transaction& transaction, std::string_view entity,
                                    const model::CaseContent& content, const RandomSource& random);
// Each makes the next revision. CASE_NOT_FOUND; CASE_WITHDRAWN, CASE_ERASED when the
// record's life is over; STORE_LIMIT above kCaseRevisionsMax (correct only).
StatusOr<model::CaseRecord> CorrectCase(Transaction& transaction, std::string_view reference,
                                        const model::CaseContent& content, uint32_t reason);
// As CorrectCase, of a record that was loaded in this transaction.
StatusOr<StoredCase> ReplaceCase(Transaction& transaction, StoredCase current,
                                 const model::CaseContent& content, uint32_t reason);
StatusOr<model::CaseRecord> WithdrawCase(Transaction& transaction, std::string_view reference,
                                         uint32_t reason);
// Overwrites the content of all revisions, and the salt where there is one, in the same commit,
// and leaves a tombstone: reference, entity, states, times and reason. The keyed hash of the
// source key stays, so that a later delivery cannot bring the person back. Erasing again
// returns the same tombstone and writes nothing.
StatusOr<model::CaseRecord> EraseCase(Transaction& transaction, std::string_view reference,
                                      uint32_t reason);

// Records of one entity in the order in which they were first stored, each once in its
// last revision. Corrections do not move a record, so paging sees each exactly once.
struct CasePage {
  std::vector<model::CaseRecord> records;
  std::string next_cursor;  // Empty at the end and only there.
};
struct CaseListOptions {
  std::string cursor;  // From the page before.
  size_t records_max = 100;
  size_t rows_scanned_max = 20'000;  // A page may be short, even empty, and not the last.
  uint32_t registration_year = 0;    // 0 is all.
};
StatusOr<CasePage> ListCases(const Reader& reader, std::string_view entity,
                             const CaseListOptions& options);

// All revisions of all entities in commit order; false from `visit` stops.
Status ScanCaseRevisions(const Reader& reader,
                         const std::function<bool(const model::CaseRecord&)>& visit);

// What rows of deliveries of earlier programs are recognised by: 16 bytes over the content and the
// source key's hash (may be empty), keyed with the salt of the record it became. Empty for an
// erased record: what was delivered can no longer be compared, by anybody.
StatusOr<std::string> CaseRowHash(const Reader& reader, std::string_view reference,
                                  const model::CaseContent& content, std::string_view source_hash);

}  // namespace enlace::store
