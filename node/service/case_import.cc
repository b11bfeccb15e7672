#include "node/service/case_import.h"

#include <fmt/format.h>

#include "node/service/case_convert.h"
#include "node/service/year_check.h"

namespace enlace::service {
namespace {

using model::CaseState;
using store::RowOutcome;

constexpr std::string_view kPrefix = "case_record";
constexpr std::string_view kSourceKeyField = "source_key";
// Code "source_corrected" of list "correction_reason": a later delivery of the same source.
constexpr uint32_t kSourceCorrected = 5;
// Two rows of one delivery have one source key and different contents.
constexpr std::string_view kKeyConflict = "KEY_CONFLICT";
// Stands for the version of the lists where contents are compared: a code keeps its number and
// meaning in later versions, so a row is the same row under each that has its codes.
constexpr uint32_t kAnyVersion = 0;

model::CaseContent OfAnyVersion(model::CaseContent content) {
  content.codelist_version = kAnyVersion;
  return content;
}

}  // namespace

std::vector<CaseImportRow> ReadCaseRows(const pb::ImportCaseRecordsRequest& request,
                                        const codes::Registry& registry) {
  std::vector<CaseImportRow> rows;
  rows.reserve(static_cast<size_t>(request.rows_size()));
  for (const auto& in : request.rows()) {
    CaseImportRow row;
    row.row = in.row();
    row.source_key = in.source_key();
    auto content = ContentFromProto(in.case_record(), OutputFields::kRefused, kPrefix);
    row.fault = content.ok() ? model::ValidateCase(*content, registry, kPrefix) : content.status();
    if (row.source_key.size() > store::kSourceKeyBytesMax) {
      row.fault = InvalidFields({{std::string(kSourceKeyField), "expected at most 128 bytes",
                                  Reason::ATTRIBUTE_INVALID}});
    }
    if (content.ok()) {
      row.content = *std::move(content);
      row.canonical = model::CanonicalBytes(row.content, kAnyVersion);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Status CheckPeriod(const Epochs& epochs, const model::CaseContent& before,
                   const model::CaseContent& after, std::string_view prefix) {
  if (before.registration_year == after.registration_year &&
      before.registration_quarter == after.registration_quarter) {
    return absl::OkStatus();
  }
  if (!epochs.IsMeasured(before.registration_year, before.registration_quarter)) {
    return absl::OkStatus();
  }
  return InvalidFields({{fmt::format("{}.registration_year", prefix),
                         "the period of registration is fixed: it was measured for a release",
                         Reason::ATTRIBUTE_INVALID}});
}

Status CaseImport::Add(const CaseImportRow& row) {
  if (!row.fault.ok()) return Quarantine(row, FaultOf(row.fault));
  std::string source_hash;
  if (!row.source_key.empty()) {
    ENLACE_ASSIGN_OR_RETURN(
        source_hash,
        store::HashSourceKey(transaction_, delivery_.batch().entity, row.source_key, random_));
  }
  ENLACE_ASSIGN_OR_RETURN(const auto stored, delivery_.FindStored(row.row));
  if (stored.has_value()) {
    ENLACE_ASSIGN_OR_RETURN(const bool same, IsRowOf(*stored, row.content, source_hash));
    return same ? Unchanged(row, stored->subject) : Delivery::Conflict(row.row);
  }
  const Status begun =
      CheckYearHasBegun(row.content.registration_year, transaction_.now_ms(),
                        fmt::format("{}.registration_year", kPrefix), Reason::ATTRIBUTE_INVALID);
  if (!begun.ok()) return Quarantine(row, FaultOf(begun));
  if (source_hash.empty()) return AddNew(row, source_hash);
  ENLACE_ASSIGN_OR_RETURN(
      const auto known,
      store::FindBySourceKey(transaction_, delivery_.batch().entity, source_hash));
  return known.has_value() ? AddKnown(row, source_hash, *known) : AddNew(row, source_hash);
}

StatusOr<bool> CaseImport::IsRowOf(const store::BatchRow& stored, const model::CaseContent& content,
                                   const std::string& source_hash) const {
  // Hashes of earlier programs name the version.
  for (const model::CaseContent& form : {OfAnyVersion(content), content}) {
    ENLACE_ASSIGN_OR_RETURN(const std::string hash,
                            store::CaseRowHash(transaction_, stored.subject, form, source_hash));
    if (hash.empty() || hash == stored.content_hash) return true;
  }
  return false;
}

Status CaseImport::AddNew(const CaseImportRow& row, const std::string& source_hash) {
  ENLACE_ASSIGN_OR_RETURN(
      auto added, store::AddDeliveredCase(transaction_, delivery_.batch().entity, row.content,
                                          row.canonical, source_hash, random_));
  if (!source_hash.empty()) NoteSourceKey(source_hash, added.record.reference);
  ENLACE_RETURN_IF_ERROR(
      Record(row, RowOutcome::kAccepted, added.record.reference, std::move(added.row_hash)));
  result_.changed.push_back(std::move(added.record));
  return absl::OkStatus();
}

Status CaseImport::AddKnown(const CaseImportRow& row, const std::string& source_hash,
                            const std::string& reference) {
  ENLACE_ASSIGN_OR_RETURN(const auto current, store::LoadCase(transaction_, reference));
  if (current.state == CaseState::kActive &&
      OfAnyVersion(current.content) == OfAnyVersion(row.content)) {
    NoteSourceKey(source_hash, reference);
    return RecordHashed(row, RowOutcome::kUnchanged, reference, source_hash);
  }
  ENLACE_ASSIGN_OR_RETURN(
      const std::string named_by,
      store::SourceKeyDelivery(transaction_, delivery_.batch().entity, source_hash));
  if (current.state == CaseState::kActive && named_by == delivery_.batch().id) {
    return Quarantine(row, {std::string(kKeyConflict), std::string(kSourceKeyField)});
  }
  const Status period = CheckPeriod(epochs_, current.content, row.content, kPrefix);
  if (current.state == CaseState::kActive && !period.ok()) {
    return Quarantine(row, FaultOf(period));
  }
  auto record = store::CorrectCase(transaction_, reference, row.content, kSourceCorrected);
  if (!record.ok()) {
    const Reason reason = ReasonOf(record.status());
    if (reason == Reason::STORE_CORRUPT || reason == Reason::INTERNAL) return record.status();
    return Quarantine(row, {std::string(ReasonName(reason)), std::string(kSourceKeyField)});
  }
  NoteSourceKey(source_hash, reference);
  ENLACE_RETURN_IF_ERROR(RecordHashed(row, RowOutcome::kReplaced, reference, source_hash));
  result_.changed.push_back(*std::move(record));
  return absl::OkStatus();
}

void CaseImport::NoteSourceKey(const std::string& source_hash, const std::string& reference) {
  store::PutSourceKey(transaction_, delivery_.batch().entity, source_hash, reference,
                      delivery_.batch().id);
}

Status CaseImport::Unchanged(const CaseImportRow& row, const std::string& reference) {
  auto& out = *result_.response.add_results();
  out.set_row(row.row);
  out.set_outcome(pb::RowResult::UNCHANGED);
  out.set_name(CaseName(jurisdiction_, reference));
  return absl::OkStatus();
}

Status CaseImport::Quarantine(const CaseImportRow& row, const RowFault& fault) {
  ENLACE_RETURN_IF_ERROR(delivery_.Quarantine(row.row, fault));
  auto& out = *result_.response.add_results();
  out.set_row(row.row);
  out.set_outcome(pb::RowResult::QUARANTINED);
  out.set_reason(fault.reason);
  out.set_field(fault.field);
  return absl::OkStatus();
}

Status CaseImport::RecordHashed(const CaseImportRow& row, RowOutcome outcome,
                                const std::string& reference, const std::string& source_hash) {
  ENLACE_ASSIGN_OR_RETURN(
      std::string hash,
      store::CaseRowHash(transaction_, reference, OfAnyVersion(row.content), source_hash));
  return Record(row, outcome, reference, std::move(hash));
}

Status CaseImport::Record(const CaseImportRow& row, RowOutcome outcome,
                          const std::string& reference, std::string content_hash) {
  store::BatchRow became;
  became.outcome = outcome;
  became.subject = reference;
  became.content_hash = std::move(content_hash);
  ENLACE_RETURN_IF_ERROR(delivery_.Put(row.row, became));
  auto& out = *result_.response.add_results();
  out.set_row(row.row);
  out.set_outcome(static_cast<pb::RowResult::Outcome>(outcome));
  out.set_name(CaseName(jurisdiction_, reference));
  return absl::OkStatus();
}

}  // namespace enlace::service
