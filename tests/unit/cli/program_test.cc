#include "client/cli/program.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "enlace/admin/v1/admin_service.pb.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "enlace/exchange/v1/programme_service.pb.h"
#include "enlace/exchange/v1/release_service.pb.h"
#include "enlace/exchange/v1/report_service.pb.h"
#include "enlace/exchange/v1/statistics_service.pb.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr char kCase[] = "jurisdictions/ARG/cases/00112233445566778899aabbccddeeff";
constexpr char kRelease[] = "jurisdictions/ARG/releases/00112233445566778899aabbccddeeff";

TEST_F(ProgramTest, EveryHelpEndsWithTwoExamplesAndGoesToStdout) {
  const Program program = MakeProgram();
  for (const CommandEntry& entry : program.entries()) {
    std::vector<std::string> words{entry.verb, "--help"};
    if (!entry.noun.empty()) words.insert(words.begin(), entry.noun);
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, 0) << entry.verb;
    EXPECT_EQ(ended.err, "");
    EXPECT_THAT(ended.out, ::testing::EndsWith("Examples:\n  " + entry.examples[0] + "\n  " +
                                               entry.examples[1] + "\n"))
        << entry.verb;
  }
}

TEST_F(ProgramTest, AWrongCommandLineIsUsageAndLeavesStdoutEmpty) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"cases"},
                                             {"cases", "steal"},
                                             {"cases", "get"},
                                             {"cases", "list", "--year", "x"},
                                             {"cases", "list", "--output", "xml"},
                                             {"cases", "list", "--bogus"}}) {
    const Ended ended = Run(words);
    EXPECT_EQ(ended.code, kExitUsage);
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err, "");
  }
  EXPECT_TRUE(node_.calls.empty());
}

TEST_F(ProgramTest, TheConnectionComesFromTheSettings) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const auto&) { return api::ListCaseRecordsResponse(); });
  EXPECT_EQ(Run({"cases", "list", "--timeout", "5s"}).code, 0);
  EXPECT_EQ(node_.connected.endpoint, "arg.example:7443");
  EXPECT_EQ(node_.connected.node_uri, "spiffe://arg.demo/node");
  EXPECT_EQ(node_.connected.timeout_ms, 5000);
}

TEST_F(ProgramTest, AnEmptyListIsAnEmptyArray) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const auto&) { return api::ListCaseRecordsResponse(); });
  EXPECT_EQ(Run({"cases", "list", "-o", "json"}).out, "[]\n");
}

TEST_F(ProgramTest, ListsReadAllPagesAndJsonIsOneArray) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const api::ListCaseRecordsRequest& request) {
        api::ListCaseRecordsResponse page;
        page.add_case_records()->set_name(request.page_token().empty() ? "one" : "two");
        if (request.page_token().empty()) page.set_next_page_token("t");
        return page;
      });
  const Json list = Json::parse(Run({"cases", "list", "-o", "json"}).out);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["name"], "one");
  EXPECT_EQ(list[1]["name"], "two");
}

TEST_F(ProgramTest, AFailureInALaterPageLeavesStdoutEmpty) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords",
      [](const api::ListCaseRecordsRequest& request) -> StatusOr<api::ListCaseRecordsResponse> {
        if (!request.page_token().empty()) return Error(Reason::PEER_UNREACHABLE, "gone");
        api::ListCaseRecordsResponse page;
        page.add_case_records()->set_name("one");
        page.set_next_page_token("t");
        return page;
      });
  const Ended ended = Run({"cases", "list"});
  EXPECT_EQ(ended.code, kExitUnreachable);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("UNAVAILABLE: gone"));
}

