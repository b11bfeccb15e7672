// ListCaseRecords: pages of stored bytes, chosen from the directory.
#include <algorithm>

#include "node/service/caller.h"
#include "node/service/case_answer.h"
#include "node/service/case_convert.h"
#include "node/service/case_service.h"
#include "node/store/case_marks.h"
#include "node/store/case_table.h"
#include "node/store/case_views.h"
#include "node/store/stoppable_reader.h"

namespace enlace::service {
namespace {

// Whether a row is the revision that the directory named.
bool IsThatCase(const store::StoredCaseView& view, const query::ListedCase& named,
                std::string_view entity) {
#ifdef ENLACE_BREAK_UNCHECKED_ROW
  return true;
#endif
  return view.entity == entity && view.revision == named.revision &&
         store::MarkOf(view).year == named.year;
}

// Of the fault of a page: a call that ended says nothing about the directory.
bool IsOfTheCall(const Status& fault) { return ReasonOf(fault) == Reason::CALL_CANCELLED; }

}  // namespace

StatusOr<std::string> CaseService::ListCaseRecords(const rpc::CallContext& call,
                                                   const pb::ListCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  ENLACE_ASSIGN_OR_RETURN(const size_t cases_max, PageSize(request.page_size()));
  ENLACE_ASSIGN_OR_RETURN(const std::string cursor,
                          parts_.page_tokens.Open(call, request, request.page_token()));
  CaseList& list = parts_.columns.list();
  auto page = list.Choose(entity, request.registration_year(), cursor, cases_max);
  if (!page.ok() && ReasonOf(page.status()) == Reason::PAGE_TOKEN_INVALID) return page.status();
  if (!page.ok()) return ScanForPage(call, request, entity, cursor, cases_max);
  const store::StoppableReader reader(*page->reader, call.cancelled);
  auto bytes = ReadPage(reader, entity, page->cases);
  if (!bytes.ok()) {
    if (IsOfTheCall(bytes.status())) return bytes.status();
    list.Stop(bytes.status());
    return ScanForPage(call, request, entity, cursor, cases_max);
  }
  if (!page->next_cursor.empty()) {
    AppendNextPageToken(parts_.page_tokens.Seal(call, request, page->next_cursor), *bytes);
  }
  return bytes;
}

StatusOr<std::string> CaseService::ReadPage(const store::Reader& reader, const std::string& entity,
                                            const std::vector<query::ListedCase>& cases) const {
  // In the order of their rows; a record that was changed has its last one further on.
  std::vector<std::pair<query::RowKey, size_t>> rows;
  rows.reserve(cases.size());
  for (size_t place = 0; place < cases.size(); ++place) {
    rows.emplace_back(cases[place].last, place);
  }
  std::sort(rows.begin(), rows.end());
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (const auto& [key, place] : rows) keys.push_back(KeyBytes(key));
  CaseAnswer answer(parts_.jurisdiction, cases.size());
  bool as_named = true;
  ENLACE_RETURN_IF_ERROR(
      store::GetCaseRevisions(reader, keys, [&](size_t at, const store::StoredCaseView& view) {
        const size_t place = rows[at].second;
        as_named = IsThatCase(view, cases[place], entity);
        if (as_named) answer.Add(place, view);
        return as_named;
      }));
  if (!as_named) {
    return Error(Reason::STORE_CORRUPT,
                 "a row of table case_revision is not the one that the directory named");
  }
  return answer.Take();
}

StatusOr<std::string> CaseService::ScanForPage(const rpc::CallContext& call,
                                               const pb::ListCaseRecordsRequest& request,
                                               const std::string& entity, const std::string& cursor,
                                               size_t cases_max) const {
  store::CaseListOptions options;
  options.cursor = cursor;
  options.records_max = cases_max;
  options.registration_year = request.registration_year();
  const store::StoppableReader reader(parts_.store.Read(), call.cancelled);
  ENLACE_ASSIGN_OR_RETURN(const auto page, store::ListCases(reader, entity, options));
  pb::ListCaseRecordsResponse response;
  for (const auto& record : page.records) {
    *response.add_case_records() = CaseToProto(record, parts_.jurisdiction);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(call, request, page.next_cursor));
  }
  return response.SerializeAsString();
}

}  // namespace enlace::service
