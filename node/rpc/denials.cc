#include "node/rpc/denials.h"

#include <iterator>
#include <utility>

#include "fmt/format.h"

namespace enlace::rpc {
namespace {

constexpr char kAnyMethod[] = "*";

AuditEvent Repeated(const std::string& caller, const std::string& method, uint64_t count,
                    const std::string& request_id) {
  return {caller, method, fmt::format("{}{}", kResourceRepeated, count), "deny", request_id};
}

}  // namespace

bool Denials::IsDue(const Entry& entry) const {
  return clock_.SteadyMs() - entry.recorded_steady_ms >= kSummaryMs;
}

Denials::Key Denials::KeyOf(const authz::Caller& caller, std::string_view method) {
  const std::string jurisdiction = caller.jurisdiction();
  Key key{jurisdiction, caller.Name(), std::string(method)};
  if (entries_.contains(key)) return key;
  size_t count = 0;
  for (auto entry = entries_.lower_bound(Key{jurisdiction, "", ""});
       entry != entries_.end() && std::get<0>(entry->first) == jurisdiction;) {
    const bool idle = entry->second.more == 0 && IsDue(entry->second);
    count += idle ? 0 : 1;
    entry = idle ? entries_.erase(entry) : std::next(entry);
  }
  if (count < kPerJurisdictionMax) return key;
  const std::string& domain = caller.identity.id.trust_domain;
  return {jurisdiction, domain.empty() ? caller.Name() : "spiffe://" + domain + "/*", kAnyMethod};
}

Status Denials::Add(const authz::Caller& caller, std::string_view method,
                    const std::string& request_id) {
  Due due;
  {
    const MutexLock lock(mutex_);
    due.key = KeyOf(caller, method);
    const auto [found, is_new] = entries_.try_emplace(due.key);
    Entry& entry = found->second;
    entry.request_id = request_id;
    if (!is_new && !IsDue(entry)) {
      ++entry.more;
      return Status();
    }
    due.count = std::exchange(entry.more, 0) + 1;
    entry.recorded_steady_ms = clock_.SteadyMs();
  }
  due.event = due.count == 1
                  ? AuditEvent{caller.Name(), std::string(method), std::string(kResourceUnread),
                               "deny", request_id}
                  : Repeated(std::get<1>(due.key), std::get<2>(due.key), due.count, request_id);
  return Record(due);
}

Status Denials::Flush(bool all) {
  std::vector<Due> dues;
  {
    const MutexLock lock(mutex_);
    for (auto& [key, entry] : entries_) {
      if (entry.more == 0 || !(all || IsDue(entry))) continue;
      entry.recorded_steady_ms = clock_.SteadyMs();
      const uint64_t count = std::exchange(entry.more, 0);
      dues.push_back(
          {key, count, Repeated(std::get<1>(key), std::get<2>(key), count, entry.request_id)});
    }
  }
  Status status;
  for (const Due& due : dues) status.Update(Record(due));
  return status;
}

Status Denials::Record(const Due& due) {
  Status status = audit_.Record(due.event);
  if (status.ok()) return status;
  const MutexLock lock(mutex_);
  Entry& entry = entries_[due.key];
  entry.more += due.count;
  entry.request_id = due.event.request_id;
  entry.recorded_steady_ms = clock_.SteadyMs() - kSummaryMs;  // The next one tries again.
  return status;
}

}  // namespace enlace::rpc
