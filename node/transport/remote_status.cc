#include "node/transport/remote_status.h"

#include <optional>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace enlace::transport {
namespace {

constexpr size_t kTextMax = 2048;
constexpr size_t kDetailsMax = 64 << 10;

std::string Cut(std::string_view text) { return std::string(text.substr(0, kTextMax)); }

// The reason that fits a status of gRPC itself, which carries no details.
Reason ReasonOfCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return Reason::PEER_UNREACHABLE;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::DEADLINE_PASSED;
    case absl::StatusCode::kCancelled:
      return Reason::CALL_CANCELLED;
    case absl::StatusCode::kResourceExhausted:
      return Reason::REQUEST_TOO_LARGE;
    case absl::StatusCode::kUnimplemented:
      return Reason::METHOD_UNKNOWN;
    case absl::StatusCode::kUnauthenticated:
      return Reason::IDENTITY_UNTRUSTED;
    default:
      return Reason::INTERNAL;
  }
}

Reason ReasonOfViolation(const google::rpc::BadRequest::FieldViolation& violation) {
  const auto& unknown = violation.GetReflection()->GetUnknownFields(violation);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const auto& field = unknown.field(i);
    if (field.number() == 3 &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
      return ReasonFromName(field.length_delimited());
    }
  }
  return Reason::REQUEST_INVALID;
}

template <typename Detail>
std::optional<Detail> Find(const google::rpc::Status& status) {
  for (const auto& any : status.details()) {
    Detail detail;
    if (any.Is<Detail>() && any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

}  // namespace

Status FromRemote(int code, std::string_view message, std::string_view details) {
  google::rpc::Status status;
  std::optional<google::rpc::ErrorInfo> info;
  if (details.size() <= kDetailsMax &&
      status.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    info = Find<google::rpc::ErrorInfo>(status);
  }
  if (!info.has_value()) {
    const auto absl_code = static_cast<absl::StatusCode>(code);
    return Error(ReasonOfCode(absl_code), Cut(message),
                 {{"code", std::string(CodeName(absl_code))}});
  }
  ErrorMetadata metadata;
  for (const auto& [key, value] : info->metadata()) metadata[key] = value;
  if (const auto request = Find<google::rpc::RequestInfo>(status)) {
    metadata["request_id"] = request->request_id();
  }
  const Reason reason = ReasonFromName(info->reason());
  if (ReasonName(reason) != info->reason()) {
    // Of a newer version: the text and the word are all we can hand on.
    metadata["remote_reason"] = Cut(info->reason());
  }
  std::vector<FieldViolation> violations;
  if (const auto bad_request = Find<google::rpc::BadRequest>(status)) {
    for (const auto& violation : bad_request->field_violations()) {
      violations.push_back(
          {violation.field(), violation.description(), ReasonOfViolation(violation)});
    }
  }
  return WithViolations(Error(reason, Cut(message), std::move(metadata)), violations);
}

}  // namespace enlace::transport
