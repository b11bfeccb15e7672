#include "node/app/certificate_notice.h"

#include <gtest/gtest.h>

#include "node/service/admin_service.h"

namespace enlace::app {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDayOfHours = 24 * kHour;
constexpr int64_t kMidnight = 20'000 * kDayOfHours;

TEST(CertificateNoticeTest, TellsOnceADayInTheLast14Days) {
  const int64_t end_ms = kMidnight + 30 * kDayOfHours;
  const int64_t begin_ms = end_ms - service::kCertificateWarningMs;
  CertificateNotices notices(end_ms);
  EXPECT_EQ(notices.Look(begin_ms - 1), CertificateNotice::kNothing);
  EXPECT_EQ(notices.Look(begin_ms), CertificateNotice::kEnds);
  EXPECT_EQ(notices.Look(begin_ms + kDayOfHours - 1), CertificateNotice::kNothing);
  EXPECT_EQ(notices.Look(begin_ms + kDayOfHours), CertificateNotice::kEnds);
}

// A certificate that ends in the afternoon of a day on whose morning it was told that it will.
TEST(CertificateNoticeTest, TellsTheEndWhenItComesAndThenOnceADay) {
  const int64_t end_ms = kMidnight + 15 * kHour;
  CertificateNotices notices(end_ms);
  EXPECT_EQ(notices.Look(kMidnight), CertificateNotice::kEnds);
  EXPECT_EQ(notices.Look(end_ms - 1), CertificateNotice::kNothing);
  EXPECT_EQ(notices.Look(end_ms), CertificateNotice::kEnded);
  EXPECT_EQ(notices.Look(end_ms + 1'000), CertificateNotice::kNothing);
  EXPECT_EQ(notices.Look(kMidnight + kDayOfHours), CertificateNotice::kEnded);
  EXPECT_EQ(notices.Look(kMidnight + kDayOfHours + kHour), CertificateNotice::kNothing);
}

TEST(CertificateNoticeTest, AClockThatGoesBackOverTheEndRepeatsNothingOnThatDay) {
  const int64_t end_ms = kMidnight + 15 * kHour;
  CertificateNotices notices(end_ms);
  EXPECT_EQ(notices.Look(end_ms), CertificateNotice::kEnded);
  EXPECT_EQ(notices.Look(end_ms - kHour), CertificateNotice::kNothing);
  EXPECT_EQ(notices.Look(end_ms + kHour), CertificateNotice::kNothing);
}

}  // namespace
}  // namespace enlace::app
