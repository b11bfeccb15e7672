#include "client/cli/program.h"

#include <gmock/gmock.h>

#include "enlace/exchange/v1/release_service.pb.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kRelease[] = "jurisdictions/ARG/releases/00112233445566778899aabbccddeeff";

class ReleaseTest : public ProgramTest {
 protected:
  ReleaseTest() {
    auto& content = *release_.mutable_content();
    content.set_name(kRelease);
    content.set_jurisdiction("ARG");
    content.set_threshold(5);
    content.set_year_from(2019);
    content.set_year_to(2019);
    auto& figure = *content.add_figures();
    figure.set_indicator(1);
    figure.set_dimension(1);
    figure.set_year(2019);
    figure.set_status(channel::v1::SUPPRESSED);
    release_.set_name(kRelease);
    release_.set_state(api::ReleaseView::PREPARED);
    const Hash hash = crypto::Sha256(content.SerializeAsString());
    release_.set_content_hash(std::string(AsView(hash)));
    node_.On<api::GetReleaseRequest, api::ReleaseView>(
        "/enlace.exchange.v1.ReleaseService/GetRelease", [&](const auto&) { return release_; });
    node_.On<api::ApproveReleaseRequest, api::ReleaseView>(
        "/enlace.exchange.v1.ReleaseService/ApproveRelease",
        [&](const api::ApproveReleaseRequest& request) {
          approved_.push_back(request.content_hash());
          return release_;
        });
  }
  std::string HashHex() const { return HexEncode(release_.content_hash()); }

  api::ReleaseView release_;
  std::vector<std::string> approved_;
};

TEST_F(ReleaseTest, AReviewShowsEveryFigureAndTheHash) {
  const Ended ended = Run({"releases", "review", kRelease});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Detected trafficking victims"));
  EXPECT_THAT(ended.out, HasSubstr("suppressed"));
  EXPECT_THAT(ended.out, HasSubstr(HashHex()));
}

TEST_F(ReleaseTest, AReviewAsAFileHoldsTheHashThatApprovingAsksFor) {
  const Ended ended = Run({"releases", "review", kRelease, "-o", "csv"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, ::testing::StartsWith("year,"));
  EXPECT_THAT(ended.out, HasSubstr(",content_hash\n2019,"));
  EXPECT_THAT(ended.out, ::testing::EndsWith("," + HashHex() + "\n"));
}

TEST_F(ReleaseTest, OneYearIsNoSpanOfYears) {
  const Ended one = Run({"releases", "review", kRelease});
  EXPECT_THAT(one.out, ::testing::Not(HasSubstr("2019 to 2019")));
  release_.mutable_content()->set_year_to(2020);
  release_.set_content_hash(
      std::string(AsView(crypto::Sha256(release_.content().SerializeAsString()))));
  EXPECT_THAT(Run({"releases", "review", kRelease}).out, HasSubstr("2019 to 2020"));
}

TEST_F(ReleaseTest, AReviewOfContentThatHasAnotherHashFails) {
  release_.mutable_content()->mutable_figures(0)->set_year(2018);
  const Ended ended = Run({"releases", "review", kRelease});
  EXPECT_EQ(ended.code, kExitPrecondition);
  EXPECT_THAT(ended.err, HasSubstr("RELEASE_PREVIEW_CHANGED"));
  EXPECT_EQ(ended.out, "");
}

TEST_F(ReleaseTest, ApprovingNeedsTheReviewedHash) {
  EXPECT_EQ(Run({"releases", "approve", kRelease, "--hash", HashHex()}).code, 0);
  EXPECT_THAT(approved_, ElementsAre(release_.content_hash()));
  EXPECT_EQ(Run({"releases", "approve", kRelease, "--hash", "abc"}).code, kExitUsage);
}

TEST_F(ReleaseTest, ApprovingWithoutHashShowsTheFiguresAndAsks) {
  terminal_ = true;
  typed_ = "yes\n";
  const Ended ended = Run({"releases", "approve", kRelease});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("Detected trafficking victims"));
  EXPECT_EQ(approved_.size(), 1u);
  typed_ = "no\n";
  EXPECT_EQ(Run({"releases", "approve", kRelease}).code, kExitPrecondition);
  EXPECT_EQ(approved_.size(), 1u);
}

TEST_F(ReleaseTest, YesDoesNotReplaceAReview) {
  EXPECT_EQ(Run({"releases", "approve", kRelease, "--yes"}).code, kExitPrecondition);
  EXPECT_TRUE(approved_.empty());
}

TEST_F(ReleaseTest, PreparingKnowsTwoSources) {
  api::PrepareReleaseRequest sent;
  node_.On<api::PrepareReleaseRequest, api::ReleaseView>(
      "/enlace.exchange.v1.ReleaseService/PrepareRelease",
      [&](const api::PrepareReleaseRequest& request) {
        sent = request;
        return release_;
      });
  EXPECT_EQ(Run({"releases", "prepare", "--source", "cases", "--years", "2018-2020"}).code, 0);
  EXPECT_EQ(sent.source(), api::PrepareReleaseRequest::CASE_RECORDS);
  EXPECT_EQ(sent.year_from(), 2018u);
  EXPECT_FALSE(sent.entities_apart());
  EXPECT_NE(sent.request_id(), "");
  EXPECT_EQ(Run({"releases", "prepare", "--source", "rumours"}).code, kExitUsage);
}

TEST_F(ReleaseTest, WhoseRecordsAreCountedIsSaidAndShown) {
  api::PrepareReleaseRequest sent;
  release_.mutable_content()->set_counting_basis(2);
  release_.mutable_content()->add_entities("police");
  release_.mutable_content()->add_entities("shelter");
  node_.On<api::PrepareReleaseRequest, api::ReleaseView>(
      "/enlace.exchange.v1.ReleaseService/PrepareRelease",
      [&](const api::PrepareReleaseRequest& request) {
        sent = request;
        return release_;
      });
  const Ended ended = Run({"releases", "prepare", "--source", "cases", "--entities-apart"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(sent.entities_apart());
  EXPECT_THAT(ended.out, HasSubstr("Case records of the named entities: police, shelter"));
  EXPECT_EQ(Run({"releases", "prepare", "--source", "cases", "--entity", "police"}).code, 0);
  EXPECT_EQ(sent.entity(), "police");
}

}  // namespace
}  // namespace enlace::cli
