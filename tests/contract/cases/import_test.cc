#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "node/store/source_keys.h"
#include "tests/contract/cases/case_fixture.h"
#include "tests/testing/temp_dir.h"

namespace enlace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ImportCaseRecords : public CaseContractTest {};

TEST_F(ImportCaseRecords, StoresRowsInOrderAndReturnsTheirNames) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020, 1));
  AddRow(request, 2, ValidRecord(2021, 2));
  const auto response = Import(request);
  ASSERT_EQ(response.results_size(), 2);
  const auto listed = List(node_.police);
  ASSERT_EQ(listed.case_records_size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(response.results(i).outcome(), pb::RowResult::ACCEPTED);
    EXPECT_EQ(response.results(i).row(), request.rows(i).row());
    EXPECT_EQ(response.results(i).name(), listed.case_records(i).name());
    EXPECT_EQ(listed.case_records(i).entity(), "police");
    EXPECT_EQ(listed.case_records(i).registration_year(),
              request.rows(i).case_record().registration_year());
  }
}

TEST_F(ImportCaseRecords, IdenticalRowsAreDifferentPeople) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord());
  AddRow(request, 2, ValidRecord());
  const auto response = Import(request);
  EXPECT_NE(response.results(0).name(), response.results(1).name());
  EXPECT_EQ(List(node_.police).case_records_size(), 2);
}

TEST_F(ImportCaseRecords, TheSameBatchAgainIsANoOpWithTheSameNames) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020));
  AddRow(request, 2, ValidRecord(1800));
  request.set_not_ours(7);
  const auto first = Import(request);
  const auto before = Delivery();
  const auto second = Import(request);
  EXPECT_EQ(second.results(0).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(second.results(0).name(), first.results(0).name());
  EXPECT_EQ(second.results(1).outcome(), pb::RowResult::QUARANTINED);
  EXPECT_EQ(List(node_.police).case_records_size(), 1);
  EXPECT_EQ(Delivery().SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(before.accepted(), 1u);
  EXPECT_EQ(before.quarantined(), 1u);
  EXPECT_EQ(before.not_ours(), 7u);
}

TEST_F(ImportCaseRecords, AReplayAfterACorrectionKeepsTheCorrection) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020));
  const std::string name = Import(request).results(0).name();
  ASSERT_TRUE(([&] {
                auto corrected = ValidRecord(2022);
                corrected.set_name(name);
                return Correct(node_.police, corrected, "r1");
              }())
                  .ok());
  EXPECT_EQ(Import(request).results(0).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(Get(node_.police, name)->registration_year(), 2022u);
}

TEST_F(ImportCaseRecords, AReplayNeverBringsAnErasedPersonBack) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(), "file-7");
  const std::string name = Import(request).results(0).name();
  ASSERT_TRUE(Erase(node_.police, name).ok());
  const auto replay = Import(request);
  EXPECT_EQ(replay.results(0).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(replay.results(0).name(), name);
  auto later = Batch(kOtherBatch);
  AddRow(later, 1, ValidRecord(), "file-7");
  const auto result = Import(later).results(0);
  EXPECT_EQ(result.outcome(), pb::RowResult::QUARANTINED);
  EXPECT_EQ(result.reason(), "CASE_ERASED");
  EXPECT_EQ(result.field(), "source_key");
  const auto listed = List(node_.police);
  ASSERT_EQ(listed.case_records_size(), 1);
  EXPECT_EQ(listed.case_records(0).state(), pb::CaseRecord::ERASED);
}

