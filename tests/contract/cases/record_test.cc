#include <cctype>
#include <set>

#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kUuid[] = "3f0e5c1a-7d42-4b6e-9a51-0c2f8e6d1b7a";
const std::string kAbsent = "jurisdictions/ARG/cases/" + std::string(32, 'a');

class CreateCaseRecord : public CaseContractTest {};

TEST_F(CreateCaseRecord, ReturnsTheStoredRecord) {
  const auto record = Create(ValidRecord());
  EXPECT_THAT(record.name(), StartsWith("jurisdictions/ARG/cases/"));
  EXPECT_EQ(record.entity(), "police");
  EXPECT_EQ(record.state(), pb::CaseRecord::ACTIVE);
  EXPECT_EQ(record.revision(), 1u);
  EXPECT_EQ(record.create_time_ms(), node_.db.clock.NowMs());
  EXPECT_EQ(Get(node_.police, record.name())->SerializeAsString(), record.SerializeAsString());
  auto content = record;
  for (const char* field :
       {"name", "entity", "state", "revision", "create_time_ms", "update_time_ms", "etag"}) {
    content.GetReflection()->ClearField(&content, content.GetDescriptor()->FindFieldByName(field));
  }
  EXPECT_EQ(content.SerializeAsString(), ValidRecord().SerializeAsString());
}

TEST_F(CreateCaseRecord, TheSameRequestIdReturnsTheFirstResult) {
  const auto first = TryCreate(node_.police, ValidRecord(), kUuid);
  node_.db.clock.AdvanceMs(1000);
  const auto second = TryCreate(node_.police, ValidRecord(), kUuid);
  ASSERT_TRUE(first.ok() && second.ok()) << second.status();
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(List(node_.police).case_records_size(), 1);
}

TEST_F(CreateCaseRecord, TheSameRequestIdIsRecordedAsAReadOfTheRecordAsItIsNow) {
  const auto first = TryCreate(node_.police, ValidRecord(), kUuid);
  ASSERT_TRUE(first.ok());
  const auto changed = Correct(node_.police, *first, first->etag());
  ASSERT_TRUE(changed.ok());
  const uint64_t records = AuditLength();
  const auto second = TryCreate(node_.police, ValidRecord(), kUuid);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->revision(), 2u);
  EXPECT_EQ(AuditLength(), records + 1);
}

TEST_F(CreateCaseRecord, TheSameRequestIdWithOtherContentIsRefused) {
  ASSERT_TRUE(TryCreate(node_.police, ValidRecord(2020), kUuid).ok());
  EXPECT_EQ(ReasonOf(TryCreate(node_.police, ValidRecord(2021), kUuid).status()),
            Reason::REQUEST_ID_REUSED);
}

