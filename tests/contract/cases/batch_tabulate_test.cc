#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

class BatchTabulateCaseRecords : public CaseContractTest {
 protected:
  using Request = pb::TabulateCaseRecordsRequest;

  StatusOr<pb::BatchTabulateCaseRecordsResponse> Try(const authz::Caller& caller,
                                                     const std::vector<Request>& tables) {
    pb::BatchTabulateCaseRecordsRequest request;
    for (const Request& table : tables) *request.add_requests() = table;
    return Call<pb::BatchTabulateCaseRecordsResponse>(caller, "BatchTabulateCaseRecords", request);
  }
  static Request By(std::initializer_list<uint32_t> attributes, uint32_t year = 0) {
    Request request;
    for (const uint32_t attribute : attributes) request.add_attributes(attribute);
    request.set_year_from(year);
    request.set_year_to(year);
    return request;
  }
  void Add(const authz::Caller& caller, uint32_t sex, int count, uint32_t year = 2020) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(TryCreate(caller, ValidRecord(year, sex)).ok());
  }
};

TEST_F(BatchTabulateCaseRecords, EachTableIsWhatTheSingleCallAnswers) {
  Add(node_.police, 1, 7);
  Add(node_.police, 2, 2, 2021);
  Add(node_.shelter, 2, 6);
  const std::vector<Request> tables = {By({model::kSex}), By({model::kForms, model::kSex}),
                                       By({model::kSex}, 2021)};
  for (const auto* caller : {&node_.police, &node_.analyst}) {
    const auto together = Try(*caller, tables);
    ASSERT_TRUE(together.ok()) << together.status();
    ASSERT_EQ(together->responses_size(), 3);
    for (int i = 0; i < 3; ++i) {
      const auto alone =
          Call<pb::TabulateCaseRecordsResponse>(*caller, "TabulateCaseRecords", tables[i]);
      ASSERT_TRUE(alone.ok()) << alone.status();
      EXPECT_EQ(together->responses(i).SerializeAsString(), alone->SerializeAsString()) << i;
    }
  }
}

TEST_F(BatchTabulateCaseRecords, SmallCountsAreHiddenInEveryTable) {
  Add(node_.police, 1, 9);
  Add(node_.police, 2, 1);
  const auto response = Try(node_.analyst, {By({model::kForms}), By({model::kSex})});
  ASSERT_TRUE(response.ok()) << response.status();
  for (const auto& table : response->responses()) EXPECT_EQ(table.threshold(), 5u);
  EXPECT_THAT(response->responses(1).counts(), ::testing::ElementsAre(0u, 0u));
}

TEST_F(BatchTabulateCaseRecords, RefusesBadInputByTheTableThatHasIt) {
  const Status status = Try(node_.police, {By({model::kSex}), By({9999})}).status();
  EXPECT_EQ(ReasonOf(status), Reason::TABULATION_INVALID);
  EXPECT_EQ(ViolationsOf(status)[0].field, "requests[1].attributes[0]");
  EXPECT_EQ(ViolationsOf(Try(node_.police, {}).status())[0].field, "requests");
  const std::vector<Request> many(51, By({model::kSex}));
  EXPECT_EQ(ReasonOf(Try(node_.police, many).status()), Reason::BATCH_TOO_LARGE);
}

TEST_F(BatchTabulateCaseRecords, OfAnEntityWithoutRecordsEveryTableIsEmpty) {
  Add(node_.police, 1, 1);
  const auto response = Try(node_.shelter, {By({model::kSex}), By({model::kForms})});
  ASSERT_TRUE(response.ok()) << response.status();
  for (const auto& table : response->responses()) EXPECT_EQ(table.records(), 0u);
}

TEST_F(BatchTabulateCaseRecords, IsDeniedToWhoMayNotTabulate) {
  for (const auto* caller : {&node_.approver, &node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(ReasonOf(Try(*caller, {By({model::kSex})}).status()), Reason::PERMISSION_DENIED);
  }
}

TEST_F(BatchTabulateCaseRecords, AskedAgainAnswersTheSameAndIsRecordedAgain) {
  Add(node_.police, 1, 6);
  const uint64_t before = AuditLength();
  const auto first = Try(node_.analyst, {By({model::kSex})});
  const auto second = Try(node_.analyst, {By({model::kSex})});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(AuditLength(), before + 2);
}

}  // namespace
}  // namespace enlace::testing
