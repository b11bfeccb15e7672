#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "node/base/clock.h"
#include "node/base/mutex.h"

// How holders of valid certificates behave at the network door, and who is shut out for it.
//
// gRPC 1.51 spends memory on every stream that a caller opens and resets, and no option of it
// stops that (CVE-2023-44487). Cutting the connection alone would not either: whoever was
// cut would connect again. So an identity that does it is refused for a while, longer each
// time. Thread-safe.
namespace enlace::rpc {

class Conduct {
 public:
  // Calls that an identity may give up unanswered: so many at once, and so many a second. A
  // client that is slow or loses its network gives up tens, a flood thousands.
  static constexpr int64_t kResetsAtOnce = 256;
  static constexpr int64_t kResetsPerSecond = 64;
  // Calls that an identity may have refused, since it makes too many or may not make them: so many
  // at once, and so many a second. Each keeps the others waiting for some 50 microseconds, and a
  // program that is told to wait or is not let in does not try by the thousand.
  static constexpr int64_t kRefusalsAtOnce = 4096;
  static constexpr int64_t kRefusalsPerSecond = 1024;
  // Cut connections within kShutOutMs that lead to the same.
  static constexpr int kCutsMax = 3;
  // The first time; doubled each time, up to the longest. Forgotten after kForgottenMs.
  static constexpr int64_t kShutOutMs = 60'000;
  static constexpr int64_t kShutOutMsMax = 3'600'000;
  static constexpr int64_t kForgottenMs = 7'200'000;
  // Identities that are remembered at a time; of more, those that behave best are forgotten.
  static constexpr size_t kRememberedMax = 4096;

  // `clock` must outlive it. `own_uri`, the node itself, is never shut out.
  Conduct(const Clock& clock, std::string own_uri) : clock_(clock), own_uri_(std::move(own_uri)) {}

  bool IsShutOut(std::string_view uri) const;
  // One call given up. True when it is the one too many: `uri` is shut out from now on.
  bool CountReset(const std::string& uri);
  // One call refused. The same.
  bool CountRefusal(const std::string& uri);
  // One connection cut. The same.
  bool CountCut(const std::string& uri);
  // At once. False for the node itself, and for who is shut out already.
  bool ShutOut(const std::string& uri);

 private:
  // So many at once, and so many a second.
  struct Bucket {
    double left = 0;
    int64_t counted_steady_ms = 0;
    // Whether one more is too many.
    bool Take(int64_t now_ms, int64_t at_once, int64_t per_second);
  };
  struct Record {
    Bucket resets;
    Bucket refusals;
    int cuts = 0;
    int64_t first_cut_steady_ms = 0;
    int times = 0;  // That it was shut out.
    int64_t until_steady_ms = 0;
  };
  Record& RecordOf(const std::string& uri) ENLACE_REQUIRES(mutex_);
  bool Begin(Record& record, const std::string& uri) ENLACE_REQUIRES(mutex_);

  const Clock& clock_;
  const std::string own_uri_;
  mutable Mutex mutex_;
  std::map<std::string, Record, std::less<>> records_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::rpc
