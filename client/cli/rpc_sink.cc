#include "client/cli/rpc_sink.h"

#include <fmt/format.h>

#include "client/lib/case_rows.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/statistics_service.pb.h"

namespace enlace::cli {

namespace api = enlace::exchange::v1;
namespace {

template <typename Request>
Request Begin(const intake::Batch& batch) {
  Request request;
  request.set_batch_id(batch.batch_id);
  request.set_format(batch.format);
  request.set_not_ours(batch.not_ours);
  request.set_validate_only(batch.validate_only);
  request.set_first_row(batch.first_row);
  request.set_last_row(batch.last_row);
  for (const intake::QuarantinedRow& row : batch.quarantined) {
    api::QuarantinedRow& out = *request.add_quarantined();
    out.set_row(row.row);
    out.set_column(row.fault.column);
    out.set_reason(std::string(intake::RowReasonName(row.fault.reason)));
  }
  return request;
}

StatusOr<intake::Outcome> OutcomeOf(api::RowResult::Outcome outcome) {
  switch (outcome) {
    case api::RowResult::ACCEPTED:
      return intake::Outcome::kAccepted;
    case api::RowResult::UNCHANGED:
      return intake::Outcome::kUnchanged;
    case api::RowResult::REPLACED:
      return intake::Outcome::kReplaced;
    case api::RowResult::IN_CONFLICT:
      return intake::Outcome::kInConflict;
    case api::RowResult::QUARANTINED:
      return intake::Outcome::kQuarantined;
    default:
      break;
  }
  return Error(Reason::INTERNAL, "the node answered a row with an outcome that we do not know");
}

StatusOr<intake::RowResult> ResultOf(const api::RowResult& result) {
  ENLACE_ASSIGN_OR_RETURN(const intake::Outcome outcome, OutcomeOf(result.outcome()));
  return intake::RowResult{result.row(), outcome, result.name(), result.reason(), result.field()};
}

// The answers in the order of the rows; the node must answer exactly these.
template <typename Response>
StatusOr<std::vector<intake::RowResult>> ResultsOf(const Response& response,
                                                   const std::vector<uint64_t>& rows) {
  if (static_cast<size_t>(response.results_size()) != rows.size()) {
    return Error(Reason::INTERNAL, fmt::format("the node answered {} rows of {}",
                                               response.results_size(), rows.size()));
  }
  std::vector<intake::RowResult> out;
  for (size_t i = 0; i < rows.size(); ++i) {
    const api::RowResult& result = response.results(static_cast<int>(i));
    if (result.row() != rows[i]) {
      return Error(Reason::INTERNAL, "the node answered other rows than were sent");
    }
    ENLACE_ASSIGN_OR_RETURN(intake::RowResult typed, ResultOf(result));
    out.push_back(std::move(typed));
  }
  return out;
}

api::Observation ObservationOf(const intake::MappedObservation& figure, uint32_t version) {
  api::Observation out;
  out.set_codelist_version(version);
  out.set_indicator(figure.key.indicator);
  out.set_dimension(figure.key.dimension);
  out.set_category(figure.key.category);
  out.set_sex(figure.key.sex);
  out.set_age(figure.key.age);
  out.set_year(figure.key.year);
  out.set_status(static_cast<api::Observation::Status>(figure.status));
  out.set_value(figure.value);
  return out;
}

}  // namespace

StatusOr<intake::BatchAnswer> RpcSink::Send(const intake::Batch& batch) {
  std::vector<uint64_t> rows;
  if (!batch.is_cases) {
    auto request = Begin<api::ImportObservationsRequest>(batch);
    for (const intake::ObservationRow& row : batch.observations) {
      api::ObservationRow& out = *request.add_rows();
      out.set_row(row.row);
      *out.mutable_observation() = ObservationOf(row.observation, codelist_version_);
      rows.push_back(row.row);
    }
    ENLACE_ASSIGN_OR_RETURN(
        const auto response,
        client_.Call<api::ImportObservationsResponse>(
            "/enlace.exchange.v1.StatisticsService/ImportObservations", request));
    intake::BatchAnswer answer;
    ENLACE_ASSIGN_OR_RETURN(answer.results, ResultsOf(response, rows));
    for (const api::RowResult& change : response.changed()) {
      ENLACE_ASSIGN_OR_RETURN(intake::RowResult typed, ResultOf(change));
      answer.changed.push_back(std::move(typed));
    }
    return answer;
  }
  auto request = Begin<api::ImportCaseRecordsRequest>(batch);
  for (const intake::CaseRow& row : batch.cases) {
    client::AddCaseRow(row.row, row.content, request);
    rows.push_back(row.row);
  }
  ENLACE_ASSIGN_OR_RETURN(const auto response,
                          client_.Call<api::ImportCaseRecordsResponse>(
                              "/enlace.exchange.v1.CaseService/ImportCaseRecords", request));
  ENLACE_ASSIGN_OR_RETURN(auto results, ResultsOf(response, rows));
  return intake::BatchAnswer{std::move(results), {}};
}

}  // namespace enlace::cli
