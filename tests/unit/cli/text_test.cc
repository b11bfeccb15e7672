// Tables, codes, dates, exit codes: what people read and type.
#include <gmock/gmock.h>

#include <algorithm>

#include "client/cli/case_text.h"
#include "client/cli/dates.h"
#include "client/cli/exit_code.h"
#include "client/cli/figure_text.h"
#include "client/cli/labels.h"
#include "client/cli/programme_text.h"
#include "client/cli/table.h"
#include "node/model/attributes.h"
#include "tests/unit/cli/fixture.h"

namespace enlace::cli {
namespace {

using model::Missing;

TEST(Table, LinesUpByDisplayWidth) {
  Table table({"country", "count"});
  table.AlignRight(1);
  table.Add({"México", "7"});
  table.Add({"日本", "1234"});
  table.Add({"", "0"});
  EXPECT_EQ(table.ToText(),
            "country  count\n"
            "México       7\n"
            "日本      1234\n"
            "             0\n");
}

TEST(Table, LeavesNoBlanksAtTheEndOfALine) {
  Table table({"a", "b"});
  table.Add({"x", ""});
  EXPECT_EQ(table.ToText(), "a  b\nx\n");
}

TEST(Table, ShowsControlCharactersInsteadOfObeyingThem) {
  Table table({"title"});
  table.Add(
      {"a\x1b[31mb\nc\xE2\x80\xAE"
       "d\xff"});
  EXPECT_EQ(table.ToText(), "title\na\\u{1b}[31mb\\u{a}c\\u{202e}d\\xff\n");
}

TEST(Table, WritesCsvThatNoSpreadsheetRuns) {
  Table table({"title", "count"});
  table.Add({"=HYPERLINK(\"x\")", "-5"});
  table.Add({"a,b", "-"});
  table.Add({"-a", "+1"});
  EXPECT_EQ(table.ToCsv(), "title,count\n\"'=HYPERLINK(\"\"x\"\")\",-5\n\"a,b\",-\n'-a,'+1\n");
}

TEST(Table, WritesJsonWithTheHeaderAsKeys) {
  Table table({"a", "b"});
  EXPECT_EQ(table.ToJson(), "[]\n");
  table.Add({"1", "x\"y"});
  EXPECT_EQ(table.ToJson(), "[{\"a\":\"1\",\"b\":\"x\\\"y\"}]\n");
}

TEST(DisplayWidth, CountsCombiningMarksAsNothing) {
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);
  EXPECT_EQ(DisplayWidth("Ａ"), 2);
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(ExitCode, EveryReasonHasOneAndNoneIsSuccess) {
  for (const Reason reason : AllReasons()) {
    EXPECT_NE(ExitCodeOf(Error(reason, "x")), kExitOk) << ReasonName(reason);
  }
}

TEST(ExitCode, TellsApartWhatAScriptShouldDo) {
  const std::pair<Reason, ExitCode> expected[] = {
      {Reason::INTERNAL, kExitFailed},
      {Reason::CASE_NOT_FOUND, kExitFailed},
      {Reason::NODE_OVERLOADED, kExitFailed},
      {Reason::STORE_CORRUPT, kExitFailed},
      {Reason::CODE_UNKNOWN, kExitUsage},
      {Reason::CONFIG_INVALID, kExitUsage},
      {Reason::FILE_UNREADABLE, kExitUsage},
      {Reason::FILE_MALFORMED, kExitUsage},
      {Reason::PEER_UNREACHABLE, kExitUnreachable},
      {Reason::DEADLINE_PASSED, kExitUnreachable},
      {Reason::NODE_DRAINING, kExitUnreachable},
      {Reason::IDENTITY_MISSING, kExitNotPermitted},
      {Reason::PERMISSION_DENIED, kExitNotPermitted},
      {Reason::ETAG_MISMATCH, kExitPrecondition},
      {Reason::RELEASE_STATE, kExitPrecondition},
      {Reason::BATCH_CONFLICT, kExitPrecondition},
      {Reason::CONFIRMATION_NEEDED, kExitPrecondition},
      {Reason::CALL_CANCELLED, kExitInterrupted},
  };
  for (const auto& [reason, code] : expected) {
    EXPECT_EQ(ExitCodeOf(Error(reason, "x")), code) << ReasonName(reason);
  }
}

TEST(ParseMoment, ADayIsItsEnd) {
  EXPECT_EQ(*ParseMoment("1970-01-01"), 86'399'999);
  EXPECT_EQ(*ParseMoment("1970-01-02T00:00:01Z"), 86'401'000);
  EXPECT_EQ(*ParseMoment("1767225600000"), 1767225600000);
}

TEST(ParseMoment, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2026-02-30", "2026-1-1", "2026-01-01T25:00:00Z", "yesterday",
                           "2026-01-01T00:00:00", "-1", "9999999999999999"}) {
    EXPECT_EQ(ReasonOf(ParseMoment(text).status()), Reason::REQUEST_INVALID) << text;
  }
}

