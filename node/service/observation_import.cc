#include "node/service/observation_import.h"

#include <algorithm>

#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "node/service/observation_convert.h"
#include "node/service/year_check.h"

namespace enlace::service {
namespace {

using model::Observation;
using model::ObservationStatus;
using store::RowOutcome;
using store::StoredFigure;

constexpr size_t kRowHashBytes = 16;

bool SaysTheSame(const Observation& a, const Observation& b) {
  return a.status == b.status && a.value == b.value;
}

// Stands for the version of the lists in a row's hash: a code keeps its number and meaning in
// later versions, so a row is the same row under each that has its codes.
constexpr uint32_t kAnyVersion = 0;

// What a row is recognised by. A figure is no person's attribute, so it needs no salt.
std::string RowHash(const Observation& observation, uint32_t version = kAnyVersion) {
  std::string bytes = model::FigureKeyText(observation.key);
  bytes += '\0';
  AppendU32(bytes, version);
  AppendU32(bytes, static_cast<uint32_t>(observation.status));
  AppendU64(bytes, observation.value);
  return std::string(AsView(crypto::Sha256(bytes)).substr(0, kRowHashBytes));
}

// Hashes of earlier programs name the version.
bool IsRowOf(const std::string& hash, const Observation& observation) {
  return hash == RowHash(observation) || hash == RowHash(observation, observation.codelist_version);
}

}  // namespace

std::vector<ObservationImportRow> ReadObservationRows(const pb::ImportObservationsRequest& request,
                                                      const codes::Registry& registry) {
  std::vector<ObservationImportRow> rows;
  rows.reserve(static_cast<size_t>(request.rows_size()));
  for (const auto& in : request.rows()) {
    ObservationImportRow row;
    row.row = in.row();
    auto observation = ObservationFromProto(in.observation(), registry, "observation");
    row.fault = observation.status();
    if (observation.ok()) row.observation = *std::move(observation);
    rows.push_back(std::move(row));
  }
  return rows;
}

void Revise(const store::Transaction& transaction, Observation& observation,
            ObservationStatus status, uint64_t value) {
  observation.status = status;
  observation.value = value;
  ++observation.revision;
  observation.update_time_ms = std::max(observation.update_time_ms, transaction.now_ms());
}

Status ObservationImport::Add(const ObservationImportRow& row) {
  if (!row.fault.ok()) return Quarantine(row, FaultOf(row.fault));
  ENLACE_ASSIGN_OR_RETURN(const auto stored, delivery_.FindStored(row.row));
  if (stored.has_value()) {
    if (!IsRowOf(stored->content_hash, row.observation)) return Delivery::Conflict(row.row);
    return Repeat(row, stored->outcome);
  }
  const Status begun = CheckYearHasBegun(row.observation.key.year, transaction_.now_ms(),
                                         "observation.year", Reason::ATTRIBUTE_INVALID);
  if (!begun.ok()) return Quarantine(row, FaultOf(begun));
  ENLACE_ASSIGN_OR_RETURN(
      auto figure, store::LoadFigure(transaction_, delivery_.batch().entity, row.observation.key));
  if (!figure.has_value()) {
    StoredFigure fresh;
    fresh.observation = row.observation;
    fresh.observation.entity = delivery_.batch().entity;
    fresh.observation.update_time_ms = transaction_.now_ms();
    return Write(row, std::move(fresh), RowOutcome::kAccepted);
  }
  return figure->observation.batch_id == delivery_.batch().id ? AddSame(row, *std::move(figure))
                                                              : AddOther(row, *std::move(figure));
}

Status ObservationImport::Quarantine(const ObservationImportRow& row, const RowFault& fault) {
  ENLACE_RETURN_IF_ERROR(delivery_.Quarantine(row.row, fault));
  Answer(row, RowOutcome::kQuarantined);
  auto& out = *response_.mutable_results()->rbegin();
  out.clear_name();
  out.set_reason(fault.reason);
  out.set_field(fault.field);
  return absl::OkStatus();
}

// The answer that told of a conflict may have been lost.
Status ObservationImport::Repeat(const ObservationImportRow& row, RowOutcome stored) {
  if (stored == RowOutcome::kInConflict) {
    ENLACE_ASSIGN_OR_RETURN(
        const auto figure,
        store::LoadFigure(transaction_, delivery_.batch().entity, row.observation.key));
    if (figure.has_value() && figure->observation.batch_id == delivery_.batch().id &&
        figure->observation.status == ObservationStatus::kInConflict) {
      TellOfConflict(figure->observation.candidates.front().row, row.observation.key);
      Answer(row, RowOutcome::kInConflict);
      return absl::OkStatus();
    }
  }
  Answer(row, RowOutcome::kUnchanged);
  return absl::OkStatus();
}

// The figure stands from another delivery or by hand.
Status ObservationImport::AddOther(const ObservationImportRow& row, StoredFigure figure) {
  Observation& observation = figure.observation;
  if (SaysTheSame(observation, row.observation)) {
    return Write(row, std::move(figure), RowOutcome::kUnchanged);
  }
  Revise(transaction_, observation, row.observation.status, row.observation.value);
  observation.codelist_version = row.observation.codelist_version;
  observation.candidates.clear();
  return Write(row, std::move(figure), RowOutcome::kReplaced);
}

// The figure was set by another row of this delivery.
Status ObservationImport::AddSame(const ObservationImportRow& row, StoredFigure figure) {
  Observation& observation = figure.observation;
  auto& candidates = observation.candidates;
  const auto repeats = [&row](const model::ObservationCandidate& candidate) {
    return candidate.status == row.observation.status && candidate.value == row.observation.value;
  };
  const bool in_conflict = observation.status == ObservationStatus::kInConflict;
  if (in_conflict ? std::any_of(candidates.begin(), candidates.end(), repeats)
                  : SaysTheSame(observation, row.observation)) {
    ENLACE_RETURN_IF_ERROR(
        delivery_.Put(row.row, {RowOutcome::kUnchanged, RowHash(row.observation),
                                model::FigureKeyText(row.observation.key), "", ""}));
    Answer(row, RowOutcome::kUnchanged);
    return absl::OkStatus();
  }
  if (!in_conflict) {
    candidates = {{figure.row, observation.status, observation.value}};
    ENLACE_RETURN_IF_ERROR(MarkInConflict(figure));
  }
  if (candidates.size() < store::kCandidatesMax) {
    candidates.push_back({row.row, row.observation.status, row.observation.value});
  }
  Revise(transaction_, observation, ObservationStatus::kInConflict, 0);
  return Write(row, std::move(figure), RowOutcome::kInConflict);
}

Status ObservationImport::MarkInConflict(const StoredFigure& figure) {
  ENLACE_ASSIGN_OR_RETURN(auto stored, delivery_.FindStored(figure.row));
  if (!stored.has_value()) {
    return Error(Reason::STORE_CORRUPT, "a figure names a row of its delivery that is absent");
  }
  stored->outcome = RowOutcome::kInConflict;
  ENLACE_RETURN_IF_ERROR(delivery_.Put(figure.row, *stored));
  TellOfConflict(figure.row, figure.observation.key);
  return absl::OkStatus();
}

// In its own result when the row came in this very call.
void ObservationImport::TellOfConflict(uint64_t row, const model::FigureKey& key) {
  for (auto& result : *response_.mutable_results()) {
    if (result.row() != row) continue;
    result.set_outcome(pb::RowResult::IN_CONFLICT);
    return;
  }
  if (!told_.insert(row).second) return;
  auto& out = *response_.add_changed();
  out.set_row(row);
  out.set_outcome(pb::RowResult::IN_CONFLICT);
  out.set_name(ObservationName(jurisdiction_, key));
}

Status ObservationImport::Write(const ObservationImportRow& row, StoredFigure figure,
                                RowOutcome outcome) {
  figure.observation.batch_id = delivery_.batch().id;
  figure.row = outcome == RowOutcome::kInConflict ? 0 : row.row;
  store::PutFigure(transaction_, figure);
  ENLACE_RETURN_IF_ERROR(delivery_.Put(
      row.row,
      {outcome, RowHash(row.observation), model::FigureKeyText(row.observation.key), "", ""}));
  Answer(row, outcome);
  return absl::OkStatus();
}

void ObservationImport::Answer(const ObservationImportRow& row, RowOutcome outcome) {
  auto& out = *response_.add_results();
  out.set_row(row.row);
  out.set_outcome(static_cast<pb::RowResult::Outcome>(outcome));
  out.set_name(ObservationName(jurisdiction_, row.observation.key));
}

}  // namespace enlace::service
