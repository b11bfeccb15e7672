// The calls of CaseService that answer several questions at once.
#include <fmt/format.h>

#include <algorithm>

#include "node/service/caller.h"
#include "node/service/case_answer.h"
#include "node/service/case_convert.h"
#include "node/service/case_service.h"
#include "node/store/case_views.h"
#include "node/store/stoppable_reader.h"

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

StatusOr<std::string> CaseService::BatchGetCaseRecords(
    const rpc::CallContext& call, const pb::BatchGetCaseRecordsRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const std::string entity, RequireEntity(call));
  ENLACE_RETURN_IF_ERROR(CheckCount("names", request.names_size(), kNamesMax));
  std::vector<std::string_view> names(request.names().begin(), request.names().end());
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return InvalidFields({{"names", "expected each name once", Reason::REQUEST_INVALID}});
  }
  std::vector<std::string> references;
  references.reserve(names.size());
  for (const std::string& name : request.names()) {
    ENLACE_ASSIGN_OR_RETURN(references.emplace_back(), ParseCaseName(name, parts_.jurisdiction));
  }
  const store::StoppableReader reader(parts_.store.Read(), call.cancelled);
  CaseAnswer answer(parts_.jurisdiction, references.size());
  bool all = true;
  ENLACE_RETURN_IF_ERROR(
      store::GetCaseViews(reader, references, [&](size_t place, const store::StoredCaseView* view) {
        all = view != nullptr && view->entity == entity;
        if (all) answer.Add(place, *view);
        return all;
      }));
  // One answer, byte for byte, for absent records and for those of another entity.
  if (!all) return CaseNotFound();
  return answer.Take();
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
