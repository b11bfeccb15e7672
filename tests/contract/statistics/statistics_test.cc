#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

#include "node/store/audit_table.h"
#include "node/store/observation_table.h"
#include "tests/contract/national_node.h"

namespace enlace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Status_ = pb::Observation::Status;
using Outcome = pb::RowResult;

constexpr char kMethods[] = "/enlace.exchange.v1.StatisticsService/";
constexpr char kBatch[] = "0123456789abcdef0123456789abcdef";
constexpr char kLaterBatch[] = "fedcba9876543210fedcba9876543210";

// Detected victims by sex, totals of everything else, in one year.
pb::Observation Figure(uint32_t year, uint64_t value, Status_ status = pb::Observation::VALUE) {
  const auto& indicators = ShippedCodes().Get("indicator").codes();
  const auto& dimensions = ShippedCodes().Get("dimension").codes();
  pb::Observation figure;
  figure.set_codelist_version(1);
  figure.set_indicator(indicators.front().number);
  figure.set_dimension(dimensions.front().number);
  figure.set_year(year);
  figure.set_status(status);
  figure.set_value(value);
  return figure;
}
pb::Observation Suppressed(uint32_t year) {
  return Figure(year, 0, pb::Observation::SUPPRESSED_BY_SOURCE);
}

class StatisticsContractTest : public ::testing::Test {
 protected:
  template <typename Response, typename Request>
  StatusOr<Response> Call(const authz::Caller& caller, const std::string& method,
                          const Request& request) {
    return node_.Call<Response>(caller, kMethods + method, request);
  }
  static pb::ImportObservationsRequest Batch(const std::string& id = kBatch) {
    pb::ImportObservationsRequest request;
    request.set_batch_id(id);
    request.set_format("unodc-glotip-2025");
    return request;
  }
  static void AddRow(pb::ImportObservationsRequest& request, uint64_t row,
                     const pb::Observation& figure) {
    auto& out = *request.add_rows();
    out.set_row(row);
    *out.mutable_observation() = figure;
  }
  StatusOr<pb::ImportObservationsResponse> TryImport(const pb::ImportObservationsRequest& request) {
    return Call<pb::ImportObservationsResponse>(node_.police, "ImportObservations", request);
  }
  // The outcomes of an import that must succeed.
  std::vector<int> Import(const pb::ImportObservationsRequest& request) {
    const auto response = TryImport(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<int> outcomes;
    if (!response.ok()) return outcomes;
    for (const auto& result : response->results()) outcomes.push_back(result.outcome());
    return outcomes;
  }
  std::vector<int> ImportRows(const std::string& batch,
                              const std::vector<std::pair<uint64_t, pb::Observation>>& rows) {
    auto request = Batch(batch);
    for (const auto& [row, figure] : rows) AddRow(request, row, figure);
    return Import(request);
  }
  StatusOr<pb::Observation> Set(const authz::Caller& caller, const pb::Observation& figure,
                                const std::string& etag = "") {
    pb::SetObservationRequest request;
    *request.mutable_observation() = figure;
    request.set_etag(etag);
    return Call<pb::Observation>(caller, "SetObservation", request);
  }
  StatusOr<pb::ListObservationsResponse> TryList(const authz::Caller& caller,
                                                 const pb::ListObservationsRequest& request) {
    return Call<pb::ListObservationsResponse>(caller, "ListObservations", request);
  }
  pb::ListObservationsResponse List(const authz::Caller& caller) {
    const auto response = TryList(caller, {});
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : pb::ListObservationsResponse();
  }
  pb::Observation Only() {
    const auto listed = List(node_.police);
    EXPECT_EQ(listed.observations_size(), 1);
    return listed.observations_size() == 1 ? listed.observations(0) : pb::Observation();
  }
  StatusOr<pb::Delivery> TryDelivery(const authz::Caller& caller, const std::string& id) {
    pb::GetDeliveryRequest request;
    request.set_batch_id(id);
    return Call<pb::Delivery>(caller, "GetDelivery", request);
  }
  // accepted, unchanged, replaced, in conflict, quarantined, not ours.
  std::vector<uint64_t> Account(const std::string& id = kBatch) {
    const auto d = TryDelivery(node_.police, id);
    EXPECT_TRUE(d.ok()) << d.status();
    return {d->accepted(),    d->unchanged(),   d->replaced(),
            d->in_conflict(), d->quarantined(), d->not_ours()};
  }

  NationalNode node_;
};

class ImportObservations : public StatisticsContractTest {};

TEST_F(ImportObservations, StoresFiguresOfTheCallersEntity) {
  EXPECT_THAT(ImportRows(kBatch, {{1, Figure(2020, 12)}}), ElementsAre(Outcome::ACCEPTED));
  const auto figure = Only();
  EXPECT_EQ(figure.entity(), "police");
  EXPECT_EQ(figure.value(), 12u);
  EXPECT_EQ(figure.status(), pb::Observation::VALUE);
  EXPECT_THAT(figure.name(), HasSubstr("jurisdictions/ARG/observations/"));
  EXPECT_EQ(figure.candidates(), 0u);
}

TEST_F(ImportObservations, SuppressedZeroUnknownAndNotCollectedStayWhatTheyAre) {
  ImportRows(kBatch, {{1, Suppressed(2010)},
                      {2, Figure(2011, 0)},
                      {3, Figure(2012, 0, pb::Observation::UNKNOWN)},
                      {4, Figure(2013, 0, pb::Observation::NOT_COLLECTED)},
                      {5, Figure(2014, 0, pb::Observation::NOT_APPLICABLE)}});
  std::vector<int> statuses;
  const auto listed = List(node_.police);
  for (const auto& figure : listed.observations()) statuses.push_back(figure.status());
  EXPECT_THAT(statuses, ElementsAre(pb::Observation::SUPPRESSED_BY_SOURCE, pb::Observation::VALUE,
                                    pb::Observation::UNKNOWN, pb::Observation::NOT_COLLECTED,
                                    pb::Observation::NOT_APPLICABLE));
}

TEST_F(ImportObservations, TheSameBatchAgainIsANoOp) {
  const std::vector<std::pair<uint64_t, pb::Observation>> rows = {
      {1, Figure(2020, 12)}, {2, Figure(2021, 3)}, {3, Figure(2021, 4)}, {4, Figure(1900, 1)}};
  ImportRows(kBatch, rows);
  const auto listed = List(node_.police).SerializeAsString();
  const auto account = Account();
  node_.db.clock.AdvanceMs(1000);
  EXPECT_THAT(ImportRows(kBatch, rows), ElementsAre(Outcome::UNCHANGED, Outcome::IN_CONFLICT,
                                                    Outcome::IN_CONFLICT, Outcome::QUARANTINED));
  EXPECT_EQ(List(node_.police).SerializeAsString(), listed);
  EXPECT_EQ(Account(), account);
}

TEST_F(ImportObservations, AnOtherRowUnderTheSameNumberConflictsAndNothingIsWritten) {
  ImportRows(kBatch, {{2, Figure(2020, 12)}});
  auto request = Batch();
  AddRow(request, 1, Figure(2021, 1));
  AddRow(request, 2, Figure(2020, 13));
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_CONFLICT);
  EXPECT_EQ(Only().value(), 12u);
}

