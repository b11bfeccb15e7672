#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

using ::testing::ElementsAre;

const std::string kNotThere = "jurisdictions/ARG/cases/" + std::string(32, 'a');

class BatchGetCaseRecords : public CaseContractTest {
 protected:
  StatusOr<pb::BatchGetCaseRecordsResponse> Try(const authz::Caller& caller,
                                                const std::vector<std::string>& names) {
    pb::BatchGetCaseRecordsRequest request;
    for (const std::string& name : names) request.add_names(name);
    return Call<pb::BatchGetCaseRecordsResponse>(caller, "BatchGetCaseRecords", request);
  }
};

TEST_F(BatchGetCaseRecords, AnswersInTheOrderOfTheNamesWhatGetAnswers) {
  const auto first = Create(ValidRecord(2020));
  const auto second = Create(ValidRecord(2021));
  const auto corrected = Correct(node_.police, second, second.etag());
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  const auto response = Try(node_.police, {second.name(), first.name()});
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->case_records_size(), 2);
  EXPECT_EQ(response->case_records(0).SerializeAsString(), corrected->SerializeAsString());
  EXPECT_EQ(response->case_records(1).SerializeAsString(), first.SerializeAsString());
}

TEST_F(BatchGetCaseRecords, OneNameThatIsNotThereLeavesNoAnswerAtAll) {
  const auto mine = Create(ValidRecord());
  const auto theirs = TryCreate(node_.shelter, ValidRecord());
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  const Status absent = Try(node_.police, {mine.name(), kNotThere}).status();
  const Status foreign = Try(node_.police, {mine.name(), theirs->name()}).status();
  EXPECT_EQ(ReasonOf(absent), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(absent.ToString(), foreign.ToString()) << "a record of others shows itself";
}

TEST_F(BatchGetCaseRecords, RefusesBadInputByField) {
  EXPECT_EQ(ViolationsOf(Try(node_.police, {}).status())[0].field, "names");
  const Status twice = Try(node_.police, {kNotThere, kNotThere}).status();
  EXPECT_EQ(ReasonOf(twice), Reason::REQUEST_INVALID);
  EXPECT_EQ(ViolationsOf(twice)[0].field, "names");
  EXPECT_EQ(ReasonOf(Try(node_.police, {"cases/1"}).status()), Reason::NAME_INVALID);
  const std::vector<std::string> many(1001, kNotThere);
  EXPECT_EQ(ReasonOf(Try(node_.police, many).status()), Reason::BATCH_TOO_LARGE);
}

TEST_F(BatchGetCaseRecords, IsForReportingEntitiesAlone) {
  const auto record = Create(ValidRecord());
  for (const auto* caller : {&node_.analyst, &node_.coordinator}) {
    EXPECT_EQ(ReasonOf(Try(*caller, {record.name()}).status()), Reason::PERMISSION_DENIED);
  }
}

TEST_F(BatchGetCaseRecords, AskedAgainAnswersTheSameAndIsRecordedAgain) {
  const auto record = Create(ValidRecord());
  const uint64_t before = AuditLength();
  const auto first = Try(node_.police, {record.name()});
  const auto second = Try(node_.police, {record.name()});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(AuditLength(), before + 2);
}

}  // namespace
}  // namespace enlace::testing
