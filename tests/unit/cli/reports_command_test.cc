#include "client/cli/program.h"

#include <gmock/gmock.h>

#include "enlace/exchange/v1/report_service.pb.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::HasSubstr;

TEST_F(ProgramTest, AReportIsWrittenInThreeFormats) {
  std::vector<std::string> states;  // That each call asked for.
  node_.On<api::GetRegionalReportRequest, api::GetRegionalReportResponse>(
      "/enlace.exchange.v1.ReportService/GetRegionalReport",
      [&states](const api::GetRegionalReportRequest& request) {
        states.push_back(request.state());
        api::GetRegionalReportResponse page;
        page.set_state("fixed");
        page.set_data(request.page_token().empty() ? "first," : "second");
        if (request.page_token().empty()) page.set_next_page_token("t");
        return page;
      });
  EXPECT_EQ(Run({"reports", "regional", "--out", folder_.path("report")}).code, 0);
  for (const char* name : {"regional.csv", "regional.json", "regional.html"}) {
    EXPECT_EQ(testing::TempDir::Read(folder_.path("report/") + name), "first,second");
  }
  EXPECT_THAT(states, ::testing::ElementsAre("", "", "fixed", "fixed", "fixed", "fixed"));
}

TEST_F(ProgramTest, AReportIsVerifiedInPiecesAndFindingsHaveTheirOwnExitCode) {
  std::string seen;
  std::vector<bool> last;
  node_.On<api::VerifyRegionalReportRequest, api::VerifyRegionalReportResponse>(
      "/enlace.exchange.v1.ReportService/VerifyRegionalReport",
      [&](const api::VerifyRegionalReportRequest& request) {
        EXPECT_LE(request.data().size(), size_t{1} << 20);
        EXPECT_EQ(request.page_token().empty(), last.empty());
        seen += request.data();
        last.push_back(request.last());
        api::VerifyRegionalReportResponse response;
        response.set_next_page_token(request.last() ? "" : "t");
        if (request.last()) {
          auto& finding = *response.add_findings();
          finding.set_line(7);
          finding.set_column("value");
          finding.set_description("another value is signed");
          auto& notice = *response.add_notices();
          notice.set_channel("demo/ARG/statistics");
          notice.set_named_size(4);
          notice.set_held_size(9);
        }
        return response;
      });
  const std::string text(1'300'000, 'x');
  const Ended ended = Run({"reports", "verify", folder_.Write("regional.csv", text)});
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("another value is signed"));
  EXPECT_THAT(ended.err, HasSubstr("demo/ARG/statistics: held 9, report says 4"));
  EXPECT_EQ(seen, text);
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
}

TEST_F(ProgramTest, AFindingAboutTheWholeFileHasNoLineAndOneRowIsSingular) {
  node_.On<api::VerifyRegionalReportRequest, api::VerifyRegionalReportResponse>(
      "/enlace.exchange.v1.ReportService/VerifyRegionalReport", [](const auto&) {
        api::VerifyRegionalReportResponse response;
        response.add_findings()->set_description("expected 1 more row of ARG");
        response.set_rows_checked(1);
        return response;
      });
  const Ended ended = Run({"reports", "verify", folder_.Write("regional.csv", "x")});
  EXPECT_THAT(ended.out, HasSubstr("file          expected 1 more row of ARG\n"));
  EXPECT_THAT(ended.out, HasSubstr("1 row checked: "));
}

TEST_F(ProgramTest, FiguresOfAJurisdictionAreAskedForInCapitalsAndNoneIsSaid) {
  std::string asked;
  node_.On<api::ListFiguresRequest, api::ListFiguresResponse>(
      "/enlace.exchange.v1.ReportService/ListFigures", [&](const api::ListFiguresRequest& request) {
        asked = request.jurisdiction();
        api::ListFiguresResponse response;
        response.add_unreachable("BRA");
        response.add_unreachable("CHL");
        return response;
      });
  const Ended ended = Run({"figures", "list", "--of", "bra"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(asked, "BRA");
  EXPECT_THAT(ended.err, HasSubstr("not held here: the statistics channel of BRA\nnone: "));
  EXPECT_THAT(ended.err, ::testing::Not(HasSubstr("CHL")));
}

}  // namespace
}  // namespace enlace::cli
