#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/store/case_reference.h"
#include "node/store/case_row.h"
#include "node/store/case_views.h"
#include "node/store/store.h"

// Where the revisions of a record are: inside of the tables of case records. Lives as long as the
// reader, on one thread.
namespace enlace::store {

// Key of a revision in table case_by_reference, which holds those from the second on, and of
// records of earlier programs all.
std::string CaseIndexKey(std::string_view reference, uint32_t revision);

class CaseLookup {
 public:
  // The first revision of a record.
  struct First {
    std::string key;
    std::string bytes;
  };

  static StatusOr<CaseLookup> Open(const Reader& reader);

  // Where the first revision stands if the reference is one of this store, and not of an earlier
  // program. What is there counts only if its nonce is the place's.
  std::optional<CaseReferences::Place> PlaceOf(std::string_view reference) {
    return references_.Find(reference);
  }
  // Nothing when there is no such record.
  StatusOr<std::optional<First>> FindFirst(std::string_view reference);
  // Keys of the revisions from the second on, ascending.
  StatusOr<std::vector<std::string>> LaterKeys(std::string_view reference) const;
  // True when there is more than the first revision.
  StatusOr<bool> HasLater(std::string_view reference) const;
  // The bytes of a row that another row names. STORE_CORRUPT when it is absent.
  StatusOr<std::string> Row(std::string_view key) const;
  // The reference of the record that a row belongs to. STORE_CORRUPT.
  StatusOr<std::string> ReferenceOf(std::string_view key, const CaseRowView& row);

 private:
  CaseLookup(const Reader& reader, CaseReferences references)
      : reader_(&reader), references_(std::move(references)) {}

  const Reader* reader_;
  CaseReferences references_;
};

// `row` as others see it.
StoredCaseView ViewOf(std::string_view key, std::string_view reference, const CaseRowView& row);

}  // namespace enlace::store
