#include "client/lib/tabulation.h"
#include "node/service/case_columns.h"
#include "node/service/case_convert.h"
#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

using ::testing::ElementsAre;

class TabulateCaseRecords : public CaseContractTest {
 protected:
  StatusOr<pb::TabulateCaseRecordsResponse> Try(const authz::Caller& caller,
                                                const pb::TabulateCaseRecordsRequest& request) {
    return Call<pb::TabulateCaseRecordsResponse>(caller, "TabulateCaseRecords", request);
  }
  pb::TabulateCaseRecordsResponse Tabulate(const authz::Caller& caller,
                                           const pb::TabulateCaseRecordsRequest& request) {
    auto response = Try(caller, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : pb::TabulateCaseRecordsResponse();
  }
  static pb::TabulateCaseRecordsRequest By(std::initializer_list<uint32_t> attributes) {
    pb::TabulateCaseRecordsRequest request;
    for (const uint32_t attribute : attributes) request.add_attributes(attribute);
    return request;
  }
  // `count` records of one sex by each caller's entity.
  void Add(const authz::Caller& caller, uint32_t sex, int count, uint32_t year = 2020) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(TryCreate(caller, ValidRecord(year, sex)).ok());
    }
  }
  // "code/missing=count", "?" for a suppressed count.
  static std::vector<std::string> Cells(const pb::TabulateCaseRecordsResponse& response) {
    std::vector<std::string> cells;
    const Status read = client::ForEachCell(response, [&](const client::TabulationCell& cell) {
      std::string text;
      for (const auto& coordinate : cell.coordinates) {
        if (!text.empty()) text += ",";
        text += std::to_string(coordinate.code) + "/" + std::to_string(coordinate.missing);
      }
      cells.push_back(text + "=" + (cell.suppressed ? "?" : std::to_string(cell.count)));
    });
    EXPECT_TRUE(read.ok()) << read;
    return cells;
  }
};

TEST_F(TabulateCaseRecords, AnEntitySeesItsOwnRowsExactly) {
  Add(node_.police, 1, 2);
  Add(node_.police, 2, 1);
  Add(node_.shelter, 2, 7);
  const auto table = Tabulate(node_.police, By({model::kSex}));
  EXPECT_THAT(Cells(table), ElementsAre("1/0=2", "2/0=1"));
  EXPECT_EQ(table.records(), 3u);
  EXPECT_EQ(table.denominator(), 3u);
  EXPECT_EQ(table.threshold(), 0u);
  EXPECT_THAT(table.entities(), ElementsAre("police"));
}

TEST_F(TabulateCaseRecords, AnalystsAndCoordinatorsSeeAllEntitiesThresholded) {
  Add(node_.police, 1, 6);
  Add(node_.shelter, 1, 3);
  Add(node_.shelter, 2, 5);
  for (const auto* caller : {&node_.analyst, &node_.coordinator}) {
    const auto table = Tabulate(*caller, By({model::kSex}));
    EXPECT_THAT(Cells(table), ElementsAre("1/0=9", "2/0=5"));
    EXPECT_EQ(table.records(), 14u);
    EXPECT_EQ(table.threshold(), 5u);
    EXPECT_FALSE(table.margins_hidden());
    EXPECT_THAT(table.entities(), ElementsAre("police", "shelter"));
  }
}

TEST_F(TabulateCaseRecords, ASmallCountDoesNotFollowFromTheOthers) {
  Add(node_.police, 1, 9);
  Add(node_.police, 2, 20);
  Add(node_.police, 3, 1);
  const auto table = Tabulate(node_.analyst, By({model::kSex}));
  EXPECT_THAT(Cells(table), ElementsAre("1/0=?", "2/0=20", "3/0=?"));
  EXPECT_EQ(table.records(), 0u);
  EXPECT_EQ(table.denominator(), 0u);
}

TEST_F(TabulateCaseRecords, TheDenominatorGivesNoSmallCountAway) {
  Add(node_.police, 1, 9);
  auto unknown = ValidRecord();
  unknown.mutable_singles(0)->set_code(0);
  unknown.mutable_singles(0)->set_missing(pb::MISSING_UNKNOWN);
  for (int i = 0; i < 2; ++i) Create(unknown);
  const auto small = Tabulate(node_.analyst, By({model::kSex}));
  EXPECT_EQ(small.denominator(), 0u);
  EXPECT_EQ(small.records(), 0u);
  for (int i = 0; i < 3; ++i) Create(unknown);
  const auto large = Tabulate(node_.analyst, By({model::kSex}));
  EXPECT_EQ(large.denominator(), 9u);
  EXPECT_EQ(large.records(), 14u);
}

TEST_F(TabulateCaseRecords, BelowTheThresholdThereIsNoTotalAndNoEntity) {
  Add(node_.police, 1, 4);
  const auto table = Tabulate(node_.analyst, By({model::kSex}));
  EXPECT_THAT(Cells(table), ElementsAre("1/0=?"));
  EXPECT_TRUE(table.margins_hidden());
  EXPECT_EQ(table.records(), 0u);
  EXPECT_EQ(table.denominator(), 0u);
  EXPECT_EQ(table.entities_size(), 0);
}

