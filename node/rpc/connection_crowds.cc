// What the connections of one identity, and all of them, may cost together.
#include <algorithm>
#include <utility>
#include <vector>

#include "node/rpc/connections.h"

namespace enlace::rpc {
namespace {

using metrics::Limit;

// After so many bytes of one crowd gRPC is asked for its streams: they can begin 2,300.
constexpr int64_t kCrowdBytes = 32 << 10;
// And after so many of all.
constexpr int64_t kAllBytes = 96 << 10;
// Of few connections none begins much before it is looked at by itself. Those of many are looked at
// every other millisecond, in which gRPC begins 500 streams, and no longer than for so great a part
// of the time.
constexpr size_t kFewMembers = 8;
constexpr int kLookOftenMs = 2;
constexpr int64_t kRestTimes = 16;
// With more streams that were not shown a connection is busy.
constexpr int64_t kBusyStreams = 8;

}  // namespace

void Connections::JoinCrowd(Connection& connection) {
  connection.crowd = &crowds_.Join(connection.caller, connection.id, connection.share);
}

void Connections::LeaveCrowd(Connection& connection) {
  if (connection.crowd == nullptr) return;
  crowds_.Leave(*std::exchange(connection.crowd, nullptr), connection.id, connection.share);
}

void Connections::Change(Connection& connection, const CrowdShare& now) {
  if (connection.crowd != nullptr) crowds_.Change(*connection.crowd, connection.share, now);
}

// What gRPC had read by the last look has begun by now what it begins. What it has not read yet
// begins nothing, so it need not be asked.
void Connections::LookAtMember(Connection& connection, bool ask) {
  Judge(connection);
  if (connection.cut) return;
  const int64_t unread = UnreadBytes(connection.fd.get());
  const int64_t read = std::max<int64_t>(0, connection.share.unlooked - unread);
  if (read == 0 && !ask) return;
  if (UnseenStreams(connection) > limits_.streams_max) {
    return DropAtFault(connection, Limit::kStreams);
  }
  const int64_t before =
      std::exchange(connection.read, std::max<int64_t>(0, read - connection.read));
  CrowdShare now = connection.share;
  now.unlooked -= std::min(before, read);
  Change(connection, now);
}

bool Connections::InDoubt(const Crowds::Crowd& crowd) const {
  const CrowdShare& all = crowds_.all();
  return crowd.sum.unlooked > kCrowdBytes || crowd.sum.streams > limits_.identity_streams_max ||
         crowd.sum.debt > limits_.identity_spare_bytes ||
         (all.unlooked > kAllBytes && crowd.sum.unlooked > 0) ||
         (all.streams > limits_.all_streams_max && crowd.sum.streams > 0);
}

void Connections::LookAtCrowd(Crowds::Crowd& crowd) {
  const int64_t begin_us = clock_.SteadyUs();
  const bool over = crowd.sum.streams > limits_.identity_streams_max ||
                    crowds_.all().streams > limits_.all_streams_max;
  const std::string caller = crowd.caller;
  const std::vector<uint64_t> members(crowd.members.begin(), crowd.members.end());
  const int64_t few_bytes =
      crowds_.all().unlooked > kAllBytes ? 0 : kCrowdBytes / static_cast<int64_t>(members.size());
  bool searched = false;
  for (const uint64_t id : members) {
    Connection* const member = Find(id);
    if (member == nullptr || member->cut) continue;  // Shut out on the way.
    const CrowdShare& share = member->share;
    if (share.streams == 0 && share.debt == 0 && share.unlooked <= few_bytes) continue;
    if (member->socket == 0 && !std::exchange(searched, true)) FindSockets();
    LookAtMember(*member, over && share.streams > 0);
  }
  Crowds::Crowd* const left = crowds_.Find(caller);
  if (left == nullptr) return;
  const int64_t now_us = clock_.SteadyUs();
  const int64_t least_us = members.size() <= kFewMembers ? kLookMs * 1'000 : kLookOftenMs * 1'000;
  left->next_look_steady_us = now_us + std::max(least_us, kRestTimes * (now_us - begin_us));
}

template <typename Figure>
Connections::Connection* Connections::Most(const Crowds::Crowd& crowd, Figure figure) {
  Connection* most = nullptr;
  for (const uint64_t id : crowd.members) {
    Connection* const member = Find(id);
    if (most == nullptr || figure(member->share) > figure(most->share)) most = member;
  }
  return most;
}

// With too many streams the identity is shut out at once: with each connection that it keeps, gRPC
// begins another thousand before the next look. With too many bytes the busiest connections go, of
// which the third within a minute leads to the same.
void Connections::HoldToLimits(const std::string& caller) {
  const auto streams = [](const CrowdShare& share) { return share.streams; };
  const auto debt = [](const CrowdShare& share) { return share.debt; };
  while (const Crowds::Crowd* const crowd = crowds_.Find(caller)) {
    if (crowd->sum.streams > limits_.identity_streams_max && conduct_->ShutOut(caller)) {
      metrics_.CountLimit(Limit::kIdentityStreams);
      CutAllOf(caller);
    } else if (crowd->sum.streams > limits_.identity_streams_max) {
      DropAtFault(*Most(*crowd, streams), Limit::kIdentityStreams);
    } else if (crowd->sum.debt > limits_.identity_spare_bytes) {
      DropAtFault(*Most(*crowd, debt), Limit::kIdentityBytes);
    } else {
      return;
    }
  }
}

void Connections::HoldAllToLimit() {
  const auto streams = [](const CrowdShare& share) { return share.streams; };
  while (crowds_.all().streams > limits_.all_streams_max) {
    DropAtFault(*Most(*crowds_.Busiest(), streams), Limit::kAllStreams);
  }
}

// In how many milliseconds they are to be looked at again.
int Connections::LookAtCrowds() {
  const MutexLock lock(mutex_);
  const int64_t now_us = clock_.SteadyUs();
  std::vector<std::string> doubtful;
  crowds_.ForEach([&](const Crowds::Crowd& crowd) ENLACE_NO_ANALYSIS {
    if (InDoubt(crowd)) doubtful.push_back(crowd.caller);
  });
  int look_ms = kLookAllMs;
  for (const std::string& caller : doubtful) {
    Crowds::Crowd* const crowd = crowds_.Find(caller);
    if (crowd == nullptr) continue;
    look_ms = std::min(look_ms, crowd->members.size() <= kFewMembers ? kLookMs : kLookOftenMs);
    if (now_us < crowd->next_look_steady_us) continue;
    LookAtCrowd(*crowd);
    HoldToLimits(caller);
  }
  HoldAllToLimit();
  return look_ms;
}

// Of each connection gRPC takes what its socket holds, up to 4,000 streams, and begins them all
// before anybody can look. So when one floods, those of the same crowd go with it in which
// something waits and no call runs; who is honest connects again. Of those without a caller nobody
// knows yet whose they are, so they go also when anybody is shut out.
void Connections::CutBusy(const std::string& caller) {
  const Crowds::Crowd* const crowd = crowds_.Find(caller);
  if (crowd == nullptr) return;
  const std::vector<uint64_t> members(crowd->members.begin(), crowd->members.end());
  for (const uint64_t id : members) {
    Connection& member = *Find(id);
    if (member.own_place) continue;  // The watchdog's.
    if (member.share.streams - member.shown > kBusyStreams ||
        (member.shown == 0 && UnreadBytes(member.fd.get()) > 0)) {
      Drop(member, caller.empty() ? Limit::kUncertified : Limit::kIdentityStreams);
    }
  }
}

}  // namespace enlace::rpc
