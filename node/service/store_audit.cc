#include "node/service/store_audit.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "node/store/audit_table.h"

namespace enlace::service {
namespace {

store::AuditRecord RecordOf(const rpc::AuditEvent& event) {
  return {event.caller, event.method, event.resource, event.decision, event.request_id};
}

store::Work Append(const rpc::AuditEvent& event) {
  return [record = RecordOf(event)](store::Transaction& transaction) {
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

void StoreAudit::BeginAll(std::vector<Begun> records) {
  const bool reads = std::all_of(records.begin(), records.end(), [](const Begun& record) {
    return ClassOf(record.event) == store::WriteClass::kReadRecord;
  });
  if (!reads || records.size() == 1) return AuditSink::BeginAll(std::move(records));
  const auto all = std::make_shared<const std::vector<Begun>>(std::move(records));
  store_.Submit(
      [all](store::Transaction& transaction) {
        for (const Begun& record : *all) {
          ENLACE_RETURN_IF_ERROR(store::AppendAudit(transaction, RecordOf(record.event)));
        }
        return absl::OkStatus();
      },
      store::WriteClass::kReadRecord,
      [all](const Status& status) {
        for (const Begun& record : *all) record.done(status);
      });
}

}  // namespace enlace::service
