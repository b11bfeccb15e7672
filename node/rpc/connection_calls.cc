// What the calls of a connection cost, and what they explain.
#include <algorithm>
#include <utility>

#include "node/rpc/connections.h"

namespace enlace::rpc {
namespace {

using metrics::Limit;

constexpr int64_t kStrangeCallsMax = 64;
// What frames and records of one more message in a stream may take beside it.
constexpr int64_t kSpareBytesPerMessage = 256;

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
    Drop(connection, Limit::kStreams);
    connection.at_fault = true;
    CountCut(connection.caller);
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
    connection->caller = uri;
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
// the running calls may still send it must not fall below nothing.
void Connections::Judge(Connection& connection) {
  const uint64_t received = FlowOf(connection.fd.get()).received;
  if (received < connection.received) return;  // It was cut.
  const auto arrived = static_cast<int64_t>(received - connection.received);
  connection.received = received;
  connection.spare += std::exchange(connection.explained, 0) - arrived;
  if (connection.spare + connection.awaited < 0) {
    Drop(connection, Limit::kBytes);
    connection.at_fault = true;
    CountCut(connection.caller);
    return;
  }
  connection.spare =
      std::min(connection.spare,
               connection.caller.empty() ? limits_.spare_bytes_uncertified : limits_.spare_bytes);
}

}  // namespace enlace::rpc
