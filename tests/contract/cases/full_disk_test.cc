// What the services answer on a disk that is nearly full, and on one that is full.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/contract/cases/case_fixture.h"
#include "tests/testing/temp_dir.h"

namespace enlace::testing {
namespace {

constexpr uint64_t kLow = 64 << 20;

class FullDisk : public ::testing::Test {
 protected:
  store::StoreOptions Space() {
    store::StoreOptions space;
    space.data_dir = dir_.path();
    space.low_water_bytes = kLow;
    space.reserve_bytes = 1 << 20;
    space.free_bytes = [this]() -> StatusOr<uint64_t> { return free_.load(); };
    return space;
  }
  template <typename Response, typename Request>
  StatusOr<Response> Call(const std::string& method, const Request& request) {
    return node_.Call<Response>(node_.police, kCaseMethods + method, request);
  }
  StatusOr<pb::CaseRecord> Create() {
    pb::CreateCaseRecordRequest request;
    *request.mutable_case_record() = ValidRecord();
    return Call<pb::CaseRecord>("CreateCaseRecord", request);
  }
  Status Get(const std::string& name) {
    pb::GetCaseRecordRequest request;
    request.set_name(name);
    return Call<pb::CaseRecord>("GetCaseRecord", request).status();
  }
  Status Erase(const std::string& name) {
    pb::EraseCaseRecordRequest request;
    request.set_name(name);
    request.set_reason(4);
    return Call<pb::CaseRecord>("EraseCaseRecord", request).status();
  }
  Status Withdraw(const std::string& name) {
    pb::WithdrawCaseRecordRequest request;
    request.set_name(name);
    request.set_reason(2);
    return Call<pb::CaseRecord>("WithdrawCaseRecord", request).status();
  }

  TempDir dir_;
  std::atomic<uint64_t> free_ = 10 * kLow;
  NationalNode node_{nullptr, {}, Space()};
};

TEST_F(FullDisk, NewDataIsRefusedWhileReadsErasuresAndWithdrawalsGoOn) {
  const std::string first = Create()->name();
  const std::string second = Create()->name();
  free_ = kLow - 1;
  const auto refused = Create();
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STORE_FULL);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Get(first).ok()) << "recorded out of what is kept for that";
  EXPECT_TRUE(Withdraw(second).ok());
  EXPECT_TRUE(Erase(first).ok());
  free_ = 10 * kLow;
  EXPECT_TRUE(Create().ok());
}

TEST_F(FullDisk, WhatCannotBeRecordedIsNotRead) {
  const std::string name = Create()->name();
  free_ = 0;
  EXPECT_EQ(ReasonOf(Get(name)), Reason::STORE_FULL);
  EXPECT_EQ(ReasonOf(Erase(name)), Reason::STORE_FULL);
  free_ = 10 * kLow;
  EXPECT_TRUE(Get(name).ok());
}

TEST_F(FullDisk, ADeniedCallIsRecordedOutOfTheReserveToo) {
  free_ = kLow - 1;
  pb::GetCaseRecordRequest request;
  const auto denied = node_.Call<pb::CaseRecord>(
      node_.foreign, std::string(kCaseMethods) + "GetCaseRecord", request);
  EXPECT_EQ(ReasonOf(denied.status()), Reason::PERMISSION_DENIED) << denied.status();
}

}  // namespace
}  // namespace enlace::testing
