#pragma once

#include <functional>
#include <vector>

#include "node/rpc/audit_sink.h"
#include "node/store/store.h"

namespace enlace::service {

// Keeps the dispatcher's decisions in the store's audit chain. Thread-safe.
class StoreAudit final : public rpc::AuditSink {
 public:
  explicit StoreAudit(store::Store& store) : store_(store) {}
  Status Record(const rpc::AuditEvent& event) override;
  void Begin(const rpc::AuditEvent& event, const std::function<void(const Status&)>& done) override;
  // One write for all of them, when none is a refusal.
  void BeginAll(std::vector<Begun> records) override;

 private:
  store::Store& store_;
};

}  // namespace enlace::service
