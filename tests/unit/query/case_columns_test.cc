#include "node/query/case_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <thread>

#include "node/model/attributes.h"
#include "tests/unit/query/naive_oracle.h"

namespace enlace::query {
namespace {

using model::CaseRecord;
using model::CaseState;
using model::Missing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kSeed = 20260131;

std::shared_ptr<const codes::Registry> Lists() {
  static const auto registry = *codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists");
  return registry;
}

CaseRecord Record(const std::string& reference, uint32_t revision, int64_t time_ms) {
  CaseRecord record;
  record.reference = reference;
  record.entity = "police";
  record.revision = revision;
  record.update_time_ms = time_ms;
  record.content.registration_year = 2022;
  return record;
}

TabulationRequest Ask(std::vector<uint32_t> attributes) {
  TabulationRequest request;
  request.attributes = std::move(attributes);
  return request;
}

class CaseColumnsTest : public ::testing::Test {
 protected:
  void Apply(const CaseRecord& record) { ASSERT_TRUE(columns_.Apply(record).ok()); }
  NaiveTable Table(const TabulationRequest& request) {
    const auto table = columns_.Tabulate(request, Viewer::OwnRows("police"));
    EXPECT_TRUE(table.ok()) << table.status();
    return table.ok() ? Expand(*table) : NaiveTable();
  }
  Status Refused(const TabulationRequest& request) {
    return columns_.Tabulate(request, Viewer::OwnRows("police")).status();
  }