TEST_F(ImportObservations, ARowIsTheSameUnderALaterVersionOfTheCodeLists) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}});
  service::StatisticsService updated({*node_.db.store, NextCodes(), node_.page_tokens, "ARG"});
  rpc::CallContext call{.caller = node_.police, .method = "m", .request_id = "r"};
  const auto import = [&](const pb::Observation& figure) {
    auto request = Batch();
    AddRow(request, 1, figure);
    request.mutable_rows(0)->mutable_observation()->set_codelist_version(2);
    return updated.ImportObservations(call, request);
  };
  const auto again = import(Figure(2020, 12));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->results(0).outcome(), Outcome::UNCHANGED);
  EXPECT_EQ(ReasonOf(import(Figure(2020, 13)).status()), Reason::BATCH_CONFLICT);
}

TEST_F(ImportObservations, RowsOfOneBatchThatDisagreeLeaveNoValueStanding) {
  EXPECT_THAT(ImportRows(kBatch, {{1, Figure(2020, 12)}, {2, Suppressed(2020)}}),
              ElementsAre(Outcome::IN_CONFLICT, Outcome::IN_CONFLICT));
  const auto figure = Only();
  EXPECT_EQ(figure.status(), pb::Observation::IN_CONFLICT);
  EXPECT_EQ(figure.value(), 0u);
  EXPECT_EQ(figure.candidates(), 2u);
  EXPECT_EQ(Account(), (std::vector<uint64_t>{0, 0, 0, 2, 0, 0}));
}

