#include "client/intake/sink.h"

#include "node/base/check.h"

namespace enlace::intake {

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      return "ACCEPTED";
    case Outcome::kUnchanged:
      return "UNCHANGED";
    case Outcome::kReplaced:
      return "REPLACED";
    case Outcome::kInConflict:
      return "IN_CONFLICT";
    case Outcome::kQuarantined:
      return "QUARANTINED";
  }
  ENLACE_CHECK(false);
}

StatusOr<std::vector<RowResult>> DrySink::Send(const Batch& batch) {
  std::vector<RowResult> out;
  for (const CaseRow& row : batch.cases) out.push_back({row.row, Outcome::kAccepted, "", "", ""});
  for (const ObservationRow& row : batch.observations) {
    const MappedObservation& figure = row.observation;
    const auto [at, added] = seen_.emplace(Key(figure.jurisdiction, figure.key), figure);
    Outcome outcome = Outcome::kAccepted;
    if (!added) outcome = at->second == figure ? Outcome::kUnchanged : Outcome::kInConflict;
    out.push_back({row.row, outcome, "", "", ""});
  }
  return out;
}

}  // namespace enlace::intake
