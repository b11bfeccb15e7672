#include "client/cli/program.h"

#include <gmock/gmock.h>

#include "enlace/exchange/v1/case_service.pb.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kCase[] = "jurisdictions/ARG/cases/00112233445566778899aabbccddeeff";

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

TEST_F(ProgramTest, ACorrectionOfNothingIsRefusedBeforeAnythingIsAsked) {
  const Ended ended = Run({"cases", "correct", kCase, "--reason", "entry_error"});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("nothing to correct"));
  EXPECT_TRUE(node_.calls.empty());
}

TEST_F(ProgramTest, ACorrectionThatChangesNothingWritesNoRevision) {
  node_.On<api::GetCaseRecordRequest, api::CaseRecord>(
      "/enlace.exchange.v1.CaseService/GetCaseRecord", [](const auto&) {
        api::CaseRecord record;
        record.set_state(api::CaseRecord::ACTIVE);
        record.set_codelist_version(1);
        record.set_registration_year(2024);
        record.set_etag("e1");
        return record;
      });
  const std::vector<std::string> correct{
      "cases", "correct",           kCase,      "--year",     "2024",
      "--set", "sex=not_collected", "--reason", "entry_error"};
  const Ended ended = Run(correct);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("says this already"));
  EXPECT_THAT(node_.calls, ElementsAre(HasSubstr("GetCaseRecord")));
  // Who names what was read gets the node's answer when that is no longer so.
  std::vector<std::string> with_etag = correct;
  with_etag.insert(with_etag.end(), {"--etag", "e0"});
  EXPECT_NE(Run(with_etag).code, 0);
  EXPECT_THAT(node_.calls.back(), HasSubstr("CorrectCaseRecord"));
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
        auto& axis = *response.add_axes();
        axis.add_missing(api::MISSING_UNKNOWN);
        axis.add_codes(1);
        for (const uint64_t step : {0, 1}) response.add_cell_steps(step);
        for (const uint64_t count : {0, 12}) response.add_counts(count);
        response.set_threshold(5);
        response.set_records(15);
        response.set_denominator(12);
        response.add_entities("police");
        response.add_entities("shelter");
        return response;
      });
  const Ended ended = Run({"cases", "tabulate", "--by", "sex", "--where", "citizenship=PRY,BOL",
                           "--years", "2018-2020", "--lang", "es"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "Sexo o género registrado      casos\n"
            "desconocido               suprimido\n"
            "Femenino                         12\n"
            "\n"
            "qué se cuenta: Registros de casos de las entidades indicadas\n"
            "entidades: police shelter\n"
            "registros: 15, 12 con respuesta en cada atributo\n"
            "los recuentos menores de 5 se suprimen\n"
            "una persona en los registros de varias entidades se cuenta más de una vez\n"
            "víctimas presuntas e identificadas se cuentan juntas; victim_status las distingue\n");
  EXPECT_THAT(sent.filters(0).codes(), ElementsAre(600u, 68u));
  EXPECT_EQ(sent.year_from(), 2018u);
  EXPECT_EQ(sent.year_to(), 2020u);
}

TEST_F(ProgramTest, HiddenMarginsOfATabulationAreSuppressedAndNotZero) {
  node_.On<api::TabulateCaseRecordsRequest, api::TabulateCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/TabulateCaseRecords",
      [&](const api::TabulateCaseRecordsRequest&) {
        api::TabulateCaseRecordsResponse response;
        response.add_axes()->add_codes(1);
        response.add_cell_steps(0);
        response.add_counts(0);
        response.set_threshold(5);
        response.set_margins_hidden(true);
        return response;
      });
  const Ended text = Run({"cases", "tabulate", "--by", "victim_status"});
  EXPECT_THAT(text.out, HasSubstr("entities: suppressed\nrecords: suppressed\n"));
  EXPECT_THAT(text.out, ::testing::Not(HasSubstr("0 records")));
  EXPECT_THAT(text.out, ::testing::Not(HasSubstr("counted together")));
  const Ended csv = Run({"cases", "tabulate", "--by", "sex", "--output", "csv", "--quiet"});
  EXPECT_THAT(csv.out, HasSubstr(",counting_basis,victim_statuses,records,"));
  EXPECT_THAT(csv.out, HasSubstr(",records,answered,threshold,entities,several_valued\n"));
  EXPECT_THAT(
      csv.out,
      HasSubstr(",suppressed,case_records,together,suppressed,suppressed,5,suppressed,false\n"));
  const Ended json = Run({"cases", "tabulate", "--by", "sex", "--output", "json"});
  EXPECT_THAT(json.out, ::testing::ContainsRegex("marginsHidden\": ?true"));
}

TEST_F(ProgramTest, ATabulationThatContradictsItselfIsRefused) {
  node_.On<api::TabulateCaseRecordsRequest, api::TabulateCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/TabulateCaseRecords", [](const auto&) {
        api::TabulateCaseRecordsResponse response;
        response.add_axes()->add_codes(1);
        response.add_cell_steps(1);
        response.add_counts(7);
        return response;
      });
  const Ended ended = Run({"cases", "tabulate", "--by", "sex"});
  EXPECT_NE(ended.code, 0);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("TABULATION_INVALID"));
}

TEST_F(ProgramTest, ATabulationSaysItsBasisInEveryLanguage) {
  node_.On<api::TabulateCaseRecordsRequest, api::TabulateCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/TabulateCaseRecords", [](const auto&) {
        api::TabulateCaseRecordsResponse response;
        response.set_several_valued(true);
        response.set_threshold(5);
        return response;
      });
  const std::pair<const char*, const char*> said[] = {
      {"en", "counted: Case records of the named entities\n"},
      {"es", "qué se cuenta: Registros"},
      {"fr", "ce qui est compté : Dossiers"},
      {"pt", "o que se conta: Registros"}};
  for (const auto& [language, basis] : said) {
    const Ended ended = Run({"cases", "tabulate", "--by", "sex", "--lang", language});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr(basis));
    EXPECT_EQ(ended.out.find('{'), std::string::npos);
  }
}

TEST_F(ProgramTest, AnErasedRecordHasNoYear) {
  node_.On<api::ListCaseRecordsRequest, api::ListCaseRecordsResponse>(
      "/enlace.exchange.v1.CaseService/ListCaseRecords", [](const auto&) {
        api::ListCaseRecordsResponse page;
        page.add_case_records()->set_state(api::CaseRecord::ERASED);
        return page;
      });
  EXPECT_THAT(Run({"cases", "list", "-o", "csv"}).out, HasSubstr("\n,ERASED,0,,"));
}

TEST_F(ProgramTest, AnUnknownAttributeOfATabulationIsRefusedHere) {
  const Ended ended = Run({"cases", "tabulate", "--by", "surname"});
  EXPECT_EQ(ended.code, kExitUsage);
  EXPECT_THAT(ended.err, HasSubstr("TABULATION_INVALID"));
  EXPECT_TRUE(node_.calls.empty());
}

}  // namespace
}  // namespace enlace::cli
