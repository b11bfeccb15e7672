#include "client/intake/quality.h"

#include "tests/unit/intake/fixture.h"

namespace enlace::intake {
namespace {

MappedObservation Total(const char* sex, const char* age, uint64_t value) {
  MappedObservation figure;
  figure.jurisdiction = Code("country", "arg");
  figure.key.indicator = Code("indicator", "detected_victims");
  figure.key.dimension = Code("dimension", "total");
  figure.key.sex = std::string_view(sex) == "total" ? 0 : Code("sex", sex);
  figure.key.age = std::string_view(age) == "total" ? 0 : Code("age_group", age);
  figure.key.year = 2019;
  figure.value = value;
  return figure;
}

TEST(QualityCheck, WarnsWhenPartsExceedTheirTotal) {
  QualityCheck check(TestRegistry());
  for (const auto& figure :
       {Total("total", "total", 10), Total("female", "total", 8), Total("male", "total", 3)}) {
    check.AddFigure(figure);
  }
  const QualityReport report = check.Finish();
  EXPECT_EQ(report.by_sex, (Totals{1, 1, 0}));
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_EQ(report.warnings[0].kind, QualityKind::kPartsExceedTotal);
  EXPECT_EQ(report.warnings[0].where, "arg detected_victims 2019 by sex");
}

TEST(QualityCheck, WarnsWhenAllPartsFallShort) {
  QualityCheck check(TestRegistry());
  for (const auto& figure : {Total("total", "total", 10), Total("total", "age_0_17", 4),
                             Total("total", "age_18_over", 5)}) {
    check.AddFigure(figure);
  }
  EXPECT_EQ(check.Finish().by_age, (Totals{1, 0, 1}));
}

TEST(QualityCheck, DoesNotCompareWhatIsSuppressedRepeatedOrIncomplete) {
  MappedObservation hidden = Total("male", "total", 0);
  hidden.status = model::ObservationStatus::kSuppressedBySource;
  const std::vector<std::vector<MappedObservation>> files = {
      {Total("total", "total", 10), Total("female", "total", 8), hidden},
      {Total("total", "total", 10), Total("female", "total", 8)},
      {Total("total", "total", 10), Total("female", "total", 8), Total("male", "total", 3),
       Total("male", "total", 2)},
      {Total("female", "total", 8), Total("male", "total", 3)},
  };
  for (const auto& file : files) {
    QualityCheck check(TestRegistry());
    for (const auto& figure : file) check.AddFigure(figure);
    EXPECT_EQ(check.Finish().by_sex, Totals{});
  }
}

TEST(QualityCheck, CountsRepeatedFigures) {
  QualityCheck check(TestRegistry());
  check.AddRawFigure(1, "a", "5");
  check.AddRawFigure(2, "a", "5");
  check.AddRawFigure(3, "a", "6");
  check.AddRawFigure(4, "b", "1");
  check.AddRawFigure(5, "b", "1");
  check.AddRawFigure(6, "c", "1");
  EXPECT_EQ(check.Finish().repeats, (Repeats{2, 1, 3, 2}));
}

TEST(QualityCheck, CountsSpellingsOnceAndTheirRowsEach) {
  QualityCheck check(TestRegistry());
  check.AddSpelling("by_citizenship", "Peru", true, true);
  check.AddSpelling("by_citizenship", "Peru", true, true);
  check.AddSpelling("by_citizenship", "PERO", false, false);
  EXPECT_EQ(check.Finish().spellings.at("by_citizenship"), (Spellings{2, 1, 3, 2}));
}

TEST(QualityCheck, ASpellingIsMappedAlthoughItsRowIsNot) {
  QualityCheck check(TestRegistry());
  check.AddSpelling("by_citizenship", "Peru", true, false);
  EXPECT_EQ(check.Finish().spellings.at("by_citizenship"), (Spellings{1, 1, 1, 0}));
}

TEST(QualityCheck, ListsAtMostSoManyWarningsAndCountsAll) {
  QualityCheck check(TestRegistry());
  for (size_t i = 0; i <= kWarningsMax; ++i) check.Warn(QualityKind::kLabelsRespelled, i, "x");
  const QualityReport report = check.Finish();
  EXPECT_EQ(report.warnings.size(), kWarningsMax);
  EXPECT_EQ(report.counts.at(QualityKind::kLabelsRespelled), kWarningsMax + 1);
}

// The real file of the 35 states.

// Checks as the node does that whatever is sent fits the schema.
class ValidatingSink final : public RowSink {
 public:
  StatusOr<BatchAnswer> Send(const Batch& batch) override {
    for (const ObservationRow& row : batch.observations) {
      model::Observation figure;
      figure.key = row.observation.key;
      figure.status = row.observation.status;
      figure.value = row.observation.value;
      figure.codelist_version = TestRegistry().version();
      const Status valid = model::ValidateObservation(figure, TestRegistry(), "observation");
      EXPECT_TRUE(valid.ok()) << "row " << row.row << ": " << valid;
    }
    for (const CaseRow& row : batch.cases) {
      EXPECT_TRUE(model::ValidateCase(row.content, TestRegistry(), "case_record").ok());
    }
    return counts_.Send(batch);
  }
  std::string Target() const override { return "nowhere"; }