TEST_F(ImportCaseRecords, AnOtherRowUnderTheSameNumberConflictsAndNothingIsWritten) {
  auto request = Batch();
  AddRow(request, 2, ValidRecord(2020));
  Import(request);
  const uint64_t audits = AuditLength();
  auto changed = Batch();
  AddRow(changed, 1, ValidRecord(2020));
  AddRow(changed, 2, ValidRecord(2021));
  const auto response = TryImport(changed);
  EXPECT_EQ(ReasonOf(response.status()), Reason::BATCH_CONFLICT);
  EXPECT_EQ(MetadataOf(response.status())["row"], "2");
  EXPECT_EQ(List(node_.police).case_records_size(), 1);
  EXPECT_EQ(Delivery().accepted(), 1u);
  EXPECT_EQ(AuditLength(), audits + 2);  // The list and the delivery that were just read.
}

TEST_F(ImportCaseRecords, AStoredRowThatNowFailsConflicts) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020));
  Import(request);
  auto invalid = Batch();
  AddRow(invalid, 1, ValidRecord(1800));
  EXPECT_EQ(ReasonOf(TryImport(invalid).status()), Reason::BATCH_CONFLICT);
  auto aside = Batch();
  auto& row = *aside.add_quarantined();
  row.set_row(1);
  row.set_column("gender");
  row.set_reason("VALUE_UNKNOWN");
  EXPECT_EQ(ReasonOf(TryImport(aside).status()), Reason::BATCH_CONFLICT);
}

TEST_F(ImportCaseRecords, AnotherSourceKeyIsOtherContent) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(), "file-7");
  Import(request);
  auto other = Batch();
  AddRow(other, 1, ValidRecord(), "file-8");
  EXPECT_EQ(ReasonOf(TryImport(other).status()), Reason::BATCH_CONFLICT);
}

TEST_F(ImportCaseRecords, ALaterDeliveryReplacesByItsSourceKey) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020), "file-7");
  const std::string name = Import(request).results(0).name();
  auto later = Batch(kOtherBatch);
  AddRow(later, 10, ValidRecord(2021), "file-7");
  AddRow(later, 11, ValidRecord(2021), "file-7");
  AddRow(later, 12, ValidRecord(2021));
  const auto response = Import(later);
  EXPECT_EQ(response.results(0).outcome(), pb::RowResult::REPLACED);
  EXPECT_EQ(response.results(0).name(), name);
  EXPECT_EQ(response.results(1).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(response.results(1).name(), name);
  EXPECT_EQ(response.results(2).outcome(), pb::RowResult::ACCEPTED);
  const auto record = Get(node_.police, name);
  EXPECT_EQ(record->revision(), 2u);
  EXPECT_EQ(record->registration_year(), 2021u);
  EXPECT_EQ(Delivery(kOtherBatch).replaced(), 1u);
  EXPECT_EQ(Delivery(kOtherBatch).unchanged(), 1u);
  EXPECT_EQ(Delivery(kOtherBatch).accepted(), 1u);
}

TEST_F(ImportCaseRecords, TwoRowsOfOneDeliveryWithOneKeyHaveNoSilentWinner) {
  for (const bool later_first : {false, true}) {
    for (const bool one_call : {false, true}) {
      NationalNode node;
      const auto import = [&](const pb::ImportCaseRecordsRequest& request) {
        return *node.Call<pb::ImportCaseRecordsResponse>(
            node.police, std::string(kCaseMethods) + "ImportCaseRecords", request);
      };
      auto earlier = Batch(kOtherBatch);
      AddRow(earlier, 1, ValidRecord(2019), "file-7");
      import(earlier);
      auto request = Batch();
      AddRow(request, 1, ValidRecord(later_first ? 2021 : 2020), "file-7");
      if (!one_call) {
        EXPECT_EQ(import(request).results(0).outcome(), pb::RowResult::REPLACED);
        request.clear_rows();
      }
      AddRow(request, 2, ValidRecord(later_first ? 2020 : 2021), "file-7");
      const auto response = import(request);
      const auto& second = response.results(response.results_size() - 1);
      EXPECT_EQ(second.outcome(), pb::RowResult::QUARANTINED);
      EXPECT_EQ(second.reason(), "KEY_CONFLICT");
      EXPECT_EQ(second.field(), "source_key");
      if (one_call) {
        EXPECT_EQ(response.results(0).outcome(), pb::RowResult::REPLACED);
      }
      // The same call again, as after a lost answer.
      EXPECT_EQ(import(request).results(response.results_size() - 1).reason(), "KEY_CONFLICT");
    }
  }
}