  CaseColumns columns_{Lists()};
};

NaiveCell CellAt(std::vector<Coordinate> at, uint64_t count) {
  return {std::move(at), count, false};
}

TEST_F(CaseColumnsTest, MissingStatesAreSeparateCells) {
  int64_t time = 0;
  for (const model::SingleValue value : {model::SingleValue{1, Missing::kNone},
                                         {0, Missing::kUnknown},
                                         {0, Missing::kNotCollected},
                                         {0, Missing::kNotApplicable}}) {
    CaseRecord record = Record("r" + std::to_string(time), 1, time);
    record.content.singles[model::kSex] = value;
    Apply(record);
    ++time;
  }
  const NaiveTable table = Table(Ask({model::kSex}));
  EXPECT_THAT(
      table.cells,
      ElementsAre(CellAt({{0, Missing::kUnknown}}, 1), CellAt({{0, Missing::kNotCollected}}, 1),
                  CellAt({{0, Missing::kNotApplicable}}, 1), CellAt({{1, Missing::kNone}}, 1)));
  EXPECT_EQ(table.records, 4U);
  EXPECT_EQ(table.denominator, 1U);
  EXPECT_FALSE(table.several_valued);
}

TEST_F(CaseColumnsTest, SharesAreOfCasesWithAnyValueInTheGroup) {
  // Five persons, one with nothing: 2 of 4, 2 of 4, 1 of 4.
  const uint64_t affirmed[] = {0b0010, 0b0110, 0b0100, 0b1000, 0};
  for (size_t i = 0; i < 5; ++i) {
    CaseRecord record = Record("r" + std::to_string(i), 1, 1);
    record.content.sets[model::kForms] = {affirmed[i], 0, Missing::kNotCollected};
    Apply(record);
  }
  const NaiveTable table = Table(Ask({model::kForms}));
  EXPECT_THAT(
      table.cells,
      ElementsAre(CellAt({{0, Missing::kNotCollected}}, 1), CellAt({{1, Missing::kNone}}, 2),
                  CellAt({{2, Missing::kNone}}, 2), CellAt({{3, Missing::kNone}}, 1)));
  EXPECT_EQ(table.denominator, 4U);
  EXPECT_EQ(table.records, 5U);
  EXPECT_TRUE(table.several_valued);
}

TEST_F(CaseColumnsTest, DenialAloneIsNoValue) {
  CaseRecord record = Record("r", 1, 1);
  record.content.sets[model::kForms] = {0, 0b0110, Missing::kUnknown};
  Apply(record);
  const NaiveTable table = Table(Ask({model::kForms}));
  EXPECT_THAT(table.cells, ElementsAre(CellAt({{0, Missing::kUnknown}}, 1)));
  EXPECT_EQ(table.denominator, 0U);
}

TEST_F(CaseColumnsTest, ACorrectionReplacesAndTheEarlierStateStaysVisibleAsOf) {
  CaseRecord record = Record("r", 1, 100);
  record.content.singles[model::kSex] = {1, Missing::kNone};
  Apply(record);
  record.revision = 2;
  record.update_time_ms = 200;
  record.content.singles[model::kSex] = {2, Missing::kNone};
  Apply(record);

  TabulationRequest request = Ask({model::kSex});
  EXPECT_THAT(Table(request).cells, ElementsAre(CellAt({{2, Missing::kNone}}, 1)));
  request.as_of_ms = 199;
  EXPECT_THAT(Table(request).cells, ElementsAre(CellAt({{1, Missing::kNone}}, 1)));
  request.as_of_ms = 200;
  EXPECT_THAT(Table(request).cells, ElementsAre(CellAt({{2, Missing::kNone}}, 1)));
  request.as_of_ms = 99;
  EXPECT_THAT(Table(request).cells, IsEmpty());
  EXPECT_EQ(columns_.active_records(), 1U);
}

TEST_F(CaseColumnsTest, ARecordCountsOnceWhenTheClockWentBack) {
  Apply(Record("r", 1, 100));
  Apply(Record("r", 2, 200));
  Apply(Record("r", 3, 150));
  TabulationRequest request = Ask({model::kSex});
  for (const int64_t time : {120, 160, 250}) {
    request.as_of_ms = time;
    EXPECT_EQ(Table(request).records, 1U) << time;
  }
}

TEST_F(CaseColumnsTest, AWithdrawnRecordCountsOnlyBefore) {
  Apply(Record("r", 1, 100));
  CaseRecord withdrawn = Record("r", 2, 200);
  withdrawn.state = CaseState::kWithdrawn;
  Apply(withdrawn);
  TabulationRequest request = Ask({model::kSex});
  EXPECT_EQ(Table(request).records, 0U);
  request.as_of_ms = 150;
  EXPECT_EQ(Table(request).records, 1U);
  EXPECT_EQ(columns_.active_records(), 0U);
}

TEST_F(CaseColumnsTest, AnErasedRecordIsGoneFromAllTimes) {
  Apply(Record("r", 1, 100));
  Apply(Record("r", 2, 150));
  CaseRecord erased = Record("r", 3, 200);
  erased.state = CaseState::kErased;
  Apply(erased);
  TabulationRequest request = Ask({model::kSex});
  for (const int64_t time : {0, 120, 160, 300}) {
    request.as_of_ms = time;
    EXPECT_EQ(Table(request).records, 0U) << time;
  }
}

TEST_F(CaseColumnsTest, AReplayedRevisionIsIgnored) {
  Apply(Record("r", 1, 100));
  Apply(Record("r", 2, 200));
  Apply(Record("r", 1, 100));
  Apply(Record("r", 2, 200));
  EXPECT_EQ(Table(Ask({model::kSex})).records, 1U);
  EXPECT_EQ(columns_.active_records(), 1U);
}

TEST_F(CaseColumnsTest, AnEntityCountsItsOwnRowsOnly) {
  Apply(Record("a", 1, 1));
  CaseRecord other = Record("b", 1, 1);
  other.entity = "shelters";
  Apply(other);
  EXPECT_THAT(Table(Ask({model::kSex})).entities, ElementsAre("police"));
  EXPECT_EQ(columns_.Tabulate(Ask({model::kSex}), Viewer::OwnRows("nobody"))->records, 0U);
  EXPECT_EQ(columns_.Tabulate(Ask({model::kSex}), Viewer::OwnRows(""))->records, 0U);
}

TEST_F(CaseColumnsTest, EndsWithinABlockWhenItIsTold) {
  for (uint32_t i = 0; i <= 2 * CaseColumns::kBlockRows; ++i) {
    Apply(Record("r" + std::to_string(i), 1, 1));
  }
  for (int limit = 0; limit <= 3; ++limit) {
    int asked = 0;
    const auto table = columns_.Tabulate(Ask({model::kSex}), Viewer::OwnRows("police"),
                                         [&asked, limit] { return ++asked > limit; });
    EXPECT_EQ(asked, std::min(limit + 1, 3));
    EXPECT_EQ(table.ok(), limit == 3);
    if (!table.ok()) {
      EXPECT_EQ(ReasonOf(table.status()), Reason::CALL_CANCELLED);
    }
  }
  Apply(Record("later", 1, 1));  // Readers that ended hold nothing.
}

TEST_F(CaseColumnsTest, EverybodyElseSeesThresholdedCounts) {
  for (int i = 0; i < 12; ++i) {
    CaseRecord record = Record("r" + std::to_string(i), 1, 1);
    record.entity = i % 2 == 0 ? "police" : "shelters";
    record.content.singles[model::kSex] = {i < 2 ? 2U : 1U, Missing::kNone};
    Apply(record);
  }
  const NaiveTable table = Expand(*columns_.Tabulate(Ask({model::kSex}), Viewer::Everyone(5)));
  ASSERT_EQ(table.cells.size(), 2U);
  for (const NaiveCell& cell : table.cells) EXPECT_TRUE(cell.suppressed);
  EXPECT_TRUE(table.margins_hidden);
  EXPECT_EQ(table.threshold, 5U);
  EXPECT_THAT(table.entities, IsEmpty());
}

TEST_F(CaseColumnsTest, AThresholdThatHidesNothingIsRaised) {
  EXPECT_EQ(Viewer::Everyone(0).threshold, kThresholdMin);
  EXPECT_EQ(Viewer::Everyone(1).threshold, kThresholdMin);
}

TEST_F(CaseColumnsTest, EveryFaultOfARequestIsNamed) {
  TabulationRequest request = Ask({model::kSex, model::kSex, 999});
  request.filters = {{998, {1}}, {model::kSex, {}}, {model::kSex, {77}}, {model::kForms, {0}}};
  request.year_from = 2022;
  request.year_to = 2021;
  request.as_of_ms = -1;
  const Status refused = Refused(request);
  EXPECT_EQ(ReasonOf(refused), Reason::TABULATION_INVALID);
  const std::vector<FieldViolation> faults = ViolationsOf(refused);
  std::vector<std::string> fields;
  for (const FieldViolation& fault : faults) {
    EXPECT_EQ(fault.reason, Reason::TABULATION_INVALID);
    fields.push_back(fault.field);
  }
  EXPECT_THAT(fields, ElementsAre("attributes[1]", "attributes[2]", "filters[0].attribute",
                                  "filters[1].codes", "filters[2].codes", "filters[3].codes",
                                  "year_to", "as_of_ms"));
}

TEST_F(CaseColumnsTest, AttributesFiltersAndCodesAreLimited) {
  EXPECT_EQ(ReasonOf(Refused(Ask({}))), Reason::TABULATION_INVALID);
  EXPECT_EQ(ReasonOf(Refused(Ask({1, 2, 3, 4}))), Reason::TABULATION_INVALID);
  TabulationRequest request = Ask({model::kSex});
  request.filters.assign(kFiltersMax, {model::kSex, {1}});
  EXPECT_TRUE(Refused(request).ok());
  request.filters.push_back({model::kSex, {1}});
  EXPECT_EQ(ReasonOf(Refused(request)), Reason::TABULATION_INVALID);
  request.filters = {{model::kSex, std::vector<uint32_t>(kFilterCodesMax + 1, 1)}};
  EXPECT_EQ(ReasonOf(Refused(request)), Reason::TABULATION_INVALID);
}

TEST_F(CaseColumnsTest, AnAnswerWithTooManyCellsIsRefused) {
  CaseRecord record = Record("r", 1, 1);
  const auto& countries = Lists()->Get("country").codes();
  int made = 0;
  for (const auto& citizenship : countries) {
    for (size_t i = 0; i < 81; ++i) {
      record.reference = "r" + std::to_string(made++);
      record.content.singles[model::kCitizenship] = {citizenship.number, Missing::kNone};
      record.content.singles[model::kExploitationCountry] = {countries[i].number, Missing::kNone};
      Apply(record);
    }
  }
  ASSERT_GT(static_cast<size_t>(made), kCellsMax);
  const Status status = Refused(Ask({model::kCitizenship, model::kExploitationCountry}));
  EXPECT_EQ(ReasonOf(status), Reason::TABULATION_INVALID);
  EXPECT_THAT(MessageOf(status), HasSubstr("more than 20000 cells"));
}

TEST_F(CaseColumnsTest, ACodeThatTheListsLackChangesNothing) {
  CaseRecord record = Record("r", 1, 1);
  record.content.singles[model::kSex] = {60, Missing::kNone};
  EXPECT_EQ(ReasonOf(columns_.Apply(record)), Reason::CODE_UNKNOWN);
  record.content.singles.clear();
  record.content.sets[model::kForms] = {uint64_t{1} << 60, 0, Missing::kUnknown};
  EXPECT_EQ(ReasonOf(columns_.Apply(record)), Reason::CODE_UNKNOWN);
  EXPECT_EQ(columns_.active_records(), 0U);
  record.content.sets.clear();
  Apply(record);
  EXPECT_EQ(columns_.active_records(), 1U);
}

TEST_F(CaseColumnsTest, RevisionsAreLimited) {
  CaseColumns small(Lists(), ColumnsOptions{.rows_max = 2});
  EXPECT_TRUE(small.Apply(Record("a", 1, 1)).ok());
  EXPECT_TRUE(small.Apply(Record("b", 1, 1)).ok());
  EXPECT_EQ(ReasonOf(small.Apply(Record("c", 1, 1))), Reason::STORE_LIMIT);
  CaseRecord erased = Record("a", 2, 2);
  erased.state = CaseState::kErased;
  EXPECT_TRUE(small.Apply(erased).ok()) << "erasure is possible at the limit";
  EXPECT_EQ(small.active_records(), 1U);
}

TEST_F(CaseColumnsTest, AnswersEqualThoseOfANaiveScan) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  const NaiveOracle oracle;
  std::vector<CaseRecord> history;
  for (int i = 0; i < 1500; ++i) {
    const CaseRecord revision = RandomRevision(random, *Lists(), history);
    history.push_back(revision);
    Apply(revision);
  }
  for (int i = 0; i < 100; ++i) {
    const TabulationRequest request = RandomRequest(random, *Lists());
    for (const char* entity : {"police", "shelters", "hotline"}) {
      const auto table = columns_.Tabulate(request, Viewer::OwnRows(entity));
      ASSERT_TRUE(table.ok()) << table.status();
      ASSERT_EQ(Expand(*table), oracle.Tabulate(history, request, entity)) << "request " << i;
    }
    // The thresholded view is that of the exact table of everybody.
    const auto shown = columns_.Tabulate(request, Viewer::Everyone(5));
    ASSERT_TRUE(shown.ok());
    NaiveTable exact = oracle.Tabulate(history, request, "");
    NaiveSuppression::Apply(exact, 5);
    ASSERT_EQ(Expand(*shown), exact) << "request " << i;
  }
}

// Two blocks: one in which rows have ended, and one in which all rows count.
TEST_F(CaseColumnsTest, SeveralTablesOverSeveralBlocksEqualThoseOfANaiveScan) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  std::vector<CaseRecord> history;
  while (history.size() < CaseColumns::kBlockRows) {
    history.push_back(RandomRevision(random, *Lists(), history));
  }
  while (history.size() < 2 * CaseColumns::kBlockRows) {
    CaseRecord record = RandomRevision(random, *Lists(), {});
    record.reference = "n" + std::to_string(history.size());
    record.update_time_ms = history.back().update_time_ms;
    history.push_back(record);
  }
  for (const CaseRecord& revision : history) Apply(revision);

