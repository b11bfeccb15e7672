#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "node/authz/policy.h"
#include "node/base/clock.h"
#include "node/base/error.h"
#include "node/base/mutex.h"
#include "node/rpc/audit_sink.h"

// Records refusals on national data, of each caller and method the first at once and those
// that follow as a count, once a minute. Every certificate of the network can be refused as
// often as its owner likes, and each record is a synced write that stays for ever: without a
// count, anyone could fill another state's disk. Thread-safe.
namespace enlace::rpc {

class Denials {
 public:
  static constexpr int64_t kSummaryMs = 60'000;
  // Pairs of caller and method of one jurisdiction that are told apart at a time, so that an
  // authority cannot do with many names what one may not; refusals of others are counted
  // together, as of "spiffe://<domain>/*".
  static constexpr size_t kPerJurisdictionMax = 32;

  // Both must outlive it.
  Denials(AuditSink& audit, const Clock& clock) : audit_(audit), clock_(clock) {}

  // OK when the refusal is recorded or counted. On an error of the record it counts as not
  // recorded, and the call fails with it.
  Status Add(const authz::Caller& caller, std::string_view method, const std::string& request_id);
  // Records what was counted for a minute, or all that was counted: before the node stops. What
  // fails stays counted.
  Status Flush(bool all);

 private:
  // Jurisdiction, caller, method.
  using Key = std::tuple<std::string, std::string, std::string>;
  struct Entry {
    int64_t recorded_steady_ms = 0;
    uint64_t more = 0;       // Since then.
    std::string request_id;  // Of the last of them.
  };
  struct Due {
    Key key;
    uint64_t count = 0;
    AuditEvent event;
  };
  bool IsDue(const Entry& entry) const;
  Key KeyOf(const authz::Caller& caller, std::string_view method) ENLACE_REQUIRES(mutex_);
  Status Record(const Due& due);

  AuditSink& audit_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<Key, Entry> entries_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::rpc
