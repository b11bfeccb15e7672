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
  Record& record = records_.try_emplace(uri, Record{.counted_steady_ms = now_ms}).first->second;
  if (now_ms - record.until_steady_ms >= kForgottenMs) record.times = 0;
  return record;
}

bool Conduct::Begin(Record& record, const std::string& uri) {
  const int64_t now_ms = clock_.SteadyMs();
  if (uri == own_uri_ || now_ms < record.until_steady_ms) return false;
  const int64_t length_ms = std::min(kShutOutMs << std::min(record.times, 10), kShutOutMsMax);
  ++record.times;
  record.until_steady_ms = now_ms + length_ms;
  record.resets_left = kResetsAtOnce;
  record.cuts = 0;
  LogWarning("caller_shut_out", {{"caller", uri},
                                 {"seconds", std::to_string(length_ms / 1000)},
                                 {"times", std::to_string(record.times)}});
  return true;
}

bool Conduct::CountReset(const std::string& uri) {
  const MutexLock lock(mutex_);
  Record& record = RecordOf(uri);
  const int64_t now_ms = clock_.SteadyMs();
  const auto passed_ms = static_cast<double>(now_ms - record.counted_steady_ms);
  record.counted_steady_ms = now_ms;
  record.resets_left =
      std::min<double>(kResetsAtOnce, record.resets_left + passed_ms * kResetsPerSecond / 1000 - 1);
  return record.resets_left < 0 && Begin(record, uri);
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