TEST_F(ImportObservations, ConflictsAreFoundAcrossCallsOfOneBatch) {
  EXPECT_THAT(ImportRows(kBatch, {{1, Figure(2020, 12)}}), ElementsAre(Outcome::ACCEPTED));
  EXPECT_THAT(ImportRows(kBatch, {{2, Figure(2020, 13)}}), ElementsAre(Outcome::IN_CONFLICT));
  EXPECT_EQ(Only().status(), pb::Observation::IN_CONFLICT);
  EXPECT_EQ(Account(), (std::vector<uint64_t>{0, 0, 0, 2, 0, 0}));
}

TEST_F(ImportObservations, TheAnswerNamesRowsOfEarlierCallsThatAreInConflictNow) {
  const auto send = [this](uint64_t row, uint64_t value) {
    auto request = Batch();
    AddRow(request, row, Figure(2020, value));
    return *TryImport(request);
  };
  const auto first = send(1, 12);
  EXPECT_EQ(first.changed_size(), 0);
  // A second time as after a lost answer.
  for (int sent = 0; sent < 2; ++sent) {
    const auto second = send(1500, 13);
    EXPECT_EQ(second.results(0).outcome(), Outcome::IN_CONFLICT);
    ASSERT_EQ(second.changed_size(), 1);
    EXPECT_EQ(second.changed(0).row(), 1u);
    EXPECT_EQ(second.changed(0).outcome(), Outcome::IN_CONFLICT);
    EXPECT_EQ(second.changed(0).name(), first.results(0).name());
  }
  EXPECT_EQ(send(1, 12).results(0).outcome(), Outcome::IN_CONFLICT);
  EXPECT_EQ(Account(), (std::vector<uint64_t>{0, 0, 0, 2, 0, 0}));
  ASSERT_TRUE(Set(node_.police, Figure(2020, 13)).ok());
  const auto settled = send(1500, 13);
  EXPECT_EQ(settled.results(0).outcome(), Outcome::UNCHANGED);
  EXPECT_EQ(settled.changed_size(), 0);
}

TEST_F(ImportObservations, TheOrderOfRowsDecidesNothing) {
  // Values of the rows of one key; a conflict of 5 and 7 with one repeat of 5.
  std::vector<uint64_t> values = {5, 5, 7};
  int batch = 0;
  do {
    NationalNode node;
    pb::ImportObservationsRequest request = Batch();
    for (size_t i = 0; i < values.size(); ++i) AddRow(request, i + 1, Figure(2020, values[i]));
    ASSERT_TRUE(node.Call<pb::ImportObservationsResponse>(
                        node.police, std::string(kMethods) + "ImportObservations", request)
                    .ok());
    pb::GetDeliveryRequest get;
    get.set_batch_id(kBatch);
    const auto account =
        node.Call<pb::Delivery>(node.police, std::string(kMethods) + "GetDelivery", get);
    EXPECT_EQ(account->in_conflict(), 2u) << batch;
    EXPECT_EQ(account->unchanged(), 1u) << batch;
    ++batch;
  } while (std::next_permutation(values.begin(), values.end()));
  EXPECT_EQ(batch, 3);
}

