#pragma once

#include <string>
#include <string_view>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/model/case_record.h"

// Case records between the API and the model. Pure. Nothing here echoes a value.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

// What a caller may have filled in beside the content.
enum class OutputFields {
  kRefused,  // A new record: it has no name, entity, state or times yet.
  kIgnored,  // A record that was read, changed and sent back.
};

// The canonical content. Violations (ATTRIBUTE_INVALID) name what cannot be held at all:
// an attribute twice, codes that are no bit of a set, an answer outside the closed list.
// Whether codes exist is model::ValidateCase's question.
StatusOr<model::CaseContent> ContentFromProto(const pb::CaseRecord& record, OutputFields fields,
                                              std::string_view prefix);

pb::CaseRecord CaseToProto(const model::CaseRecord& record, std::string_view jurisdiction);

std::string CaseName(std::string_view jurisdiction, std::string_view reference);
// The reference. NAME_INVALID for another form; CASE_NOT_FOUND, with the same bytes as for
// an absent record, when the name is of another jurisdiction.
StatusOr<std::string> ParseCaseName(std::string_view name, std::string_view jurisdiction);

// The one answer for absent records and for records of others.
Status CaseNotFound();

std::string CaseEtag(uint32_t revision);

pb::Missing MissingToProto(model::Missing missing);

}  // namespace enlace::service