  // Tables that count the same records, and others between them.
  std::vector<TabulationRequest> requests = {Ask({model::kSex}),
                                             Ask({model::kAgeBand, model::kSex})};
  for (int i = 0; i < 6; ++i) requests.push_back(RandomRequest(random, *Lists()));
  requests.push_back(Ask({model::kForms, model::kSex}));
  const NaiveOracle oracle;
  for (const char* entity : {"police", "shelters"}) {
    const auto tables = columns_.TabulateAll(requests, Viewer::OwnRows(entity));
    ASSERT_TRUE(tables.ok()) << tables.status();
    ASSERT_EQ(tables->size(), requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(Expand((*tables)[i]), oracle.Tabulate(history, requests[i], entity))
          << "request " << i;
    }
  }
}

// Enough rows for tables that share attributes to be counted in one cube, and every width of
// mask with every kind of table beside it.
TEST_F(CaseColumnsTest, TablesThatShareAttributesEqualThoseOfANaiveScan) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  std::vector<CaseRecord> history;
  while (history.size() < 5000) {
    CaseRecord record = RandomRevision(random, *Lists(), {});
    record.reference = "n" + std::to_string(history.size());
    history.push_back(record);
    Apply(record);
  }
  std::vector<TabulationRequest> requests;
  const std::vector<uint32_t> small = {model::kSex, model::kMajority, model::kAbduction,
                                       model::kVictimStatus, model::kSourceType};
  for (const uint32_t a : small) {
    for (const uint32_t b : small) {
      if (a != b) requests.push_back(Ask({a, b}));
    }
  }
  for (const uint32_t set : {model::kForms, model::kMeans, model::kLabourSectors, model::kSexTypes,
                             model::kRecruiter, model::kActs}) {
    requests.push_back(Ask({set}));
    requests.push_back(Ask({model::kCitizenship, set, model::kSex}));
  }
  requests.push_back(Ask({model::kMeans, model::kForms, model::kActs}));
  const NaiveOracle oracle;
  for (auto& request : requests) {
    const auto alone = columns_.Tabulate(request, Viewer::OwnRows("police"));
    ASSERT_TRUE(alone.ok()) << alone.status();
    EXPECT_EQ(Expand(*alone), oracle.Tabulate(history, request, "police"));
  }
  const auto together = columns_.TabulateAll(requests, Viewer::Everyone(5));
  ASSERT_TRUE(together.ok()) << together.status();
  for (size_t i = 0; i < requests.size(); ++i) {
    NaiveTable exact = oracle.Tabulate(history, requests[i], "");
    NaiveSuppression::Apply(exact, 5);
    EXPECT_EQ(Expand((*together)[i]), exact) << "request " << i;
  }
}

