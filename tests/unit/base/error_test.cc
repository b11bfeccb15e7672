#include "node/base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace enlace {
namespace {

TEST(ErrorTest, CarriesReasonCodeAndMetadata) {
  const Status status = Error(Reason::CASE_NOT_FOUND, "no such record", {{"table", "cases"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), Reason::CASE_NOT_FOUND);
  EXPECT_EQ(MetadataOf(status).at("table"), "cases");
}

TEST(ErrorTest, ForeignStatusHasReasonInternal) {
  EXPECT_EQ(ReasonOf(absl::UnknownError("x")), Reason::INTERNAL);
}

TEST(ErrorTest, SingleViolationKeepsItsOwnReason) {
  const Status status = InvalidFields({{"a.b", "expected a code", Reason::CODE_UNKNOWN}});
  EXPECT_EQ(ReasonOf(status), Reason::CODE_UNKNOWN);
}

TEST(ErrorTest, ManyViolationsAreAllListed) {
  const std::vector<FieldViolation> violations = {
      {"a", "first: with \"colon\"", Reason::CODE_UNKNOWN}, {"b", "", Reason::NAME_INVALID}};
  const Status status = InvalidFields(violations);
  EXPECT_EQ(ReasonOf(status), Reason::REQUEST_INVALID);
  EXPECT_EQ(ViolationsOf(status), violations);
}

TEST(ErrorTest, ContextKeepsReasonAndDetails) {
  const Status status =
      WithContext(Error(Reason::STORE_CORRUPT, "bad block", {{"file", "7.sst"}}), "open");
  EXPECT_EQ(MessageOf(status), "open: bad block");
  EXPECT_EQ(ReasonOf(status), Reason::STORE_CORRUPT);
  EXPECT_EQ(MetadataOf(status).at("file"), "7.sst");
}

TEST(ErrorTest, EveryReasonHasAUniqueNameAndAMeaning) {
  std::set<std::string_view> names;
  for (const Reason reason : AllReasons()) {
    EXPECT_TRUE(names.insert(ReasonName(reason)).second);
    EXPECT_FALSE(ReasonMeaning(reason).empty());
    EXPECT_NE(ReasonCode(reason), absl::StatusCode::kOk);
    EXPECT_EQ(ReasonFromName(ReasonName(reason)), reason);
  }
}

}  // namespace
}  // namespace enlace
