#include "client/intake/observation_mapper.h"

#include "tests/unit/intake/fixture.h"

namespace enlace::intake {
namespace {

using model::ObservationStatus;

// Argentina, detected victims by citizenship, 2019; cells by the format's order.
std::vector<std::string> Row(const std::string& category, const std::string& value,
                             const std::string& dimension = "by citizenship") {
  return {"ARG",
          "Argentina",
          "Americas",
          "Latin America and the Caribbean",
          "Detected trafficking victims",
          dimension,
          category,
          "Total",
          "Total",
          "2019",
          "Counts",
          value,
          "GLOTIP"};
}

ObservationFate MapRow(const std::vector<std::string>& fields,
                       const std::string& jurisdiction = "ARG") {
  return ObservationMapper(Glotip(), TestRegistry(), jurisdiction)
      .Map(OwnHeader(Glotip()), RecordOf(fields));
}

MappedObservation Accepted(const std::vector<std::string>& fields) {
  const ObservationFate fate = MapRow(fields);
  EXPECT_TRUE(std::holds_alternative<MappedObservation>(fate));
  return std::holds_alternative<MappedObservation>(fate) ? std::get<MappedObservation>(fate)
                                                         : MappedObservation{};
}

RowFault Fault(const std::vector<std::string>& fields) {
  const ObservationFate fate = MapRow(fields);
  EXPECT_TRUE(std::holds_alternative<RowFault>(fate));
  return std::holds_alternative<RowFault>(fate) ? std::get<RowFault>(fate) : RowFault{};
}

RowFault CategoryFault(RowReason reason) { return {"Category", reason, {}}; }
RowFault ValueFault(RowReason reason) { return {"txtVALUE", reason, {}}; }

TEST(ObservationMapper, MapsEveryPartOfTheKey) {
  const MappedObservation figure = Accepted(Row("Forced labour", "12", "by form of exploitation"));
  EXPECT_EQ(figure.key.indicator, Code("indicator", "detected_victims"));
  EXPECT_EQ(figure.key.dimension, Code("dimension", "by_form"));
  EXPECT_EQ(figure.key.category, Code("official_form", "forced_labour"));
  EXPECT_EQ(figure.key.sex, 0u);
  EXPECT_EQ(figure.key.age, 0u);
  EXPECT_EQ(figure.key.year, 2019u);
  EXPECT_EQ(figure.value, 12u);
}

TEST(ObservationMapper, LessThanFiveIsSuppressedBySourceAndHasNoValue) {
  const MappedObservation figure = Accepted(Row("Nationals", "<5"));
  EXPECT_EQ(figure.status, ObservationStatus::kSuppressedBySource);
  EXPECT_EQ(figure.value, 0u);
}

TEST(ObservationMapper, KeepsATrueZero) {
  const MappedObservation figure = Accepted(Row("Nationals", "0"));
  EXPECT_EQ(figure.status, ObservationStatus::kValue);
  EXPECT_EQ(figure.value, 0u);
}

TEST(ObservationMapper, SpellingsOfOnePlaceMeetInOneKey) {
  for (const char* text : {"Venezuela (Bolivarian Republic of)", "VENEZUELA", "Venezolana",
                           "venezolano", "Venezuelans", "Venezuela"}) {
    EXPECT_EQ(Accepted(Row(text, "7")).key.category, Code("place", "ven")) << text;
  }
}

TEST(ObservationMapper, GroupsStayGroups) {
  EXPECT_EQ(Accepted(Row("Nationals", "7")).key.category, Code("place", "own_nationals"));
  EXPECT_EQ(Accepted(Row("Sin determinar", "7")).key.category, Code("place", "unknown"));
  EXPECT_EQ(Accepted(Row("Abroad", "7", "by country of repatriation")).key.category,
            Code("place", "abroad"));
}

TEST(ObservationMapper, WhatCouldBeSeveralPlacesIsAmbiguous) {
  for (const char* text :
       {"Congo", "Guinea", "GUINEANA", "Korea", "DOMINICANA", "Guayanean", "OTROS"}) {
    EXPECT_EQ(Fault(Row(text, "7")), CategoryFault(RowReason::kValueAmbiguous)) << text;
  }
}

TEST(ObservationMapper, MisspellingsAndPhrasesAreNotGuessed) {
  for (const char* text :
       {"BARSIL", "Hodruanian", "145", "Nationality",
        "Caribbean (Trinidad and Tobago, Barbados, etc)", "(especifique otras nacionalidades)"}) {
    EXPECT_EQ(Fault(Row(text, "7")), CategoryFault(RowReason::kValueUnknown)) << text;
  }
}

TEST(ObservationMapper, ABlankCategoryIsBlankAndABrokenOneBroken) {
  EXPECT_EQ(Fault(Row("", "7")), CategoryFault(RowReason::kValueBlank));
  EXPECT_EQ(Fault(Row("Ciudadanos de su pa\xEF\xBF\xBDs", "7")),
            CategoryFault(RowReason::kTextBroken));
}

TEST(ObservationMapper, ALeakedCellIdIsNamedBeforeABrokenTextBesideIt) {
  const RowFault fault = Fault(Row("Ciudadanos de su pa\xEF\xBF\xBDs", "6,112,019"));
  EXPECT_EQ(fault, (RowFault{"txtVALUE",
                             RowReason::kValueLeakedReference,
                             {{"Category", RowReason::kTextBroken, {}}}}));
}

TEST(ObservationMapper, RefusesAnotherUnitOrSource) {
  auto unit = Row("Nationals", "7");
  unit[10] = "Rate per 100,000";
  EXPECT_EQ(Fault(unit), (RowFault{"Unit of measurement", RowReason::kValueUnknown, {}}));
  auto source = Row("Nationals", "7");
  source[12] = "";
  EXPECT_EQ(Fault(source), (RowFault{"Source", RowReason::kValueBlank, {}}));
}

TEST(ObservationMapper, RefusesANameThatIsAnotherCountrys) {
  auto fields = Row("Nationals", "7");
  fields[1] = "Brazil";
  EXPECT_EQ(Fault(fields), (RowFault{"Country", RowReason::kCellsContradict, {}}));
}

TEST(ObservationMapper, RefusesUnknownIndicatorsAndYearsOutOfRange) {
  auto indicator = Row("Nationals", "7");
  indicator[4] = "Persons detained";
  EXPECT_EQ(Fault(indicator), (RowFault{"Indicator", RowReason::kValueUnknown, {}}));
  auto year = Row("Nationals", "7");
  year[9] = "3019";
  EXPECT_EQ(Fault(year), (RowFault{"Year", RowReason::kValueOutOfRange, {}}));
}

TEST(ObservationMapper, RowsOfOthersAreNotOurs) {
  EXPECT_EQ(std::get<NotOurs>(MapRow(Row("Nationals", "7"), "BRA")), NotOurs{true});
  EXPECT_EQ(std::get<NotOurs>(MapRow(Row("Nationals", "7"), "OAS")), NotOurs{true});
}

TEST(ObservationMapper, ACodeThatIsNoCountryIsSetAside) {
  auto fields = Row("Nationals", "7");
  fields[0] = "Q1";
  EXPECT_EQ(Fault(fields), (RowFault{"Iso3_code", RowReason::kValueUnknown, {}}));
}

uint64_t Count(std::string_view text) {
  const auto parsed = ParseCount("txtVALUE", text);
  return std::holds_alternative<uint64_t>(parsed) ? std::get<uint64_t>(parsed) : UINT64_MAX;
}

RowFault CountFault(std::string_view text) {
  const auto parsed = ParseCount("txtVALUE", text);
  return std::holds_alternative<RowFault>(parsed) ? std::get<RowFault>(parsed) : RowFault{};
}

TEST(ParseCount, ReadsDigitsWithAndWithoutGroups) {
  EXPECT_EQ(Count("0"), 0u);
  EXPECT_EQ(Count("16,390"), 16390u);
  EXPECT_EQ(Count("16390"), 16390u);
  EXPECT_EQ(Count("999,999"), 999999u);
  EXPECT_EQ(Count("1,500,000"), 1500000u);
}

TEST(ParseCount, RefusesGroupsThatAreNotOfThree) {
  for (const char* text :
       {"1,23", ",123", "1234,567", "1,,234", "1.234", "-5", "5 ", "<6", "5e3", "1,234,"}) {
    EXPECT_EQ(CountFault(text), ValueFault(RowReason::kValueUnknown)) << text;
  }
  EXPECT_EQ(CountFault(""), ValueFault(RowReason::kValueBlank));
}

TEST(ParseCount, RecognisesDigitsOfAQuestionnaireCellAndItsYear) {
  EXPECT_EQ(CountFault("61,102,019"), ValueFault(RowReason::kValueLeakedReference));
  EXPECT_EQ(CountFault("6,112,019"), ValueFault(RowReason::kValueLeakedReference));
  EXPECT_EQ(CountFault("611002022"), ValueFault(RowReason::kValueLeakedReference));
  // Six digits, or no year at the end.
  EXPECT_EQ(Count("112,019"), 112019u);
  EXPECT_EQ(Count("6,111,999"), 6111999u);
}

TEST(ParseCount, RefusesWhatNoNodeWouldTake) {
  EXPECT_EQ(Count("10,000,000"), 10000000u);
  EXPECT_EQ(CountFault("10,000,001"), ValueFault(RowReason::kValueOutOfRange));
  EXPECT_EQ(CountFault("99999999999999999999999"), ValueFault(RowReason::kValueOutOfRange));
}

}  // namespace
}  // namespace enlace::intake
