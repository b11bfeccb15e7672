// What the calls of a connection cost, and what they explain.
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "node/rpc/connections.h"

namespace enlace::rpc {
namespace {

using metrics::Limit;

constexpr int64_t kStrangeCallsMax = 64;
// What frames and records of one more message in a stream may take beside it.
constexpr int64_t kSpareBytesPerMessage = 256;
// After so many bytes gRPC is asked for its streams: 14 bytes can begin one, which takes 20 kB, so
// that these begin hardly more than the calls that one connection may have.
constexpr int64_t kLookBytes = 2 << 10;
// More streams than these that were not shown, or more bytes in all before a certified call, and a
// connection is looked at again soon.
constexpr int64_t kSuspectStreams = 32;
constexpr uint64_t kSuspectBytes = 16 << 10;
// Connections that are looked at every other millisecond, in which a hundred streams begin; more
// of them would take the look's own thread too long.
constexpr size_t kFewSuspects = 8;
constexpr int kSuspectLookMs = 2;
// So many times the streams that a connection may have are no slip of a program that was slow to
// hear of its limit.
constexpr int64_t kBoundlessTimes = 4;

}  // namespace

bool Connections::Begin(CallMark& mark, const std::string& peer) {
  const MutexLock lock(mutex_);
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end()) return true;
  Connection& connection = *Find(found->second);
  mark.id_ = connection.id;
  ++connection.streams;
  if (!connection.cut) Judge(connection);
  if (connection.streams > limits_.streams_max && !connection.cut) {
    DropAtFault(connection, Limit::kStreams);
  }
  if (connection.caller.empty() && ++connection.strange > kStrangeCallsMax) {
    Drop(connection, Limit::kUncertified);
  }
  mark.caller_ = connection.caller;
  return !connection.cut || connection.caller.empty();
}

bool Connections::Certify(CallMark& mark, const std::string& uri) {
  const MutexLock lock(mutex_);
  mark.caller_ = uri;
  if (mark.reset_ && !mark.counted_) CountReset(uri);
  mark.counted_ = mark.reset_;
  Connection* const connection = Find(mark.id_);
  if (connection != nullptr && connection->caller.empty()) {
    const bool alone = connection->crowd == nullptr;  // It was cut.
    LeaveCrowd(*connection);
    connection->caller = uri;
    if (!alone) JoinCrowd(*connection);
    Watch(EPOLL_CTL_MOD, connection->id, connection->fd.get(), /*certified=*/true);
    connection->spare += limits_.spare_bytes - limits_.spare_bytes_uncertified;
    if (connection->at_fault) CountCut(uri);  // A flood is seen before its first call is.
    if (uncertified_.erase(mark.id_) > 0) ++certified_;
  }
  if (conduct_->IsShutOut(uri)) {
    metrics_.CountLimit(Limit::kShutOut);
    if (connection != nullptr) Drop(*connection, Limit::kShutOut);
    return false;
  }
  if (connection != nullptr && connection->cut) return false;
  const auto untaken = untaken_.find(uri);
  if (untaken == untaken_.end() || untaken->second <= limits_.untaken_bytes_max) return true;
  metrics_.CountLimit(Limit::kUntaken);
  return false;
}

void Connections::Await(CallMark& mark, size_t request_bytes_max) {
  const MutexLock lock(mutex_);
  Connection* const connection = Find(mark.id_);
  if (connection == nullptr) return;
  if (mark.awaited_ > 0) {  // Of a stream: one message has come, and its answer was taken.
    connection->explained += mark.arrived_ + kSpareBytesPerMessage;
    Settle(*connection, mark);
  }
  if (!std::exchange(mark.shown_, true)) ++connection->shown;
  mark.awaited_ = static_cast<int64_t>(request_bytes_max) + limits_.spare_bytes_per_call;
  connection->awaited += mark.awaited_;
}

void Connections::Arrived(CallMark& mark, size_t request_bytes) {
  const MutexLock lock(mutex_);
  mark.arrived_ = static_cast<int64_t>(request_bytes);
}

void Connections::Answered(CallMark& mark, size_t answer_bytes) {
  const MutexLock lock(mutex_);
  Connection* const connection = Find(mark.id_);
  if (connection == nullptr || mark.caller_.empty()) return;
  mark.answer_ = static_cast<int64_t>(answer_bytes);
  if (connection->untaken == 0) connection->taken_steady_ms = clock_.SteadyMs();
  connection->untaken += mark.answer_;
  untaken_[mark.caller_] += mark.answer_;
}

void Connections::Refused(const CallMark& mark) {
  const MutexLock lock(mutex_);
  if (mark.caller_.empty() || !conduct_->CountRefusal(mark.caller_)) return;
  metrics_.CountLimit(Limit::kRefusals);
  CutAllOf(mark.caller_);
}

void Connections::Reset(CallMark& mark) {
  const MutexLock lock(mutex_);
  mark.reset_ = true;
  if (mark.caller_.empty()) return;  // Counted when it is known whose it was.
  mark.counted_ = true;
  CountReset(mark.caller_);
}

void Connections::CountReset(const std::string& caller) {
  if (!conduct_->CountReset(caller)) return;
  metrics_.CountLimit(Limit::kResets);
  CutAllOf(caller);
}

