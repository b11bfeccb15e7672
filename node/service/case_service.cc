#include "node/service/case_service.h"

#include <fmt/format.h>

#include "node/crypto/hash.h"
#include "node/service/caller.h"
#include "node/service/case_answer.h"
#include "node/service/case_content.h"
#include "node/service/case_convert.h"
#include "node/service/case_import.h"
#include "node/service/commit.h"
#include "node/service/year_check.h"
#include "node/store/audit_table.h"
#include "node/store/case_views.h"
#include "node/store/stoppable_reader.h"

namespace enlace::service {

void CaseService::Register(rpc::HandlerTable& table) {
  // Larger than the default: a full part of a delivery.
  table.RegisterRaw<pb::ImportCaseRecordsRequest, pb::ImportCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ImportCaseRecords",
      [this](const rpc::CallContext& call, std::string_view request) {
        return ImportCaseRecords(call, request);
      },
      kDeliveryLimits);
  for (const char* const method : {"/enlace.exchange.v1.CaseService/CreateCaseRecord",
                                   "/enlace.exchange.v1.CaseService/StreamCreateCaseRecord"}) {
    table.RegisterRawBytes<pb::CreateCaseRecordRequest, pb::CaseRecord>(
        method,
        [this](const rpc::CallContext& call, std::string_view request,
               const rpc::Respond<std::string>& respond) {
          CreateCaseRecord(call, request, respond);
        },
        kBriefLimits);
  }
  ENLACE_REGISTER(table, "enlace.exchange.v1.CaseService", CorrectCaseRecord, *this,
                  pb::CorrectCaseRecordRequest, pb::CaseRecord);
  ENLACE_REGISTER(table, "enlace.exchange.v1.CaseService", WithdrawCaseRecord, *this,
                  pb::WithdrawCaseRecordRequest, pb::CaseRecord);
  ENLACE_REGISTER(table, "enlace.exchange.v1.CaseService", EraseCaseRecord, *this,
                  pb::EraseCaseRecordRequest, pb::CaseRecord);
  for (const char* const method : {"/enlace.exchange.v1.CaseService/GetCaseRecord",
                                   "/enlace.exchange.v1.CaseService/StreamGetCaseRecord"}) {
    table.RegisterBytes<pb::GetCaseRecordRequest, pb::CaseRecord>(
        method,
        [this](const rpc::CallContext& call, const pb::GetCaseRecordRequest& request,
               const rpc::Respond<std::string>& respond) { respond(GetCaseRecord(call, request)); },
        kBriefLimits);
  }
  // Smaller than the default: the names of each call are kept in its audit record.
  table.RegisterBytes<pb::BatchGetCaseRecordsRequest, pb::BatchGetCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/BatchGetCaseRecords",
      [this](const rpc::CallContext& call, const pb::BatchGetCaseRecordsRequest& request,
             const rpc::Respond<std::string>& respond) {
        respond(BatchGetCaseRecords(call, request));
      },
      kBatchGetLimits);
  table.RegisterBytes<pb::ListCaseRecordsRequest, pb::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [this](const rpc::CallContext& call, const pb::ListCaseRecordsRequest& request,
             const rpc::Respond<std::string>& respond) {
        respond(ListCaseRecords(call, request));
      });
  ENLACE_REGISTER(table, "enlace.exchange.v1.CaseService", TabulateCaseRecords, *this,
                  pb::TabulateCaseRecordsRequest, pb::TabulateCaseRecordsResponse);
  ENLACE_REGISTER(table, "enlace.exchange.v1.CaseService", BatchTabulateCaseRecords, *this,
                  pb::BatchTabulateCaseRecordsRequest, pb::BatchTabulateCaseRecordsResponse);
}