TEST_F(TabulateCaseRecords, MissingAnswersStayApart) {
  auto record = ValidRecord();
  for (const auto missing : {pb::MISSING_UNKNOWN, pb::MISSING_NOT_APPLICABLE}) {
    record.mutable_singles(0)->set_code(0);
    record.mutable_singles(0)->set_missing(missing);
    Create(record);
  }
  record.clear_singles();
  Create(record);
  const auto table = Tabulate(node_.police, By({model::kSex}));
  EXPECT_THAT(Cells(table), ElementsAre("0/1=1", "0/2=1", "0/3=1"));
  EXPECT_EQ(table.denominator(), 0u);
}

TEST_F(TabulateCaseRecords, SharesFollowTheDenominatorOfAnyValue) {
  // Five persons, one with nothing: 2/4, 2/4, 1/4 as in the codebook's own example.
  const std::vector<std::vector<uint32_t>> forms = {{1}, {1, 2}, {2}, {3}, {}};
  for (const auto& affirmed : forms) {
    auto record = ValidRecord();
    record.mutable_sets(0)->clear_affirmed();
    record.mutable_sets(0)->clear_denied();
    for (const uint32_t form : affirmed) record.mutable_sets(0)->add_affirmed(form);
    Create(record);
  }
  const auto table = Tabulate(node_.police, By({model::kForms}));
  EXPECT_THAT(Cells(table), ElementsAre("0/1=1", "1/0=2", "2/0=2", "3/0=1"));
  EXPECT_EQ(table.denominator(), 4u);
  EXPECT_EQ(table.records(), 5u);
  EXPECT_TRUE(table.several_valued());
}

TEST_F(TabulateCaseRecords, FiltersAndYearsSelectRecords) {
  Add(node_.police, 1, 2, 2019);
  Add(node_.police, 1, 3, 2020);
  Add(node_.police, 2, 4, 2020);
  auto request = By({model::kSex});
  request.set_year_from(2020);
  EXPECT_THAT(Cells(Tabulate(node_.police, request)), ElementsAre("1/0=3", "2/0=4"));
  request.set_year_from(0);
  request.set_year_to(2019);
  EXPECT_THAT(Cells(Tabulate(node_.police, request)), ElementsAre("1/0=2"));
  request.set_year_to(0);
  auto& filter = *request.add_filters();
  filter.set_attribute(model::kSex);
  filter.add_codes(2);
  EXPECT_THAT(Cells(Tabulate(node_.police, request)), ElementsAre("2/0=4"));
}

TEST_F(TabulateCaseRecords, WithdrawnAndErasedRecordsAreNotCounted) {
  const auto a = Create(ValidRecord());
  const auto b = Create(ValidRecord());
  Create(ValidRecord());
  const int64_t then = node_.db.clock.NowMs();
  node_.db.clock.AdvanceMs(1000);
  ASSERT_TRUE(Withdraw(node_.police, a.name()).ok());
  ASSERT_TRUE(Erase(node_.police, b.name()).ok());
  auto request = By({model::kSex});
  EXPECT_EQ(Tabulate(node_.police, request).records(), 1u);
  // As it was: the withdrawn one counted then; the erased one counts nowhere any more.
  request.set_as_of_ms(then);
  EXPECT_EQ(Tabulate(node_.police, request).records(), 2u);
}

