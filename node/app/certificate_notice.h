#pragma once

#include <cstdint>

// When the log tells that the node's own certificate ends. Pure.
namespace enlace::app {

enum class CertificateNotice { kNothing, kEnds, kEnded };

// Once a day in its last days and after its end, and at once when the end comes: a node whose
// certificate has ended seems well to itself. It is the others who turn away, and the next start
// that is refused. Not thread-safe.
class CertificateNotices {
 public:
  explicit CertificateNotices(int64_t end_ms) : end_ms_(end_ms) {}

  // What is to be told now.
  CertificateNotice Look(int64_t now_ms);

 private:
  const int64_t end_ms_;
  int64_t told_day_ = -1;
  bool told_end_ = false;
};

}  // namespace enlace::app