StatusOr<pb::ImportCaseRecordsResponse> CaseService::ImportCaseRecords(const rpc::CallContext& call,
                                                                       std::string_view bytes) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  ENLACE_ASSIGN_OR_RETURN(const ImportRequest request, ImportRequest::Read(bytes));
  ENLACE_RETURN_IF_ERROR(CheckDelivery(request));
  ENLACE_ASSIGN_OR_RETURN(const auto hasher,
                          store::SourceKeyHasher::Load(*parts_.store.Read(), entity));
  auto rows = ReadCaseRows(request, parts_.registry, hasher);
  std::vector<CaseImportOutcome> outcomes;
  const auto work = [&](store::Transaction& transaction) -> Status {
    outcomes.clear();
    outcomes.reserve(rows.size());
    ENLACE_ASSIGN_OR_RETURN(
        auto delivery, Delivery::Open(transaction, {entity, request.batch_id()}, request.format(),
                                      store::BatchSubject::kCaseRecords));
    ENLACE_ASSIGN_OR_RETURN(auto import,
                            CaseImport::Open(transaction, delivery, parts_.random, parts_.epochs));
    for (const auto& row : rows) {
      ENLACE_ASSIGN_OR_RETURN(auto outcome, import.Add(row));
      outcomes.push_back(std::move(outcome));
    }
    ENLACE_RETURN_IF_ERROR(delivery.Finish(request));
    return AuditCommit(transaction, call, "deliveries/" + request.batch_id());
  };
  ENLACE_RETURN_IF_ERROR(request.validate_only()
                             ? TryDelivery(parts_.store, call, request.batch_id(), work)
                             : parts_.store.Write(work, store::WriteClass::kLarge));
  CaseImportResult result = TellImport(rows, outcomes, entity, parts_.jurisdiction);
  if (!request.validate_only()) {
    parts_.columns.Apply(result.changed);
    return std::move(result.response);
  }
  // Names of new records were made for nothing and will be other ones.
  for (auto& row : *result.response.mutable_results()) {
    if (row.outcome() == pb::RowResult::ACCEPTED) row.clear_name();
  }
  return std::move(result.response);
}

StatusOr<pb::CaseRecord> CaseService::CorrectCaseRecord(
    const rpc::CallContext& call, const pb::CorrectCaseRecordRequest& request) {
  if (request.etag().empty()) {
    return InvalidFields(
        {{"etag", "expected the etag that was read with the record", Reason::REQUEST_INVALID}});
  }
  ENLACE_RETURN_IF_ERROR(CheckReason("correction_reason", request.reason()));
  ENLACE_ASSIGN_OR_RETURN(
      const auto content,
      ContentFromProto(request.case_record(), OutputFields::kIgnored, "case_record"));
  ENLACE_RETURN_IF_ERROR(model::ValidateCase(content, lists_, kCaseRecordField));
  return ChangeOwn(
      call, request.case_record().name(),
      [&](store::Transaction& transaction,
          const model::CaseRecord& current) -> StatusOr<model::CaseRecord> {
        // The end of a record's life is told before a stale etag: reading again would
        // not help.
        if (current.state == model::CaseState::kActive) {
          if (request.etag() != CaseEtag(current.revision)) {
            return Error(Reason::ETAG_MISMATCH,
                         "the record changed since it was read; read it again");
          }
          ENLACE_RETURN_IF_ERROR(
              CheckPeriod(parts_.epochs, current.content, content, "case_record"));
          ENLACE_RETURN_IF_ERROR(CheckYearHasBegun(content.registration_year, transaction.now_ms(),
                                                   "case_record.registration_year",
                                                   Reason::ATTRIBUTE_INVALID));
        }
        return store::CorrectCase(transaction, current.reference, content, request.reason());
      });
}

StatusOr<pb::CaseRecord> CaseService::WithdrawCaseRecord(
    const rpc::CallContext& call, const pb::WithdrawCaseRecordRequest& request) {
  ENLACE_RETURN_IF_ERROR(CheckReason("withdrawal_reason", request.reason()));
  return ChangeOwn(
      call, request.name(),
      [&](store::Transaction& transaction, const model::CaseRecord& current) {
        return store::WithdrawCase(transaction, current.reference, request.reason());
      },
      store::WriteClass::kReserved);
}

