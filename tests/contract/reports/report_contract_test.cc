#include <gmock/gmock.h>

#include "node/channel/checkpoint.h"
#include "node/release/content.h"
#include "node/report/csv.h"
#include "tests/contract/release_node.h"

namespace enlace::testing {
namespace {

using pb::GetRegionalReportRequest;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ReportContractTest : public ::testing::Test {
 protected:
  ReportContractTest() {
    node_.PutYear(2021);
    node_.PutYear(2022);
    node_.Release();
  }

  StatusOr<pb::GetRegionalReportResponse> Page(GetRegionalReportRequest::Format format,
                                               const std::string& token = "",
                                               const std::string& state = "") {
    GetRegionalReportRequest request;
    request.set_format(format);
    request.set_page_token(token);
    request.set_state(state);
    return node_.Call<pb::GetRegionalReportResponse>(
        node_.auditor, std::string(kReports) + "GetRegionalReport", request);
  }
  std::string Report(GetRegionalReportRequest::Format format) {
    std::string whole;
    std::string token;
    do {
      const auto page = Page(format, token);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return "";
      EXPECT_LE(page->data().size(), service::ReportService::kPageBytesMax);
      whole += page->data();
      token = page->next_page_token();
    } while (!token.empty());
    return whole;
  }
  std::string Csv() { return Report(GetRegionalReportRequest::CSV); }

  StatusOr<pb::VerifyRegionalReportResponse> VerifyPart(const std::string& data, bool last,
                                                        const std::string& token = "") {
    pb::VerifyRegionalReportRequest request;
    request.set_data(data);
    request.set_last(last);
    request.set_page_token(token);
    return node_.Call<pb::VerifyRegionalReportResponse>(
        node_.auditor, std::string(kReports) + "VerifyRegionalReport", request);
  }
  pb::VerifyRegionalReportResponse Verify(const std::string& csv) {
    const auto response = VerifyPart(csv, true);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : pb::VerifyRegionalReportResponse();
  }
  // Changes one character of each column of one row.
  void ExpectEveryChangeFound(size_t line) {
    const auto lines = *report::ParseCsv(Csv());
    for (size_t column = 0; column < report::kColumnCount; ++column) {
      SCOPED_TRACE(std::string(report::kColumns[column]) + " of line " + std::to_string(line + 1));
      report::Row changed;
      std::copy(lines[line].begin(), lines[line].end(), changed.begin());
      std::string& field = changed[column];
      if (field.empty()) {
        field = "1";
      } else {
        field.back() = field.back() == '7' ? '8' : '7';
      }
      std::string csv = report::CsvHeader();
      for (size_t index = 1; index < lines.size(); ++index) {
        report::Row row;
        std::copy(lines[index].begin(), lines[index].end(), row.begin());
        csv += report::CsvLine(index == line ? changed : row);
      }
      const auto response = Verify(csv);
      EXPECT_FALSE(response.verified());
      const bool found = std::any_of(
          response.findings().begin(), response.findings().end(), [&](const auto& finding) {
            return finding.line() == line + 1 && finding.column() == report::kColumns[column];
          });
      EXPECT_TRUE(found);
      for (const auto& finding : response.findings()) {
        EXPECT_THAT(finding.description(), Not(HasSubstr(field + "\"")));
      }
    }
  }
  StatusOr<pb::ListFiguresResponse> List(const pb::ListFiguresRequest& request) {
    return node_.Call<pb::ListFiguresResponse>(node_.analyst, std::string(kReports) + "ListFigures",
                                               request);
  }

  ReleaseNode node_;
};

// --- ListFigures

TEST_F(ReportContractTest, ListsReleasedFiguresWithTheirOrigin) {
  const auto list = List({});
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_THAT(list->figures(), SizeIs(6));
  const pb::ReleasedFigure& total = list->figures(0);
  EXPECT_EQ(total.jurisdiction(), "ARG");
  EXPECT_EQ(total.year(), 2021u);
  EXPECT_EQ(total.indicator(), "detected_victims");
  EXPECT_EQ(total.dimension(), "total");
  EXPECT_EQ(total.category(), "total");
  EXPECT_EQ(total.sex(), "total");
  EXPECT_EQ(total.age(), "total");
  EXPECT_EQ(total.value(), 20u);
  EXPECT_EQ(total.released_on(), "2026-01-01");
  EXPECT_EQ(total.channel(), "demo/ARG/statistics");
  EXPECT_EQ(list->figures(2).sex(), "male");
  EXPECT_EQ(list->figures(2).status(), channel::v1::SUPPRESSED);
  EXPECT_THAT(list->unreachable(), ElementsAre("BRA", "CHL"));
}

TEST_F(ReportContractTest, ListFiltersAndPages) {
  pb::ListFiguresRequest request;
  request.set_year(2022);
  request.set_page_size(2);
  const auto page = List(request);
  ASSERT_THAT(page->figures(), SizeIs(2));
  // A release that comes in between does not move the listing.
  ASSERT_TRUE(node_.Withdraw(page->figures(0).release()).ok());
  request.set_page_token(page->next_page_token());
  const auto rest = List(request);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_THAT(rest->figures(), SizeIs(1));
  EXPECT_EQ(rest->next_page_token(), "");
  EXPECT_THAT(List({})->figures(), IsEmpty());
}

TEST_F(ReportContractTest, ListMarksTheFiguresOfAStoppedChannel) {
  EXPECT_FALSE(List({})->figures(0).channel_stopped());
  node_.db.Commit([](store::Transaction& transaction) {
    ASSERT_TRUE(store::StopChannel(transaction, "demo/ARG/statistics", {"one", "another"}).ok());
  });
  const auto list = List({});
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_THAT(list->figures(), SizeIs(6));
  for (const pb::ReleasedFigure& figure : list->figures()) EXPECT_TRUE(figure.channel_stopped());
}

TEST_F(ReportContractTest, ListRefusesBadInput) {
  pb::ListFiguresRequest request;
  request.set_indicator("nonsense");
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::CODE_UNKNOWN);
  request = {};
  request.set_page_token("forged");
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::PAGE_TOKEN_INVALID);
  request = {};
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::REQUEST_INVALID);
}

