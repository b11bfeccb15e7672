#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "node/model/attributes.h"
#include "node/store/audit_table.h"
#include "tests/contract/national_node.h"

namespace enlace::testing {

constexpr char kCaseMethods[] = "/enlace.exchange.v1.CaseService/";
constexpr char kBatch[] = "0123456789abcdef0123456789abcdef";
constexpr char kOtherBatch[] = "fedcba9876543210fedcba9876543210";

inline pb::CaseRecord ValidRecord(uint32_t year = 2020, uint32_t sex = 1) {
  pb::CaseRecord record;
  record.set_codelist_version(1);
  record.set_registration_year(year);
  record.set_registration_quarter(2);
  auto& single = *record.add_singles();
  single.set_attribute(model::kSex);
  single.set_code(sex);
  auto& set = *record.add_sets();
  set.set_attribute(model::kForms);
  set.add_affirmed(1);
  set.add_affirmed(2);
  set.add_denied(3);
  set.set_rest(pb::MISSING_UNKNOWN);
  return record;
}

class CaseContractTest : public ::testing::Test {
 protected:
  template <typename Response, typename Request>
  StatusOr<Response> Call(const authz::Caller& caller, const std::string& method,
                          const Request& request) {
    return node_.Call<Response>(caller, kCaseMethods + method, request);
  }

  static pb::ImportCaseRecordsRequest Batch(const std::string& id = kBatch) {
    pb::ImportCaseRecordsRequest request;
    request.set_batch_id(id);
    request.set_format("ctdc-kanon-2020");
    return request;
  }
  static pb::CaseRow& AddRow(pb::ImportCaseRecordsRequest& request, uint64_t row,
                             const pb::CaseRecord& record, const std::string& source_key = "") {
    auto& out = *request.add_rows();
    out.set_row(row);
    *out.mutable_case_record() = record;
    out.set_source_key(source_key);
    return out;
  }
  StatusOr<pb::ImportCaseRecordsResponse> TryImport(const pb::ImportCaseRecordsRequest& request) {
    return Call<pb::ImportCaseRecordsResponse>(node_.police, "ImportCaseRecords", request);
  }
  pb::ImportCaseRecordsResponse Import(const pb::ImportCaseRecordsRequest& request) {
    auto response = TryImport(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : pb::ImportCaseRecordsResponse();
  }
  StatusOr<pb::CaseRecord> TryCreate(const authz::Caller& caller, const pb::CaseRecord& record,
                                     const std::string& request_id = "") {
    pb::CreateCaseRecordRequest request;
    *request.mutable_case_record() = record;
    request.set_request_id(request_id);
    return Call<pb::CaseRecord>(caller, "CreateCaseRecord", request);
  }
  pb::CaseRecord Create(const pb::CaseRecord& record) {
    auto created = TryCreate(node_.police, record);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *created : pb::CaseRecord();
  }
  StatusOr<pb::CaseRecord> Correct(const authz::Caller& caller, pb::CaseRecord record,
                                   const std::string& etag, uint32_t reason = 1) {
    pb::CorrectCaseRecordRequest request;
    *request.mutable_case_record() = std::move(record);
    request.set_etag(etag);
    request.set_reason(reason);
    return Call<pb::CaseRecord>(caller, "CorrectCaseRecord", request);
  }
  StatusOr<pb::CaseRecord> Withdraw(const authz::Caller& caller, const std::string& name,
                                    uint32_t reason = 2) {
    pb::WithdrawCaseRecordRequest request;
    request.set_name(name);
    request.set_reason(reason);
    return Call<pb::CaseRecord>(caller, "WithdrawCaseRecord", request);
  }
  StatusOr<pb::CaseRecord> Erase(const authz::Caller& caller, const std::string& name,
                                 uint32_t reason = 4) {
    pb::EraseCaseRecordRequest request;
    request.set_name(name);
    request.set_reason(reason);
    return Call<pb::CaseRecord>(caller, "EraseCaseRecord", request);
  }
  StatusOr<pb::CaseRecord> Get(const authz::Caller& caller, const std::string& name,
                               int64_t as_of_ms = 0) {
    pb::GetCaseRecordRequest request;
    request.set_name(name);
    request.set_as_of_ms(as_of_ms);
    return Call<pb::CaseRecord>(caller, "GetCaseRecord", request);
  }
  StatusOr<pb::ListCaseRecordsResponse> TryList(const authz::Caller& caller,
                                                const pb::ListCaseRecordsRequest& request) {
    return Call<pb::ListCaseRecordsResponse>(caller, "ListCaseRecords", request);
  }
  pb::ListCaseRecordsResponse List(const authz::Caller& caller) {
    pb::ListCaseRecordsRequest request;
    request.set_page_size(1000);
    auto response = TryList(caller, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : pb::ListCaseRecordsResponse();
  }
  pb::Delivery Delivery(const std::string& id = kBatch) {
    pb::GetDeliveryRequest request;
    request.set_batch_id(id);
    auto response = node_.Call<pb::Delivery>(
        node_.police, "/enlace.exchange.v1.StatisticsService/GetDelivery", request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : pb::Delivery();
  }
  uint64_t AuditLength() {
    auto length = store::VerifyAuditChain(*node_.db.store->Read());
    EXPECT_TRUE(length.ok()) << length.status();
    return length.ok() ? *length : 0;
  }

  NationalNode node_;
};

}  // namespace enlace::testing
