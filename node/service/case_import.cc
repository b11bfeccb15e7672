#include "node/service/case_import.h"

#include <algorithm>

#include <fmt/format.h>

#include "node/model/case_wire.h"
#include "node/service/case_content.h"
#include "node/service/case_convert.h"
#include "node/service/year_check.h"

namespace enlace::service {
namespace {

using model::CaseState;
using store::RowOutcome;

constexpr std::string_view kYearField = "case_record.registration_year";
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

Status ReadContent(std::string_view record, CaseImportRow& row) {
  ENLACE_ASSIGN_OR_RETURN(row.wire, ReadCaseContent(record, row.content, row.own_wire));
  return absl::OkStatus();
}

bool IsSame(const model::CaseContent& a, const model::CaseContent& b) {
  return a.registration_year == b.registration_year &&
         a.registration_quarter == b.registration_quarter && a.singles == b.singles &&
         a.sets == b.sets;
}

}  // namespace

std::vector<CaseImportRow> ReadCaseRows(const ImportRequest& request,
                                        const codes::Registry& registry,
                                        const std::optional<store::SourceKeyHasher>& hasher) {
  const model::CaseLists lists(registry);
  // Their contents are held in the rows' own place: a part is one piece of memory and some bytes.
  std::vector<CaseImportRow> rows(request.rows().size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const ImportRequest::Row& in = request.rows()[i];
    CaseImportRow& row = rows[i];
    row.row = in.row();
    row.source_key = in.source_key;
    row.fault = ReadContent(in.case_record, row);
    if (row.fault.ok()) row.fault = model::ValidateCase(row.content, lists, kCaseRecordField);
    if (row.source_key.size() > store::kSourceKeyBytesMax) {
      row.fault = InvalidFields({{std::string(kSourceKeyField), "expected at most 128 bytes",
                                  Reason::ATTRIBUTE_INVALID}});
    }
    if (row.fault.ok() && hasher.has_value() && !row.source_key.empty()) {
      row.source_hash = hasher->Hash(row.source_key);
    }
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

StatusOr<CaseImport> CaseImport::Open(store::Transaction& transaction, Delivery& delivery,
                                      const store::RandomSource& random, const Epochs& epochs) {
  ENLACE_ASSIGN_OR_RETURN(auto adder,
                          store::CaseAdder::Open(transaction, delivery.batch().entity, random));
  return CaseImport(transaction, delivery, std::move(adder), random, epochs);
}

StatusOr<CaseImportOutcome> CaseImport::Add(const CaseImportRow& row) {
  if (!row.fault.ok()) return Quarantine(row, FaultOf(row.fault));
  ENLACE_ASSIGN_OR_RETURN(const std::string source_hash, SourceHash(row));
  ENLACE_ASSIGN_OR_RETURN(const auto stored, delivery_.FindStored(row.row));
  if (stored.has_value()) return AddAgain(row, source_hash, *stored);
  const Status begun = CheckYearHasBegun(row.content.registration_year, transaction_.now_ms(),
                                         kYearField, Reason::ATTRIBUTE_INVALID);
  if (!begun.ok()) return Quarantine(row, FaultOf(begun));
  if (source_hash.empty()) return AddNew(row, source_hash);
  ENLACE_ASSIGN_OR_RETURN(
      const auto known,
      store::FindBySourceKey(transaction_, delivery_.batch().entity, source_hash));
  return known.has_value() ? AddKnown(row, source_hash, *known) : AddNew(row, source_hash);
}

StatusOr<std::string> CaseImport::SourceHash(const CaseImportRow& row) {
  if (row.source_key.empty() || !row.source_hash.empty()) return row.source_hash;
  ENLACE_ASSIGN_OR_RETURN(const auto hasher, store::SourceKeyHasher::LoadOrMake(
                                                 transaction_, delivery_.batch().entity, random_));
  return hasher.Hash(row.source_key);
}

StatusOr<CaseImportOutcome> CaseImport::AddAgain(const CaseImportRow& row,
                                                 const std::string& source_hash,
                                                 const store::BatchRow& stored) {
  CaseImportOutcome out;
  out.outcome = RowOutcome::kUnchanged;
  bool same = false;
  if (stored.revision.empty()) {
    ENLACE_ASSIGN_OR_RETURN(same, HasHash(stored, row, source_hash));
    out.reference = stored.subject;
  } else {
    ENLACE_ASSIGN_OR_RETURN(const auto revision,
                            store::LoadCaseRevision(transaction_, stored.revision));
    ENLACE_ASSIGN_OR_RETURN(same, IsRowOf(revision, stored.keyed, row, source_hash));
    out.reference = revision.record.reference;
  }
  if (!same) return Delivery::Conflict(row.row);
  return out;
}

StatusOr<bool> CaseImport::IsRowOf(const store::StoredCase& stored, bool keyed,
                                   const CaseImportRow& row, const std::string& source_hash) const {
  if (stored.record.state == CaseState::kErased) return true;
  if (keyed == source_hash.empty() || !IsSame(stored.record.content, row.content)) return false;
  if (!keyed) return true;
  // A record has one key for good, so that the same record means the same key.
  ENLACE_ASSIGN_OR_RETURN(
      const auto known,
      store::FindBySourceKey(transaction_, delivery_.batch().entity, source_hash));
  return known.has_value() && known->IsOf(stored);
}

// The batch of an earlier program, whose hashes may name the version of the lists.
StatusOr<bool> CaseImport::HasHash(const store::BatchRow& stored, const CaseImportRow& row,
                                   const std::string& source_hash) const {
  for (const model::CaseContent& form : {OfAnyVersion(row.content), row.content}) {
    ENLACE_ASSIGN_OR_RETURN(const std::string hash,
                            store::CaseRowHash(transaction_, stored.subject, form, source_hash));
    if (hash.empty() || hash == stored.content_hash) return true;
  }
  return false;
}

StatusOr<CaseImportOutcome> CaseImport::AddNew(const CaseImportRow& row,
                                               const std::string& source_hash) {
  ENLACE_ASSIGN_OR_RETURN(auto added, adder_.Add(row.wire));
  if (!source_hash.empty()) NoteSourceKey(source_hash, added.key);
  ENLACE_ASSIGN_OR_RETURN(
      auto out, Record(row, RowOutcome::kAccepted, added.key, std::move(added.reference)));
  out.time_ms = transaction_.now_ms();
  return out;
}

StatusOr<CaseImportOutcome> CaseImport::AddKnown(const CaseImportRow& row,
                                                 const std::string& source_hash,
                                                 const store::SourceKeyRow& known) {
  ENLACE_ASSIGN_OR_RETURN(auto current, store::LoadCaseOf(transaction_, known));
  const bool active = current.record.state == CaseState::kActive;
  if (active && IsSame(current.record.content, row.content)) {
    NoteSourceKey(source_hash, current.first_key);
    return Record(row, RowOutcome::kUnchanged, current.key, current.record.reference);
  }
  if (active && known.NamedBy(delivery_.batch().id)) {
    return Quarantine(row, {std::string(kKeyConflict), std::string(kSourceKeyField)});
  }
  const Status period = CheckPeriod(epochs_, current.record.content, row.content, kCaseRecordField);
  if (active && !period.ok()) return Quarantine(row, FaultOf(period));
  auto replaced =
      store::ReplaceCase(transaction_, std::move(current), row.content, kSourceCorrected);
  if (!replaced.ok()) {
    const Reason reason = ReasonOf(replaced.status());
    if (reason == Reason::STORE_CORRUPT || reason == Reason::INTERNAL) return replaced.status();
    return Quarantine(row, {std::string(ReasonName(reason)), std::string(kSourceKeyField)});
  }
  NoteSourceKey(source_hash, replaced->first_key);
  ENLACE_ASSIGN_OR_RETURN(
      auto out, Record(row, RowOutcome::kReplaced, replaced->key, replaced->record.reference));
  out.replaced = std::move(replaced->record);
  return out;
}

void CaseImport::NoteSourceKey(const std::string& source_hash, const std::string& first_key) {
  store::PutSourceKey(transaction_, delivery_.batch().entity, source_hash, first_key,
                      delivery_.batch().id);
}

StatusOr<CaseImportOutcome> CaseImport::Quarantine(const CaseImportRow& row, RowFault fault) {
  ENLACE_RETURN_IF_ERROR(delivery_.Quarantine(row.row, fault));
  CaseImportOutcome out;
  out.outcome = RowOutcome::kQuarantined;
  out.fault = std::move(fault);
  return out;
}

StatusOr<CaseImportOutcome> CaseImport::Record(const CaseImportRow& row, RowOutcome outcome,
                                               const std::string& key, std::string reference) {
  store::BatchRow became;
  became.outcome = outcome;
  became.revision = key;
  became.keyed = !row.source_key.empty();
  ENLACE_RETURN_IF_ERROR(delivery_.Put(row.row, became));
  CaseImportOutcome out;
  out.outcome = outcome;
  out.reference = std::move(reference);
  return out;
}

CaseImportResult TellImport(std::vector<CaseImportRow>& rows,
                            std::vector<CaseImportOutcome>& outcomes, std::string_view entity,
                            std::string_view jurisdiction) {
  CaseImportResult result;
  result.changed.reserve(outcomes.size());
  result.response.mutable_results()->Reserve(static_cast<int>(outcomes.size()));
  for (size_t i = 0; i < outcomes.size(); ++i) {
    CaseImportOutcome& became = outcomes[i];
    auto& out = *result.response.add_results();
    out.set_row(rows[i].row);
    out.set_outcome(static_cast<pb::RowResult::Outcome>(became.outcome));
    if (became.outcome == RowOutcome::kQuarantined) {
      out.set_reason(became.fault.reason);
      out.set_field(became.fault.field);
      continue;
    }
    out.set_name(CaseName(jurisdiction, became.reference));
    if (became.outcome == RowOutcome::kAccepted) {
      model::CaseRecord& record = result.changed.emplace_back();
      record.reference = std::move(became.reference);
      record.entity = entity;
      record.content = std::move(rows[i].content);
      record.create_time_ms = became.time_ms;
      record.update_time_ms = became.time_ms;
    } else if (became.replaced.has_value()) {
      result.changed.push_back(*std::move(became.replaced));
    }
  }
  return result;
}

}  // namespace enlace::service
