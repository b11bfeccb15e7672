#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "enlace/channel/v1/statistics.pb.h"
#include "enlace/exchange/v1/statistics_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/observation.h"

// Official figures as people read and write them. A figure without a value says why; no
// state is ever shown as another, or as zero.
namespace enlace::cli {

// Year, indicator, dimension, category, sex, age as labels in `language`.
std::vector<std::string> FigureKeyCells(const model::FigureKey& key,
                                        const codes::Registry& registry, std::string_view language);

// The count, or the state in words.
std::string ObservationValue(const exchange::v1::Observation& figure, std::string_view language);
std::string FigureValue(channel::v1::FigureStatus status, uint64_t value,
                        std::string_view language);

// A count, "<5", "unknown", "not_collected" or "not_applicable". REQUEST_INVALID.
Status ParseObservationValue(std::string_view text, exchange::v1::Observation& out);

}  // namespace enlace::cli
