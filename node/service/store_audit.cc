#include "node/service/store_audit.h"

#include "node/store/audit_table.h"

namespace enlace::service {

Status StoreAudit::Record(const rpc::AuditEvent& event) {
  const auto work = [&event](store::Transaction& transaction) {
    store::AuditRecord record;
    record.caller = event.caller;
    record.method = event.method;
    record.resource = event.resource;
    record.decision = event.decision;
    record.request_id = event.request_id;
    return store::AppendAudit(transaction, record);
  };
  // A caller who is let in reads at once; a refusal is written seldom, and as safe as a change.
  const bool reads = event.decision == "allow";
  return store_.Write(work, reads ? store::WriteClass::kReadRecord : store::WriteClass::kReserved);
}

}  // namespace enlace::service
