#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/cli/context.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"

// Case records between the command line, the model and the API.
namespace enlace::cli {

namespace api = ::enlace::exchange::v1;

api::CaseRecord ToApi(const model::CaseContent& content);
// OK when FromApi loses nothing: codes of sets from 1 to 63 and each once, each attribute once.
// ATTRIBUTE_INVALID names the attribute's number and no value.
Status CheckForm(const api::CaseRecord& record);
// What the node sent; codes and attributes that CheckForm refuses are left out.
model::CaseContent FromApi(const api::CaseRecord& record);

// Adds every "--set" to a record:
//   age_band=18_20                 a code
//   citizenship=unknown            unknown, not_collected or not_applicable
//   means=+threats,-debt_bondage,rest:unknown
// ATTRIBUTE_INVALID (also for an attribute that is there twice), CODE_UNKNOWN. The message says
// which "--set" it is about, by its attribute or by its place; values are never echoed.
Status ApplyAssignments(const std::vector<std::string>& assignments,
                        const codes::Registry& registry, model::CaseContent& content);

// One line per attribute, labels in `language`: pairs of attribute and value.
std::vector<std::pair<std::string, std::string>> DescribeCase(const model::CaseContent& content,
                                                              const codes::Registry& registry,
                                                              std::string_view language);

// Prints one record in the wanted form.
Status PrintCase(Context& context, const api::CaseRecord& record);

}  // namespace enlace::cli