TEST_F(ImportObservations, IdenticalRepeatsAreUnchanged) {
  EXPECT_THAT(ImportRows(kBatch, {{1, Figure(2020, 12)}, {2, Figure(2020, 12)}}),
              ElementsAre(Outcome::ACCEPTED, Outcome::UNCHANGED));
  EXPECT_EQ(Only().value(), 12u);
}

TEST_F(ImportObservations, ALaterBatchReplacesAndRaisesTheRevision) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}});
  const std::string etag = Only().etag();
  node_.db.clock.AdvanceMs(1000);
  EXPECT_THAT(ImportRows(kLaterBatch, {{1, Figure(2020, 13)}}), ElementsAre(Outcome::REPLACED));
  EXPECT_EQ(Only().value(), 13u);
  EXPECT_NE(Only().etag(), etag);
  EXPECT_EQ(Only().update_time_ms(), node_.db.clock.NowMs());
}

TEST_F(ImportObservations, ALaterBatchThatSaysTheSameChangesNothing) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}});
  const auto before = Only().SerializeAsString();
  node_.db.clock.AdvanceMs(1000);
  EXPECT_THAT(ImportRows(kLaterBatch, {{1, Figure(2020, 12)}}), ElementsAre(Outcome::UNCHANGED));
  EXPECT_EQ(Only().SerializeAsString(), before);
}

TEST_F(ImportObservations, ALaterBatchMayDisagreeWithItselfThoughItsFirstRowRepeats) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}});
  EXPECT_THAT(ImportRows(kLaterBatch, {{1, Figure(2020, 12)}, {2, Figure(2020, 13)}}),
              ElementsAre(Outcome::IN_CONFLICT, Outcome::IN_CONFLICT));
  EXPECT_EQ(Only().status(), pb::Observation::IN_CONFLICT);
}

TEST_F(ImportObservations, ACleanLaterBatchEndsAConflict) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}, {2, Figure(2020, 13)}});
  EXPECT_THAT(ImportRows(kLaterBatch, {{1, Figure(2020, 13)}}), ElementsAre(Outcome::REPLACED));
  EXPECT_EQ(Only().value(), 13u);
  EXPECT_EQ(Only().candidates(), 0u);
}

TEST_F(ImportObservations, CandidatesOfAConflictHaveALimit) {
  auto request = Batch();
  for (uint64_t row = 1; row <= store::kCandidatesMax + 5; ++row) {
    AddRow(request, row, Figure(2020, row));
  }
  Import(request);
  EXPECT_EQ(Only().candidates(), store::kCandidatesMax);
  EXPECT_EQ(Account()[3], store::kCandidatesMax + 5);
}

TEST_F(ImportObservations, RowsThatFailAreSetAsideWithReasonAndPath) {
  auto request = Batch();
  AddRow(request, 1, Figure(1900, 1));
  auto unknown = Figure(2020, 1);
  unknown.set_indicator(41797);
  AddRow(request, 2, unknown);
  AddRow(request, 3, Figure(2020, 0, pb::Observation::IN_CONFLICT));
  AddRow(request, 4, Figure(2020, 0, static_cast<Status_>(99)));
  AddRow(request, 5, Figure(2020, 61'102'019));  // A cell id that leaked into the value column.
  auto named = Figure(2020, 1);
  named.set_entity("shelter");
  AddRow(request, 6, named);
  const auto response = TryImport(request);
  ASSERT_TRUE(response.ok()) << response.status();
  std::vector<std::string> seen;
  for (const auto& result : response->results()) {
    EXPECT_EQ(result.outcome(), Outcome::QUARANTINED);
    EXPECT_EQ(result.name(), "");
    seen.push_back(result.reason() + " " + result.field());
  }
  EXPECT_THAT(
      seen,
      ElementsAre("ATTRIBUTE_INVALID observation.year", "CODE_UNKNOWN observation.indicator",
                  "ATTRIBUTE_INVALID observation.status", "ATTRIBUTE_INVALID observation.status",
                  "ATTRIBUTE_INVALID observation.value", "ATTRIBUTE_INVALID observation.name"));
  EXPECT_THAT(response->DebugString(), Not(HasSubstr("61102019")));
  EXPECT_EQ(List(node_.police).observations_size(), 0);
  EXPECT_EQ(Account()[4], 6u);
}