TEST_F(ImportCaseRecords, AKeyOfANewPersonTwiceInOneDeliveryIsAConflictToo) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020), "file-7");
  AddRow(request, 2, ValidRecord(2021), "file-7");
  AddRow(request, 3, ValidRecord(2020), "file-7");
  const auto response = Import(request);
  EXPECT_EQ(response.results(0).outcome(), pb::RowResult::ACCEPTED);
  EXPECT_EQ(response.results(1).reason(), "KEY_CONFLICT");
  EXPECT_EQ(response.results(2).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(Delivery().quarantined(), 1u);
  auto later = Batch(kOtherBatch);
  AddRow(later, 1, ValidRecord(2021), "file-7");
  EXPECT_EQ(Import(later).results(0).outcome(), pb::RowResult::REPLACED);
}

TEST_F(ImportCaseRecords, ARowIsTheSameUnderALaterVersionOfTheCodeLists) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020), "file-7");
  const std::string name = Import(request).results(0).name();
  service::CaseService updated({*node_.db.store, NextCodes(), *node_.columns, node_.page_tokens,
                                node_.epochs, crypto::RandomBytes, "ARG", 5});
  rpc::CallContext call{.caller = node_.police, .method = "m", .request_id = "r"};
  const auto import = [&](const std::string& batch, uint32_t year) {
    auto later = Batch(batch);
    AddRow(later, 1, ValidRecord(year), "file-7");
    later.mutable_rows(0)->mutable_case_record()->set_codelist_version(2);
    return updated.ImportCaseRecords(call, later.SerializeAsString());
  };
  for (const char* batch : {kBatch, kOtherBatch}) {
    const auto again = import(batch, 2020);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->results(0).outcome(), pb::RowResult::UNCHANGED);
    EXPECT_EQ(again->results(0).name(), name);
  }
  EXPECT_EQ(Get(node_.police, name)->revision(), 1u);
  EXPECT_EQ(ReasonOf(import(kBatch, 2021).status()), Reason::BATCH_CONFLICT);
}

// Rows that an earlier program wrote: see tests/golden/national_rows_old.txt.
class ImportOverOldRows : public CaseContractTest {
 protected:
  void SetUp() override {
    std::ifstream file(ENLACE_SOURCE_DIR "/tests/golden/national_rows_old.txt");
    ASSERT_TRUE(file.good());
    const auto names = store::TableNames();
    for (int i = 0; i < 5; ++i) {
      node_.db.Commit([](store::Transaction& t) { t.Put(store::Table::kMeta, "commits", "some"); });
    }
    node_.db.Commit([&](store::Transaction& t) {
      for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string table, key, value;
        words >> table >> key >> value;
        const auto at = std::find(names.begin(), names.end(), table);
        t.Put(static_cast<store::Table>(at - names.begin()), *HexDecode(key), *HexDecode(value));
      }
    });
  }
  static pb::CaseRecord OldRecord() {
    pb::CaseRecord record;
    record.set_codelist_version(1);
    record.set_registration_year(2020);
    record.set_registration_quarter(3);
    auto& sex = *record.add_singles();
    sex.set_attribute(model::kSex);
    sex.set_code(2);
    auto& age = *record.add_singles();
    age.set_attribute(model::kAgeBand);
    age.set_missing(pb::MISSING_UNKNOWN);
    auto& forms = *record.add_sets();
    forms.set_attribute(model::kForms);
    forms.add_affirmed(1);
    forms.add_affirmed(2);
    forms.add_denied(3);
    forms.set_rest(pb::MISSING_NOT_APPLICABLE);
    return record;
  }
  const std::string old_batch_ = "00112233445566778899aabbccddeeff";
  const std::string old_name_ = "jurisdictions/ARG/cases/000000000000000208090a0b0c0d0e0f";
};

