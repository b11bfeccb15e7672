#include "node/store/case_lookup.h"

#include "node/base/bytes.h"

namespace enlace::store {
namespace {

constexpr uint32_t kFirstRevision = 1;

Status NoSuchRow() {
  return Error(Reason::STORE_CORRUPT,
               "the index of case records names a row that is absent; run enlaced verify");
}

}  // namespace

std::string CaseIndexKey(std::string_view reference, uint32_t revision) {
  std::string key(reference);
  AppendU32(key, revision);
  return key;
}

StatusOr<CaseLookup> CaseLookup::Open(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(auto references, CaseReferences::Load(reader));
  return CaseLookup(reader, std::move(references));
}

StatusOr<std::optional<CaseLookup::First>> CaseLookup::FindFirst(std::string_view reference) {
  if (reference.size() != kReferenceBytes) return std::optional<First>();
  if (auto place = references_.Find(reference); place.has_value()) {
    ENLACE_ASSIGN_OR_RETURN(auto bytes, reader_->Get(Table::kCaseRevision, place->key));
    if (bytes.has_value()) {
      std::string converted;
      ENLACE_ASSIGN_OR_RETURN(const CaseRowView row, ParseCaseRow(*bytes, converted));
      if (row.nonce == place->nonce) {
        return std::optional<First>({std::move(place->key), *std::move(bytes)});
      }
    }
  }
  ENLACE_ASSIGN_OR_RETURN(
      auto key, reader_->Get(Table::kCaseByReference, CaseIndexKey(reference, kFirstRevision)));
  if (!key.has_value()) return std::optional<First>();
  ENLACE_ASSIGN_OR_RETURN(auto bytes, Row(*key));
  return std::optional<First>({*std::move(key), std::move(bytes)});
}

StatusOr<std::vector<std::string>> CaseLookup::LaterKeys(std::string_view reference) const {
  std::vector<std::string> keys;
  ENLACE_RETURN_IF_ERROR(
      reader_->Scan(Table::kCaseByReference,
                    {CaseIndexKey(reference, kFirstRevision + 1), kv::PrefixRange(reference).limit},
                    [&](std::string_view, std::string_view value) {
                      keys.emplace_back(value);
                      return true;
                    }));
  return keys;
}

// Revisions are numbered from 1 without a gap, and most records have one. Asking for a key, of
// which a filter says that it is not there, costs a fraction of a scan.
StatusOr<bool> CaseLookup::HasLater(std::string_view reference) const {
  ENLACE_ASSIGN_OR_RETURN(
      const auto second,
      reader_->Get(Table::kCaseByReference, CaseIndexKey(reference, kFirstRevision + 1)));
  return second.has_value();
}

StatusOr<std::string> CaseLookup::Row(std::string_view key) const {
  ENLACE_ASSIGN_OR_RETURN(auto bytes, reader_->Get(Table::kCaseRevision, key));
  if (!bytes.has_value()) return NoSuchRow();
  return *std::move(bytes);
}

StatusOr<std::string> CaseLookup::ReferenceOf(std::string_view key, const CaseRowView& row) {
  if (!row.reference.empty()) return std::string(row.reference);
  auto reference = references_.Reference(key, row.nonce);
  if (!reference.has_value()) {
    return Error(Reason::STORE_CORRUPT,
                 "a row of table case_revision has no reference; run enlaced verify");
  }
  return *std::move(reference);
}

StoredCaseView ViewOf(std::string_view key, std::string_view reference, const CaseRowView& row) {
  return {key,          reference,  row.entity,         row.content,       row.state,
          row.revision, row.reason, row.create_time_ms, row.update_time_ms};
}

}  // namespace enlace::store
