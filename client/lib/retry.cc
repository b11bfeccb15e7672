#include "client/lib/retry.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "google/protobuf/descriptor.h"

namespace enlace::client {
namespace {

using google::protobuf::FieldDescriptor;

// Each call adds its bytes to those that the node holds already.
constexpr std::string_view kAppends = "VerifyRegionalReport";

bool HasText(const google::protobuf::Message& request, const char* name) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->type() == FieldDescriptor::TYPE_STRING &&
         !field->is_repeated() && !request.GetReflection()->GetString(request, field).empty();
}

}  // namespace

bool IsRepeatable(std::string_view method, const google::protobuf::Message& request) {
  const std::string_view name = method.substr(method.rfind('/') + 1);
  if (name == kAppends) return false;
  for (const std::string_view verb :
       {"Get", "BatchGet", "List", "Tabulate", "BatchTabulate", "Verify", "Check"}) {
    if (name.substr(0, verb.size()) == verb) return true;
  }
  return HasText(request, "request_id") || HasText(request, "batch_id");
}

bool MayRetry(const Status& status, bool repeatable) {
  switch (ReasonOf(status)) {
    case Reason::NODE_DRAINING:
    case Reason::NODE_OVERLOADED:
    case Reason::SIGNING_WAITS:
      return true;
    case Reason::PEER_UNREACHABLE:
    case Reason::CALL_CANCELLED:  // A node that stops cuts some calls without a word; we cut none.
      return repeatable;
    default:
      return false;
  }
}

int64_t PauseMs(int attempt, const Status& status, double random) {
  int64_t pause = kFirstPauseMs;
  for (int i = 1; i < attempt && pause < kPauseMsMax; ++i) pause *= 2;
  pause = std::min(pause, kPauseMsMax);
  const ErrorMetadata metadata = MetadataOf(status);
  const auto asked = metadata.find("retry_delay_ms");
  if (asked != metadata.end()) {
    int64_t least = 0;
    const std::string& text = asked->second;
    std::from_chars(text.data(), text.data() + text.size(), least);
    // Twice, since the half of it is what a lucky client waits.
    pause = std::max(pause, 2 * std::clamp<int64_t>(least, 0, kPauseMsMax));
  }
  return pause / 2 + static_cast<int64_t>(static_cast<double>(pause) / 2 * random);
}

}  // namespace enlace::client