TEST_F(ImportOverOldRows, ADeliveryOfAnEarlierProgramGoesOnWhereItWas) {
  auto request = Batch(old_batch_);
  AddRow(request, 1, OldRecord(), "key-1");
  AddRow(request, 2, ValidRecord(2021));
  const auto first = Import(request);
  ASSERT_EQ(first.results_size(), 2);
  EXPECT_EQ(first.results(0).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(first.results(0).name(), old_name_);
  EXPECT_EQ(first.results(1).outcome(), pb::RowResult::ACCEPTED);
  const auto second = Import(request);
  EXPECT_EQ(second.results(1).outcome(), pb::RowResult::UNCHANGED);
  EXPECT_EQ(second.results(1).name(), first.results(1).name());
  request.mutable_rows(1)->mutable_case_record()->set_registration_year(2019);
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_CONFLICT);
  request.mutable_rows()->RemoveLast();
  request.mutable_rows(0)->mutable_case_record()->set_registration_year(2019);
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_CONFLICT);
}

TEST_F(ImportOverOldRows, ALaterDeliverySpeaksOfTheRecordByItsKey) {
  // The record was withdrawn, so that the key leads to it and nothing is stored.
  auto request = Batch();
  AddRow(request, 1, OldRecord(), "key-1");
  const auto response = Import(request);
  EXPECT_EQ(response.results(0).outcome(), pb::RowResult::QUARANTINED);
  EXPECT_EQ(response.results(0).reason(), "CASE_WITHDRAWN");
}

TEST_F(ImportCaseRecords, SourceKeysOfEntitiesAreApart) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020), "file-7");
  Import(request);
  const auto other =
      Call<pb::ImportCaseRecordsResponse>(node_.shelter, "ImportCaseRecords", request);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->results(0).outcome(), pb::RowResult::ACCEPTED);
  EXPECT_EQ(List(node_.shelter).case_records_size(), 1);
}

TEST_F(ImportCaseRecords, AWithdrawnRecordIsNotReplaced) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020), "file-7");
  ASSERT_TRUE(Withdraw(node_.police, Import(request).results(0).name()).ok());
  auto later = Batch(kOtherBatch);
  AddRow(later, 1, ValidRecord(2021), "file-7");
  EXPECT_EQ(Import(later).results(0).reason(), "CASE_WITHDRAWN");
}

TEST_F(ImportCaseRecords, AMeasuredPeriodIsNotLeftByReplacement) {
  node_.epochs.measured_year = 2020;
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020), "file-7");
  Import(request);
  auto later = Batch(kOtherBatch);
  AddRow(later, 1, ValidRecord(2021), "file-7");
  const auto result = Import(later).results(0);
  EXPECT_EQ(result.outcome(), pb::RowResult::QUARANTINED);
  EXPECT_EQ(result.field(), "case_record.registration_year");
}

TEST_F(ImportCaseRecords, AYearThatHasNotBegunIsSetAsideUntilItHas) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2027));  // The clock says 2026.
  const auto result = Import(request).results(0);
  EXPECT_EQ(result.outcome(), pb::RowResult::QUARANTINED);
  EXPECT_EQ(result.field(), "case_record.registration_year");
  node_.db.clock.SetWallMs(1798761600000);  // 2027 begins.
  EXPECT_EQ(Import(request).results(0).outcome(), pb::RowResult::ACCEPTED);
}