TEST_F(TabulateCaseRecords, ColumnsMadeAnewFromTheStoreGiveTheSameTable) {
  Add(node_.police, 1, 3);
  const auto record = Create(ValidRecord(2020, 2));
  ASSERT_TRUE(Withdraw(node_.police, record.name()).ok());
  const auto before = Tabulate(node_.police, By({model::kSex, model::kForms}));
  const auto again = service::CaseColumns::Load(*node_.db.store, ShippedCodesPtr());
  ASSERT_TRUE(again.ok()) << again.status();
  const auto table = (*again)->Tabulate({{model::kSex, model::kForms}, {}, 0, 0, 0},
                                        query::Viewer::OwnRows("police"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(service::TabulationToProto(*table).SerializeAsString(), before.SerializeAsString());
}

TEST_F(TabulateCaseRecords, RevisionsToldOfInAnyOrderGiveTheSameTable) {
  const auto record = Create(ValidRecord(2020, 1));
  const int64_t first_ms = node_.db.clock.NowMs();
  node_.db.clock.AdvanceMs(1000);
  auto changed = record;
  changed.mutable_singles(0)->set_code(2);
  ASSERT_TRUE(Correct(node_.police, changed, "r1").ok());
  node_.db.clock.AdvanceMs(1000);
  changed.mutable_singles(0)->set_code(3);
  ASSERT_TRUE(Correct(node_.police, changed, "r2").ok());

  // Columns that hear of the last commit first, and of the others later.
  NationalNode empty;
  const auto reference = *service::ParseCaseName(record.name(), "ARG");
  const auto history = *store::LoadCaseHistory(*node_.db.store->Read(), reference);
  auto late = *service::CaseColumns::Load(*empty.db.store, ShippedCodesPtr());
  // The store they follow has all three commits by then.
  empty.db.Commit([&](store::Transaction& transaction) {
    for (const auto table : {store::Table::kCaseRevision, store::Table::kCaseByReference,
                             store::Table::kSecret}) {
      ASSERT_TRUE(node_.db.store->Read()
                      ->Scan(table, {},
                             [&](std::string_view key, std::string_view value) {
                               transaction.Put(table, key, value);
                               return true;
                             })
                      .ok());
    }
  });
  late->Apply({history[2]});
  late->Apply({history[0], history[1]});
  for (const int64_t ms : {int64_t{0}, first_ms, first_ms + 1000, first_ms + 2000}) {
    const query::TabulationRequest request{{model::kSex}, {}, 0, 0, ms};
    EXPECT_EQ(*late->Tabulate(request, query::Viewer::OwnRows("police")),
              *node_.columns->Tabulate(request, query::Viewer::OwnRows("police")))
        << ms;
  }
}

TEST(TabulateCaseRecordsLimit, AfterMoreThanTheColumnsHoldTabulationStopsAndWritesGoOn) {
  NationalNode node(nullptr, {.rows_max = 1});
  pb::CreateCaseRecordRequest create;
  *create.mutable_case_record() = ValidRecord();
  pb::TabulateCaseRecordsRequest tabulate;
  tabulate.add_attributes(model::kSex);
  const std::string methods = kCaseMethods;
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(node.Call<pb::CaseRecord>(node.police, methods + "CreateCaseRecord", create).ok());
  }
  EXPECT_EQ(ReasonOf(node.Call<pb::TabulateCaseRecordsResponse>(
                             node.police, methods + "TabulateCaseRecords", tabulate)
                         .status()),
            Reason::STORE_LIMIT);
}

TEST_F(TabulateCaseRecords, RefusesQuestionsItCannotAnswer) {
  const auto reason = [this](const pb::TabulateCaseRecordsRequest& request) {
    return ReasonOf(Try(node_.police, request).status());
  };
  EXPECT_EQ(reason(By({})), Reason::TABULATION_INVALID);
  EXPECT_EQ(reason(By({1, 2, 3, 4})), Reason::TABULATION_INVALID);
  EXPECT_EQ(reason(By({9999})), Reason::TABULATION_INVALID);
  EXPECT_EQ(reason(By({model::kSex, model::kSex})), Reason::TABULATION_INVALID);
  auto request = By({model::kSex});
  request.add_filters()->set_attribute(model::kSex);
  EXPECT_EQ(reason(request), Reason::TABULATION_INVALID);  // No codes.
  request.mutable_filters(0)->add_codes(41797);
  EXPECT_EQ(reason(request), Reason::TABULATION_INVALID);  // No such code.
  request.mutable_filters(0)->set_codes(0, 1);
  for (int i = 0; i < 8; ++i) *request.add_filters() = request.filters(0);
  EXPECT_EQ(reason(request), Reason::TABULATION_INVALID);  // Nine filters.
  request = By({model::kSex});
  auto& filter = *request.add_filters();
  filter.set_attribute(model::kSex);
  for (int i = 0; i < 501; ++i) filter.add_codes(1);
  EXPECT_EQ(reason(request), Reason::TABULATION_INVALID);
  request = By({model::kSex});
  request.set_year_from(2021);
  request.set_year_to(2020);
  EXPECT_EQ(reason(request), Reason::TABULATION_INVALID);
  request = By({model::kSex});
  request.set_as_of_ms(-1);
  EXPECT_EQ(reason(request), Reason::TABULATION_INVALID);
}

TEST_F(TabulateCaseRecords, EndsWhenItsCallDoes) {
  Add(node_.police, 1, 1);
  rpc::CallContext call{.caller = node_.analyst, .method = "m", .request_id = "r"};
  call.cancelled = [] { return true; };
  EXPECT_EQ(ReasonOf(node_.cases.TabulateCaseRecords(call, By({model::kSex})).status()),
            Reason::CALL_CANCELLED);
}

TEST_F(TabulateCaseRecords, IsDeniedToOperatorsApproversAndOtherStatesAndAudited) {
  for (const auto* caller : {&node_.approver, &node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(ReasonOf(Try(*caller, By({model::kSex})).status()), Reason::PERMISSION_DENIED);
  }
  Tabulate(node_.analyst, By({model::kSex}));
  EXPECT_EQ(AuditLength(), 4u);
  rpc::CallContext call{.caller = node_.approver, .method = "m", .request_id = "r"};
  EXPECT_EQ(ReasonOf(node_.cases.TabulateCaseRecords(call, By({model::kSex})).status()),
            Reason::PERMISSION_DENIED);
}

}  // namespace
}  // namespace enlace::testing