TEST_F(ProgramTest, ErrorsNameCodeReasonAndFields) {
  node_.On<api::GetCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/GetCaseRecord",
      [](const auto&) -> StatusOr<api::CaseRecord> {
        return InvalidFields({{"name", "expected a name", Reason::NAME_INVALID}});
      });
  const Ended text = Run({"cases", "get", "x"});
  EXPECT_EQ(text.code, kExitUsage);
  EXPECT_THAT(text.err, HasSubstr("INVALID_ARGUMENT: "));
  EXPECT_THAT(text.err, HasSubstr("reason: NAME_INVALID"));
  EXPECT_THAT(text.err, HasSubstr("name: expected a name"));
  const Ended json = Run({"cases", "get", "x", "-o", "json"});
  EXPECT_EQ(json.out, "");
  const Json error = Json::parse(json.err)["error"];
  EXPECT_EQ(error["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(error["reason"], "NAME_INVALID");
  EXPECT_EQ(error["fieldViolations"][0]["field"], "name");
}

TEST_F(ProgramTest, ACaseByHandIsSentAsCodes) {
  api::CreateCaseRecordRequest sent;
  node_.On<api::CreateCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/CreateCaseRecord",
      [&](const api::CreateCaseRecordRequest& request) {
        sent = request;
        api::CaseRecord record = request.case_record();
        record.set_name(kCase);
        return record;
      });
  const Ended ended = Run({"cases", "create", "--year", "2024", "--set", "age_band=18_20", "--set",
                           "means=+threats,-debt_bondage,rest:unknown", "--request-id",
                           "6f0d6b0e-6f5c-4d65-a2a7-0c1c5f2a9a10"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(sent.case_record().registration_year(), 2024u);
  EXPECT_EQ(sent.case_record().singles(0).code(), 3u);
  EXPECT_THAT(sent.case_record().sets(0).affirmed(), ElementsAre(4u));
  EXPECT_THAT(sent.case_record().sets(0).denied(), ElementsAre(1u));
  EXPECT_EQ(sent.case_record().sets(0).rest(), api::MISSING_UNKNOWN);
  EXPECT_EQ(sent.request_id(), "6f0d6b0e-6f5c-4d65-a2a7-0c1c5f2a9a10");
  EXPECT_THAT(ended.out, HasSubstr(kCase));
}

TEST_F(ProgramTest, ACaseThatDoesNotFitIsNotSent) {
  const Ended ended = Run({"cases", "create", "--set", "age_band=18_20"});  // No year.
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_TRUE(node_.calls.empty());
}

TEST_F(ProgramTest, ACaseFileWithAnUnknownFieldIsRefused) {
  const std::string file = folder_.Write("case.json", R"({"registrationYear":2024,"name2":"x"})");
  const Ended ended = Run({"cases", "create", "--file", file});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("REQUEST_MALFORMED"));
}

TEST_F(ProgramTest, ACorrectionStartsFromWhatIsStored) {
  node_.On<api::GetCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/GetCaseRecord", [](const auto&) {
        api::CaseRecord record;
        record.set_codelist_version(1);
        record.set_registration_year(2024);
        record.set_etag("e1");
        auto& single = *record.add_singles();
        single.set_attribute(2);
        single.set_code(1);
        return record;
      });
  api::CorrectCaseRecordRequest sent;
  node_.On<api::CorrectCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/CorrectCaseRecord",
      [&](const api::CorrectCaseRecordRequest& request) {
        sent = request;
        return request.case_record();
      });
  const Ended ended =
      Run({"cases", "correct", kCase, "--set", "age_band=18_20", "--reason", "entry_error"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(sent.etag(), "e1");
  EXPECT_EQ(sent.reason(), 1u);
  EXPECT_EQ(sent.case_record().name(), kCase);
  ASSERT_EQ(sent.case_record().singles_size(), 2);
}

TEST_F(ProgramTest, WhatCannotBeUndoneNeedsAPersonOrYes) {
  node_.On<api::EraseCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/EraseCaseRecord", [](const auto&) {
        api::CaseRecord record;
        record.set_state(api::CaseRecord::ERASED);
        return record;
      });
  const std::vector<std::string> erase{"cases", "erase", kCase, "--reason", "legal_order"};
  const Ended nobody = Run(erase);
  EXPECT_EQ(nobody.code, kExitPrecondition);
  EXPECT_THAT(nobody.err, HasSubstr("CONFIRMATION_NEEDED"));
  terminal_ = true;
  typed_ = "y\n";
  EXPECT_EQ(Run(erase).code, kExitPrecondition);
  EXPECT_TRUE(node_.calls.empty());
  typed_ = "yes\n";
  EXPECT_EQ(Run(erase).code, 0);
  terminal_ = false;
  std::vector<std::string> with_yes = erase;
  with_yes.push_back("--yes");
  EXPECT_EQ(Run(with_yes).code, 0);
}