 private:
  DrySink counts_;
};

StatusOr<ImportReport> CheckReal(const std::string& path, const std::string& jurisdiction) {
  ValidatingSink sink;
  ImportOptions options;
  options.file = path;
  options.jurisdiction = jurisdiction;
  return Importer(TestMappings(), sink).Run(options);
}

TEST(RealGlotip, TheAccountOfTheWholeFileIsKnown) {
  const auto path = testing::SharedDataFile("unodc_glotip_oas35.csv");
  if (!path) GTEST_SKIP() << "the UNODC export is not on this machine";
  const auto report = CheckReal(*path, "");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->rows_read, 10911u);
  EXPECT_EQ(report->account.Sum(), 10911u);
  EXPECT_EQ(report->faults.at(RowReason::kTextBroken), 92u);
  EXPECT_EQ(report->faults.at(RowReason::kValueBlank), 22u);
  EXPECT_EQ(report->faults.at(RowReason::kValueLeakedReference), 1u);
  EXPECT_EQ(report->faults.at(RowReason::kValueUnknown), 29u);
  EXPECT_EQ(report->faults.at(RowReason::kValueAmbiguous), 17u);
  // One row has a leaked value and a broken text.
  EXPECT_EQ(report->account.quarantined, 160u);
  EXPECT_EQ(report->account.accepted, 10'404u);
  EXPECT_EQ(report->account.unchanged, 106u);
  EXPECT_EQ(report->account.in_conflict, 241u);
  EXPECT_EQ(report->quality.repeats, (Repeats{156, 96, 251, 106}));
  EXPECT_EQ(report->quality.spellings.at("by_citizenship"), (Spellings{236, 206, 1336, 1203}));
  EXPECT_EQ(report->quality.spellings.at("by_repatriation"), (Spellings{75, 61, 350, 323}));
  EXPECT_EQ(report->quality.by_sex, (Totals{138, 6, 35}));
  EXPECT_EQ(report->quality.by_age, (Totals{213, 15, 45}));
}

TEST(RealGlotip, TheAccountsOfTheJurisdictionsAddUp) {
  const auto path = testing::SharedDataFile("unodc_glotip_oas35.csv");
  if (!path) GTEST_SKIP() << "the UNODC export is not on this machine";
  Account sum;
  Repeats repeats;
  int jurisdictions = 0;
  for (const codes::Code& code : TestRegistry().Get("country").codes()) {
    const auto member = code.properties.find("oas_member");
    if (member == code.properties.end() || member->second != "true") continue;
    ++jurisdictions;
    const auto report = CheckReal(*path, code.properties.at("alpha3"));
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->account.Sum(), 10911u) << code.id;
    sum.accepted += report->account.accepted;
    sum.unchanged += report->account.unchanged;
    sum.in_conflict += report->account.in_conflict;
    sum.quarantined += report->account.quarantined;
    repeats.keys += report->quality.repeats.keys;
    repeats.conflicting_keys += report->quality.repeats.conflicting_keys;
    if (code.id == "slv") {
      EXPECT_EQ(report->faults.at(RowReason::kValueLeakedReference), 1u);
    }
  }
  EXPECT_EQ(jurisdictions, 35);
  EXPECT_EQ(sum.Sum(), 10911u);
  EXPECT_EQ(sum.quarantined, 160u);
  EXPECT_EQ(repeats.keys, 156u);
  EXPECT_EQ(repeats.conflicting_keys, 96u);
}

TEST(RealCtdc, RowsWithoutACountryAreCountedByEverybody) {
  const auto path = testing::SharedDataFile("ctdc_kanon_apr2020_sample.csv");
  if (!path) GTEST_SKIP() << "the CTDC sample is not on this machine";
  const auto report = CheckReal(*path, "USA");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->account.accepted, 57u);
  EXPECT_EQ(report->account.not_ours, 58u);
  EXPECT_EQ(report->account.without_jurisdiction, 47u);
  EXPECT_EQ(report->account.quarantined, 0u);
}

}  // namespace
}  // namespace enlace::intake
