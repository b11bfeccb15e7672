// The functions of case_table.h that read many records.
#include "node/store/case_table.h"
#include "node/store/case_views.h"

namespace enlace::store {

using model::CaseRecord;

StatusOr<CasePage> ListCases(const Reader& reader, std::string_view entity,
                             const CaseListOptions& options) {
  // First the records that begin here, then their last revisions: a scan must not read other
  // tables on some engines.
  std::vector<std::string> references;
  size_t scanned = 0;
  CasePage page;
  ENLACE_RETURN_IF_ERROR(ScanCaseViews(reader, options.cursor, [&](const StoredCaseView& view) {
    if (scanned == options.rows_scanned_max || references.size() == options.records_max) {
      page.next_cursor = view.key;
      return false;
    }
    ++scanned;
    if (view.revision == 1 && view.entity == entity) references.emplace_back(view.reference);
    return true;
  }));
  Status fault;
  ENLACE_RETURN_IF_ERROR(GetCaseViews(reader, references, [&](size_t, const StoredCaseView* view) {
    CaseRecord record;
    fault = view == nullptr
                ? Error(Reason::STORE_CORRUPT, "a record lacks its rows; run enlaced verify")
                : ReadCaseView(*view, record);
    if (!fault.ok()) return false;
    if (options.registration_year == 0 ||
        record.content.registration_year == options.registration_year) {
      page.records.push_back(std::move(record));
    }
    return true;
  }));
  ENLACE_RETURN_IF_ERROR(fault);
  return page;
}

Status ScanCaseRevisions(const Reader& reader,
                         const std::function<bool(const CaseRecord&)>& visit) {
  Status fault;
  CaseRecord record;
  ENLACE_RETURN_IF_ERROR(ScanCaseViews(reader, "", [&](const StoredCaseView& view) {
    fault = ReadCaseView(view, record);
    return fault.ok() && visit(record);
  }));
  return fault;
}

}  // namespace enlace::store