TEST_F(ImportObservations, ATrialStoresNothingButItsRecord) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}});
  const auto before = node_.db.AllRows(/*with_audit=*/false);
  const auto records = store::VerifyAuditChain(*node_.db.store->Read()).value();
  auto request = Batch(kLaterBatch);
  AddRow(request, 1, Figure(2020, 13));
  request.set_validate_only(true);
  EXPECT_THAT(Import(request), ElementsAre(Outcome::REPLACED));
  EXPECT_EQ(node_.db.AllRows(/*with_audit=*/false), before);
  EXPECT_EQ(store::VerifyAuditChain(*node_.db.store->Read()).value(), records + 1);
}

TEST_F(ImportObservations, ABatchIdOfCasesIsNoBatchIdOfFigures) {
  pb::ImportCaseRecordsRequest cases;
  cases.set_batch_id(kBatch);
  cases.set_format("unodc-glotip-2025");
  ASSERT_TRUE(node_
                  .Call<pb::ImportCaseRecordsResponse>(
                      node_.police, "/enlace.exchange.v1.CaseService/ImportCaseRecords", cases)
                  .ok());
  auto request = Batch();
  AddRow(request, 1, Figure(2020, 1));
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_CONFLICT);
}

TEST_F(ImportObservations, BadRequestsAndOtherCallersAreRefused) {
  auto request = Batch("XYZ");
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::REQUEST_INVALID);
  request = Batch();
  for (uint64_t row = 1; row <= 1001; ++row) AddRow(request, row, Figure(2020, 1));
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_TOO_LARGE);
  request = Batch();
  for (const auto* caller : {&node_.analyst, &node_.approver, &node_.coordinator,
                             &node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(
        ReasonOf(
            Call<pb::ImportObservationsResponse>(*caller, "ImportObservations", request).status()),
        Reason::PERMISSION_DENIED);
  }
  rpc::CallContext call{.caller = node_.analyst, .method = "m", .request_id = "r"};
  EXPECT_EQ(ReasonOf(node_.statistics.ImportObservations(call, request).status()),
            Reason::PERMISSION_DENIED);
}

TEST_F(ImportObservations, FourThreadsImportingOneBatchMakeOneSetOfFigures) {
  auto request = Batch();
  node_.db.clock.SetWallMs(2'240'000'000'000);  // In 2040: every year has begun.
  for (uint32_t i = 0; i < 50; ++i) AddRow(request, i + 1, Figure(1990 + i, i));
  std::array<Status, 4> statuses;
  {
    std::vector<std::thread> threads;
    for (auto& status : statuses) {
      threads.emplace_back([&] { status = TryImport(request).status(); });
    }
    for (auto& thread : threads) thread.join();
  }
  for (const auto& status : statuses) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(List(node_.police).observations_size(), 50);
  EXPECT_EQ(Account(), (std::vector<uint64_t>{50, 0, 0, 0, 0, 0}));
}

class SetObservation : public StatisticsContractTest {};

TEST_F(SetObservation, CreatesAndReplacesByHand) {
  const auto first = Set(node_.police, Figure(2020, 12));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Set(node_.police, Figure(2020, 13), first->etag());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Only().value(), 13u);
  EXPECT_EQ(first->name(), second->name());
}

