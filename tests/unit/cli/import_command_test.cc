#include "client/cli/program.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/statistics_service.pb.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// Answers every row as accepted.
api::ImportObservationsResponse AcceptAll(const api::ImportObservationsRequest& request) {
  api::ImportObservationsResponse response;
  for (const auto& row : request.rows()) {
    auto& result = *response.add_results();
    result.set_row(row.row());
    result.set_outcome(api::RowResult::ACCEPTED);
    result.set_name("jurisdictions/ARG/observations/" + std::to_string(row.row()));
  }
  return response;
}

class ImportTest : public ProgramTest {
 protected:
  ImportTest() {
    node_.On<api::ImportObservationsRequest, api::ImportObservationsResponse>(
        "/enlace.exchange.v1.StatisticsService/ImportObservations",
        [&](const api::ImportObservationsRequest& request) {
          sent_.push_back(request);
          return AcceptAll(request);
        });
    EXPECT_EQ(Run({"demo-data", "--out", folder_.path("demo"), "--jurisdictions", "ARG,BRA"}).code,
              0);
    file_ = folder_.path("demo/invented-statistics-ARG.csv");
  }

  std::vector<api::ImportObservationsRequest> sent_;
  std::string file_;
};

TEST_F(ImportTest, InventedFiguresAreAcceptedWithAReceipt) {
  const Ended ended = Run({"statistics", "import", file_, "-o", "json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json report = Json::parse(ended.out);
  EXPECT_EQ(report["rowsRead"], 90);
  EXPECT_EQ(report["accepted"], 90);
  EXPECT_EQ(report["receipt"], file_ + ".receipt.csv");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].rows_size(), 90);
  EXPECT_EQ(sent_[0].batch_id(), report["batchId"]);
  EXPECT_EQ(sent_[0].rows(0).observation().codelist_version(), TestRegistry().version());
}

TEST_F(ImportTest, ASecondImportHasAReceiptOfItsOwn) {
  EXPECT_EQ(Run({"statistics", "import", file_}).code, 0);
  EXPECT_EQ(Run({"statistics", "import", file_}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(file_ + ".receipt.csv"));
  EXPECT_TRUE(std::filesystem::exists(file_ + ".receipt-2.csv"));
}

TEST_F(ImportTest, ADryRunSendsNothing) {
  EXPECT_EQ(Run({"statistics", "import", file_, "--dry-run"}).code, 0);
  EXPECT_TRUE(node_.calls.empty());
  EXPECT_FALSE(std::filesystem::exists(file_ + ".receipt.csv"));
}

TEST_F(ImportTest, TheSameImportUnderItsReceiptSendsNothingAndSaysSo) {
  const std::string receipt = folder_.path("r.csv");
  const std::vector<std::string> import{"statistics", "import", file_, "--receipt",
                                        receipt,      "-o",     "json"};
  const Json first = Json::parse(Run(import).out);
  const Ended again = Run(import);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_THAT(again.err, HasSubstr("nothing was sent: this file was imported completely at 2026-"));
  const Json report = Json::parse(again.out);
  EXPECT_EQ(report["accepted"], first["accepted"]);
  EXPECT_EQ(report["completedMs"], clock_.NowMs());
  const Ended shown = Run({"statistics", "import", file_, "--receipt", receipt});
  EXPECT_THAT(shown.out, HasSubstr("Receipt: " + receipt + ", complete since 2026-"));
  EXPECT_THAT(shown.out, HasSubstr("nothing was sent now."));
  const Ended other = Run({"statistics", "import", folder_.path("demo/invented-statistics-BRA.csv"),
                           "--receipt", receipt});
  EXPECT_EQ(other.code, kExitPrecondition);
  EXPECT_THAT(other.err, HasSubstr("is the receipt of invented-statistics-ARG.csv"));
}

TEST_F(ImportTest, AnInterruptionWouldSayWhatIsDoneAndHowToGoOn) {
  const std::string row = [&] {
    const std::string text = testing::TempDir::Read(file_);
    const size_t begin = text.find('\n') + 1;
    return text.substr(begin, text.find('\n', begin) + 1 - begin);
  }();
  std::string text = testing::TempDir::Read(file_);
  text = text.substr(0, text.find('\n') + 1);
  for (int i = 0; i < 1500; ++i) text += row;
  std::vector<std::string> said;
  node_.On<api::ImportObservationsRequest, api::ImportObservationsResponse>(
      "/enlace.exchange.v1.StatisticsService/ImportObservations",
      [&](const api::ImportObservationsRequest& request) {
        said.push_back(on_interrupt_);
        return AcceptAll(request);
      });
  const std::string file = folder_.Write("in.csv", text);
  ASSERT_EQ(Run({"statistics", "import", file}).code, 0);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_THAT(said[0], HasSubstr("CANCELLED: interrupted; the file is not handed in completely"));
  EXPECT_THAT(said[1], HasSubstr("its first 1000 rows is in " + file + ".receipt.csv"));
  EXPECT_THAT(said[1], HasSubstr("the same command goes on from there"));
  Run({"statistics", "import", file, "--validate-only", "-o", "json"});
  EXPECT_THAT(std::string(Json::parse(said.back())["error"]["message"]),
              HasSubstr("nothing is stored"));
}

TEST_F(ImportTest, ATrialWithAReceiptIsRefused) {
  for (const char* trial : {"--dry-run", "--validate-only"}) {
    const Ended ended =
        Run({"statistics", "import", file_, trial, "--receipt", folder_.path("r.csv")});
    EXPECT_EQ(ended.code, kExitUsage);
    EXPECT_THAT(ended.err, HasSubstr("--receipt"));
    EXPECT_THAT(ended.err, HasSubstr(trial));
  }
  EXPECT_EQ(Run({"statistics", "import", file_, "--dry-run", "--validate-only"}).code, kExitUsage);
  EXPECT_TRUE(node_.calls.empty());
}

TEST_F(ImportTest, RowsOfOthersAreCountedAndNotSent) {
  const Ended ended = Run({"statistics", "import", file_, "--jurisdiction", "BRA", "-o", "json"});
  EXPECT_EQ(Json::parse(ended.out)["notOurs"], 90);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].rows_size(), 0);
  EXPECT_EQ(sent_[0].not_ours(), 90u);
}

