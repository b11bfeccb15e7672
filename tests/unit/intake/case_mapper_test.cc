#include "client/intake/case_mapper.h"

#include <algorithm>
#include <fstream>
#include <random>
#include <set>

#include "client/intake/ctdc_export.h"
#include "node/model/attributes.h"
#include "tests/unit/intake/fixture.h"

namespace enlace::intake {
namespace {

using model::Missing;
using model::SingleValue;

// A whole row of a victim registered in Argentina about whom nothing else is known.
class CtdcRow {
 public:
  CtdcRow() {
    for (const Column& column : Ctdc().columns) cells_[column.name] = "-99";
    cells_["yearOfRegistration"] = "2019";
    cells_["CountryOfExploitation"] = "AR";
  }
  CtdcRow& With(const std::string& column, const std::string& text) {
    cells_.at(column) = text;
    return *this;
  }
  std::vector<std::string> Fields() const {
    std::vector<std::string> out;
    for (const Column& column : Ctdc().columns) out.push_back(cells_.at(column.name));
    return out;
  }

 private:
  std::map<std::string, std::string> cells_;
};

CaseFate MapRow(const CtdcRow& row, const std::string& jurisdiction = "ARG") {
  return CaseMapper(Ctdc(), TestRegistry(), jurisdiction)
      .Map(OwnHeader(Ctdc()), RecordOf(row.Fields()));
}

MappedCase Accepted(const CtdcRow& row) {
  const CaseFate fate = MapRow(row);
  if (const auto* fault = std::get_if<RowFault>(&fate)) {
    ADD_FAILURE() << fault->column << " " << RowReasonName(fault->reason);
    return {};
  }
  EXPECT_TRUE(std::holds_alternative<MappedCase>(fate));
  return std::get<MappedCase>(fate);
}

RowFault Fault(const CtdcRow& row) {
  const CaseFate fate = MapRow(row);
  EXPECT_TRUE(std::holds_alternative<RowFault>(fate));
  return std::holds_alternative<RowFault>(fate) ? std::get<RowFault>(fate) : RowFault{};
}

std::vector<std::string> RoundTrip(const CtdcRow& row) {
  return CaseMapper(Ctdc(), TestRegistry(), "").Write(Accepted(row).content);
}

TEST(CaseMapper, KeepsUnknownAndNotCollectedApart) {
  const MappedCase mapped = Accepted(CtdcRow().With("gender", "Unknown").With("citizenship", "00"));
  EXPECT_EQ(mapped.content.Single(model::kSex), (SingleValue{0, Missing::kUnknown}));
  EXPECT_EQ(mapped.content.Single(model::kCitizenship), (SingleValue{0, Missing::kUnknown}));
  EXPECT_EQ(mapped.content.Single(model::kAgeBand), (SingleValue{0, Missing::kNotCollected}));
}

TEST(CaseMapper, MapsCountriesByTheirAlpha2Code) {
  const MappedCase mapped = Accepted(CtdcRow().With("citizenship", "PY"));
  EXPECT_EQ(mapped.content.Single(model::kCitizenship).code, Code("country", "pry"));
}

TEST(CaseMapper, KeepsAffirmedDeniedAndMissingFlagsOfOneGroup) {
  const CtdcRow row = CtdcRow()
                          .With("meansOfControlThreats", "1")
                          .With("meansOfControlDebtBondage", "0")
                          .With("meansOfControlNotSpecified", "0")
                          .With("meansOfControlConcatenated", "Threats");
  const model::SetValue means = Accepted(row).content.Set(model::kMeans);
  EXPECT_EQ(means.affirmed, uint64_t{1} << Code("means_of_control", "threats"));
  EXPECT_EQ(means.denied, uint64_t{1} << Code("means_of_control", "debt_bondage") |
                              uint64_t{1} << Code("means_of_control", "not_specified"));
  EXPECT_EQ(means.rest, Missing::kNotCollected);
  EXPECT_EQ(RoundTrip(row), row.Fields());
}

TEST(CaseMapper, TellsNotSpecifiedInWordsFromNotSpecifiedInNumbers) {
  CtdcRow words = CtdcRow().With("meansOfControlNotSpecified", "1");
  const CtdcRow numbers = words;
  words.With("meansOfControlConcatenated", "Not specified");
  EXPECT_EQ(Accepted(words).content.Set(model::kMeans).rest, Missing::kUnknown);
  EXPECT_EQ(Accepted(numbers).content.Set(model::kMeans).rest, Missing::kNotCollected);
  EXPECT_EQ(RoundTrip(words), words.Fields());
  EXPECT_EQ(RoundTrip(numbers), numbers.Fields());
}

TEST(CaseMapper, AcceptsLabelsInAnotherOrderOrSpellingAndSaysSo) {
  const MappedCase mapped = Accepted(
      CtdcRow()
          .With("meansOfControlThreats", "1")
          .With("meansOfControlPhysicalAbuse", "1")
          .With("meansOfControlConcatenated", "Physical abuse; Threats to individual or others"));
  EXPECT_EQ(mapped.respelled, std::vector<std::string>{"meansOfControlConcatenated"});
}

TEST(CaseMapper, SetsAsideLabelsThatContradictTheFlags) {
  EXPECT_EQ(Fault(CtdcRow().With("meansOfControlConcatenated", "Threats")),
            (RowFault{"meansOfControlConcatenated", RowReason::kCellsContradict}));
  EXPECT_EQ(Fault(CtdcRow().With("isSexualExploit", "1")),
            (RowFault{"typeOfExploitConcatenated", RowReason::kCellsContradict}));
  EXPECT_EQ(Fault(CtdcRow()
                      .With("recruiterRelationFamily", "1")
                      .With("RecruiterRelationship", "Family/Relative; Family/Relative")),
            (RowFault{"RecruiterRelationship", RowReason::kValueUnknown}));
}

TEST(CaseMapper, SetsAsideAnAgeAndAMajorityThatCannotBothBeTrue) {
  EXPECT_EQ(Fault(CtdcRow().With("ageBroad", "9--17").With("majorityStatus", "Adult")),
            (RowFault{"majorityStatus", RowReason::kCellsContradict}));
  EXPECT_EQ(Fault(CtdcRow().With("ageBroad", "48+").With("majorityStatus", "Minor")),
            (RowFault{"majorityStatus", RowReason::kCellsContradict}));
  EXPECT_EQ(Fault(CtdcRow().With("majorityStatus", "Minor").With("majorityEntry", "Adult")),
            (RowFault{"majorityEntry", RowReason::kCellsContradict}));
  Accepted(CtdcRow().With("ageBroad", "18--20").With("majorityStatusAtExploit", "Minor"));
}

TEST(CaseMapper, NamesColumnAndReasonOfAnUnknownOrBlankCell) {
  EXPECT_EQ(Fault(CtdcRow().With("gender", "femenino")),
            (RowFault{"gender", RowReason::kValueUnknown}));
  EXPECT_EQ(Fault(CtdcRow().With("ageBroad", "")), (RowFault{"ageBroad", RowReason::kValueBlank}));
  EXPECT_EQ(Fault(CtdcRow().With("isForcedLabour", "2")),
            (RowFault{"isForcedLabour", RowReason::kValueUnknown}));
  EXPECT_EQ(Fault(CtdcRow().With("citizenship", "XX")),
            (RowFault{"citizenship", RowReason::kValueUnknown}));
  EXPECT_EQ(Fault(CtdcRow().With("yearOfRegistration", "1899")),
            (RowFault{"yearOfRegistration", RowReason::kValueOutOfRange}));
  EXPECT_EQ(Fault(CtdcRow().With("yearOfRegistration", "19x9")),
            (RowFault{"yearOfRegistration", RowReason::kValueUnknown}));
  EXPECT_EQ(Fault(CtdcRow().With("gender", "Fem\xEF\xBF\xBDle")),
            (RowFault{"gender", RowReason::kTextBroken}));
}

TEST(CaseMapper, SetsAsideARowWithAnotherNumberOfFields) {
  std::vector<std::string> fields = CtdcRow().Fields();
  fields.pop_back();
  const CaseFate fate =
      CaseMapper(Ctdc(), TestRegistry(), "ARG").Map(OwnHeader(Ctdc()), RecordOf(fields));
  EXPECT_EQ(std::get<RowFault>(fate), (RowFault{"", RowReason::kRowMalformed}));
}

TEST(CaseMapper, LeavesRowsOfOthersAloneWhateverElseTheyHold) {
  EXPECT_EQ(std::get<NotOurs>(MapRow(CtdcRow().With("gender", "?"), "BRA")), NotOurs{true});
}

TEST(CaseMapper, RowsWithoutACountryAreNobodys) {
  for (const char* text : {"-99", "00", "ZZ"}) {
    const CaseFate fate = MapRow(CtdcRow().With("CountryOfExploitation", text));
    EXPECT_EQ(std::get<NotOurs>(fate), NotOurs{false});
  }
}

TEST(CaseMapper, AJurisdictionThatIsNoCountryOwnsNoRow) {
  EXPECT_EQ(std::get<NotOurs>(MapRow(CtdcRow(), "OAS")), NotOurs{true});
}

TEST(CaseMapper, AcceptsTheCodebooksSpellingsAndWritesTheData) {
  const CtdcRow codebook = CtdcRow()
                               .With("Datasource", "Case management")
                               .With("ageBroad",
                                     "0\xE2\x80\x94"
                                     "8")
                               .With("citizenship", "ZZ");
  const CtdcRow data = CtdcRow()
                           .With("Datasource", "Case Management")
                           .With("ageBroad", "0--8")
                           .With("citizenship", "00");
  EXPECT_EQ(RoundTrip(codebook), data.Fields());
}

// A random row that the format allows: flags of any mixture, joined labels that follow.
CtdcRow RandomRow(std::mt19937_64& random) {
  const auto pick = [&](const std::vector<std::string>& texts) {
    return texts[random() % texts.size()];
  };
  CtdcRow row;
  row.With("yearOfRegistration", std::to_string(2002 + random() % 18));
  for (const SingleColumn& single : Ctdc().cases().singles) {
    std::vector<std::string> texts;
    for (const auto& [value, text] : single.cells.texts) texts.push_back(text);
    if (!single.cells.property.empty()) texts = {"AR", "BO", "00", "-99", "US", "HT"};
    row.With(single.column, pick(texts));
  }
  // Every contradiction needs two answers; without the second there is none.
  row.With("majorityStatus", pick({"Unknown", "-99"}));
  row.With("majorityStatusAtExploit", pick({"Unknown", "-99"}));
  row.With("majorityEntry", pick({"Unknown", "-99", "Minor"}));
  for (const SetGroup& group : Ctdc().cases().sets) {
    std::set<std::string> affirmed;
    for (const Flag& flag : group.flags) {
      const std::string text = pick({"0", "1", "-99", "-99"});
      row.With(flag.column, text);
      if (text == "1" && !flag.label.empty()) affirmed.insert(flag.label);
    }
    std::string joined;
    for (const size_t index : group.label_order) {
      const std::string& label = group.flags[index].label;
      if (affirmed.count(label) == 0) continue;
      joined += (joined.empty() ? "" : group.separator) + label;
    }
    if (joined.empty()) joined = group.absences[random() % group.absences.size()].text;
    row.With(group.joined_column, joined);
  }
  return row;
}

TEST(CaseMapperProperty, ImportThenExportGivesEveryCellBack) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const CaseMapper mapper(Ctdc(), TestRegistry(), "");
  const Header header = OwnHeader(Ctdc());
  for (int round = 0; round < 2000; ++round) {
    const std::vector<std::string> fields = RandomRow(random).Fields();
    const CaseFate fate = mapper.Map(header, RecordOf(fields));
    ASSERT_TRUE(std::holds_alternative<MappedCase>(fate)) << std::get<RowFault>(fate).column;
    const model::CaseContent& content = std::get<MappedCase>(fate).content;
    ASSERT_EQ(mapper.Write(content), fields);
    ASSERT_TRUE(model::ValidateCase(content, TestRegistry(), "case_record").ok());
  }
}

TEST(CaseMapperReal, EveryCellOfTheSampleComesBack) {
  const auto path = testing::SharedDataFile("ctdc_kanon_apr2020_sample.csv");
  if (!path) GTEST_SKIP() << "the CTDC sample is not on this machine";
  auto source = FileSource::Open(*path);
  ASSERT_TRUE(source.ok());
  CsvReader reader(**source);
  CsvRecord record;
  ASSERT_TRUE(*reader.Next(record));
  Header header;
  const auto format = TestMappings().Recognise(record.fields, header);
  ASSERT_TRUE(format.ok()) << format.status();
  const CaseMapper mapper(**format, TestRegistry(), "");
  const CaseExporter exporter(**format, TestRegistry());
  std::string written = exporter.HeaderRow();
  uint64_t rows = 0;
  for (; *reader.Next(record); ++rows) {
    const CaseFate fate = mapper.Map(header, record);
    ASSERT_TRUE(std::holds_alternative<MappedCase>(fate)) << "row " << record.row;
    EXPECT_TRUE(std::get<MappedCase>(fate).respelled.empty()) << "row " << record.row;
    written += exporter.Row(std::get<MappedCase>(fate).content);
  }
  EXPECT_EQ(rows, 115u);
  EXPECT_TRUE(written == testing::TempDir::Read(*path)) << "the export differs from the sample";
}

}  // namespace
}  // namespace enlace::intake
