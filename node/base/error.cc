#include "node/base/error.h"

#include <array>
#include <optional>

#include "absl/strings/cord.h"
#include "node/base/check.h"

namespace enlace {
namespace {

struct ReasonRow {
  std::string_view name;
  absl::StatusCode code;
  std::string_view meaning;
};

constexpr ReasonRow kReasons[] = {
#define ENLACE_REASON(name, code, meaning) {#name, absl::StatusCode::code, meaning},
#include "node/base/reasons.inc"
#undef ENLACE_REASON
};

constexpr char kReasonUrl[] = "enlace/reason";
constexpr char kMetadataUrl[] = "enlace/metadata";
constexpr char kViolationsUrl[] = "enlace/violations";

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// Payloads are lists of strings, each preceded by its length and a colon.
void AppendPart(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

std::vector<std::string> SplitParts(const std::string& payload) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (at < payload.size()) {
    const size_t colon = payload.find(':', at);
    ENLACE_CHECK(colon != std::string::npos);
    const size_t size = std::stoul(payload.substr(at, colon - at));
    parts.push_back(payload.substr(colon + 1, size));
    at = colon + 1 + size;
  }
  return parts;
}

std::vector<std::string> PayloadParts(const Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  if (!payload.has_value()) return {};
  return SplitParts(std::string(*payload));
}

}  // namespace

Status Error(Reason reason, std::string_view message, ErrorMetadata metadata) {
  Status status(ReasonCode(reason), ToAbsl(message));
  status.SetPayload(kReasonUrl, absl::Cord(ToAbsl(ReasonName(reason))));
  if (!metadata.empty()) {
    std::string payload;
    for (const auto& [key, value] : metadata) {
      AppendPart(payload, key);
      AppendPart(payload, value);
    }
    status.SetPayload(kMetadataUrl, absl::Cord(payload));
  }
  return status;
}

Status InvalidFields(std::vector<FieldViolation> violations) {
  ENLACE_CHECK(!violations.empty());
  const Reason reason =
      violations.size() == 1 ? violations.front().reason : Reason::REQUEST_INVALID;
  std::string message;
  for (const FieldViolation& violation : violations) {
    if (!message.empty()) message += "; ";
    message += violation.field + ": " + violation.description;
  }
  return WithViolations(Error(reason, message), violations);
}

Status WithViolations(const Status& status, const std::vector<FieldViolation>& violations) {
  std::string payload;
  for (const FieldViolation& violation : violations) {
    AppendPart(payload, violation.field);
    AppendPart(payload, violation.description);
    AppendPart(payload, ReasonName(violation.reason));
  }
  Status result = status;
  if (!payload.empty()) result.SetPayload(kViolationsUrl, absl::Cord(payload));
  return result;
}

Status WithContext(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  Status result(status.code(), ToAbsl(std::string(context) + ": " + MessageOf(status)));
  status.ForEachPayload([&result](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

Reason ReasonOf(const Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  return payload.has_value() ? ReasonFromName(std::string(*payload)) : Reason::INTERNAL;
}

ErrorMetadata MetadataOf(const Status& status) {
  const std::vector<std::string> parts = PayloadParts(status, kMetadataUrl);
  ErrorMetadata metadata;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) metadata[parts[i]] = parts[i + 1];
  return metadata;
}

std::vector<FieldViolation> ViolationsOf(const Status& status) {
  const std::vector<std::string> parts = PayloadParts(status, kViolationsUrl);
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i + 2 < parts.size(); i += 3) {
    violations.push_back({parts[i], parts[i + 1], ReasonFromName(parts[i + 2])});
  }
  return violations;
}

std::string MessageOf(const Status& status) { return std::string(status.message()); }

std::string_view ReasonName(Reason reason) { return kReasons[static_cast<size_t>(reason)].name; }

std::string_view ReasonMeaning(Reason reason) {
  return kReasons[static_cast<size_t>(reason)].meaning;
}

absl::StatusCode ReasonCode(Reason reason) { return kReasons[static_cast<size_t>(reason)].code; }

const std::vector<Reason>& AllReasons() {
  static const std::vector<Reason> all = [] {
    std::vector<Reason> reasons;
    for (size_t i = 0; i < std::size(kReasons); ++i) reasons.push_back(static_cast<Reason>(i));
    return reasons;
  }();
  return all;
}

Reason ReasonFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kReasons); ++i) {
    if (kReasons[i].name == name) return static_cast<Reason>(i);
  }
  return Reason::INTERNAL;
}

std::string_view CodeName(absl::StatusCode code) {
  static constexpr std::array<std::string_view, 17> kNames = {"OK",
                                                              "CANCELLED",
                                                              "UNKNOWN",
                                                              "INVALID_ARGUMENT",
                                                              "DEADLINE_EXCEEDED",
                                                              "NOT_FOUND",
                                                              "ALREADY_EXISTS",
                                                              "PERMISSION_DENIED",
                                                              "RESOURCE_EXHAUSTED",
                                                              "FAILED_PRECONDITION",
                                                              "ABORTED",
                                                              "OUT_OF_RANGE",
                                                              "UNIMPLEMENTED",
                                                              "INTERNAL",
                                                              "UNAVAILABLE",
                                                              "DATA_LOSS",
                                                              "UNAUTHENTICATED"};
  const auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

}  // namespace enlace
