#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// How Enlace reports failure: absl::Status made by one factory, with a stable reason.
//
// A status made here carries, beside code and message, a reason out of reasons.inc, the
// dynamic values of the message as metadata, and, for wrong input, one violation per
// field. rpc/status_map turns it into google.rpc.ErrorInfo and BadRequest. Messages and
// metadata never hold a case attribute or any other sensitive value: they say where
// (row, column, path) and what was expected.
//
// On this platform absl::string_view is not std::string_view: only base/error.* and
// nothing else touches absl's string types. Build messages with fmt::format.
namespace enlace {

using absl::Status;
using absl::StatusOr;

enum class Reason {
#define ENLACE_REASON(name, code, meaning) name,
#include "node/base/reasons.inc"
#undef ENLACE_REASON
};

// One fault of one field. `field` is a path such as "case_record.attributes[3].code".
struct FieldViolation {
  std::string field;
  std::string description;
  Reason reason = Reason::REQUEST_INVALID;
  bool operator==(const FieldViolation&) const = default;
};

using ErrorMetadata = std::map<std::string, std::string>;

// The one factory. The canonical code follows from the reason.
Status Error(Reason reason, std::string_view message, ErrorMetadata metadata = {});

// REQUEST_INVALID (or the single violation's own reason) with all faults listed.
// REQUIRES: `violations` is not empty.
Status InvalidFields(std::vector<FieldViolation> violations);

// A copy of `status` whose message is "context: message"; reason and details stay.
Status WithContext(const Status& status, std::string_view context);

// A copy of `status` that lists `violations` beside its own reason, message and metadata:
// for an error that was made elsewhere and is told again here.
Status WithViolations(const Status& status, const std::vector<FieldViolation>& violations);

// The reason of a status made by Error(); Reason::INTERNAL for any other failure.
Reason ReasonOf(const Status& status);
ErrorMetadata MetadataOf(const Status& status);
std::vector<FieldViolation> ViolationsOf(const Status& status);

// The message as a std::string (absl's view does not convert).
std::string MessageOf(const Status& status);

std::string_view ReasonName(Reason reason);
std::string_view ReasonMeaning(Reason reason);
absl::StatusCode ReasonCode(Reason reason);
const std::vector<Reason>& AllReasons();
// INTERNAL for a name that is not in the list.
Reason ReasonFromName(std::string_view name);
// "INVALID_ARGUMENT" and so on.
std::string_view CodeName(absl::StatusCode code);

}  // namespace enlace

#define ENLACE_CONCAT_INNER(a, b) a##b
#define ENLACE_CONCAT(a, b) ENLACE_CONCAT_INNER(a, b)

#define ENLACE_RETURN_IF_ERROR(expression)           \
  do {                                               \
    ::absl::Status enlace_status_ = (expression);    \
    if (!enlace_status_.ok()) return enlace_status_; \
  } while (false)

#define ENLACE_ASSIGN_OR_RETURN(declaration, expression) \
  ENLACE_ASSIGN_OR_RETURN_INNER(ENLACE_CONCAT(enlace_or_, __LINE__), declaration, expression)
#define ENLACE_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                          \
  if (!temporary.ok()) return temporary.status();                         \
  declaration = *std::move(temporary)
