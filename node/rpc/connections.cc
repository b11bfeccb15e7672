#include "node/rpc/connections.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "node/base/check.h"
#include "node/base/log.h"

namespace enlace::rpc {
namespace {

using metrics::Limit;

constexpr int64_t kRoomMs = 500;  // For gRPC to drop what was cut.

}  // namespace

Connections::Connections(const ConnectionLimits& limits, std::shared_ptr<Conduct> conduct,
                         metrics::Metrics& metrics, const Clock& clock)
    : limits_(limits),
      conduct_(std::move(conduct)),
      metrics_(metrics),
      clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ENLACE_CHECK(epoll_.get() >= 0 && wake_.get() >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;
  ENLACE_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Connections::~Connections() {
  thread_.request_stop();
  const uint64_t one = 1;
  ENLACE_CHECK(write(wake_.get(), &one, sizeof(one)) == sizeof(one));
  thread_.join();
}

// -- places

bool Connections::Enter(int fd) {
  SocketNames names = NamesOf(fd);
  if (names.peer.empty()) return false;
  const MutexLock lock(mutex_);
  if (!MakePlace(names)) return false;
  FileDescriptor copy(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (copy.get() < 0) {
    metrics_.CountLimit(Limit::kDescriptors);
    return false;
  }
  Add(std::move(copy), std::move(names));
  return true;
}

bool Connections::MakePlace(const SocketNames& names) {
  if (names.from_self && own_places_ < kOwnPlaces) return true;
  const auto of_address = by_address_.find(names.address);
  if (of_address != by_address_.end() && of_address->second >= limits_.per_address_max &&
      !EvictOldest(&names.address, Limit::kAddress)) {
    metrics_.CountLimit(Limit::kAddress);
    return false;
  }
  if (static_cast<int64_t>(uncertified_.size()) >= limits_.uncertified_max) {
    EvictOldest(nullptr, Limit::kUncertified);
  }
  const int64_t alive = certified_ + static_cast<int64_t>(uncertified_.size());
  if (alive >= limits_.connections_max && !EvictOldest(nullptr, Limit::kConnections)) {
    metrics_.CountLimit(Limit::kConnections);
    return false;
  }
  // What was cut keeps its descriptors until gRPC has seen it.
  const bool has_room = gone_.WaitFor(mutex_, kRoomMs, [this]() ENLACE_NO_ANALYSIS {
    return static_cast<int64_t>(map_.size()) < limits_.connections_max + kOwnPlaces;
  });
  if (!has_room) metrics_.CountLimit(Limit::kConnections);
  return has_room;
}

// False when there is none to evict, of that address or, with null, of any.
bool Connections::EvictOldest(const std::string* address, Limit limit) {
  for (const uint64_t id : uncertified_) {
    Connection& connection = *Find(id);
    if (address != nullptr && connection.names.address != *address) continue;
    Drop(connection, limit);
    return true;
  }
  return false;
}

// Once for all that arrives between two looks; the end of a connection is always shown. What gRPC
// has read by the time of the look is not shown, unless the look is also for room to write, which
// there is: a busy caller's connection would be looked at all the time.
int Connections::Watch(int operation, uint64_t id, int fd, bool certified) const {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  if (!certified) event.events |= EPOLLOUT;
  event.data.u64 = id;
  return epoll_ctl(epoll_.get(), operation, fd, &event);
}

void Connections::Add(FileDescriptor fd, SocketNames names) {
  const uint64_t id = next_id_++;
  const int added = Watch(EPOLL_CTL_ADD, id, fd.get(), /*certified=*/false);
  ENLACE_CHECK(added == 0 || errno == ENOMEM || errno == ENOSPC);
  Connection& connection = map_[id];
  connection.id = id;
  connection.fd = std::move(fd);
  connection.since_steady_ms = clock_.SteadyMs();
  connection.spare = limits_.spare_bytes_uncertified;
  connection.own_place = names.from_self && own_places_ < kOwnPlaces;
  by_peer_[names.peer] = id;
  if (connection.own_place) {
    ++own_places_;
  } else {
    ++by_address_[names.address];
    uncertified_.insert(id);
  }
  connection.names = std::move(names);
  JoinCrowd(connection);
}

// Gives its place back.
void Connections::Uncount(Connection& connection) {
  if (std::exchange(connection.cut, true)) return;
  LeaveCrowd(connection);
  if (connection.own_place) {
    --own_places_;
    return;
  }
  if (uncertified_.erase(connection.id) == 0) --certified_;
  const auto of_address = by_address_.find(connection.names.address);
  if (--of_address->second == 0) by_address_.erase(of_address);
}

void Connections::Drop(Connection& connection, Limit limit) {
  if (connection.cut) return;
  Uncount(connection);
  metrics_.CountLimit(limit);
  Cut(connection.fd.get());
  if (connection.caller.empty()) return;
  LogWarning("connection_cut", {{"caller", connection.caller},
                                {"address", connection.names.address},
                                {"limit", std::string(LimitName(limit))}});
}

Connections::Connection* Connections::Find(uint64_t id) {
  const auto found = map_.find(id);
  return found == map_.end() ? nullptr : &found->second;
}

void Connections::CutAllOf(std::string_view caller) {
  for (auto& [id, connection] : map_) {
    if (connection.caller == caller) Drop(connection, Limit::kShutOut);
  }
  CutBusy("");
}

Connections::Counts Connections::CountLocked() const {
  Counts counts{static_cast<int64_t>(uncertified_.size()), certified_};
  counts.own = own_places_;
  return counts;
}

Connections::Counts Connections::Count() const {
  const MutexLock lock(mutex_);
  return CountLocked();
}

// -- looks

void Connections::Look(uint64_t id, bool gone) {
  const MutexLock lock(mutex_);
  const auto found = map_.find(id);
  if (found == map_.end()) return;
  Connection& connection = found->second;
  if (!gone) {
    if (!connection.cut) Judge(connection);
    return;
  }
  // A flood that gRPC itself ended counts too.
  if (!connection.cut) Judge(connection);
  Uncount(connection);
  // gRPC may still have much to read of a caller who has gone.
  Cut(connection.fd.get());
  const auto named = by_peer_.find(connection.names.peer);
  // A new connection may have the name of one whose end is seen only now.
  if (named != by_peer_.end() && named->second == id) by_peer_.erase(named);
  map_.erase(found);
  gone_.NotifyAll();
}

void Connections::LookAtAll() {
  const MutexLock lock(mutex_);
  const int64_t now_ms = clock_.SteadyMs();
  for (auto& [id, connection] : map_) {
    if (connection.cut) continue;
    if (connection.caller.empty() && now_ms - connection.since_steady_ms > limits_.uncertified_ms) {
      Drop(connection, Limit::kUncertifiedTime);
      continue;
    }
    if (connection.untaken == 0) continue;
    const uint64_t taken = FlowOf(connection.fd.get()).taken;
    if (taken != std::exchange(connection.taken, taken)) {
      connection.taken_steady_ms = now_ms;
    } else if (now_ms - connection.taken_steady_ms > limits_.untaken_ms) {
      Drop(connection, Limit::kUntaken);
    }
  }
  const Counts counts = CountLocked();
  metrics_.SetConnections(counts.uncertified, counts.certified, counts.own);
}

void Connections::Run(const std::stop_token& stop) {
  int64_t look_all_steady_ms = 0;
  int look_ms = kLookAllMs;
  std::array<epoll_event, 256> events{};
  while (!stop.stop_requested()) {
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), look_ms);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 != 0) Look(event.data.u64, (event.events & EPOLLHUP) != 0);
    }
    look_ms = std::min(LookAtSuspects(), LookAtCrowds());
    const int64_t now_ms = clock_.SteadyMs();
    if (now_ms >= look_all_steady_ms) {
      look_all_steady_ms = now_ms + kLookAllMs;
      LookAtAll();
    }
    pollfd wake{wake_.get(), POLLIN, 0};
    if (count < static_cast<int>(events.size())) poll(&wake, 1, std::min(look_ms, kLookMs));
  }
}

}  // namespace enlace::rpc