TEST(ParseYears, ReadsOneSeveralAndOpenEnds) {
  EXPECT_EQ(*ParseYears("2019"), std::pair(2019u, 2019u));
  EXPECT_EQ(*ParseYears("2018-2020"), std::pair(2018u, 2020u));
  EXPECT_EQ(*ParseYears("2018-"), std::pair(2018u, 0u));
  EXPECT_EQ(*ParseYears("-2020"), std::pair(0u, 2020u));
  for (const char* text : {"", "-", "20", "2020-2018", "2018-2020-2022", "x"}) {
    EXPECT_FALSE(ParseYears(text).ok()) << text;
  }
}

TEST(ParseCode, TakesIdsNumbersAndUnambiguousEnds) {
  const codes::CodeList& bands = TestRegistry().Get("age_band");
  EXPECT_EQ(*ParseCode(bands, "age_18_20"), bands.FindId("age_18_20")->number);
  EXPECT_EQ(*ParseCode(bands, "18_20"), bands.FindId("age_18_20")->number);
  EXPECT_EQ(*ParseCode(bands, "3"), 3u);
}

TEST(ParseCode, TakesCountriesByEitherIsoCodeInAnyCase) {
  const codes::CodeList& countries = TestRegistry().Get("country");
  for (const char* text : {"ARG", "arg", "AR", "ar"}) {
    EXPECT_EQ(*ParseCode(countries, text), countries.FindId("arg")->number) << text;
  }
}

TEST(ParseCode, RefusesUnknownAndAmbiguousTextWithoutEchoingIt) {
  const codes::CodeList& means = TestRegistry().Get("means_of_control");
  for (const char* text : {"secret", "", "abuse"}) {
    const Status refused = ParseCode(means, text).status();
    EXPECT_EQ(ReasonOf(refused), Reason::CODE_UNKNOWN) << text;
    EXPECT_EQ(refused.ToString().find("secret"), std::string::npos);
  }
}

TEST(CodeLabel, AMissingLabelIsShownAsMissing) {
  codes::Code code;
  code.number = 1;
  code.id = "one";
  code.labels = {{"en", "One"}};
  const codes::CodeList list("l", 1, "s", {code});
  EXPECT_EQ(CodeLabel(list, 1, "en"), "One");
  EXPECT_EQ(CodeLabel(list, 1, "pt"), "[one]");
  EXPECT_EQ(CodeLabel(list, 9, "en"), "[9]");
}

Status Apply(std::string_view assignment, model::CaseContent& content) {
  return ApplyAssignments({std::string(assignment)}, TestRegistry(), content);
}

TEST(ApplyAssignments, SetsCodesAndReasons) {
  model::CaseContent content;
  ASSERT_TRUE(Apply("age_band=18_20", content).ok());
  ASSERT_TRUE(Apply("citizenship=unknown", content).ok());
  EXPECT_EQ(content.Single(model::kAgeBand).code, 3u);
  EXPECT_EQ(content.Single(model::kCitizenship), (model::SingleValue{0, Missing::kUnknown}));
}