TEST_F(SetObservation, SettlesAConflict) {
  ImportRows(kBatch, {{1, Figure(2020, 12)}, {2, Figure(2020, 13)}});
  const auto settled = Set(node_.police, Figure(2020, 12), Only().etag());
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->status(), pb::Observation::VALUE);
  EXPECT_EQ(settled->candidates(), 0u);
  // The batch that was in conflict does not bring the conflict back.
  ImportRows(kBatch, {{1, Figure(2020, 12)}, {2, Figure(2020, 13)}});
  EXPECT_EQ(Only().value(), 12u);
}

TEST_F(SetObservation, AStaleEtagChangesNothing) {
  const auto first = Set(node_.police, Figure(2020, 12));
  ASSERT_TRUE(Set(node_.police, Figure(2020, 13)).ok());
  EXPECT_EQ(ReasonOf(Set(node_.police, Figure(2020, 14), first->etag()).status()),
            Reason::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Set(node_.police, Figure(2021, 14), "r1").status()), Reason::ETAG_MISMATCH);
  EXPECT_EQ(Only().value(), 13u);
}

TEST_F(SetObservation, RefusesWhatAFigureCannotBeAndOtherCallers) {
  EXPECT_EQ(ReasonOf(Set(node_.police, Figure(2020, 0, pb::Observation::IN_CONFLICT)).status()),
            Reason::ATTRIBUTE_INVALID);
  auto unknown = Figure(2020, 1);
  unknown.set_sex(41797);
  const Status status = Set(node_.police, unknown).status();
  EXPECT_EQ(ReasonOf(status), Reason::CODE_UNKNOWN);
  EXPECT_THAT(MessageOf(status), Not(HasSubstr("41797")));
  for (const auto* caller : {&node_.analyst, &node_.coordinator, &node_.foreign}) {
    EXPECT_EQ(ReasonOf(Set(*caller, Figure(2020, 1)).status()), Reason::PERMISSION_DENIED);
  }
  EXPECT_EQ(List(node_.police).observations_size(), 0);
}

class ListObservations : public StatisticsContractTest {};

TEST_F(ListObservations, EntitiesSeeTheirOwnAndReviewersSeeAll) {
  ASSERT_TRUE(Set(node_.police, Figure(2020, 1)).ok());
  ASSERT_TRUE(Set(node_.shelter, Figure(2020, 2)).ok());
  EXPECT_EQ(List(node_.police).observations(0).value(), 1u);
  EXPECT_EQ(List(node_.police).observations_size(), 1);
  EXPECT_EQ(List(node_.shelter).observations_size(), 1);
  for (const auto* caller : {&node_.analyst, &node_.approver, &node_.coordinator}) {
    EXPECT_EQ(List(*caller).observations_size(), 2);
  }
  for (const auto* caller : {&node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(ReasonOf(TryList(*caller, {}).status()), Reason::PERMISSION_DENIED);
  }
}

TEST_F(ListObservations, PagesAndFilters) {
  for (uint32_t year = 2000; year < 2005; ++year) {
    ASSERT_TRUE(Set(node_.police, Figure(year, year)).ok());
  }
  pb::ListObservationsRequest request;
  request.set_page_size(2);
  std::vector<uint32_t> years;
  int pages = 0;
  do {
    const auto page = TryList(node_.police, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& figure : page->observations()) years.push_back(figure.year());
    request.set_page_token(page->next_page_token());
    ASSERT_LT(++pages, 10);
  } while (!request.page_token().empty());
  EXPECT_THAT(years, ElementsAre(2000, 2001, 2002, 2003, 2004));
  request = {};
  request.set_year(2003);
  EXPECT_EQ(TryList(node_.police, request)->observations_size(), 1);
  request = {};
  request.set_in_conflict_only(true);
  EXPECT_EQ(TryList(node_.police, request)->observations_size(), 0);
  request = {};
  request.set_page_token("invented");
  EXPECT_EQ(ReasonOf(TryList(node_.police, request).status()), Reason::PAGE_TOKEN_INVALID);
  request = {};
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(TryList(node_.police, request).status()), Reason::REQUEST_INVALID);
}