TEST_F(CreateCaseRecord, ARequestIdIsTheSameOneInAStream) {
  const auto first = TryCreate(node_.police, ValidRecord(), kUuid);
  ASSERT_TRUE(first.ok()) << first.status();
  pb::CreateCaseRecordRequest request;
  *request.mutable_case_record() = ValidRecord();
  request.set_request_id(kUuid);
  const auto again = node_.Call<pb::CaseRecord>(
      node_.police, "/enlace.exchange.v1.CaseService/StreamCreateCaseRecord", request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(List(node_.police).case_records_size(), 1);
}

TEST_F(CreateCaseRecord, InAStreamFailsAsInACall) {
  pb::CreateCaseRecordRequest request;
  *request.mutable_case_record() = ValidRecord();
  request.mutable_case_record()->set_name(kAbsent);
  const auto refused = node_.Call<pb::CaseRecord>(
      node_.police, "/enlace.exchange.v1.CaseService/StreamCreateCaseRecord", request);
  EXPECT_EQ(
      ReasonOf(refused.status()),
      ReasonOf(node_
                   .Call<pb::CaseRecord>(
                       node_.police, "/enlace.exchange.v1.CaseService/CreateCaseRecord", request)
                   .status()));
  EXPECT_FALSE(refused.ok());
}

TEST_F(CreateCaseRecord, ARequestIdInCapitalsIsRefusedSinceItWouldBeAnotherId) {
  std::string capitals = kUuid;
  for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  ASSERT_NE(capitals, kUuid);
  const auto status = TryCreate(node_.police, ValidRecord(), capitals).status();
  EXPECT_EQ(ReasonOf(status), Reason::REQUEST_INVALID);
  EXPECT_EQ(ViolationsOf(status)[0].field, "request_id");
}

TEST_F(CreateCaseRecord, RequestIdsOfEntitiesAreApart) {
  const auto mine = TryCreate(node_.police, ValidRecord(), kUuid);
  const auto theirs = TryCreate(node_.shelter, ValidRecord(), kUuid);
  ASSERT_TRUE(mine.ok() && theirs.ok());
  EXPECT_NE(mine->name(), theirs->name());
}

TEST_F(CreateCaseRecord, AReplayAfterErasureShowsTheTombstone) {
  const auto first = TryCreate(node_.police, ValidRecord(), kUuid);
  ASSERT_TRUE(Erase(node_.police, first->name()).ok());
  EXPECT_EQ(TryCreate(node_.police, ValidRecord(), kUuid)->state(), pb::CaseRecord::ERASED);
}

TEST_F(CreateCaseRecord, FaultsAreNamedByPathWithoutTheValue) {
  const auto status = TryCreate(node_.police, ValidRecord(2020, 41797)).status();
  EXPECT_EQ(ReasonOf(status), Reason::CODE_UNKNOWN);
  ASSERT_EQ(ViolationsOf(status).size(), 1u);
  EXPECT_EQ(ViolationsOf(status)[0].field, "case_record.singles[sex].code");
  EXPECT_THAT(MessageOf(status), Not(HasSubstr("41797")));
  auto named = ValidRecord();
  named.set_name(kAbsent);
  EXPECT_EQ(ReasonOf(TryCreate(node_.police, named).status()), Reason::ATTRIBUTE_INVALID);
  EXPECT_EQ(ReasonOf(TryCreate(node_.police, ValidRecord(), "1").status()),
            Reason::REQUEST_INVALID);
  EXPECT_EQ(
      ReasonOf(
          TryCreate(node_.police, ValidRecord(), "3f0e5c1a_7d42-4b6e-9a51-0c2f8e6d1b7a").status()),
      Reason::REQUEST_INVALID);
}

TEST_F(CreateCaseRecord, IsDeniedToEverybodyButEntities) {
  for (const auto* caller : {&node_.analyst, &node_.approver, &node_.coordinator,
                             &node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(ReasonOf(TryCreate(*caller, ValidRecord()).status()), Reason::PERMISSION_DENIED);
  }
}

class GetCaseRecord : public CaseContractTest {};

TEST_F(GetCaseRecord, AnswersTheSameBytesForOthersRecordsAndAbsentOnes) {
  const std::string name = Create(ValidRecord()).name();
  const Status others = Get(node_.shelter, name).status();
  const Status absent = Get(node_.shelter, kAbsent).status();
  const Status foreign = Get(node_.shelter, "jurisdictions/BRA/cases/" + name.substr(24)).status();
  EXPECT_EQ(ReasonOf(others), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(others, absent);
  EXPECT_EQ(foreign, absent);
  EXPECT_EQ(Get(node_.shelter, name, 1).status(), absent);
}

TEST_F(GetCaseRecord, ShowsTheRecordAsItWas) {
  const auto first = Create(ValidRecord(2020));
  const int64_t then = node_.db.clock.NowMs();
  node_.db.clock.AdvanceMs(1000);
  auto changed = first;
  changed.set_registration_year(2021);
  ASSERT_TRUE(Correct(node_.police, changed, first.etag()).ok());
  EXPECT_EQ(Get(node_.police, first.name(), then)->SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(Get(node_.police, first.name())->registration_year(), 2021u);
  EXPECT_EQ(Get(node_.police, first.name(), then - 1).status(),
            Get(node_.police, kAbsent).status());
}

TEST_F(GetCaseRecord, RefusesMalformedNamesAndTimes) {
  for (const char* name : {"", "cases/1", "jurisdictions/ARG/cases/xyz",
                           "jurisdictions/ARG/releases/00000000000000000000000000000000"}) {
    EXPECT_EQ(ReasonOf(Get(node_.police, name).status()), Reason::NAME_INVALID) << name;
  }
  EXPECT_EQ(ReasonOf(Get(node_.police, kAbsent, -1).status()), Reason::REQUEST_INVALID);
}

TEST_F(GetCaseRecord, IsDeniedToEverybodyButEntitiesWhateverExists) {
  const std::string name = Create(ValidRecord()).name();
  for (const auto* caller : {&node_.analyst, &node_.approver, &node_.coordinator,
                             &node_.operator_person, &node_.foreign}) {
    const Status denied = Get(*caller, name).status();
    EXPECT_EQ(ReasonOf(denied), Reason::PERMISSION_DENIED);
    EXPECT_EQ(denied, Get(*caller, kAbsent).status());
  }
}

class CorrectCaseRecord : public CaseContractTest {};

TEST_F(CorrectCaseRecord, MakesANewRevision) {
  auto record = Create(ValidRecord(2020));
  node_.db.clock.AdvanceMs(1000);
  record.set_registration_year(2022);
  record.clear_sets();
  const auto corrected = Correct(node_.police, record, record.etag());
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->revision(), 2u);
  EXPECT_EQ(corrected->sets_size(), 0);
  EXPECT_NE(corrected->etag(), record.etag());
  EXPECT_EQ(corrected->create_time_ms(), record.create_time_ms());
  EXPECT_EQ(corrected->update_time_ms(), record.create_time_ms() + 1000);
}

TEST_F(CorrectCaseRecord, NeedsTheEtagThatWasRead) {
  const auto record = Create(ValidRecord());
  EXPECT_EQ(ReasonOf(Correct(node_.police, record, "").status()), Reason::REQUEST_INVALID);
  ASSERT_TRUE(Correct(node_.police, record, record.etag()).ok());
  EXPECT_EQ(ReasonOf(Correct(node_.police, record, record.etag()).status()), Reason::ETAG_MISMATCH);
  EXPECT_EQ(Get(node_.police, record.name())->revision(), 2u);
}

TEST_F(CorrectCaseRecord, RefusesBadContentAndUnknownReasons) {
  auto record = Create(ValidRecord());
  EXPECT_EQ(ReasonOf(Correct(node_.police, record, record.etag(), 0).status()),
            Reason::CODE_UNKNOWN);
  EXPECT_EQ(ReasonOf(Correct(node_.police, record, record.etag(), 4000).status()),
            Reason::CODE_UNKNOWN);
  record.set_registration_quarter(5);
  EXPECT_EQ(ReasonOf(Correct(node_.police, record, record.etag()).status()),
            Reason::ATTRIBUTE_INVALID);
  EXPECT_EQ(Get(node_.police, record.name())->revision(), 1u);
}

TEST_F(CorrectCaseRecord, AnswersTheSameBytesForOthersRecordsAndAbsentOnes) {
  auto record = Create(ValidRecord());
  const Status others = Correct(node_.shelter, record, record.etag()).status();
  record.set_name(kAbsent);
  EXPECT_EQ(ReasonOf(others), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(others, Correct(node_.shelter, record, record.etag()).status());
}

TEST_F(CorrectCaseRecord, KeepsARegistrationPeriodThatWasMeasured) {
  auto record = Create(ValidRecord(2020, 1));
  node_.epochs.measured_year = 2020;
  auto moved = record;
  moved.set_registration_year(2021);
  const Status status = Correct(node_.police, moved, record.etag()).status();
  EXPECT_EQ(ReasonOf(status), Reason::ATTRIBUTE_INVALID);
  ASSERT_EQ(ViolationsOf(status).size(), 1u);
  EXPECT_EQ(ViolationsOf(status)[0].field, "case_record.registration_year");
  record.mutable_singles(0)->set_code(2);
  EXPECT_TRUE(Correct(node_.police, record, record.etag()).ok());
}

TEST_F(CorrectCaseRecord, AYearThatHasNotBegunIsRefusedAsWhenItIsEntered) {
  const auto record = Create(ValidRecord(2026));  // The clock says 2026.
  auto ahead = record;
  ahead.set_registration_year(2027);
  for (const Status& refused : {TryCreate(node_.police, ValidRecord(2027)).status(),
                                Correct(node_.police, ahead, record.etag()).status()}) {
    EXPECT_EQ(ReasonOf(refused), Reason::ATTRIBUTE_INVALID);
    EXPECT_EQ(ViolationsOf(refused).at(0).field, "case_record.registration_year");
  }
  node_.db.clock.SetWallMs(1798761600000);  // 2027 begins.
  EXPECT_TRUE(TryCreate(node_.police, ValidRecord(2027)).ok());
  EXPECT_TRUE(Correct(node_.police, ahead, record.etag()).ok());
}

TEST_F(CorrectCaseRecord, EndsWithTheRecordsLife) {
  const auto withdrawn = Create(ValidRecord());
  ASSERT_TRUE(Withdraw(node_.police, withdrawn.name()).ok());
  EXPECT_EQ(ReasonOf(Correct(node_.police, withdrawn, withdrawn.etag()).status()),
            Reason::CASE_WITHDRAWN);
  const auto erased = Create(ValidRecord());
  ASSERT_TRUE(Erase(node_.police, erased.name()).ok());
  EXPECT_EQ(ReasonOf(Correct(node_.police, erased, erased.etag()).status()), Reason::CASE_ERASED);
}

class WithdrawCaseRecord : public CaseContractTest {};

TEST_F(WithdrawCaseRecord, KeepsTheContentAndEndsTheRecord) {
  const auto record = Create(ValidRecord());
  const auto withdrawn = Withdraw(node_.police, record.name());
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->state(), pb::CaseRecord::WITHDRAWN);
  EXPECT_EQ(withdrawn->sets_size(), 1);
  EXPECT_EQ(ReasonOf(Withdraw(node_.police, record.name()).status()), Reason::CASE_WITHDRAWN);
}

TEST_F(WithdrawCaseRecord, RefusesUnknownReasonsNamesAndCallers) {
  const auto record = Create(ValidRecord());
  EXPECT_EQ(ReasonOf(Withdraw(node_.police, record.name(), 0).status()), Reason::CODE_UNKNOWN);
  EXPECT_EQ(ReasonOf(Withdraw(node_.police, kAbsent).status()), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(Withdraw(node_.shelter, record.name()).status(),
            Withdraw(node_.shelter, kAbsent).status());
  EXPECT_EQ(ReasonOf(Withdraw(node_.coordinator, record.name()).status()),
            Reason::PERMISSION_DENIED);
}

class EraseCaseRecord : public CaseContractTest {};

TEST_F(EraseCaseRecord, LeavesATombstoneAndNoAttributeBytesInAnyRow) {
  // A set whose codes appear nowhere else in the store one behind the other.
  auto record = ValidRecord();
  record.clear_sets();
  auto& set = *record.add_sets();
  set.set_attribute(model::kMeans);
  for (const uint32_t code : {1, 3, 4, 7, 9, 12, 13, 16}) set.add_affirmed(code);
  for (const uint32_t code : {2, 5, 8}) set.add_denied(code);
  set.set_rest(pb::MISSING_NOT_COLLECTED);
  std::string canary;
  for (const uint32_t code : set.affirmed()) canary.push_back(static_cast<char>(code));

  auto request = Batch();
  AddRow(request, 1, record, "file-7");
  const std::string name = Import(request).results(0).name();
  auto changed = record;
  changed.set_name(name);
  changed.set_registration_year(2021);
  ASSERT_TRUE(Correct(node_.police, changed, "r1").ok());
  ASSERT_TRUE(node_.db.Holds(canary));
  const auto erased = Erase(node_.police, name);
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_FALSE(node_.db.Holds(canary));
  EXPECT_EQ(erased->state(), pb::CaseRecord::ERASED);
  EXPECT_EQ(erased->revision(), 3u);
  EXPECT_EQ(erased->singles_size() + erased->sets_size(), 0);
  EXPECT_EQ(erased->registration_year(), 0u);
  EXPECT_EQ(Get(node_.police, name, erased->create_time_ms())->singles_size(), 0);
}

TEST_F(EraseCaseRecord, AgainIsTheSame) {
  const auto record = Create(ValidRecord());
  const auto once = Erase(node_.police, record.name());
  node_.db.clock.AdvanceMs(1000);
  const auto twice = Erase(node_.police, record.name());
  ASSERT_TRUE(once.ok() && twice.ok());
  EXPECT_EQ(once->SerializeAsString(), twice->SerializeAsString());
}

TEST_F(EraseCaseRecord, RefusesUnknownReasonsNamesAndCallers) {
  const auto record = Create(ValidRecord());
  EXPECT_EQ(ReasonOf(Erase(node_.police, record.name(), 4000).status()), Reason::CODE_UNKNOWN);
  EXPECT_EQ(ReasonOf(Erase(node_.police, kAbsent).status()), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(Erase(node_.shelter, record.name()).status(), Erase(node_.shelter, kAbsent).status());
  EXPECT_EQ(ReasonOf(Erase(node_.operator_person, record.name()).status()),
            Reason::PERMISSION_DENIED);
  EXPECT_EQ(Get(node_.police, record.name())->state(), pb::CaseRecord::ACTIVE);
}

class ListCaseRecords : public CaseContractTest {};

TEST_F(ListCaseRecords, PagesThroughTheOwnEntitysRecordsInCommitOrder) {
  std::vector<std::string> created;
  for (uint32_t i = 0; i < 5; ++i) {
    created.push_back(Create(ValidRecord(2015 + i)).name());
    ASSERT_TRUE(TryCreate(node_.shelter, ValidRecord()).ok());
  }
  std::vector<std::string> listed;
  pb::ListCaseRecordsRequest request;
  request.set_page_size(2);
  int pages = 0;
  do {
    const auto page = TryList(node_.police, request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& record : page->case_records()) listed.push_back(record.name());
    request.set_page_token(page->next_page_token());
    ASSERT_LT(++pages, 10);
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, created);
}

TEST_F(ListCaseRecords, FiltersByYearOfRegistration) {
  Create(ValidRecord(2020));
  const auto wanted = Create(ValidRecord(2021));
  pb::ListCaseRecordsRequest request;
  request.set_registration_year(2021);
  const auto page = TryList(node_.police, request);
  ASSERT_EQ(page->case_records_size(), 1);
  EXPECT_EQ(page->case_records(0).name(), wanted.name());
}

TEST_F(ListCaseRecords, PageTokensBelongToTheirCallerAndRequest) {
  Create(ValidRecord(2020));
  Create(ValidRecord(2020));
  pb::ListCaseRecordsRequest request;
  request.set_page_size(1);
  request.set_page_token(TryList(node_.police, request)->next_page_token());
  ASSERT_FALSE(request.page_token().empty());
  EXPECT_EQ(ReasonOf(TryList(node_.shelter, request).status()), Reason::PAGE_TOKEN_INVALID);
  request.set_registration_year(2020);
  EXPECT_EQ(ReasonOf(TryList(node_.police, request).status()), Reason::PAGE_TOKEN_INVALID);
  request.set_page_token("invented");
  EXPECT_EQ(ReasonOf(TryList(node_.police, request).status()), Reason::PAGE_TOKEN_INVALID);
}

TEST_F(ListCaseRecords, PageSizesAreBounded) {
  auto batch = Batch();
  for (uint64_t row = 1; row <= 1000; ++row) AddRow(batch, row, ValidRecord());
  Import(batch);
  Create(ValidRecord());
  pb::ListCaseRecordsRequest request;
  EXPECT_EQ(TryList(node_.police, request)->case_records_size(), 100);
  request.set_page_size(5000);
  EXPECT_EQ(TryList(node_.police, request)->case_records_size(), 1000);
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(TryList(node_.police, request).status()), Reason::REQUEST_INVALID);
}

TEST_F(ListCaseRecords, IsDeniedToEverybodyButEntities) {
  for (const auto* caller : {&node_.analyst, &node_.approver, &node_.coordinator,
                             &node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(ReasonOf(TryList(*caller, {}).status()), Reason::PERMISSION_DENIED);
  }
}

TEST_F(ListCaseRecords, EveryChangeLeftItsOwnAuditRecord) {
  const auto record = Create(ValidRecord());                       // 1
  ASSERT_TRUE(Correct(node_.police, record, record.etag()).ok());  // 2
  ASSERT_TRUE(Withdraw(node_.police, record.name()).ok());         // 3
  ASSERT_TRUE(Erase(node_.police, record.name()).ok());            // 4
  EXPECT_FALSE(Correct(node_.police, record, "r9").ok());          // Changed nothing.
  EXPECT_FALSE(Erase(node_.operator_person, record.name()).ok());  // 5: refused.
  EXPECT_EQ(AuditLength(), 5u);
}

}  // namespace
}  // namespace enlace::testing
