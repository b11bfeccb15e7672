#include "node/store/case_views.h"

#include "node/store/case_lookup.h"

namespace enlace::store {
namespace {

// The last revision of a record that has several.
Status VisitLast(const CaseLookup& lookup, const std::string& reference, size_t at,
                 const std::function<bool(size_t, const StoredCaseView*)>& visit, bool& more) {
  ENLACE_ASSIGN_OR_RETURN(const auto keys, lookup.LaterKeys(reference));
  if (keys.empty()) {
    return Error(Reason::STORE_CORRUPT,
                 "the index of case records lacks a revision; run enlaced verify");
  }
  ENLACE_ASSIGN_OR_RETURN(const std::string bytes, lookup.Row(keys.back()));
  std::string converted;
  ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(bytes, converted));
  const StoredCaseView view = ViewOf(keys.back(), reference, row);
  more = visit(at, &view);
  return absl::OkStatus();
}

}  // namespace

Status ScanCaseViews(const Reader& reader, std::string_view cursor,
                     const std::function<bool(const StoredCaseView&)>& visit) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  std::string converted;
  Status fault;
  ENLACE_RETURN_IF_ERROR(reader.Scan(Table::kCaseRevision, {std::string(cursor), ""},
                                     [&](std::string_view key, std::string_view bytes) {
                                       const auto row = ParseCaseRow(bytes, converted);
                                       const auto reference =
                                           row.ok() ? lookup.ReferenceOf(key, *row) : row.status();
                                       fault = reference.status();
                                       return fault.ok() && visit(ViewOf(key, *reference, *row));
                                     }));
  return fault;
}

Status GetCaseViews(const Reader& reader, const std::vector<std::string>& references,
                    const std::function<bool(size_t, const StoredCaseView*)>& visit) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  bool more = true;
  for (size_t at = 0; at < references.size() && more; ++at) {
    ENLACE_ASSIGN_OR_RETURN(const auto first, lookup.FindFirst(references[at]));
    if (!first.has_value()) {
      more = visit(at, nullptr);
      continue;
    }
    ENLACE_ASSIGN_OR_RETURN(const bool later, lookup.HasLater(references[at]));
    if (later) {
      ENLACE_RETURN_IF_ERROR(VisitLast(lookup, references[at], at, visit, more));
      continue;
    }
    std::string converted;
    ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(first->bytes, converted));
    const StoredCaseView view = ViewOf(first->key, references[at], row);
    more = visit(at, &view);
  }
  return absl::OkStatus();
}

Status ReadCaseView(const StoredCaseView& view, model::CaseRecord& out) {
  out.reference = view.reference;
  out.entity = view.entity;
  out.state = view.state;
  out.revision = view.revision;
  out.reason = view.reason;
  out.create_time_ms = view.create_time_ms;
  out.update_time_ms = view.update_time_ms;
  return DecodeContent(view.content, out.content);
}

}  // namespace enlace::store
