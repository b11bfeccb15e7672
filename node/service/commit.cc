#include "node/service/commit.h"

#include "node/store/audit_table.h"

namespace enlace::service {

Status AuditCommit(store::Transaction& transaction, const rpc::CallContext& call,
                   std::string_view resource) {
  store::AuditRecord record;
  record.caller = call.caller.Name();
  record.method = call.method;
  record.resource = std::string(resource);
  record.decision = "allow";
  record.request_id = call.request_id;
  return store::AppendAudit(transaction, record);
}

Status Try(store::Store& store, const std::function<Status(store::Transaction&)>& work,
           store::WriteClass write_class) {
  bool worked = false;
  const Status status = store.Write(
      [&](store::Transaction& transaction) -> Status {
        worked = false;
        ENLACE_RETURN_IF_ERROR(work(transaction));
        worked = true;
        return absl::CancelledError();
      },
      write_class);
  // The cancellation is ours; any other failure (a full queue, a disk) is the caller's.
  return worked && absl::IsCancelled(status) ? absl::OkStatus() : status;
}

Status TryDelivery(store::Store& store, const rpc::CallContext& call, std::string_view batch_id,
                   const std::function<Status(store::Transaction&)>& work) {
  ENLACE_RETURN_IF_ERROR(Try(store, work, store::WriteClass::kLarge));
  return store.Write(
      [&](store::Transaction& transaction) {
        return AuditCommit(transaction, call, "trials/" + std::string(batch_id));
      },
      store::WriteClass::kReadRecord);
}

}  // namespace enlace::service