void Connections::CountCut(const std::string& caller) {
  if (!caller.empty() && conduct_->CountCut(caller)) CutAllOf(caller);
}

void Connections::End(CallMark& mark) {
  const MutexLock lock(mutex_);
  Connection* const connection = Find(mark.id_);
  if (connection == nullptr) return ForgetAnswer(mark);
  --connection->streams;
  if (mark.shown_) --connection->shown;
  // Of a request that was given up on its way nobody knows how much had come.
  connection->explained +=
      mark.reset_ ? mark.awaited_ : mark.arrived_ + limits_.spare_bytes_per_call;
  Settle(*connection, mark);
}

void Connections::Settle(Connection& connection, CallMark& mark) {
  connection.untaken -= mark.answer_;
  connection.awaited -= std::exchange(mark.awaited_, 0);
  mark.arrived_ = 0;
  ForgetAnswer(mark);
}

void Connections::ForgetAnswer(CallMark& mark) {
  if (mark.answer_ == 0) return;
  const auto untaken = untaken_.find(mark.caller_);
  untaken->second -= std::exchange(mark.answer_, 0);
  if (untaken->second == 0) untaken_.erase(untaken);
}

// Bytes that no call explains are taken from what a connection has to spare; with those that
// the running calls may still send, and those that gRPC has not shown, it must not fall below
// nothing.
void Connections::Judge(Connection& connection) {
  const uint64_t received = FlowOf(connection.fd.get()).received;
  if (received < connection.received) return;  // It was cut.
  const auto arrived = static_cast<int64_t>(received - connection.received);
  connection.received = received;
  connection.spare += std::exchange(connection.explained, 0) - arrived;
  connection.unlooked += arrived;
  const bool certified = !connection.caller.empty();
  const int64_t spare_max = certified ? limits_.spare_bytes : limits_.spare_bytes_uncertified;
  const int64_t left = connection.spare + connection.awaited;
  Change(connection, {connection.share.streams, connection.share.unlooked + arrived,
                      std::max<int64_t>(0, spare_max - left)});
  if (left < 0 || connection.unlooked > kLookBytes) {
    connection.unlooked = 0;
    if (connection.socket == 0) FindSockets();
    const int64_t unseen = UnseenStreams(connection);
    if (unseen > kSuspectStreams || (!certified && received > kSuspectBytes)) {
      suspects_.insert(connection.id);
    }
    if (unseen > limits_.streams_max) return DropAtFault(connection, Limit::kStreams);
    // Several large calls that begin together bring more before the first of them is shown.
    if (left + unseen * limits_.spare_bytes_per_call < 0) {
      return DropAtFault(connection, Limit::kBytes);
    }
  }
  connection.spare = std::min(connection.spare, spare_max);
}

void Connections::FindSockets() {
  stream_counts_.Discover([this](int64_t socket, std::string_view peer) ENLACE_NO_ANALYSIS {
    const auto named = by_peer_.find(std::string(peer));
    if (named == by_peer_.end()) return;
    // The last of those who had this name.
    Connection& found = *Find(named->second);
    found.socket = std::max(found.socket, socket);
  });
}

int64_t Connections::AskStreams(Connection& connection) {
  // Without a number it is still at its handshake.
  const int64_t open = connection.socket == 0 ? 0 : StreamCounts::OpenStreams(connection.socket);
  CrowdShare now = connection.share;
  now.streams = std::max(open, connection.streams);  // Calls that gRPC alone is done with too.
  Change(connection, now);
  return open;
}

int64_t Connections::UnseenStreams(Connection& connection) {
  return std::max<int64_t>(0, AskStreams(connection) - connection.shown);
}

// gRPC works on what has arrived for a while after it has arrived.
int Connections::LookAtSuspects() {
  const MutexLock lock(mutex_);
  bool searched = false;
  for (auto it = suspects_.begin(); it != suspects_.end();) {
    Connection* const connection = Find(*it);
    if (connection == nullptr || connection->cut) {
      it = suspects_.erase(it);
      continue;
    }
    if (connection->socket == 0 && !std::exchange(searched, true)) FindSockets();
    const int64_t unseen = UnseenStreams(*connection);
    if (unseen > limits_.streams_max) DropAtFault(*connection, Limit::kStreams);
    const bool cleared = !connection->caller.empty() && unseen <= kSuspectStreams;
    it = cleared ? suspects_.erase(it) : std::next(it);
  }
  if (suspects_.empty()) return kLookAllMs;
  return suspects_.size() <= kFewSuspects ? kSuspectLookMs : kLookMs;
}

void Connections::DropAtFault(Connection& connection, Limit limit) {
  Drop(connection, limit);
  connection.at_fault = true;
  if (limit == Limit::kBytes || limit == Limit::kIdentityBytes) {
    return CountCut(connection.caller);
  }
  if (connection.share.streams > kBoundlessTimes * limits_.streams_max &&
      !connection.caller.empty() && conduct_->ShutOut(connection.caller)) {
    return CutAllOf(connection.caller);
  }
  CutBusy(connection.caller);
  CountCut(connection.caller);
}

}  // namespace enlace::rpc