TEST(ApplyAssignments, SetsAffirmedDeniedAndRest) {
  model::CaseContent content;
  ASSERT_TRUE(Apply("means=+threats,-debt_bondage,rest:unknown", content).ok());
  EXPECT_EQ(content.Set(model::kMeans),
            (model::SetValue{uint64_t{1} << 4, uint64_t{1} << 1, Missing::kUnknown}));
}

TEST(ApplyAssignments, RefusesAnAttributeThatIsGivenTwice) {
  const std::pair<std::string, std::string> twice[] = {{"sex=female", "sex=male"},
                                                       {"sex=female", "sex=unknown"},
                                                       {"means=+threats", "means=-debt_bondage"}};
  for (const auto& [first, second] : twice) {
    model::CaseContent content;
    const Status refused =
        ApplyAssignments({first, "age_band=18_20", second}, TestRegistry(), content);
    EXPECT_EQ(ReasonOf(refused), Reason::ATTRIBUTE_INVALID);
    EXPECT_THAT(MessageOf(refused),
                ::testing::HasSubstr("--set " + first.substr(0, first.find('=')) +
                                     ": expected the attribute once"));
  }
}

TEST(ApplyAssignments, RefusesACodeOrARestThatIsGivenTwice) {
  for (const char* text : {"means=+threats,+threats", "means=-threats,-threats",
                           "means=+threats,rest:unknown,rest:not_collected"}) {
    model::CaseContent content;
    EXPECT_EQ(ReasonOf(ApplyAssignments({text}, TestRegistry(), content)),
              Reason::ATTRIBUTE_INVALID);
  }
}

TEST(ApplyAssignments, SaysWhichOneIsWrong) {
  const std::pair<std::string, std::string> wrong[] = {
      {"age_band=secretvalue", "--set age_band: "},
      {"means=+secretvalue", "--set means: "},
      {"secretvalue", "--set number 2 on the command line: "},
      {"secretvalue=1", "--set number 2 on the command line: "}};
  for (const auto& [assignment, where] : wrong) {
    model::CaseContent content;
    const Status refused = ApplyAssignments({"sex=female", assignment}, TestRegistry(), content);
    EXPECT_THAT(MessageOf(refused), ::testing::HasSubstr(where));
    EXPECT_THAT(MessageOf(refused), ::testing::Not(::testing::HasSubstr("secretvalue")));
  }
}

TEST(ApplyAssignments, RefusesWhatDoesNotFitWithoutEchoingIt) {
  model::CaseContent content;
  const std::pair<const char*, Reason> bad[] = {
      {"age_band", Reason::ATTRIBUTE_INVALID},
      {"surname=secret", Reason::ATTRIBUTE_INVALID},
      {"age_band=secret", Reason::CODE_UNKNOWN},
      {"means=threats", Reason::ATTRIBUTE_INVALID},
      {"means=+secret", Reason::CODE_UNKNOWN},
      {"means=+threats,-threats", Reason::ATTRIBUTE_INVALID},
      {"means=rest:secret", Reason::ATTRIBUTE_INVALID},
      {"means=", Reason::ATTRIBUTE_INVALID},
  };
  for (const auto& [assignment, reason] : bad) {
    const Status refused = Apply(assignment, content);
    EXPECT_EQ(ReasonOf(refused), reason) << assignment;
    EXPECT_EQ(refused.ToString().find("secret"), std::string::npos) << assignment;
  }
  EXPECT_EQ(content, model::CaseContent());
}

TEST(CaseText, ApiAndModelAreTheSameRecord) {
  model::CaseContent content;
  content.registration_year = 2024;
  content.registration_quarter = 2;
  ASSERT_TRUE(Apply("sex=female", content).ok());
  ASSERT_TRUE(Apply("citizenship=not_applicable", content).ok());
  ASSERT_TRUE(Apply("forms=+forced_labour,-organ_removal,rest:unknown", content).ok());
  EXPECT_EQ(FromApi(ToApi(content)), content);
}

