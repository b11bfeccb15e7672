#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "node/report/csv.h"
#include "node/report/html.h"
#include "node/report/json.h"
#include "node/report/messages.h"
#include "node/report/summary.h"

namespace enlace::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const codes::Registry& Lists() {
  static const auto* registry = new std::shared_ptr<const codes::Registry>(
      *codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists"));
  return **registry;
}

channel::v1::Figure Figure(uint32_t sex, channel::v1::FigureStatus status, uint64_t value = 0) {
  channel::v1::Figure figure;
  figure.set_indicator(1);
  figure.set_dimension(1);
  figure.set_sex(sex);
  figure.set_year(2022);
  figure.set_status(status);
  figure.set_value(value);
  return figure;
}

Input OneState() {
  auto state = std::make_shared<views::StatisticsState>();
  state->channel = {"demo/ARG/statistics", 9};
  state->jurisdiction = "ARG";
  views::ReleaseInForce& release = state->releases[4];
  release.sequence = 4;
  release.released_on = "2026-01-02";
  release.content.set_name("jurisdictions/ARG/releases/" + std::string(32, 'a'));
  release.content.set_counting_basis(2);
  release.content.add_entities("police");
  release.content.set_threshold(5);
  *release.content.add_figures() = Figure(0, channel::v1::VALUE, 0);
  *release.content.add_figures() = Figure(1, channel::v1::SUPPRESSED);
  *release.content.add_figures() = Figure(2, channel::v1::SUPPRESSED_BY_SOURCE);
  auto held = std::make_shared<views::StatisticsState>();
  held->channel = {"demo/BRA/statistics", 0};
  held->jurisdiction = "BRA";
  Input input;
  input.network = "demo";
  input.roster = {"CHL", "ARG", "BRA"};
  input.statistics = {state, held};
  return input;
}

std::shared_ptr<views::CatalogueState> OneProgramme(const std::string& title) {
  auto state = std::make_shared<views::CatalogueState>();
  views::CatalogueEntry entry;
  entry.programme.set_name("jurisdictions/ARG/programmes/a");
  auto& text = *entry.programme.mutable_title()->add_texts();
  text.set_language("es");
  text.set_text(title);
  entry.programme.add_topics(1);
  entry.channel = "demo/ARG/training";
  entry.audience = "network";
  state->programmes[entry.programme.name()] = entry;
  entry.withdrawn = true;
  state->programmes["jurisdictions/ARG/programmes/b"] = entry;
  return state;
}

TEST(RowsTest, EachStatusStaysWhatItIs) {
  const auto rows = MakeRows(OneState(), Lists());
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_EQ(rows[0][kStatus], "value");
  EXPECT_EQ(rows[0][kValue], "0");
  EXPECT_EQ(rows[1][kStatus], "suppressed");
  EXPECT_EQ(rows[1][kValue], "");
  EXPECT_EQ(rows[1][kLow], "");
  EXPECT_EQ(rows[2][kStatus], "suppressed_by_source");
  EXPECT_EQ(rows[2][kLow], "0");
  EXPECT_EQ(rows[2][kHigh], "4");
}

TEST(RowsTest, SilentMembersHaveARowAndSayWhatIsHeldOfThem) {
  const auto rows = MakeRows(OneState(), Lists());
  EXPECT_EQ(rows[3][kJurisdiction], "BRA");
  EXPECT_EQ(rows[3][kStatus], "missing");
  EXPECT_EQ(rows[3][kChannel], "demo/BRA/statistics");
  EXPECT_EQ(rows[3][kCheckpointSize], "0");
  EXPECT_EQ(rows[4][kJurisdiction], "CHL");
  EXPECT_EQ(rows[4][kChannel], "");
}

TEST(RowsTest, EveryStatusHasAWordAndATextInFourLanguages) {
  for (int number = channel::v1::VALUE; number <= channel::v1::UNKNOWN; ++number) {
    const auto word = StatusWord(static_cast<channel::v1::FigureStatus>(number));
    const StatusText& status = TextOfStatus(word);
    for (const std::string_view language : codes::kLanguages) {
      EXPECT_NE(status.label.In(language), "");
      EXPECT_NE(status.meaning.In(language), "");
    }
  }
  EXPECT_EQ(StatusWord(static_cast<channel::v1::FigureStatus>(77)), "unknown");
}

TEST(RowsTest, ACodeThatTheListsDoNotKnowIsShownAsANumber) {
  EXPECT_EQ(Labels(Lists()).Of("indicator", 4711, "en"), "code 4711");
  EXPECT_EQ(Labels(Lists()).Category(4711, 3, "en"), "code 3");
}

TEST(RowsTest, AMissingLabelIsSaidToBeMissingAndNotBorrowed) {
  codes::Code code;
  code.number = 4;
  code.id = "somewhere";
  code.labels["en"] = "Somewhere";
  const codes::Registry lists({codes::CodeList("place", 1, "tests", {code})});
  EXPECT_EQ(Labels(lists).Of("place", 4, "en"), "Somewhere");
  EXPECT_EQ(Labels(lists).Of("place", 4, "es"), "4 (no disponible en español)");
}

TEST(CoverageTest, AStoppedChannelIsMarked) {
  Input input = OneState();
  input.stopped = {"demo/ARG/statistics"};
  const auto json = nlohmann::json::parse(WriteJson(input, Lists(), "2026-01-03"));
  EXPECT_EQ(json["coverage"][0]["stopped"], true);
  EXPECT_EQ(json["coverage"][1]["stopped"], false);
  EXPECT_THAT(WriteHtml(input, Lists(), "2026-01-03"), HasSubstr("signed two histories"));
  EXPECT_THAT(WriteHtml(OneState(), Lists(), "2026-01-03"), Not(HasSubstr("two histories")));
}

TEST(SourcesTest, EachReleaseSaysWhatItCounted) {
  const auto json = nlohmann::json::parse(WriteJson(OneState(), Lists(), "2026-01-03"));
  ASSERT_EQ(json["releases"].size(), 1u);
  EXPECT_EQ(json["releases"][0]["release"], "jurisdictions/ARG/releases/" + std::string(32, 'a'));
  EXPECT_EQ(json["releases"][0]["counting_basis"], "case_records");
  EXPECT_EQ(json["releases"][0]["entities"][0], "police");
  EXPECT_EQ(json["releases"][0]["threshold"], 5);
  EXPECT_EQ(json["labels"]["counting_basis"]["case_records"]["en"],
            "Case records of the named entities");
  const std::string html = WriteHtml(OneState(), Lists(), "2026-01-03");
  EXPECT_THAT(html, HasSubstr("Registros de casos de las entidades indicadas"));
  EXPECT_THAT(html, HasSubstr("<code>police</code>"));
}

// A report travels further than an entry of a channel.
TEST(ProgrammesTest, ThoseForANarrowerAudienceAreOnlyCounted) {
  Input input = OneState();
  auto state = OneProgramme("Curso");
  views::CatalogueEntry narrow = state->programmes["jurisdictions/ARG/programmes/a"];
  narrow.audience = "BRA";
  narrow.programme.mutable_title()->mutable_texts(0)->set_text("Reservado");
  state->programmes["jurisdictions/ARG/programmes/c"] = narrow;
  input.catalogue = {state};
  const std::string json = WriteJson(input, Lists(), "2026-01-03");
  EXPECT_THAT(json, Not(HasSubstr("Reservado")));
  EXPECT_THAT(json, HasSubstr("\"programmes_not_shown\": 1"));
  const std::string html = WriteHtml(input, Lists(), "2026-01-03");
  EXPECT_THAT(html, Not(HasSubstr("Reservado")));
  EXPECT_THAT(html, HasSubstr("no mostrados aquí"));
}

TEST(CsvTest, FieldsAreQuotedOnlyWhereTheyMustBe) {
  Row row;
  row[0] = "plain";
  row[1] = "with, comma";
  row[2] = "with \"quotes\"";
  row[3] = "two\r\nlines";
  const std::string line = CsvLine(row);
  EXPECT_THAT(line, ::testing::StartsWith("plain,\"with, comma\",\"with \"\"quotes\"\"\",\"two\r\n"
                                          "lines\","));
  const auto parsed = ParseCsv(line);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(std::equal(row.begin(), row.end(), (*parsed)[0].begin(), (*parsed)[0].end()));
}

TEST(CsvTest, OneContentHasOneFormOfBytes) {
  for (const char* bad : {"a\n", "\"a\"\r\n", "a\"b\r\n", "a", "\"a", "a\r", "\"a,b\"c\r\n"}) {
    EXPECT_EQ(ReasonOf(ParseCsv(bad).status()), Reason::REPORT_INVALID) << bad;
  }
}

TEST(CsvTest, LimitsHold) {
  EXPECT_EQ(ReasonOf(ParseCsv(std::string(kReportFieldBytesMax + 1, 'a') + "\r\n").status()),
            Reason::REPORT_INVALID);
  EXPECT_EQ(
      ReasonOf(ParseCsv("\"," + std::string(kReportFieldBytesMax + 1, 'a') + "\"\r\n").status()),
      Reason::REPORT_INVALID);
  EXPECT_EQ(ReasonOf(ParseCsv(std::string(kColumnCount, ',') + "\r\n").status()),
            Reason::REPORT_INVALID);
  EXPECT_EQ(ReasonOf(ParseCsv(std::string(kReportBytesMax + 1, ',')).status()),
            Reason::REPORT_INVALID);
}

TEST(JsonTest, HoldsRowsCoverageProgrammesAndLabels) {
  Input input = OneState();
  input.catalogue = {OneProgramme("Curso")};
  const auto json = nlohmann::json::parse(WriteJson(input, Lists(), "2026-01-03"));
  EXPECT_EQ(json["rows"].size(), 5u);
  EXPECT_EQ(json["rows"][0]["value"], 0);
  EXPECT_FALSE(json["rows"][1].contains("value"));
  EXPECT_EQ(json["coverage"][0]["figures_by_status"]["suppressed"], 1);
  EXPECT_EQ(json["coverage"][2]["channel_held"], false);
  ASSERT_EQ(json["programmes"].size(), 1u);
  EXPECT_EQ(json["programmes"][0]["title"]["es"]["text"], "Curso");
  EXPECT_EQ(json["labels"]["status"]["suppressed"]["pt"], "Suprimido");
  EXPECT_EQ(json["labels"]["sex"]["female"]["es"].get<std::string>().empty(), false);
}

TEST(JsonTest, BrokenTextOfAnotherNodeDoesNotThrow) {
  Input input = OneState();
  input.catalogue = {OneProgramme("\xff")};
  EXPECT_THAT(WriteJson(input, Lists(), "2026-01-03"), HasSubstr("\xEF\xBF\xBD"));
}

TEST(HtmlTest, StandsAloneAndEscapesWhatOthersWrote) {
  Input input = OneState();
  input.catalogue = {OneProgramme("<script>alert('x')</script>")};
  const std::string html = WriteHtml(input, Lists(), "2026-01-03");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)"));
  EXPECT_THAT(html, Not(HasSubstr("http:")));
  EXPECT_THAT(html, Not(HasSubstr("https:")));
  for (const char* part : {"l-en", "l-es", "l-fr", "l-pt", "<caption>", "scope=\"col\"",
                           "scope=\"row\"", "prefers-color-scheme:dark", "@media print"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
}

TEST(HtmlTest, SuppressedZeroAndMissingLookDifferent) {
  const std::string html = WriteHtml(OneState(), Lists(), "2026-01-03");
  EXPECT_THAT(html, HasSubstr("<td class=\"n\">0<sup>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"s\"><span aria-hidden=\"true\">▒"));
  EXPECT_THAT(html, HasSubstr("<td class=\"m\"><span aria-hidden=\"true\">—"));
}

TEST(HtmlTest, EveryFigurePointsAtItsOrigin) {
  const std::string html = WriteHtml(OneState(), Lists(), "2026-01-03");
  EXPECT_THAT(html, HasSubstr("href=\"#r1\""));
  EXPECT_THAT(html, HasSubstr("<tr id=\"r1\">"));
  EXPECT_THAT(html, HasSubstr("jurisdictions/ARG/releases/" + std::string(32, 'a')));
  EXPECT_THAT(html, HasSubstr("demo/ARG/statistics"));
}

TEST(HtmlTest, AMissingTranslationIsSaidToBeMissing) {
  Input input = OneState();
  input.catalogue = {OneProgramme("Curso")};
  const std::string html = WriteHtml(input, Lists(), "2026-01-03");
  EXPECT_THAT(html, HasSubstr("lang=\"es\">Curso<"));
  EXPECT_THAT(html, HasSubstr("lang=\"fr\">(non disponible en français)<"));
}

}  // namespace
}  // namespace enlace::report
