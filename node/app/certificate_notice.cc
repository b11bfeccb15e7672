#include "node/app/certificate_notice.h"

#include "node/service/admin_service.h"

namespace enlace::app {

CertificateNotice CertificateNotices::Look(int64_t now_ms) {
  constexpr int64_t kDayMs = 86'400'000;
  if (end_ms_ - now_ms > service::kCertificateWarningMs) return CertificateNotice::kNothing;
  const bool ended = now_ms >= end_ms_;
  const int64_t day = now_ms / kDayMs;
  if (day == told_day_ && (told_end_ || !ended)) return CertificateNotice::kNothing;
  told_day_ = day;
  told_end_ = ended;
  return ended ? CertificateNotice::kEnded : CertificateNotice::kEnds;
}

}  // namespace enlace::app