TEST_F(ReportContractTest, AJurisdictionThatNobodyKnowsIsNoEmptyList) {
  pb::ListFiguresRequest request;
  request.set_jurisdiction("BRA");  // Known, and nothing is held of it.
  const auto none = List(request);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_THAT(none->figures(), IsEmpty());
  request.set_jurisdiction("ZZZ");
  const Status refused = List(request).status();
  EXPECT_EQ(ReasonOf(refused), Reason::REQUEST_INVALID);
  EXPECT_EQ(ViolationsOf(refused).at(0).field, "jurisdiction");
  EXPECT_THAT(ViolationsOf(refused).at(0).description, HasSubstr("ARG, BRA, CHL"));
}

// --- GetRegionalReport

TEST_F(ReportContractTest, CsvHasTheFixedHeaderAndOneRowPerFigureAndSilentMember) {
  const auto lines = report::ParseCsv(Csv());
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_THAT(*lines, SizeIs(1 + 6 + 2));
  EXPECT_EQ(report::CsvHeader(),
            "jurisdiction,year,indicator,dimension,category,sex,age,value,status,method,sigma,low,"
            "high,release,released_on,channel,sequence,checkpoint_size\r\n");
  const auto& total = (*lines)[1];
  EXPECT_THAT(total, ElementsAre("ARG", "2021", "Detected trafficking victims", "Total", "Total",
                                 "Total", "Total", "20", "value", "official_table", "", "", "",
                                 ::testing::StartsWith("jurisdictions/ARG/releases/"), "2026-01-01",
                                 "demo/ARG/statistics", "0", "1"));
  EXPECT_EQ((*lines)[3][report::kStatus], "suppressed");
  EXPECT_EQ((*lines)[3][report::kValue], "");
  EXPECT_EQ((*lines)[7][report::kJurisdiction], "BRA");
  EXPECT_EQ((*lines)[7][report::kStatus], "missing");
}