// Too many possible cells for an array.
TEST_F(CaseColumnsTest, ATableOfVeryManyPossibleCellsEqualsThatOfANaiveScan) {
  std::mt19937_64 random(kSeed);
  std::vector<CaseRecord> history;
  while (history.size() < 2000) {
    CaseRecord record = RandomRevision(random, *Lists(), {});
    record.reference = "n" + std::to_string(history.size());
    history.push_back(record);
    Apply(record);
  }
  for (const auto& request :
       {Ask({model::kCitizenship, model::kExploitationCountry, model::kExploitationAdmin1}),
        Ask({model::kExploitationAdmin1, model::kCitizenship, model::kMeans})}) {
    EXPECT_EQ(Table(request), NaiveOracle().Tabulate(history, request, "police"));
  }
}

TEST_F(CaseColumnsTest, TablesWithTooManyCellsTogetherAreRefused) {
  // One record in each of some 14,000 cells.
  int number = 0;
  for (const codes::Code& country : Lists()->Get("country").codes()) {
    for (uint32_t age = 1; age <= 9; ++age) {
      for (uint32_t sex = 1; sex <= 3; ++sex) {
        CaseRecord record = Record("r" + std::to_string(++number), 1, 0);
        record.content.singles[model::kCitizenship] = {country.number, Missing::kNone};
        record.content.singles[model::kAgeBand] = {age, Missing::kNone};
        record.content.singles[model::kSex] = {sex, Missing::kNone};
        Apply(record);
      }
    }
  }
  const auto request = Ask({model::kCitizenship, model::kAgeBand, model::kSex});
  const size_t cells = Table(request).cells.size();
  const size_t fitting = CaseColumns::kBatchCellsMax / cells;
  std::vector<TabulationRequest> requests(fitting, request);
  EXPECT_TRUE(columns_.TabulateAll(requests, Viewer::OwnRows("police")).ok());
  requests.push_back(request);
  EXPECT_EQ(ReasonOf(columns_.TabulateAll(requests, Viewer::OwnRows("police")).status()),
            Reason::TABULATION_INVALID);
}

TEST_F(CaseColumnsTest, ReadersSeeEachRevisionWholeWhileTheWriterWorks) {
  // One record flips between two states; a reader must always count exactly one.
  CaseRecord record = Record("r", 1, 1);
  record.content.singles[model::kSex] = {1, Missing::kNone};
  Apply(record);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto table = columns_.Tabulate(Ask({model::kSex}), Viewer::OwnRows("police"));
        if (!table.ok() || table->records != 1 || table->cells.size() != 1) ++wrong;
      }
    });
  }
  for (uint32_t revision = 2; revision < 2000; ++revision) {
    record.revision = revision;
    record.update_time_ms = revision;
    record.content.singles[model::kSex] = {1 + revision % 2, Missing::kNone};
    ASSERT_TRUE(columns_.Apply(record).ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace enlace::query