TEST_F(ImportCaseRecords, RowsThatFailComeBackWithReasonAndPathButNoValue) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord(2020, 41797));  // No such code.
  AddRow(request, 2, ValidRecord(1789));         // No such year.
  auto twice = ValidRecord();
  *twice.add_singles() = twice.singles(0);
  AddRow(request, 3, twice);
  auto range = ValidRecord();
  range.mutable_sets(0)->add_affirmed(64);
  AddRow(request, 4, range);
  auto open_enum = ValidRecord();
  open_enum.mutable_singles(0)->set_code(0);
  open_enum.mutable_singles(0)->set_missing(static_cast<pb::Missing>(257));
  AddRow(request, 5, open_enum);
  auto output_only = ValidRecord();
  output_only.set_entity("shelter");
  AddRow(request, 6, output_only);
  AddRow(request, 7, ValidRecord(), std::string(store::kSourceKeyBytesMax + 1, 'k'));
  AddRow(request, 8, ValidRecord());
  const auto response = Import(request);
  std::vector<std::string> seen;
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(response.results(i).outcome(), pb::RowResult::QUARANTINED) << i;
    EXPECT_EQ(response.results(i).name(), "");
    seen.push_back(response.results(i).reason() + " " + response.results(i).field());
  }
  EXPECT_THAT(seen,
              ElementsAre("CODE_UNKNOWN case_record.singles[sex].code",
                          "ATTRIBUTE_INVALID case_record.registration_year",
                          "ATTRIBUTE_INVALID case_record.singles[sex]",
                          "ATTRIBUTE_INVALID case_record.sets[forms].affirmed",
                          "ATTRIBUTE_INVALID case_record.singles[sex].missing",
                          "ATTRIBUTE_INVALID case_record.name", "ATTRIBUTE_INVALID source_key"));
  EXPECT_EQ(response.results(7).outcome(), pb::RowResult::ACCEPTED);
  EXPECT_THAT(response.DebugString(), Not(HasSubstr("41797")));
  EXPECT_THAT(response.DebugString(), Not(HasSubstr("1789")));
  const auto delivery = Delivery();
  EXPECT_EQ(delivery.quarantined(), 7u);
  ASSERT_EQ(delivery.quarantined_rows_size(), 7);
  EXPECT_EQ(delivery.quarantined_rows(0).row(), 1u);
  EXPECT_EQ(delivery.quarantined_rows(0).reason(), "CODE_UNKNOWN");
}

TEST_F(ImportCaseRecords, ARowSetAsideMayComeAgainMappedBetter) {
  auto request = Batch();
  auto& aside = *request.add_quarantined();
  aside.set_row(4);
  aside.set_column("gender");
  aside.set_reason("VALUE_UNKNOWN");
  Import(request);
  EXPECT_EQ(Delivery().quarantined_rows(0).column(), "gender");
  auto again = Batch();
  AddRow(again, 4, ValidRecord());
  EXPECT_EQ(Import(again).results(0).outcome(), pb::RowResult::ACCEPTED);
  EXPECT_EQ(Delivery().quarantined(), 0u);
  EXPECT_EQ(Delivery().quarantined_rows_size(), 0);
  EXPECT_EQ(Delivery().accepted(), 1u);
}

TEST_F(ImportCaseRecords, ATrialJudgesEverythingAndStoresNothingButItsRecord) {
  auto first = Batch();
  AddRow(first, 1, ValidRecord(2020), "file-7");
  Import(first);
  const auto before = node_.db.AllRows(/*with_audit=*/false);
  const uint64_t records = AuditLength();
  auto request = Batch(kOtherBatch);
  AddRow(request, 1, ValidRecord(2021), "file-7");
  AddRow(request, 2, ValidRecord(1800));
  AddRow(request, 3, ValidRecord());
  request.set_validate_only(true);
  const auto response = Import(request);
  EXPECT_EQ(response.results(0).outcome(), pb::RowResult::REPLACED);
  EXPECT_EQ(response.results(1).outcome(), pb::RowResult::QUARANTINED);
  EXPECT_EQ(response.results(2).outcome(), pb::RowResult::ACCEPTED);
  EXPECT_EQ(response.results(2).name(), "");
  EXPECT_EQ(node_.db.AllRows(/*with_audit=*/false), before);
  EXPECT_EQ(AuditLength(), records + 1) << "what is stored under a key was told";
  auto conflict = Batch();
  AddRow(conflict, 1, ValidRecord(2021), "file-7");
  conflict.set_validate_only(true);
  EXPECT_EQ(ReasonOf(TryImport(conflict).status()), Reason::BATCH_CONFLICT);
  EXPECT_EQ(AuditLength(), records + 1) << "a refused trial tells nothing";
}

