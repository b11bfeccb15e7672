// What leaves the node of an error, and what the other side makes of it.
#include "node/rpc/status_map.h"

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "node/transport/remote_status.h"

namespace enlace::rpc {
namespace {

Status ThereAndBack(const Status& status) {
  const WireStatus wire = ToWire(status, "req-1");
  return transport::FromRemote(wire.code, wire.message, wire.details);
}

template <typename Detail>
std::optional<Detail> Find(const WireStatus& wire) {
  google::rpc::Status status;
  EXPECT_TRUE(status.ParseFromString(wire.details));
  for (const auto& any : status.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

TEST(StatusMap, EveryReasonTravelsThereAndBack) {
  for (const Reason reason : AllReasons()) {
    if (IsFaultOfNode(reason)) continue;
    const Status back = ThereAndBack(Error(reason, "what was expected", {{"key", "value"}}));
    EXPECT_EQ(ReasonOf(back), reason);
    EXPECT_EQ(back.code(), ReasonCode(reason));
    EXPECT_EQ(MessageOf(back), "what was expected");
    EXPECT_EQ(MetadataOf(back), (ErrorMetadata{{"key", "value"}, {"request_id", "req-1"}}));
  }
}

TEST(StatusMap, ViolationsTravelWithTheirReasons) {
  const std::vector<FieldViolation> violations = {
      {"rows[3].attributes[1]", "expected a code", Reason::CODE_UNKNOWN},
      {"batch_id", "expected an id", Reason::NAME_INVALID}};
  const Status back = ThereAndBack(InvalidFields(violations));
  EXPECT_EQ(ViolationsOf(back), violations);
  EXPECT_EQ(ReasonOf(back), Reason::REQUEST_INVALID);
}

TEST(StatusMap, InternalLeavesAsAFixedTextWithTheRequestId) {
  for (const Status& status : {Error(Reason::INTERNAL, "secret", {{"key", "secret"}}),
                               Status(absl::StatusCode::kNotFound, "secret"),
                               Status(absl::StatusCode::kUnknown, "secret")}) {
    const WireStatus wire = ToWire(status, "req-1");
    EXPECT_EQ(wire.code, 13);
    EXPECT_EQ(wire.message.find("secret"), std::string::npos);
    EXPECT_EQ(wire.details.find("secret"), std::string::npos);
    EXPECT_NE(wire.message.find("req-1"), std::string::npos);
  }
}

TEST(StatusMap, AFaultOfTheNodeLeavesWithItsReasonAndWithoutItsText) {
  size_t faults = 0;
  for (const Reason reason : AllReasons()) {
    if (!IsFaultOfNode(reason) || reason == Reason::INTERNAL) continue;
    ++faults;
    const WireStatus wire =
        ToWire(Error(reason, "IO error: /data/000012.sst", {{"path", "/data/000012.sst"}}), "r-1");
    EXPECT_EQ(wire.message.find('/'), std::string::npos) << wire.message;
    EXPECT_EQ(wire.details.find("sst"), std::string::npos);
    EXPECT_THAT(wire.message, ::testing::HasSubstr(std::string(ReasonMeaning(reason))));
    EXPECT_THAT(wire.message, ::testing::HasSubstr("r-1"));
    const Status back = transport::FromRemote(wire.code, wire.message, wire.details);
    EXPECT_EQ(ReasonOf(back), reason);
    EXPECT_EQ(back.code(), ReasonCode(reason));
  }
  EXPECT_GE(faults, 3u);
  for (const Reason reason :
       {Reason::STORE_CORRUPT, Reason::STORE_FAILED, Reason::STORE_BEHIND_ANCHOR}) {
    EXPECT_TRUE(IsFaultOfNode(reason));
  }
  EXPECT_FALSE(IsFaultOfNode(Reason::STORE_CONFLICT));
}

TEST(StatusMap, CarriesTheStandardDetails) {
  const WireStatus wire =
      ToWire(Error(Reason::NODE_OVERLOADED, "busy", {{"retry_delay_ms", "1250"}}), "req-1");
  const auto info = Find<google::rpc::ErrorInfo>(wire);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason(), "NODE_OVERLOADED");
  EXPECT_EQ(info->domain(), "enlace");
  const auto retry = Find<google::rpc::RetryInfo>(wire);
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 1);
  EXPECT_EQ(retry->retry_delay().nanos(), 250'000'000);
  EXPECT_EQ(Find<google::rpc::RequestInfo>(wire)->request_id(), "req-1");
  EXPECT_FALSE(Find<google::rpc::BadRequest>(wire).has_value());
}

TEST(StatusMap, FitsInTheMetadataOfAnyClient) {
  std::vector<FieldViolation> violations(
      500, FieldViolation{std::string(300, 'f'), std::string(5000, 'd'), Reason::CODE_UNKNOWN});
  const WireStatus wire = ToWire(InvalidFields(violations), "req-1");
  // gRPC's default of 8 KiB, with the message beside the details in base64.
  EXPECT_LT(wire.message.size() + wire.details.size() * 4 / 3, 8u << 10);
  const Status back = transport::FromRemote(wire.code, wire.message, wire.details);
  EXPECT_EQ(ViolationsOf(back).size(), kViolationsMax);
  EXPECT_EQ(MetadataOf(back).at("violations"), "500");
}

TEST(StatusMap, CutsWithinNoCharacter) {
  std::string text(kErrorTextMax - 1, 'x');
  text += "ñññ";
  EXPECT_EQ(ToWire(Error(Reason::TEXT_INVALID, text), "r").message,
            std::string(kErrorTextMax - 1, 'x') + "...");
}

TEST(RemoteStatus, GivesStatusesOfGrpcItselfAReason) {
  const auto reason = [](absl::StatusCode code) {
    return ReasonOf(transport::FromRemote(static_cast<int>(code), "text", ""));
  };
  EXPECT_EQ(reason(absl::StatusCode::kUnavailable), Reason::PEER_UNREACHABLE);
  EXPECT_EQ(reason(absl::StatusCode::kDeadlineExceeded), Reason::DEADLINE_PASSED);
  EXPECT_EQ(reason(absl::StatusCode::kCancelled), Reason::CALL_CANCELLED);
  EXPECT_EQ(reason(absl::StatusCode::kResourceExhausted), Reason::REQUEST_TOO_LARGE);
  EXPECT_EQ(reason(absl::StatusCode::kUnimplemented), Reason::METHOD_UNKNOWN);
  EXPECT_EQ(reason(absl::StatusCode::kUnauthenticated), Reason::IDENTITY_UNTRUSTED);
  EXPECT_EQ(reason(absl::StatusCode::kDataLoss), Reason::INTERNAL);
}

TEST(RemoteStatus, BearsWithDetailsThatAreNone) {
  for (const std::string& details : {std::string("nonsense"), std::string(1 << 20, '\x0a')}) {
    EXPECT_EQ(ReasonOf(transport::FromRemote(14, "text", details)), Reason::PEER_UNREACHABLE);
  }
}

TEST(RemoteStatus, HandsOnAReasonOfANewerVersionAsAWord) {
  google::rpc::ErrorInfo info;
  info.set_reason("SOMETHING_NEW");
  google::rpc::Status status;
  status.add_details()->PackFrom(info);
  const Status back = transport::FromRemote(9, "text", status.SerializeAsString());
  EXPECT_EQ(ReasonOf(back), Reason::INTERNAL);
  EXPECT_EQ(MetadataOf(back).at("remote_reason"), "SOMETHING_NEW");
}

}  // namespace
}  // namespace enlace::rpc