TEST_F(ImportTest, AFileWithRowsSetAsideEndsWithFindings) {
  std::string text = testing::TempDir::Read(file_);
  text +=
      "ARG,Argentina,Americas,x,Persons convicted,by citizenship,Congo,Total,Total,2020,"
      "Counts,7,GLOTIP\n";
  const std::string file = folder_.Write("in.csv", text);
  EXPECT_EQ(Run({"statistics", "import", file}).code, kExitFindings);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].quarantined(0).reason(), "VALUE_AMBIGUOUS");
  EXPECT_EQ(sent_[0].quarantined(0).column(), "Category");
  EXPECT_EQ(sent_[0].ShortDebugString().find("Congo"), std::string::npos);
}

TEST_F(ImportTest, CaseFilesAndFiguresAreNotMixedUp) {
  const Ended ended = Run({"cases", "import", file_});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("FORMAT_UNKNOWN"));
}

TEST_F(ImportTest, ANodeThatAnswersOtherRowsIsNotBelieved) {
  node_.On<api::ImportObservationsRequest, api::ImportObservationsResponse>(
      "/enlace.exchange.v1.StatisticsService/ImportObservations",
      [&](const api::ImportObservationsRequest& request) {
        auto response = AcceptAll(request);
        response.mutable_results(0)->set_row(999);
        return response;
      });
  EXPECT_EQ(Run({"statistics", "import", file_}).code, kExitFailed);
}

TEST_F(ImportTest, InventedCasesComeBackAsTheSameFile) {
  const std::string cases = folder_.path("demo/invented-cases-BRA.csv");
  std::vector<api::CaseRecord> stored;
  node_.On<api::ImportCaseRecordsRequest, api::ImportCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ImportCaseRecords",
      [&](const api::ImportCaseRecordsRequest& request) {
        api::ImportCaseRecordsResponse response;
        for (const auto& row : request.rows()) {
          stored.push_back(row.case_record());
          stored.back().set_state(api::CaseRecord::ACTIVE);
          auto& result = *response.add_results();
          result.set_row(row.row());
          result.set_outcome(api::RowResult::ACCEPTED);
        }
        return response;
      });
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords", [&](const auto&) {
        api::ListCaseRecordsResponse page;
        for (const auto& record : stored) *page.add_case_records() = record;
        return page;
      });
  EXPECT_EQ(Run({"cases", "import", cases, "--jurisdiction", "BRA"}).code, 0);
  std::string exported = Run({"cases", "export"}).out;
  exported.erase(std::remove(exported.begin(), exported.end(), '\r'), exported.end());
  EXPECT_EQ(exported, testing::TempDir::Read(cases));
}

TEST_F(ProgramTest, DemoDataAreTheSameEveryTimeAndMarkedAsInvented) {
  EXPECT_EQ(Run({"demo-data", "--out", folder_.path("a")}).code, 0);
  EXPECT_EQ(Run({"demo-data", "--out", folder_.path("b"), "--jurisdictions", "CHL,ARG"}).code, 0);
  for (const char* name : {"cases-ARG.csv", "statistics-ARG.csv"}) {
    const std::string file = std::string("/invented-") + name;
    const std::string text = testing::TempDir::Read(folder_.path("a") + file);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text, testing::TempDir::Read(folder_.path("b") + file));
  }
  EXPECT_THAT(testing::TempDir::Read(folder_.path("a/README.txt")), HasSubstr("invented"));
}

TEST_F(ProgramTest, DemoDataRefuseWhatIsNoCountryOrYear) {
  EXPECT_EQ(Run({"demo-data", "--out", folder_.path("a"), "--jurisdictions", "QQQ"}).code,
            kExitUsage);
  EXPECT_EQ(Run({"demo-data", "--out", folder_.path("a"), "--years", "1800"}).code, kExitUsage);
  EXPECT_EQ(Run({"demo-data", "--out", folder_.path("a"), "--cases", "100001"}).code, kExitUsage);
}

TEST_F(ProgramTest, CheckingAFileNeedsNoNodeAndReportsTheAccount) {
  ASSERT_EQ(Run({"demo-data", "--out", folder_.path("demo")}).code, 0);
  environment_.erase("ENLACE_ENDPOINT");
  const Ended ended =
      Run({"intake", "check", folder_.path("demo/invented-statistics-ARG.csv"), "-o", "csv"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("account,rows\nrows read,90\naccepted,90\n"));
  EXPECT_TRUE(node_.calls.empty());
}

}  // namespace
}  // namespace enlace::cli