TEST_F(ProgramTest, ATabulationShowsLabelsMissingAnswersAndSuppression) {
  api::TabulateCaseRecordsRequest sent;
  node_.On<api::TabulateCaseRecordsRequest, api::TabulateCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/TabulateCaseRecords",
      [&](const api::TabulateCaseRecordsRequest& request) {
        sent = request;
        api::TabulateCaseRecordsResponse response;
        auto& known = *response.add_cells();
        known.add_coordinates()->set_code(1);
        known.set_count(12);
        auto& unknown = *response.add_cells();
        unknown.add_coordinates()->set_missing(api::MISSING_UNKNOWN);
        unknown.set_suppressed(true);
        response.set_threshold(5);
        return response;
      });
  const Ended ended = Run({"cases", "tabulate", "--by", "sex", "--where", "citizenship=PRY,BOL",
                           "--years", "2018-2020", "--lang", "es"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "Sexo o género registrado      casos\n"
            "Femenino                         12\n"
            "desconocido               suprimido\n");
  EXPECT_THAT(sent.filters(0).codes(), ElementsAre(600u, 68u));
  EXPECT_EQ(sent.year_from(), 2018u);
  EXPECT_EQ(sent.year_to(), 2020u);
}

TEST_F(ProgramTest, AnUnknownAttributeOfATabulationIsRefusedHere) {
  const Ended ended = Run({"cases", "tabulate", "--by", "surname"});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("TABULATION_INVALID"));
  EXPECT_TRUE(node_.calls.empty());
}

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

// Releases.

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
  EXPECT_NE(sent.request_id(), "");
  EXPECT_EQ(Run({"releases", "prepare", "--source", "rumours"}).code, kExitUsage);
}

// The rest.

TEST_F(ProgramTest, AProgrammeComesFromAFileAndFlags) {
  api::CreateProgrammeRequest sent;
  node_.On<api::CreateProgrammeRequest, api::CatalogueProgramme>(
      "/enlace.exchange.v1.ProgrammeService/CreateProgramme",
      [&](const api::CreateProgrammeRequest& request) {
        sent = request;
        api::CatalogueProgramme item;
        *item.mutable_programme() = request.programme();
        return item;
      });
  const std::string file = folder_.Write("programme.yaml",
                                         "title:\n"
                                         "  es: Trata de personas\n"
                                         "  en: {text: Trafficking, translation: machine}\n"
                                         "topics: [victim_identification]\n"
                                         "hours: 16\n");
  const Ended ended = Run({"programmes", "create", "border-basics", "--file", file, "--hours", "24",
                           "--title", "pt=Tráfico de pessoas", "--for", "police"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(sent.programme_id(), "border-basics");
  EXPECT_EQ(sent.programme().hours(), 24u);
  EXPECT_EQ(sent.programme().title().texts_size(), 3);
  EXPECT_EQ(sent.programme().topics_size(), 1);
  EXPECT_EQ(sent.programme().audiences_size(), 1);
  EXPECT_THAT(ended.out, HasSubstr("Trafficking [machine translation]"));
}

TEST_F(ProgramTest, AProgrammeFileWithFaultsIsNamedByPath) {
  const std::string file =
      folder_.Write("programme.yaml", "title: {es: x}\ntopics: [alchemy]\nprice: 3\n");
  const Ended ended = Run({"programmes", "create", "x", "--file", file});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("topics"));
  EXPECT_THAT(ended.err, HasSubstr("price"));
}

TEST_F(ProgramTest, AReportIsWrittenInThreeFormats) {
  node_.On<api::GetRegionalReportRequest, api::GetRegionalReportResponse>(
      "/enlace.exchange.v1.ReportService/GetRegionalReport",
      [](const api::GetRegionalReportRequest& request) {
        api::GetRegionalReportResponse page;
        page.set_data(request.page_token().empty() ? "first," : "second");
        if (request.page_token().empty()) page.set_next_page_token("t");
        return page;
      });
  EXPECT_EQ(Run({"reports", "regional", "--out", folder_.path("report")}).code, 0);
  for (const char* name : {"regional.csv", "regional.json", "regional.html"}) {
    EXPECT_EQ(testing::TempDir::Read(folder_.path("report/") + name), "first,second");
  }
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
        }
        return response;
      });
  const std::string text(1'300'000, 'x');
  const Ended ended = Run({"reports", "verify", folder_.Write("regional.csv", text)});
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("another value is signed"));
  EXPECT_EQ(seen, text);
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
}

