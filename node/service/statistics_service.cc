#include "node/service/statistics_service.h"

#include <fmt/format.h>

#include "node/service/caller.h"
#include "node/service/commit.h"
#include "node/service/observation_convert.h"
#include "node/service/observation_import.h"
#include "node/service/year_check.h"

namespace enlace::service {
namespace {

// Those who prepare and approve releases see the figures of all entities.
bool SeesAllEntities(const authz::Caller& caller) {
  return caller.Has(authz::Role::kCoordinator) || caller.Has(authz::Role::kAnalyst) ||
         caller.Has(authz::Role::kApprover);
}

Status CheckEtag(const std::string& etag, const std::optional<store::StoredFigure>& stored) {
  if (etag.empty()) return absl::OkStatus();
  if (stored.has_value() && etag == ObservationEtag(stored->observation)) return absl::OkStatus();
  return Error(Reason::ETAG_MISMATCH, "the figure changed since it was read; read it again");
}

}  // namespace

void StatisticsService::Register(rpc::HandlerTable& table) {
  // Larger than the default: a full part of a delivery.
  table.Register<pb::ImportObservationsRequest, pb::ImportObservationsResponse>(
      "/enlace.exchange.v1.StatisticsService/ImportObservations",
      [this](const rpc::CallContext& call, const pb::ImportObservationsRequest& request) {
        return ImportObservations(call, request);
      },
      kDeliveryLimits);
  ENLACE_REGISTER(table, "enlace.exchange.v1.StatisticsService", SetObservation, *this,
                  pb::SetObservationRequest, pb::Observation);
  ENLACE_REGISTER(table, "enlace.exchange.v1.StatisticsService", ListObservations, *this,
                  pb::ListObservationsRequest, pb::ListObservationsResponse);
  ENLACE_REGISTER(table, "enlace.exchange.v1.StatisticsService", GetDelivery, *this,
                  pb::GetDeliveryRequest, pb::Delivery);
}

StatusOr<pb::ImportObservationsResponse> StatisticsService::ImportObservations(
    const rpc::CallContext& call, const pb::ImportObservationsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  ENLACE_RETURN_IF_ERROR(CheckDelivery(request));
  const auto rows = ReadObservationRows(request, parts_.registry);
  pb::ImportObservationsResponse response;
  const auto work = [&](store::Transaction& transaction) -> Status {
    response.Clear();
    ENLACE_ASSIGN_OR_RETURN(
        auto delivery, Delivery::Open(transaction, {entity, request.batch_id()}, request.format(),
                                      store::BatchSubject::kObservations));
    ObservationImport import(transaction, delivery, parts_.jurisdiction, response);
    for (const auto& row : rows) ENLACE_RETURN_IF_ERROR(import.Add(row));
    ENLACE_RETURN_IF_ERROR(delivery.Finish(request));
    return AuditCommit(transaction, call, "deliveries/" + request.batch_id());
  };
  ENLACE_RETURN_IF_ERROR(request.validate_only()
                             ? TryDelivery(parts_.store, call, request.batch_id(), work)
                             : parts_.store.Write(work, store::WriteClass::kLarge));
  return response;
}

StatusOr<pb::Observation> StatisticsService::SetObservation(
    const rpc::CallContext& call, const pb::SetObservationRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  ENLACE_ASSIGN_OR_RETURN(
      const model::Observation wanted,
      ObservationFromProto(request.observation(), parts_.registry, "observation"));
  store::StoredFigure figure;
  const auto work = [&](store::Transaction& transaction) -> Status {
    figure = {};
    ENLACE_RETURN_IF_ERROR(CheckYearHasBegun(wanted.key.year, transaction.now_ms(),
                                             "observation.year", Reason::ATTRIBUTE_INVALID));
    ENLACE_ASSIGN_OR_RETURN(const auto stored, store::LoadFigure(transaction, entity, wanted.key));
    ENLACE_RETURN_IF_ERROR(CheckEtag(request.etag(), stored));
    if (stored.has_value()) {
      figure = *stored;
      Revise(transaction, figure.observation, wanted.status, wanted.value);
      figure.observation.codelist_version = wanted.codelist_version;
      figure.observation.candidates.clear();
    } else {
      figure.observation = wanted;
      figure.observation.entity = entity;
      figure.observation.update_time_ms = transaction.now_ms();
    }
    // No delivery speaks for it any more.
    figure.observation.batch_id.clear();
    figure.row = 0;
    store::PutFigure(transaction, figure);
    return AuditCommit(transaction, call, ObservationName(parts_.jurisdiction, wanted.key));
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work));
  return ObservationToProto(figure.observation, parts_.jurisdiction);
}

StatusOr<pb::ListObservationsResponse> StatisticsService::ListObservations(
    const rpc::CallContext& call, const pb::ListObservationsRequest& request) {
  store::FigureListOptions options;
  if (!SeesAllEntities(call.caller)) {
    ENLACE_ASSIGN_OR_RETURN(options.entity, RequireEntity(call));
  }
  ENLACE_ASSIGN_OR_RETURN(options.figures_max, PageSize(request.page_size()));
  ENLACE_ASSIGN_OR_RETURN(options.cursor,
                          parts_.page_tokens.Open(call, request, request.page_token()));
  options.indicator = request.indicator();
  options.year = request.year();
  options.in_conflict_only = request.in_conflict_only();
  ENLACE_ASSIGN_OR_RETURN(const auto page, store::ListFigures(*parts_.store.Read(), options));
  pb::ListObservationsResponse response;
  for (const auto& observation : page.observations) {
    *response.add_observations() = ObservationToProto(observation, parts_.jurisdiction);
  }
  if (!page.next_cursor.empty()) {
    response.set_next_page_token(parts_.page_tokens.Seal(call, request, page.next_cursor));
  }
  return response;
}

StatusOr<pb::Delivery> StatisticsService::GetDelivery(const rpc::CallContext& call,
                                                      const pb::GetDeliveryRequest& request) {
  const store::BatchId batch{call.caller.entity, request.batch_id()};
  const auto reader = parts_.store.Read();
  std::optional<store::BatchAccount> account;
  // A caller without an entity has no deliveries: the same answer as for an unknown one.
  if (!batch.entity.empty() && IsBatchId(batch.id)) {
    ENLACE_ASSIGN_OR_RETURN(account, store::LoadBatch(*reader, batch));
  }
  if (!account.has_value()) {
    return Error(Reason::OBSERVATION_NOT_FOUND,
                 "the caller's entity has made no delivery with this batch id");
  }
  pb::Delivery out;
  out.set_batch_id(batch.id);
  out.set_format(account->format);
  out.set_accepted(account->Count(store::RowOutcome::kAccepted));
  out.set_unchanged(account->Count(store::RowOutcome::kUnchanged));
  out.set_replaced(account->Count(store::RowOutcome::kReplaced));
  out.set_in_conflict(account->Count(store::RowOutcome::kInConflict));
  out.set_quarantined(account->Count(store::RowOutcome::kQuarantined));
  out.set_not_ours(account->NotOurs());
  ENLACE_ASSIGN_OR_RETURN(const auto aside,
                          store::ListQuarantine(*reader, batch, kQuarantineListMax));
  for (const auto& row : aside) {
    auto& listed = *out.add_quarantined_rows();
    listed.set_row(row.row);
    listed.set_column(row.column);
    listed.set_reason(row.reason);
  }
  return out;
}

}  // namespace enlace::service
