#pragma once

#include <string>
#include <string_view>

#include "enlace/exchange/v1/statistics_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/observation.h"

// Figures between the API and the model. Pure. Nothing here echoes a value.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

// A figure as an entity hands it in, validated. Violations for output-only fields that are
// set, for a status outside the list, and for IN_CONFLICT, which only the node finds.
StatusOr<model::Observation> ObservationFromProto(const pb::Observation& observation,
                                                  const codes::Registry& registry,
                                                  std::string_view prefix);

pb::Observation ObservationToProto(const model::Observation& observation,
                                   std::string_view jurisdiction);

std::string ObservationName(std::string_view jurisdiction, const model::FigureKey& key);
std::string ObservationEtag(const model::Observation& observation);

}  // namespace enlace::service
