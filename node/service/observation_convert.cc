#include "node/service/observation_convert.h"

#include <fmt/format.h>

#include "node/model/names.h"

namespace enlace::service {

StatusOr<model::Observation> ObservationFromProto(const pb::Observation& observation,
                                                  const codes::Registry& registry,
                                                  std::string_view prefix) {
  const auto fault = [prefix](std::string_view field, std::string_view expected) {
    return InvalidFields(
        {{fmt::format("{}.{}", prefix, field), std::string(expected), Reason::ATTRIBUTE_INVALID}});
  };
  if (!observation.name().empty() || !observation.entity().empty() || !observation.etag().empty() ||
      observation.update_time_ms() != 0 || observation.candidates() != 0) {
    return fault("name", "name, entity, etag, update time and candidates are made by the node");
  }
  if (!pb::Observation::Status_IsValid(observation.status()) ||
      observation.status() == pb::Observation::STATUS_UNSPECIFIED ||
      observation.status() == pb::Observation::IN_CONFLICT) {
    return fault("status", "expected a status other than IN_CONFLICT");
  }
  model::Observation out;
  out.key = {observation.indicator(), observation.dimension(), observation.category(),
             observation.sex(),       observation.age(),       observation.year()};
  out.codelist_version = observation.codelist_version();
  out.status = static_cast<model::ObservationStatus>(observation.status());
  out.value = observation.value();
  ENLACE_RETURN_IF_ERROR(model::ValidateObservation(out, registry, prefix));
  return out;
}

pb::Observation ObservationToProto(const model::Observation& observation,
                                   std::string_view jurisdiction) {
  pb::Observation out;
  out.set_name(ObservationName(jurisdiction, observation.key));
  out.set_entity(observation.entity);
  out.set_codelist_version(observation.codelist_version);
  out.set_indicator(observation.key.indicator);
  out.set_dimension(observation.key.dimension);
  out.set_category(observation.key.category);
  out.set_sex(observation.key.sex);
  out.set_age(observation.key.age);
  out.set_year(observation.key.year);
  out.set_status(static_cast<pb::Observation::Status>(observation.status));
  out.set_value(observation.value);
  out.set_etag(ObservationEtag(observation));
  out.set_update_time_ms(observation.update_time_ms);
  out.set_candidates(static_cast<uint32_t>(observation.candidates.size()));
  return out;
}

std::string ObservationName(std::string_view jurisdiction, const model::FigureKey& key) {
  return model::ResourceName{std::string(jurisdiction), "observations", model::FigureKeyText(key)}
      .ToString();
}

std::string ObservationEtag(const model::Observation& observation) {
  return fmt::format("r{}", observation.revision);
}

}  // namespace enlace::service