TEST_F(ListObservations, AFigureOfAYearThatHasNotBegunCannotBeSet) {
  const Status refused = Set(node_.police, Figure(2050, 1)).status();
  EXPECT_EQ(ReasonOf(refused), Reason::ATTRIBUTE_INVALID);
  EXPECT_EQ(ViolationsOf(refused).at(0).field, "observation.year");
  EXPECT_THAT(ViolationsOf(refused).at(0).description, HasSubstr("2026 at most"));
  EXPECT_TRUE(Set(node_.police, Figure(2026, 1)).ok());
}

TEST_F(ImportObservations, AYearThatHasNotBegunIsSetAsideUntilItHas) {
  node_.db.clock.SetWallMs(1798761599999);  // The last millisecond of 2026.
  EXPECT_THAT(ImportRows(kBatch, {{1, Figure(2026, 1)}, {2, Figure(2027, 1)}}),
              ElementsAre(Outcome::ACCEPTED, Outcome::QUARANTINED));
  EXPECT_EQ(TryDelivery(node_.police, kBatch)->quarantined_rows(0).column(), "observation.year");
  node_.db.clock.AdvanceMs(1);
  EXPECT_THAT(ImportRows(kBatch, {{1, Figure(2026, 1)}, {2, Figure(2027, 1)}}),
              ElementsAre(Outcome::UNCHANGED, Outcome::ACCEPTED));
}

TEST_F(ListObservations, ConflictsBetweenEntitiesAreForThoseWhoSeeBoth) {
  ASSERT_TRUE(Set(node_.police, Figure(2020, 12)).ok());
  ASSERT_TRUE(Set(node_.shelter, Figure(2020, 13)).ok());
  ASSERT_TRUE(Set(node_.police, Figure(2021, 12)).ok());
  ASSERT_TRUE(Set(node_.shelter, Figure(2021, 12)).ok());
  pb::ListObservationsRequest request;
  request.set_in_conflict_only(true);
  const auto all = TryList(node_.analyst, request);
  ASSERT_TRUE(all.ok()) << all.status();
  std::vector<std::pair<std::string, uint64_t>> seen;
  for (const auto& figure : all->observations()) {
    EXPECT_EQ(figure.year(), 2020u);
    seen.emplace_back(figure.entity(), figure.value());
  }
  EXPECT_THAT(seen, ElementsAre(std::pair("police", 12u), std::pair("shelter", 13u)));
  // Nobody learns from the own list what another entity says.
  EXPECT_EQ(TryList(node_.police, request)->observations_size(), 0);
}

class GetDelivery : public StatisticsContractTest {};

TEST_F(GetDelivery, CountsAddUpToTheRowsRead) {
  ImportRows(kLaterBatch, {{1, Figure(2010, 1)}});
  auto request = Batch();
  AddRow(request, 1, Figure(2010, 2));  // Replaced.
  AddRow(request, 2, Figure(2011, 2));  // Accepted.
  AddRow(request, 3, Figure(2011, 2));  // Unchanged.
  AddRow(request, 4, Figure(2012, 1));  // In conflict
  AddRow(request, 5, Figure(2012, 2));  // with this one.
  AddRow(request, 6, Figure(1900, 1));  // Set aside by the node.
  auto& aside = *request.add_quarantined();
  aside.set_row(7);
  aside.set_column("txtVALUE");
  aside.set_reason("VALUE_UNKNOWN");
  request.set_not_ours(93);
  Import(request);
  EXPECT_EQ(Account(), (std::vector<uint64_t>{1, 1, 1, 2, 2, 93}));
  const auto delivery = TryDelivery(node_.police, kBatch);
  EXPECT_EQ(delivery->format(), "unodc-glotip-2025");
  ASSERT_EQ(delivery->quarantined_rows_size(), 2);
  EXPECT_EQ(delivery->quarantined_rows(0).column(), "observation.year");
  EXPECT_EQ(delivery->quarantined_rows(1).column(), "txtVALUE");
}

