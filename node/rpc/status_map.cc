#include "node/rpc/status_map.h"

#include <algorithm>
#include <charconv>

#include "fmt/format.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "node/base/check.h"

namespace enlace::rpc {
namespace {

std::string Cut(std::string_view text, size_t max = kErrorTextMax) {
  if (text.size() <= max) return std::string(text);
  size_t end = max;
  // Not within a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

void AddViolations(const std::vector<FieldViolation>& violations, google::rpc::Status& out) {
  if (violations.empty()) return;
  google::rpc::BadRequest bad_request;
  const size_t count = std::min(violations.size(), kViolationsMax);
  for (size_t i = 0; i < count; ++i) {
    auto* const violation = bad_request.add_field_violations();
    violation->set_field(Cut(violations[i].field, kErrorTextMax / 8));
    violation->set_description(Cut(violations[i].description, kErrorTextMax / 8));
    // FieldViolation.reason = 3 of the public proto, which the packaged one is too old for.
    violation->GetReflection()->MutableUnknownFields(violation)->AddLengthDelimited(
        3, std::string(ReasonName(violations[i].reason)));
  }
  out.add_details()->PackFrom(bad_request);
}

void AddRetry(const ErrorMetadata& metadata, google::rpc::Status& out) {
  const auto delay = metadata.find("retry_delay_ms");
  if (delay == metadata.end()) return;
  int64_t ms = 0;
  const std::string& text = delay->second;
  std::from_chars(text.data(), text.data() + text.size(), ms);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(ms / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
  out.add_details()->PackFrom(retry);
}

std::string FaultText(Reason reason, std::string_view request_id) {
  if (reason == Reason::INTERNAL) {
    return fmt::format("a fault of the node; quote request {} to its operator", request_id);
  }
  return fmt::format("{} Quote request {} to the node's operator.", ReasonMeaning(reason),
                     request_id);
}

}  // namespace

bool IsFaultOfNode(Reason reason) {
  switch (reason) {
    case Reason::INTERNAL:
    case Reason::STORE_CORRUPT:
    case Reason::STORE_BEHIND_ANCHOR:
    case Reason::STORE_FAILED:
    case Reason::STORE_LOCKED:
    case Reason::STORE_FORMAT:
    case Reason::STORE_EXISTS:
    case Reason::FILE_UNREADABLE:
    case Reason::FILE_UNWRITABLE:
    case Reason::LISTEN_FAILED:
      return true;
    default:
      return false;
  }
}

WireStatus ToWire(const Status& status, std::string_view request_id) {
  ENLACE_CHECK(!status.ok());
  const Reason reason = ReasonOf(status);
  google::rpc::ErrorInfo info;
  info.set_domain(kErrorDomain);
  info.set_reason(std::string(ReasonName(reason)));

  google::rpc::Status out;
  std::vector<FieldViolation> violations;
  ErrorMetadata metadata;
  out.set_code(static_cast<int>(ReasonCode(reason)));
  if (IsFaultOfNode(reason)) {
    out.set_message(FaultText(reason, request_id));
  } else {
    out.set_message(Cut(MessageOf(status)));
    violations = ViolationsOf(status);
    metadata = MetadataOf(status);
  }
  if (violations.size() > kViolationsMax) {
    metadata["violations"] = std::to_string(violations.size());
  }
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = Cut(value, kErrorTextMax / 4);
  }
  out.add_details()->PackFrom(info);
  AddViolations(violations, out);
  AddRetry(metadata, out);
  google::rpc::RequestInfo request;
  request.set_request_id(std::string(request_id));
  out.add_details()->PackFrom(request);
  return {out.code(), out.message(), out.SerializeAsString()};
}

}  // namespace enlace::rpc