TEST(CaseText, RefusesWhatTheModelsFormWouldLose) {
  model::CaseContent content;
  ASSERT_TRUE(Apply("sex=female", content).ok());
  ASSERT_TRUE(Apply("forms=+forced_labour,-organ_removal,rest:unknown", content).ok());
  const api::CaseRecord record = ToApi(content);
  EXPECT_TRUE(CheckForm(record).ok());
  const auto refused = [&](const std::function<void(api::CaseRecord&)>& change) {
    api::CaseRecord changed = record;
    change(changed);
    const Status status = CheckForm(changed);
    EXPECT_EQ(status.ToString().find("64"), std::string::npos);
    return ReasonOf(status);
  };
  const Reason invalid = Reason::ATTRIBUTE_INVALID;
  EXPECT_EQ(refused([](api::CaseRecord& r) { r.mutable_sets(0)->add_affirmed(64); }), invalid);
  EXPECT_EQ(refused([](api::CaseRecord& r) { r.mutable_sets(0)->add_denied(0); }), invalid);
  EXPECT_EQ(
      refused([](api::CaseRecord& r) { r.mutable_sets(0)->add_denied(r.sets(0).affirmed(0)); }),
      invalid);
  EXPECT_EQ(refused([](api::CaseRecord& r) { *r.add_singles() = r.singles(0); }), invalid);
  EXPECT_EQ(refused([](api::CaseRecord& r) { *r.add_sets() = r.sets(0); }), invalid);
}

TEST(CaseText, DescribesMissingAnswersAsMissingInTheLanguage) {
  model::CaseContent content;
  ASSERT_TRUE(Apply("citizenship=unknown", content).ok());
  ASSERT_TRUE(Apply("means=+threats,-debt_bondage", content).ok());
  const auto lines = DescribeCase(content, TestRegistry(), "es");
  const auto find = [&](const std::string& name) {
    for (const auto& [key, value] : lines) {
      if (key == name) return value;
    }
    return std::string("absent");
  };
  EXPECT_EQ(find("Nacionalidad"), "(desconocido)");
  EXPECT_EQ(find("Medios de control"), "+Amenazas; -Servidumbre por deudas; (no recopilado)");
}

TEST(FigureText, NoStateIsShownAsAnotherOrAsANumber) {
  std::vector<std::string> seen;
  for (int status = channel::v1::FigureStatus_MIN; status <= channel::v1::FigureStatus_MAX;
       ++status) {
    const std::string text = FigureValue(static_cast<channel::v1::FigureStatus>(status), 0, "en");
    EXPECT_EQ(std::count(seen.begin(), seen.end(), text), 0) << text;
    seen.push_back(text);
    EXPECT_EQ(text == "0", status == channel::v1::VALUE);
  }
}

TEST(FigureText, ReadsCountsAndStates) {
  exchange::v1::Observation figure;
  ASSERT_TRUE(ParseObservationValue("0", figure).ok());
  EXPECT_EQ(figure.status(), exchange::v1::Observation::VALUE);
  ASSERT_TRUE(ParseObservationValue("<5", figure).ok());
  EXPECT_EQ(figure.status(), exchange::v1::Observation::SUPPRESSED_BY_SOURCE);
  for (const char* text : {"", "-1", "5.5", "<6", "10000001", "many"}) {
    EXPECT_EQ(ReasonOf(ParseObservationValue(text, figure)), Reason::REQUEST_INVALID) << text;
  }
}

TEST(TextIn, NeverShowsAnotherLanguage) {
  channel::v1::LocalizedText text;
  EXPECT_EQ(TextIn(text, "en"), "(missing)");
  auto& spanish = *text.add_texts();
  spanish.set_language("es");
  spanish.set_text("Trata");
  EXPECT_EQ(TextIn(text, "es"), "Trata");
  EXPECT_EQ(TextIn(text, "pt"), "(missing; in: es)");
  spanish.set_translation(channel::v1::LocalizedText::Text::MACHINE);
  EXPECT_EQ(TextIn(text, "es"), "Trata [machine translation]");
}

}  // namespace
}  // namespace enlace::cli