TEST_F(ReportContractTest, JsonAndHtmlHoldTheSameFigures) {
  const std::string json = Report(GetRegionalReportRequest::JSON);
  EXPECT_THAT(json, HasSubstr("\"compiled_on\": \"2026-01-01\""));
  EXPECT_THAT(json, HasSubstr("\"status\": \"suppressed\""));
  const std::string html = Report(GetRegionalReportRequest::HTML);
  EXPECT_THAT(html, HasSubstr("demo/ARG/statistics"));
  EXPECT_THAT(html, Not(HasSubstr("http://")));
  EXPECT_THAT(html, Not(HasSubstr("https://")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

TEST_F(ReportContractTest, ReportRefusesBadInput) {
  EXPECT_EQ(ReasonOf(Page(GetRegionalReportRequest::FORMAT_UNSPECIFIED).status()),
            Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(Page(GetRegionalReportRequest::CSV, "forged").status()),
            Reason::PAGE_TOKEN_INVALID);
}

TEST_F(ReportContractTest, FormatsOfOneStateShowTheSameFigures) {
  const auto csv = Page(GetRegionalReportRequest::CSV);
  ASSERT_TRUE(csv.ok()) << csv.status();
  const std::string before = Report(GetRegionalReportRequest::JSON);
  ASSERT_TRUE(node_.Withdraw(List({})->figures(0).release()).ok());
  const auto json = Page(GetRegionalReportRequest::JSON, "", csv->state());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->data(), before);
  EXPECT_EQ(json->state(), csv->state());
  EXPECT_NE(Report(GetRegionalReportRequest::JSON), before);
  EXPECT_EQ(ReasonOf(Page(GetRegionalReportRequest::JSON, "", "forged").status()),
            Reason::PAGE_TOKEN_INVALID);
}

TEST_F(ReportContractTest, AStoppedChannelIsMarkedAndNotVerified) {
  node_.db.Commit([](store::Transaction& transaction) {
    ASSERT_TRUE(store::StopChannel(transaction, "demo/ARG/statistics", {"one", "another"}).ok());
  });
  EXPECT_THAT(Report(GetRegionalReportRequest::JSON), HasSubstr("\"stopped\": true"));
  const auto response = Verify(Csv());
  EXPECT_FALSE(response.verified());
  ASSERT_THAT(response.findings(), SizeIs(1));
  EXPECT_EQ(response.findings(0).line(), 2u);
  EXPECT_EQ(response.findings(0).column(), "channel");
}

TEST_F(ReportContractTest, ALargeReportComesInPagesOfOneState) {
  ASSERT_TRUE(node_.Withdraw(List({})->figures(0).release()).ok());
  node_.db.Commit([](store::Transaction& transaction) {
    model::Observation observation;
    observation.entity = "police";
    observation.value = 10;
    for (uint32_t category = 1; category < 8000; ++category) {
      observation.key = {1, 4, category, 0, 0, 2020};
      store::PutFigure(transaction, {observation, 0});
    }
  });
  const auto release = node_.Release();
  const auto first = Page(GetRegionalReportRequest::CSV);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_NE(first->next_page_token(), "");
  EXPECT_THAT(first->data(), SizeIs(service::ReportService::kPageBytesMax));
  // A token is for its format only.
  EXPECT_EQ(ReasonOf(Page(GetRegionalReportRequest::JSON, first->next_page_token()).status()),
            Reason::PAGE_TOKEN_INVALID);
  const std::string before = Csv();
  ASSERT_TRUE(node_.Withdraw(release.name()).ok());
  EXPECT_NE(Csv(), before);
  // The old token still continues the old report.
  std::string whole = first->data();
  std::string token = first->next_page_token();
  while (!token.empty()) {
    const auto page = Page(GetRegionalReportRequest::CSV, token);
    ASSERT_TRUE(page.ok()) << page.status();
    whole += page->data();
    token = page->next_page_token();
  }
  EXPECT_EQ(whole, before);
  EXPECT_TRUE(VerifyPart(before.substr(0, 1 << 20), false).ok());
}

TEST_F(ReportContractTest, ReportsAreForTheirRoles) {
  GetRegionalReportRequest request;
  request.set_format(GetRegionalReportRequest::CSV);
  EXPECT_EQ(ReasonOf(node_
                         .Call<pb::GetRegionalReportResponse>(
                             node_.analyst, std::string(kReports) + "GetRegionalReport", request)
                         .status()),
            Reason::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(node_
                         .Call<pb::VerifyRegionalReportResponse>(
                             node_.analyst, std::string(kReports) + "VerifyRegionalReport",
                             pb::VerifyRegionalReportRequest())
                         .status()),
            Reason::PERMISSION_DENIED);
}

// --- VerifyRegionalReport

TEST_F(ReportContractTest, AReportVerifiesAgainstTheMirrors) {
  const auto response = Verify(Csv());
  EXPECT_TRUE(response.verified());
  EXPECT_EQ(response.rows_checked(), 8u);
  EXPECT_THAT(response.findings(), IsEmpty());
}

TEST_F(ReportContractTest, AnOlderReportStillVerifiesAfterTheChannelGrew) {
  const std::string csv = Csv();
  ASSERT_TRUE(node_.Withdraw(List({})->figures(0).release()).ok());
  EXPECT_NE(Csv(), csv);
  const auto old = Verify(csv);
  EXPECT_TRUE(old.verified());
  ASSERT_THAT(old.notices(), SizeIs(1));
  EXPECT_EQ(old.notices(0).channel(), "demo/ARG/statistics");
  EXPECT_EQ(old.notices(0).named_size(), 1u);
  EXPECT_EQ(old.notices(0).held_size(), 2u);
  const auto fresh = Verify(Csv());
  EXPECT_TRUE(fresh.verified());
  EXPECT_THAT(fresh.notices(), IsEmpty());
}

// A state that released again must not be shown as the silent one that it was between.
TEST_F(ReportContractTest, AMemberCannotBeSetBackToASilentState) {
  ASSERT_TRUE(node_.Withdraw(List({})->figures(0).release()).ok());
  const std::string silent = Csv();
  EXPECT_TRUE(Verify(silent).verified());
  node_.Release();
  const auto response = Verify(silent);
  EXPECT_FALSE(response.verified());
  ASSERT_THAT(response.findings(), SizeIs(1));
  EXPECT_EQ(response.findings(0).line(), 2u);
  EXPECT_EQ(response.findings(0).column(), "status");
  ASSERT_THAT(response.notices(), SizeIs(1));
  EXPECT_EQ(response.notices(0).held_size(), 3u);
}

TEST(ReportRosterTest, WhoeverHasReleasedCannotBeLeftOut) {
  ReleaseNode node("demo", "ARG", {"BRA"});
  node.PutYear(2022);
  node.Release();
  pb::VerifyRegionalReportRequest request;
  request.set_data(report::CsvHeader() + "BRA,,,,,,,,missing,,,,,,,,,\r\n");
  request.set_last(true);
  const auto response = node.Call<pb::VerifyRegionalReportResponse>(
      node.auditor, std::string(kReports) + "VerifyRegionalReport", request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_FALSE(response->verified());
  ASSERT_THAT(response->findings(), SizeIs(1));
  EXPECT_THAT(response->findings(0).description(), HasSubstr("1 more row of ARG"));
}

TEST_F(ReportContractTest, AChangeInAnyColumnIsFoundWithLineAndColumn) {
  // Figures, and members of which nothing is held.
  for (const size_t line : {1u, 3u, 4u, 7u, 8u}) ExpectEveryChangeFound(line);
  // A member whose channel is held and has nothing in force.
  ASSERT_TRUE(node_.Withdraw(List({})->figures(0).release()).ok());
  ExpectEveryChangeFound(1);
}

TEST_F(ReportContractTest, MissingExtraRepeatedAndReorderedRowsAreFound) {
  const auto lines = *report::ParseCsv(Csv());
  const auto join = [&lines](const std::vector<size_t>& order) {
    std::string csv = report::CsvHeader();
    for (const size_t index : order) {
      report::Row row;
      std::copy(lines[index].begin(), lines[index].end(), row.begin());
      csv += report::CsvLine(row);
    }
    return csv;
  };
  EXPECT_TRUE(Verify(join({1, 2, 3, 4, 5, 6, 7, 8})).verified());
  EXPECT_FALSE(Verify(join({1, 2, 4, 5, 6, 7, 8})).verified());
  EXPECT_FALSE(Verify(join({1, 2, 3, 4, 5, 6, 7})).verified());
  EXPECT_FALSE(Verify(join({1, 2, 2, 3, 4, 5, 6, 7, 8})).verified());
  EXPECT_FALSE(Verify(join({2, 1, 3, 4, 5, 6, 7, 8})).verified());
  EXPECT_FALSE(Verify(join({1, 2, 3, 4, 5, 6, 8, 7})).verified());
  EXPECT_FALSE(Verify(join({})).verified());
  const std::string extra = Csv() + "PER,,,,,,,,missing,,,,,,,,,\r\n";
  const auto response = Verify(extra);
  ASSERT_THAT(response.findings(), SizeIs(1));
  EXPECT_EQ(response.findings(0).line(), 10u);
}

TEST_F(ReportContractTest, AMemberCannotBeLeftOutAsMissing) {
  const std::string csv = report::CsvHeader() + "ARG,,,,,,,,missing,,,,,,,,,\r\n" +
                          "BRA,,,,,,,,missing,,,,,,,,,\r\nCHL,,,,,,,,missing,,,,,,,,,\r\n";
  const auto response = Verify(csv);
  EXPECT_FALSE(response.verified());
  ASSERT_THAT(response.findings(), SizeIs(1));
  EXPECT_EQ(response.findings(0).line(), 2u);
  EXPECT_EQ(response.findings(0).column(), "channel");
}

TEST_F(ReportContractTest, ASizeWithoutSignedCheckpointIsFound) {
  std::string csv = Csv();
  for (size_t at = 0; (at = csv.find(",0,1\r\n", at)) != std::string::npos; ++at) {
    csv.replace(at, 6, ",0,9\r\n");
  }
  const auto response = Verify(csv);
  EXPECT_FALSE(response.verified());
  EXPECT_EQ(response.findings(0).column(), "checkpoint_size");
}

TEST_F(ReportContractTest, BytesThatAreNoReportAreRefused) {
  for (const std::string& bytes :
       {std::string("nonsense"), std::string(), report::CsvHeader() + "ARG\n",
        report::CsvHeader() + "\"ARG\",,\r\n", report::CsvHeader() + "\"a,",
        report::CsvHeader() + std::string(20, ',') + "\r\n",
        report::CsvHeader() + std::string(5000, 'a') + "\r\n"}) {
    EXPECT_EQ(ReasonOf(VerifyPart(bytes, true).status()), Reason::REPORT_INVALID);
  }
  EXPECT_EQ(ReasonOf(VerifyPart(std::string((1 << 20) + 1, 'a'), true).status()),
            Reason::REQUEST_INVALID);
}

TEST_F(ReportContractTest, ACopyThatAnotherProgramSavedIsToldWhatChanged) {
  const std::string csv = Csv();
  const Status marked = VerifyPart("\xEF\xBB\xBF" + csv, true).status();
  EXPECT_EQ(ReasonOf(marked), Reason::REPORT_INVALID);
  EXPECT_THAT(MessageOf(marked), HasSubstr("begins with a byte order mark"));
  std::string lines = csv;
  lines.erase(std::remove(lines.begin(), lines.end(), '\r'), lines.end());
  const Status unix_ends = VerifyPart(lines, true).status();
  EXPECT_EQ(ReasonOf(unix_ends), Reason::REPORT_INVALID);
  EXPECT_THAT(MessageOf(unix_ends), HasSubstr("end with LF alone"));
}

TEST_F(ReportContractTest, AReportMayComeInParts) {
  const std::string csv = Csv();
  const auto first = VerifyPart(csv.substr(0, 100), false);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = VerifyPart(csv.substr(100, 200), false, first->next_page_token());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(second->verified());
  const auto last = VerifyPart(csv.substr(300), true, second->next_page_token());
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_TRUE(last->verified());
  EXPECT_EQ(ReasonOf(VerifyPart("", true, second->next_page_token()).status()),
            Reason::PAGE_TOKEN_INVALID);
}

TEST_F(ReportContractTest, RunningChecksAreBoundedInNumberAndTime) {
  const std::string csv = Csv();
  std::vector<std::string> tokens;
  for (size_t index = 0; index <= service::ReportService::kVerificationsMax; ++index) {
    node_.db.clock.AdvanceMs(1);
    tokens.push_back(VerifyPart(csv, false)->next_page_token());
  }
  EXPECT_EQ(ReasonOf(VerifyPart("", true, tokens.front()).status()), Reason::PAGE_TOKEN_INVALID);
  EXPECT_TRUE(VerifyPart("", true, tokens.back())->verified());
  node_.db.clock.AdvanceMs(service::ReportService::kVerificationMs + 1);
  EXPECT_EQ(ReasonOf(VerifyPart("", true, tokens[1]).status()), Reason::PAGE_TOKEN_INVALID);
}

}  // namespace
}  // namespace enlace::testing
