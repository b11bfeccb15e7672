#include "node/store/case_marks.h"

#include "node/model/case_wire.h"
#include "node/store/case_lookup.h"
#include "node/store/case_row.h"

namespace enlace::store {

CaseMark MarkOf(const StoredCaseView& view) {
  return {view.key, view.entity, view.reference, view.revision,
          model::YearOfContentWire(view.content)};
}

Status ScanCaseMarks(const Reader& reader, std::string_view after,
                     const std::function<bool(const CaseMark&)>& visit) {
  std::string first(after);
  if (!first.empty()) first.push_back('\0');  // The least key behind it.
  std::string converted;
  Status fault;
  ENLACE_RETURN_IF_ERROR(reader.Scan(
      Table::kCaseRevision, {first, ""}, [&](std::string_view key, std::string_view bytes) {
        const auto row = ParseCaseRow(bytes, converted);
        fault = row.status();
        return fault.ok() && visit(MarkOf(ViewOf(key, row->reference, *row)));
      }));
  return fault;
}

StatusOr<std::vector<std::string>> FirstCaseKeys(const Reader& reader,
                                                 const std::vector<std::string>& references) {
  std::vector<std::string> keys;
  if (references.empty()) return keys;
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  keys.reserve(references.size());
  for (const std::string& reference : references) {
    ENLACE_ASSIGN_OR_RETURN(auto first, lookup.FindFirst(reference));
    if (!first.has_value()) {
      return Error(Reason::STORE_CORRUPT, "a record lacks its first revision; run enlaced verify");
    }
    keys.push_back(std::move(first->key));
  }
  return keys;
}

}  // namespace enlace::store
