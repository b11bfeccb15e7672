#include "node/service/store_audit.h"

#include "node/store/audit_table.h"

namespace enlace::service {

namespace {

store::Work Append(const rpc::AuditEvent& event) {
  return [record = store::AuditRecord{event.caller, event.method, event.resource, event.decision,
                                      event.request_id}](store::Transaction& transaction) {
    return store::AppendAudit(transaction, record);
  };
}

// A caller who is let in reads at once; a refusal is written seldom, and as safe as a change.
store::WriteClass ClassOf(const rpc::AuditEvent& event) {
  return event.decision == "allow" ? store::WriteClass::kReadRecord : store::WriteClass::kReserved;
}

}  // namespace

Status StoreAudit::Record(const rpc::AuditEvent& event) {
  return store_.Write(Append(event), ClassOf(event));
}

void StoreAudit::Begin(const rpc::AuditEvent& event,
                       const std::function<void(const Status&)>& done) {
  store_.Submit(Append(event), ClassOf(event), done);
}

}  // namespace enlace::service