TEST_F(GetDelivery, ADeliverySentAgainInOtherPartsCountsOnce) {
  const auto send = [this](uint64_t first, uint64_t last, uint64_t not_ours) {
    auto request = Batch();
    request.set_first_row(first);
    request.set_last_row(last);
    request.set_not_ours(not_ours);
    Import(request);
  };
  send(1, 1200, 12);
  send(1201, 2400, 12);
  EXPECT_EQ(Account()[5], 24u);
  send(1, 1000, 10);
  send(1001, 2000, 10);
  send(2001, 2400, 4);
  EXPECT_EQ(Account()[5], 24u);
}

TEST_F(GetDelivery, APartHoldsItsOwnRowsAndNoMore) {
  const auto fault = [this](uint64_t first, uint64_t last, uint64_t row, uint64_t not_ours) {
    auto request = Batch();
    request.set_first_row(first);
    request.set_last_row(last);
    request.set_not_ours(not_ours);
    AddRow(request, row, Figure(2020, 1));
    return ReasonOf(TryImport(request).status());
  };
  const Reason bad = Reason::REQUEST_INVALID;
  EXPECT_EQ(fault(0, 10, 5, 0), bad);
  EXPECT_EQ(fault(10, 9, 9, 0), bad);
  EXPECT_EQ(fault(1, UINT64_MAX, 5, 0), bad);
  EXPECT_EQ(fault(2, 10, 1, 0), bad);
  EXPECT_EQ(fault(2, 10, 11, 0), bad);
  EXPECT_EQ(fault(1, 10, 5, 10), bad);
  EXPECT_EQ(List(node_.police).observations_size(), 0);
  auto request = Batch();
  request.set_first_row(1);
  request.set_last_row(10);
  request.set_not_ours(9);
  AddRow(request, 10, Figure(2020, 1));
  EXPECT_THAT(Import(request), ElementsAre(Outcome::ACCEPTED));
}

TEST_F(GetDelivery, ListsAtMostTenThousandRowsAndCountsAll) {
  for (uint64_t part = 0; part < 11; ++part) {
    auto request = Batch();
    for (uint64_t i = 1; i <= 1000; ++i) {
      auto& aside = *request.add_quarantined();
      aside.set_row(part * 1000 + i);
      aside.set_reason("VALUE_BLANK");
    }
    Import(request);
  }
  const auto delivery = TryDelivery(node_.police, kBatch);
  EXPECT_EQ(delivery->quarantined(), 11'000u);
  EXPECT_EQ(delivery->quarantined_rows_size(), 10'000);
}

TEST_F(GetDelivery, UnknownBatchesAndOthersBatchesLookTheSame) {
  ImportRows(kBatch, {{1, Figure(2020, 1)}});
  const Status absent = TryDelivery(node_.police, kLaterBatch).status();
  EXPECT_EQ(ReasonOf(absent), Reason::OBSERVATION_NOT_FOUND);
  EXPECT_EQ(TryDelivery(node_.shelter, kBatch).status(), absent);
  EXPECT_EQ(TryDelivery(node_.analyst, kBatch).status(), absent);
  EXPECT_EQ(TryDelivery(node_.police, "../" + std::string(kBatch)).status(), absent);
  EXPECT_EQ(ReasonOf(TryDelivery(node_.foreign, kBatch).status()), Reason::PERMISSION_DENIED);
}

TEST_F(StatisticsContractTest, EveryCallOnFiguresIsInTheAuditChain) {
  ImportRows(kBatch, {{1, Figure(2020, 1)}});
  ASSERT_TRUE(Set(node_.police, Figure(2020, 2)).ok());
  List(node_.analyst);
  (void)TryDelivery(node_.police, kBatch);
  (void)Set(node_.analyst, Figure(2020, 3));
  EXPECT_EQ(*store::VerifyAuditChain(*node_.db.store->Read()), 5u);
}

}  // namespace
}  // namespace enlace::testing
