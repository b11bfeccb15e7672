#include "client/intake/sink.h"

#include <algorithm>

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

Outcome DrySink::TakeFigure(const ObservationRow& row, BatchAnswer& answer) {
  const MappedObservation& figure = row.observation;
  const auto says = std::make_pair(figure.status, figure.value);
  Seen& seen = seen_[Key(figure.jurisdiction, figure.key)];
  if (seen.said.empty()) {
    seen = {row.row, {says}};
    return Outcome::kAccepted;
  }
  if (std::find(seen.said.begin(), seen.said.end(), says) != seen.said.end()) {
    return Outcome::kUnchanged;
  }
  seen.said.push_back(says);
  if (seen.said.size() > 2) return Outcome::kInConflict;
  const auto first = std::find_if(answer.results.begin(), answer.results.end(),
                                  [&](const RowResult& r) { return r.row == seen.first_row; });
  if (first == answer.results.end()) {
    answer.changed.push_back({seen.first_row, Outcome::kInConflict, "", "", ""});
  } else {
    first->outcome = Outcome::kInConflict;
  }
  return Outcome::kInConflict;
}

StatusOr<BatchAnswer> DrySink::Send(const Batch& batch) {
  BatchAnswer answer;
  for (const CaseRow& row : batch.cases) {
    answer.results.push_back({row.row, Outcome::kAccepted, "", "", ""});
  }
  for (const ObservationRow& row : batch.observations) {
    const Outcome outcome = TakeFigure(row, answer);
    answer.results.push_back({row.row, outcome, "", "", ""});
  }
  return answer;
}

}  // namespace enlace::intake
