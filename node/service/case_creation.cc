// The call of CaseService that stores one record. Its bytes are read, stored and answered as they
// are: a message for each record cost as much as all else that is done with it.
#include "node/base/wire.h"
#include "node/crypto/hash.h"
#include "node/service/caller.h"
#include "node/service/case_answer.h"
#include "node/service/case_content.h"
#include "node/service/case_convert.h"
#include "node/service/case_service.h"
#include "node/service/commit.h"
#include "node/service/year_check.h"
#include "node/store/audit_table.h"
#include "node/store/case_table.h"
#include "node/store/case_views.h"

namespace enlace::service {
namespace {

// Also what its request ids are remembered for when they come by a stream, so that a request may
// be repeated either way.
constexpr char kCreate[] = "/enlace.exchange.v1.CaseService/CreateCaseRecord";

// Its bytes passed rpc::ScanWire: each field comes once at most, and no other.
struct CreationRequest {
  std::string_view request_id;
  std::string_view case_record;
};

StatusOr<CreationRequest> ReadRequest(std::string_view bytes) {
  using Message = pb::CreateCaseRecordRequest;
  CreationRequest request;
  WireField field;
  while (!bytes.empty()) {
    const bool taken = TakeField(bytes, field) && field.type == WireType::kBytes;
    if (taken && field.number == Message::kCaseRecordFieldNumber) {
      request.case_record = field.bytes;
    } else if (taken && field.number == Message::kRequestIdFieldNumber) {
      request.request_id = field.bytes;
    } else {
      return Error(Reason::REQUEST_MALFORMED, "expected the bytes of CreateCaseRecordRequest",
                   {{"type", Message::descriptor()->full_name()}});
    }
  }
  return request;
}

}  // namespace

// A record on its way into the store; kept by what waits for the commit.
struct CaseService::Creation {
  std::string request_id;
  Hash request_hash;
  model::CaseRecord record;
  std::string_view wire;  // Its content as it is stored, in the request or in `own_wire`.
  std::string own_wire;
  std::string answer;
};

Status CaseService::PrepareCreation(const rpc::CallContext& call, std::string_view bytes,
                                    Creation& creation) const {
  model::CaseRecord& record = creation.record;
  ENLACE_ASSIGN_OR_RETURN(record.entity, RequireEntity(call));
  ENLACE_ASSIGN_OR_RETURN(const CreationRequest request, ReadRequest(bytes));
  creation.request_id = request.request_id;
  ENLACE_RETURN_IF_ERROR(CheckRequestId(creation.request_id));
  ENLACE_ASSIGN_OR_RETURN(creation.wire,
                          ReadCaseContent(request.case_record, record.content, creation.own_wire));
  ENLACE_RETURN_IF_ERROR(model::ValidateCase(record.content, lists_, kCaseRecordField));
  // The request id is a random UUID and stored only under a hash, so that this hash of a
  // content with few possible values cannot be searched.
  creation.request_hash = crypto::Sha256(creation.request_id + '\0' + record.entity + '\0' +
                                         model::CanonicalBytes(record.content));
  return absl::OkStatus();
}

Status CaseService::Create(store::Transaction& transaction, const rpc::CallContext& call,
                           Creation& creation) const {
  const std::string caller = call.caller.Name();
  model::CaseRecord& record = creation.record;
  ENLACE_ASSIGN_OR_RETURN(
      const auto earlier,
      store::FindRequest(transaction, caller, kCreate, creation.request_id, creation.request_hash));
  if (earlier.has_value()) {
    // What it shows may have been changed since: it is a read of the record.
    ENLACE_ASSIGN_OR_RETURN(record, LoadOwn(transaction, record.entity, *earlier));
    creation.answer = CaseToProto(record, parts_.jurisdiction).SerializeAsString();
    return AuditCommit(transaction, call, *earlier);
  }
  ENLACE_RETURN_IF_ERROR(CheckYearHasBegun(record.content.registration_year, transaction.now_ms(),
                                           "case_record.registration_year",
                                           Reason::ATTRIBUTE_INVALID));
  ENLACE_ASSIGN_OR_RETURN(auto adder,
                          store::CaseAdder::Open(transaction, record.entity, parts_.random));
  ENLACE_ASSIGN_OR_RETURN(auto added, adder.Add(creation.wire));
  record.reference = std::move(added.reference);
  record.create_time_ms = record.update_time_ms = transaction.now_ms();
  const std::string name = CaseName(parts_.jurisdiction, record.reference);
  store::PutRequest(transaction, caller, kCreate, creation.request_id, creation.request_hash, name);
  creation.answer =
      CaseBytes(parts_.jurisdiction,
                {added.key, record.reference, record.entity, creation.wire, record.state,
                 record.revision, record.reason, record.create_time_ms, record.update_time_ms});
  return AuditCommit(transaction, call, name);
}

void CaseService::CreateCaseRecord(const rpc::CallContext& call, std::string_view request,
                                   const rpc::Respond<std::string>& respond) {
  const auto creation = std::make_shared<Creation>();
  const Status prepared = PrepareCreation(call, request, *creation);
  if (!prepared.ok()) return respond(prepared);
  parts_.store.Submit(
      [this, &call, creation](store::Transaction& transaction) {
        return Create(transaction, call, *creation);
      },
      store::WriteClass::kOrdinary,
      [this, creation, respond](const Status& status) {
        if (!status.ok()) return respond(status);
        parts_.columns.Apply({creation->record});
        respond(std::move(creation->answer));
      });
}

}  // namespace enlace::service