TEST_F(ImportCaseRecords, OneCallTakesALimitedNumberOfRows) {
  auto request = Batch();
  for (uint64_t row = 1; row <= 1000; ++row) AddRow(request, row, ValidRecord());
  EXPECT_EQ(Import(request).results_size(), 1000);
  AddRow(request, 1001, ValidRecord());
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_TOO_LARGE);
  auto aside = Batch(kOtherBatch);
  for (uint64_t row = 1; row <= 1001; ++row) {
    auto& out = *aside.add_quarantined();
    out.set_row(row);
    out.set_reason("VALUE_BLANK");
  }
  EXPECT_EQ(ReasonOf(TryImport(aside).status()), Reason::BATCH_TOO_LARGE);
}

TEST_F(ImportCaseRecords, AFullCallOfFullRecordsPassesTheDoor) {
  pb::CaseRecord full;
  full.set_codelist_version(1);
  full.set_registration_year(2020);
  for (const auto& info : model::AllAttributes()) {
    const auto& codes = ShippedCodes().Get(info.list).codes();
    if (info.kind == model::AttributeKind::kSingle) {
      auto& single = *full.add_singles();
      single.set_attribute(info.number);
      single.set_code(codes.back().number);
    } else {
      auto& set = *full.add_sets();
      set.set_attribute(info.number);
      for (const auto& code : codes) set.add_affirmed(code.number);
      set.set_rest(pb::MISSING_UNKNOWN);
    }
  }
  auto request = Batch();
  for (uint64_t row = 1; row <= 1000; ++row) {
    AddRow(request, row, full,
           std::string(store::kSourceKeyBytesMax - 8, 'k') + std::to_string(row));
  }
  const auto response = Import(request);
  ASSERT_EQ(response.results_size(), 1000);
  EXPECT_EQ(response.results(999).outcome(), pb::RowResult::ACCEPTED)
      << response.results(999).field();
}

TEST_F(ImportCaseRecords, TheRequestAroundTheRowsIsChecked) {
  const auto fault = [this](const std::function<void(pb::ImportCaseRecordsRequest&)>& change) {
    auto request = Batch();
    AddRow(request, 1, ValidRecord());
    auto& aside = *request.add_quarantined();
    aside.set_row(2);
    aside.set_column("meansOfControlDebtBondage");
    aside.set_reason("VALUE_UNKNOWN");
    change(request);
    return ReasonOf(TryImport(request).status());
  };
  using Request = pb::ImportCaseRecordsRequest;
  const Reason bad = Reason::REQUEST_INVALID;
  EXPECT_EQ(fault([](Request& r) { r.set_batch_id("0123456789ABCDEF"); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.set_batch_id("0123"); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.set_batch_id(std::string(65, 'a')); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.set_format(""); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.set_format("a/b"); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.mutable_rows(0)->set_row(0); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.mutable_rows(0)->set_row(2); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.mutable_quarantined(0)->set_column("a\nb"); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.mutable_quarantined(0)->set_column(std::string(65, 'a')); }),
            bad);
  EXPECT_EQ(fault([](Request& r) { r.mutable_quarantined(0)->set_reason("Juan Perez"); }), bad);
  EXPECT_EQ(fault([](Request& r) { r.set_not_ours(2'000'000'000); }), bad);
  EXPECT_EQ(List(node_.police).case_records_size(), 0);
}

TEST_F(ImportCaseRecords, OneBatchIsOneFormat) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord());
  Import(request);
  request.set_format("ctdc-kanon-2021");
  EXPECT_EQ(ReasonOf(TryImport(request).status()), Reason::BATCH_CONFLICT);
}

TEST_F(ImportCaseRecords, OnlyReportingEntitiesOfThisJurisdictionMayImport) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord());
  for (const auto* caller :
       {&node_.analyst, &node_.coordinator, &node_.operator_person, &node_.foreign}) {
    EXPECT_EQ(
        ReasonOf(
            Call<pb::ImportCaseRecordsResponse>(*caller, "ImportCaseRecords", request).status()),
        Reason::PERMISSION_DENIED);
  }
  // Even when a policy made a person a contributor, a person owns no rows.
  rpc::CallContext call{.caller = node_.analyst, .method = "m", .request_id = "r"};
  EXPECT_EQ(ReasonOf(node_.cases.ImportCaseRecords(call, request.SerializeAsString()).status()),
            Reason::PERMISSION_DENIED);
}

