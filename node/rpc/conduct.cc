#include "node/rpc/conduct.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "node/base/log.h"

namespace enlace::rpc {

bool Conduct::IsShutOut(std::string_view uri) const {
  const MutexLock lock(mutex_);
  const auto found = records_.find(uri);
  return found != records_.end() && clock_.SteadyMs() < found->second.until_steady_ms;
}

Conduct::Record& Conduct::RecordOf(const std::string& uri) {
  const int64_t now_ms = clock_.SteadyMs();
  const auto found = records_.find(uri);
  if (found == records_.end() && records_.size() >= kRememberedMax) {
    std::erase_if(records_,
                  [&](const auto& item) { return now_ms >= item.second.until_steady_ms; });
  }
  Record& record = records_
                       .try_emplace(uri, Record{.resets = {kResetsAtOnce, now_ms},
                                                .refusals = {kRefusalsAtOnce, now_ms}})
                       .first->second;
  if (now_ms - record.until_steady_ms >= kForgottenMs) record.times = 0;
  return record;
}

bool Conduct::Begin(Record& record, const std::string& uri) {
  const int64_t now_ms = clock_.SteadyMs();
  if (uri == own_uri_ || now_ms < record.until_steady_ms) return false;
  const int64_t length_ms = std::min(kShutOutMs << std::min(record.times, 10), kShutOutMsMax);
  ++record.times;
  record.until_steady_ms = now_ms + length_ms;
  record.resets.left = kResetsAtOnce;
  record.refusals.left = kRefusalsAtOnce;
  record.cuts = 0;
  LogWarning("caller_shut_out", {{"caller", uri},
                                 {"seconds", std::to_string(length_ms / 1000)},
                                 {"times", std::to_string(record.times)}});
  return true;
}

bool Conduct::Bucket::Take(int64_t now_ms, int64_t at_once, int64_t per_second) {
  const auto passed_ms = static_cast<double>(now_ms - std::exchange(counted_steady_ms, now_ms));
  const double filled = left + passed_ms * static_cast<double>(per_second) / 1000;
  left = std::min(static_cast<double>(at_once), filled - 1);
  return left < 0;
}

bool Conduct::CountReset(const std::string& uri) {
  const MutexLock lock(mutex_);
  Record& record = RecordOf(uri);
  return record.resets.Take(clock_.SteadyMs(), kResetsAtOnce, kResetsPerSecond) &&
         Begin(record, uri);
}

bool Conduct::CountRefusal(const std::string& uri) {
  const MutexLock lock(mutex_);
  Record& record = RecordOf(uri);
  return record.refusals.Take(clock_.SteadyMs(), kRefusalsAtOnce, kRefusalsPerSecond) &&
         Begin(record, uri);
}

bool Conduct::CountCut(const std::string& uri) {
  const MutexLock lock(mutex_);
  Record& record = RecordOf(uri);
  const int64_t now_ms = clock_.SteadyMs();
  if (record.cuts == 0 || now_ms - record.first_cut_steady_ms > kShutOutMs) {
    record.cuts = 0;
    record.first_cut_steady_ms = now_ms;
  }
  return ++record.cuts >= kCutsMax && Begin(record, uri);
}

bool Conduct::ShutOut(const std::string& uri) {
  const MutexLock lock(mutex_);
  return Begin(RecordOf(uri), uri);
}

}  // namespace enlace::rpc