TEST_F(ProgramTest, AChannelThatDoesNotProveItselfIsAFinding) {
  node_.On<api::VerifyChannelRequest, api::VerifyChannelResponse>(
      "/enlace.exchange.v1.ChannelService/VerifyChannel",
      [](const auto&) -> StatusOr<api::VerifyChannelResponse> {
        return Error(Reason::ENTRY_INVALID, "entry 3 does not match");
      });
  const Ended ended = Run({"channels", "verify", "demo/ARG/training"});
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("ENTRY_INVALID"));
}

TEST_F(ProgramTest, VerifyingWithoutANameVerifiesEveryChannel) {
  node_.On<api::ListChannelsRequest, api::ListChannelsResponse>(
      "/enlace.exchange.v1.ChannelService/ListChannels", [](const auto&) {
        api::ListChannelsResponse response;
        response.add_channels()->set_origin("demo/ARG/training");
        response.add_channels()->set_origin("demo/BRA/training");
        return response;
      });
  std::vector<std::string> verified;
  node_.On<api::VerifyChannelRequest, api::VerifyChannelResponse>(
      "/enlace.exchange.v1.ChannelService/VerifyChannel",
      [&](const api::VerifyChannelRequest& request) {
        verified.push_back(request.origin());
        return api::VerifyChannelResponse();
      });
  EXPECT_EQ(Run({"channels", "verify"}).code, 0);
  EXPECT_THAT(verified, ElementsAre("demo/ARG/training", "demo/BRA/training"));
}

TEST_F(ProgramTest, TheOperatorsCommandsUseTheAdminSocket) {
  node_.On<admin::v1::GetStatusRequest, admin::v1::NodeStatus>(
      "/enlace.admin.v1.AdminService/GetStatus", [](const auto&) {
        admin::v1::NodeStatus status;
        status.set_not_ready_reason("STORE_FAILED");
        return status;
      });
  const Ended ended = Run({"node", "status", "--admin-socket", "/tmp/a.sock"});
  EXPECT_EQ(ended.code, kExitFindings);
  EXPECT_THAT(ended.out, HasSubstr("no: STORE_FAILED"));
  EXPECT_EQ(node_.connected.endpoint, "unix:/tmp/a.sock");
}

TEST_F(ProgramTest, CodesAreListedWithLabelsOfTheLanguage) {
  const Ended ended = Run({"codes", "list", "yes_no", "--lang", "es"});
  EXPECT_EQ(ended.out,
            "number  id   label  valid\n"
            "     1  yes  Sí     yes\n"
            "     2  no   No     yes\n");
  EXPECT_EQ(Run({"codes", "list", "nonsense"}).code, kExitUsage);
}

TEST_F(ProgramTest, TheManualNamesEveryCommandSettingAndExitCode) {
  const std::string manual =
      testing::TempDir::Read(std::string(ENLACE_SOURCE_DIR) + "/docs/CLI.md");
  const Program program = MakeProgram();
  for (const CommandEntry& entry : program.entries()) {
    const std::string name = entry.noun.empty() ? entry.verb : entry.noun + " " + entry.verb;
    EXPECT_THAT(manual, HasSubstr("| `" + name + "` | " + entry.help + " |"));
  }
  for (const SettingName& name : SettingNames()) {
    EXPECT_THAT(manual,
                HasSubstr("| `" + std::string(name.flag) + "` | `" + name.environment + "` |"));
  }
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 130}) {
    EXPECT_THAT(manual, HasSubstr("| " + std::to_string(code) + " |"));
  }
}

}  // namespace
}  // namespace enlace::cli
