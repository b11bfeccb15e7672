#include "node/store/case_views.h"

#include <algorithm>
#include <optional>
#include <span>

#include "node/store/case_lookup.h"

namespace enlace::store {
namespace {

// Records that are read at once.
constexpr size_t kManyAtOnce = 256;
constexpr uint32_t kSecondRevision = 2;

using CaseVisitor = std::function<bool(size_t, const StoredCaseView*)>;

// Some of the records that GetCaseViews is asked for.
class ViewsReader {
 public:
  ViewsReader(const Reader& reader, CaseLookup& lookup, const CaseVisitor& visit)
      : reader_(reader), lookup_(lookup), visit_(visit) {}

  // `references` are those from place `first` of the list on. `more` is false when the visitor
  // stopped.
  Status Read(std::span<const std::string> references, size_t first, bool& more) {
    ENLACE_RETURN_IF_ERROR(FindLater(references));
    std::vector<std::string> keys;
    std::vector<std::string> nonces;
    for (const std::string& reference : references) {
      auto place = lookup_.PlaceOf(reference);
      // No row has the key of one byte.
      keys.push_back(place.has_value() ? std::move(place->key) : std::string(1, '\0'));
      nonces.push_back(place.has_value() ? std::move(place->nonce) : "");
    }
    Status fault;
    ENLACE_RETURN_IF_ERROR(
        reader_.GetMany(Table::kCaseRevision, keys, [&](size_t at, const std::string_view* bytes) {
          bool seen = false;
          if (bytes != nullptr && !later_[at]) {
            fault =
                VisitFirst(keys[at], nonces[at], *bytes, references[at], first + at, seen, more);
          }
          if (fault.ok() && !seen) fault = VisitAlone(references[at], first + at, more);
          return fault.ok() && more;
        }));
    return fault;
  }

 private:
  Status FindLater(std::span<const std::string> references) {
    std::vector<std::string> keys;
    for (const std::string& reference : references) {
      keys.push_back(CaseIndexKey(reference, kSecondRevision));
    }
    later_.assign(keys.size(), false);
    return reader_.GetMany(Table::kCaseByReference, keys,
                           [this](size_t at, const std::string_view* key) {
                             later_[at] = key != nullptr;
                             return true;
                           });
  }

  // Not `seen` when the row is another record's.
  Status VisitFirst(const std::string& key, const std::string& nonce, std::string_view bytes,
                    const std::string& reference, size_t at, bool& seen, bool& more) {
    ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(bytes, converted_));
    seen = row.nonce == nonce;
    if (!seen) return absl::OkStatus();
    const StoredCaseView view = ViewOf(key, reference, row);
    more = visit_(at, &view);
    return absl::OkStatus();
  }

  // A record with several revisions, one of an earlier program, or none.
  Status VisitAlone(const std::string& reference, size_t at, bool& more) {
    ENLACE_ASSIGN_OR_RETURN(auto last, lookup_.FindFirst(reference));
    if (!last.has_value()) {
      more = visit_(at, nullptr);
      return absl::OkStatus();
    }
    ENLACE_ASSIGN_OR_RETURN(auto later, lookup_.LaterKeys(reference));
    if (!later.empty()) {
      ENLACE_ASSIGN_OR_RETURN(last->bytes, lookup_.Row(later.back()));
      last->key = std::move(later.back());
    }
    ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(last->bytes, converted_));
    const StoredCaseView view = ViewOf(last->key, reference, row);
    more = visit_(at, &view);
    return absl::OkStatus();
  }

  const Reader& reader_;
  CaseLookup& lookup_;
  const CaseVisitor& visit_;
  std::string converted_;
  std::vector<bool> later_;  // Whether there is a second revision.
};

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
                    const CaseVisitor& visit) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  ViewsReader views(reader, lookup, visit);
  const std::span<const std::string> all(references);
  bool more = true;
  for (size_t first = 0; first < all.size() && more; first += kManyAtOnce) {
    const auto some = all.subspan(first, std::min(kManyAtOnce, all.size() - first));
    ENLACE_RETURN_IF_ERROR(views.Read(some, first, more));
  }
  return absl::OkStatus();
}

Status GetCaseRevisions(const Reader& reader, std::span<const std::string> keys,
                        const std::function<bool(size_t, const StoredCaseView&)>& visit) {
  ENLACE_ASSIGN_OR_RETURN(CaseLookup lookup, CaseLookup::Open(reader));
  std::string converted;
  Status fault;
  ENLACE_RETURN_IF_ERROR(
      reader.GetMany(Table::kCaseRevision, keys, [&](size_t at, const std::string_view* bytes) {
        if (bytes == nullptr) {
          fault = Error(Reason::STORE_CORRUPT, "a revision of a case record is absent");
          return false;
        }
        const auto row = ParseCaseRow(*bytes, converted);
        const auto reference = row.ok() ? lookup.ReferenceOf(keys[at], *row) : row.status();
        fault = reference.status();
        return fault.ok() && visit(at, ViewOf(keys[at], *reference, *row));
      }));
  return fault;
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
