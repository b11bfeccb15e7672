// The calls of CaseService that answer several questions at once.
#include <fmt/format.h>

#include <set>

#include "node/service/caller.h"
#include "node/service/case_convert.h"
#include "node/service/case_service.h"

namespace enlace::service {
namespace {

constexpr int kNamesMax = 1000;
constexpr int kTablesMax = 50;

// REQUEST_INVALID for none of them, BATCH_TOO_LARGE for too many.
Status CheckCount(std::string_view field, int count, int max) {
  if (count == 0) {
    return InvalidFields(
        {{std::string(field), fmt::format("expected 1 to {}", max), Reason::REQUEST_INVALID}});
  }
  if (count <= max) return absl::OkStatus();
  return Error(Reason::BATCH_TOO_LARGE,
               fmt::format("expected at most {} {} in one call, seen {}; send several calls", max,
                           field, count));
}

}  // namespace

StatusOr<pb::BatchGetCaseRecordsResponse> CaseService::BatchGetCaseRecords(
    const rpc::CallContext& call, const pb::BatchGetCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  ENLACE_RETURN_IF_ERROR(CheckCount("names", request.names_size(), kNamesMax));
  if (std::set<std::string_view>(request.names().begin(), request.names().end()).size() !=
      static_cast<size_t>(request.names_size())) {
    return InvalidFields({{"names", "expected each name once", Reason::REQUEST_INVALID}});
  }
  const auto reader = parts_.store.Read();
  pb::BatchGetCaseRecordsResponse response;
  for (const std::string& name : request.names()) {
    if (call.cancelled()) return response;  // The dispatcher says why it ended.
    ENLACE_ASSIGN_OR_RETURN(const auto record, LoadOwn(*reader, entity, name));
    *response.add_case_records() = CaseToProto(record, parts_.jurisdiction);
  }
  return response;
}

StatusOr<pb::BatchTabulateCaseRecordsResponse> CaseService::BatchTabulateCaseRecords(
    const rpc::CallContext& call, const pb::BatchTabulateCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const query::Viewer viewer, ViewerOf(call.caller));
  ENLACE_RETURN_IF_ERROR(CheckCount("requests", request.requests_size(), kTablesMax));
  std::vector<query::TabulationRequest> tables;
  for (const auto& table : request.requests()) tables.push_back(TabulationFromProto(table));
  ENLACE_ASSIGN_OR_RETURN(const auto answers,
                          parts_.columns.TabulateAll(tables, viewer, call.cancelled));
  pb::BatchTabulateCaseRecordsResponse response;
  for (const auto& answer : answers) *response.add_responses() = TabulationToProto(answer);
  return response;
}

}  // namespace enlace::service