StatusOr<pb::CaseRecord> CaseService::EraseCaseRecord(const rpc::CallContext& call,
                                                      const pb::EraseCaseRecordRequest& request) {
  ENLACE_RETURN_IF_ERROR(CheckReason("withdrawal_reason", request.reason()));
  return ChangeOwn(
      call, request.name(),
      [&](store::Transaction& transaction, const model::CaseRecord& current) {
        return store::EraseCase(transaction, current.reference, request.reason());
      },
      store::WriteClass::kReserved);
}

StatusOr<std::string> CaseService::GetCaseRecord(const rpc::CallContext& call,
                                                 const pb::GetCaseRecordRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  if (request.as_of_ms() < 0) {
    return InvalidFields(
        {{"as_of_ms", "expected 0 or a time after 1970", Reason::REQUEST_INVALID}});
  }
  ENLACE_ASSIGN_OR_RETURN(const std::string reference,
                          ParseCaseName(request.name(), parts_.jurisdiction));
  const auto reader = parts_.store.Read();
  std::string answer;
  ENLACE_RETURN_IF_ERROR(
      store::GetCaseViews(*reader, {reference}, [&](size_t, const store::StoredCaseView* view) {
        const bool own = view != nullptr && view->entity == entity;
        if (own) answer = CaseBytes(parts_.jurisdiction, *view);
        return own;
      }));
  // One answer, byte for byte, for absent records and for those of another entity.
  if (answer.empty()) return CaseNotFound();
  if (request.as_of_ms() == 0) return answer;
  ENLACE_ASSIGN_OR_RETURN(const auto record,
                          store::LoadCaseAsOf(*reader, reference, request.as_of_ms()));
  return CaseToProto(record, parts_.jurisdiction).SerializeAsString();
}

StatusOr<pb::TabulateCaseRecordsResponse> CaseService::TabulateCaseRecords(
    const rpc::CallContext& call, const pb::TabulateCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const query::Viewer viewer, ViewerOf(call.caller));
  ENLACE_ASSIGN_OR_RETURN(
      const auto tabulation,
      parts_.columns.Tabulate(TabulationFromProto(request), viewer, call.cancelled));
  return TabulationToProto(tabulation);
}

StatusOr<query::Viewer> CaseService::ViewerOf(const authz::Caller& caller) const {
  if (!caller.entity.empty()) return query::Viewer::OwnRows(caller.entity);
  if (caller.Has(authz::Role::kAnalyst) || caller.Has(authz::Role::kCoordinator)) {
    return query::Viewer::Everyone(parts_.threshold);
  }
  return Error(Reason::PERMISSION_DENIED,
               "tabulation is for reporting entities, analysts and coordinators");
}

StatusOr<model::CaseRecord> CaseService::LoadOwn(const store::Reader& reader,
                                                 const std::string& entity,
                                                 const std::string& name) const {
  ENLACE_ASSIGN_OR_RETURN(const std::string reference, ParseCaseName(name, parts_.jurisdiction));
  auto record = store::LoadCase(reader, reference);
  // One answer, byte for byte, for absent records and for those of another entity.
  if (!record.ok() && ReasonOf(record.status()) == Reason::CASE_NOT_FOUND) return CaseNotFound();
  if (record.ok() && record->entity != entity) return CaseNotFound();
  return record;
}

Status CaseService::CheckReason(std::string_view list, uint32_t reason) const {
  if (parts_.registry.Get(list).Has(reason, parts_.registry.version())) return absl::OkStatus();
  return InvalidFields(
      {{"reason", fmt::format("expected a code of list {}", list), Reason::CODE_UNKNOWN}});
}

StatusOr<pb::CaseRecord> CaseService::ChangeOwn(const rpc::CallContext& call,
                                                const std::string& name, const Change& change,
                                                store::WriteClass write_class) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  model::CaseRecord record;
  const auto work = [&](store::Transaction& transaction) -> Status {
    ENLACE_ASSIGN_OR_RETURN(const auto current, LoadOwn(transaction, entity, name));
    ENLACE_ASSIGN_OR_RETURN(record, change(transaction, current));
    return AuditCommit(transaction, call, name);
  };
  ENLACE_RETURN_IF_ERROR(parts_.store.Write(work, write_class));
  parts_.columns.Apply({record});
  return CaseToProto(record, parts_.jurisdiction);
}

}  // namespace enlace::service