TEST_F(ImportCaseRecords, EveryImportIsInTheAuditChain) {
  auto request = Batch();
  AddRow(request, 1, ValidRecord());
  Import(request);
  EXPECT_EQ(AuditLength(), 1u);
  Import(request);
  EXPECT_EQ(AuditLength(), 2u);
  (void)Call<pb::ImportCaseRecordsResponse>(node_.analyst, "ImportCaseRecords", request);
  EXPECT_EQ(AuditLength(), 3u);
}

// The same part from several connections at once, as retries after a lost answer make it.
void ImportFromFourThreads(NationalNode& node) {
  pb::ImportCaseRecordsRequest request;
  request.set_batch_id(kBatch);
  request.set_format("ctdc-kanon-2020");
  for (uint64_t row = 1; row <= 50; ++row) {
    auto& out = *request.add_rows();
    out.set_row(row);
    *out.mutable_case_record() = ValidRecord(2000 + static_cast<uint32_t>(row % 20));
  }
  std::array<StatusOr<pb::ImportCaseRecordsResponse>, 4> responses;
  {
    std::vector<std::thread> threads;
    for (auto& response : responses) {
      threads.emplace_back([&node, &request, &response] {
        response = node.Call<pb::ImportCaseRecordsResponse>(
            node.police, std::string(kCaseMethods) + "ImportCaseRecords", request);
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::array<int, 50> accepted{};
  for (const auto& response : responses) {
    ASSERT_TRUE(response.ok()) << response.status();
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(response->results(i).name(), responses[0]->results(i).name());
      if (response->results(i).outcome() == pb::RowResult::ACCEPTED) {
        ++accepted[static_cast<size_t>(i)];
      }
    }
  }
  for (const int count : accepted) EXPECT_EQ(count, 1);
  pb::ListCaseRecordsRequest list;
  list.set_page_size(1000);
  const auto listed = node.Call<pb::ListCaseRecordsResponse>(
      node.police, std::string(kCaseMethods) + "ListCaseRecords", list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->case_records_size(), 50);
}

TEST_F(ImportCaseRecords, FourThreadsImportingOneBatchMakeOneSetOfRecords) {
  ImportFromFourThreads(node_);
}

TEST(ImportCaseRecordsOnDisk, FourThreadsImportingOneBatchMakeOneSetOfRecords) {
  TempDir folder;
  auto engine = kv::OpenRocksEngine(
      {.path = folder.path() + "/db", .table_names = store::TableNames(), .create = true});
  ASSERT_TRUE(engine.ok()) << engine.status();
  NationalNode node(*std::move(engine));
  ImportFromFourThreads(node);
}

}  // namespace
}  // namespace enlace::testing
