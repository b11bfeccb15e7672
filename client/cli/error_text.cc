#include "client/cli/error_text.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "client/cli/table.h"

namespace enlace::cli {
namespace {

std::string ErrorJson(const Status& status) {
  nlohmann::json violations = nlohmann::json::array();
  for (const FieldViolation& violation : ViolationsOf(status)) {
    violations.push_back({{"field", violation.field},
                          {"description", violation.description},
                          {"reason", std::string(ReasonName(violation.reason))}});
  }
  const nlohmann::json out = {{"code", std::string(CodeName(status.code()))},
                              {"reason", std::string(ReasonName(ReasonOf(status)))},
                              {"message", MessageOf(status)},
                              {"metadata", MetadataOf(status)},
                              {"fieldViolations", violations}};
  const nlohmann::json error = {{"error", out}};
  return error.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string ErrorText(const Status& status, bool json) {
  if (json) return ErrorJson(status);
  std::ostringstream out;
  // A message may come from a node: its line breaks are ours only in lists of faults.
  std::istringstream lines(MessageOf(status));
  std::string line;
  out << CodeName(status.code()) << ":";
  for (bool first = true; std::getline(lines, line); first = false) {
    out << (first ? " " : "\n") << Printable(line);
  }
  out << "\n  reason: " << ReasonName(ReasonOf(status)) << '\n';
  for (const FieldViolation& violation : ViolationsOf(status)) {
    out << "  " << Printable(violation.field) << ": " << Printable(violation.description) << '\n';
  }
  const ErrorMetadata metadata = MetadataOf(status);
  const auto id = metadata.find("request_id");
  if (id != metadata.end()) out << "  request: " << Printable(id->second) << '\n';
  return out.str();
}

}  // namespace enlace::cli
