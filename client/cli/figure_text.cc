#include "client/cli/figure_text.h"

#include <charconv>

#include "client/cli/labels.h"

namespace enlace::cli {

std::vector<std::string> FigureKeyCells(const model::FigureKey& key,
                                        const codes::Registry& registry,
                                        std::string_view language) {
  const auto label = [&](std::string_view list, uint32_t number) {
    const codes::CodeList* codes = registry.Find(list);
    if (codes != nullptr && codes->Find(number) != nullptr) {
      return CodeLabel(*codes, number, language);
    }
    return number == 0 ? Word("total", language) : "[" + std::to_string(number) + "]";
  };
  const std::string list = model::CategoryList(registry, key.dimension).value_or("");
  return {std::to_string(key.year),
          label("indicator", key.indicator),
          label("dimension", key.dimension),
          label(list, key.category),
          label("sex", key.sex),
          label("age_group", key.age)};
}

std::string ObservationValue(const exchange::v1::Observation& figure, std::string_view language) {
  using exchange::v1::Observation;
  switch (figure.status()) {
    case Observation::VALUE:
      return std::to_string(figure.value());
    case Observation::SUPPRESSED_BY_SOURCE:
      return Word("suppressed by source", language);
    case Observation::IN_CONFLICT:
      return Word("in conflict", language);
    case Observation::UNKNOWN:
      return Word("unknown", language);
    case Observation::NOT_COLLECTED:
      return Word("not collected", language);
    case Observation::NOT_APPLICABLE:
      return Word("not applicable", language);
    default:
      break;
  }
  return "?";
}

std::string FigureValue(channel::v1::FigureStatus status, uint64_t value,
                        std::string_view language) {
  switch (status) {
    case channel::v1::VALUE:
      return std::to_string(value);
    case channel::v1::SUPPRESSED:
      return Word("suppressed", language);
    case channel::v1::SUPPRESSED_BY_SOURCE:
      return Word("suppressed by source", language);
    case channel::v1::BELOW_FLOOR:
      return Word("below floor", language);
    case channel::v1::IN_CONFLICT:
      return Word("in conflict", language);
    case channel::v1::MISSING:
      return Word("missing", language);
    case channel::v1::NOT_COLLECTED:
      return Word("not collected", language);
    case channel::v1::NOT_APPLICABLE:
      return Word("not applicable", language);
    case channel::v1::UNKNOWN:
      return Word("unknown", language);
    default:
      break;
  }
  return "?";
}

Status ParseObservationValue(std::string_view text, exchange::v1::Observation& out) {
  using exchange::v1::Observation;
  if (text == "<5") {
    out.set_status(Observation::SUPPRESSED_BY_SOURCE);
  } else if (text == "unknown") {
    out.set_status(Observation::UNKNOWN);
  } else if (text == "not_collected") {
    out.set_status(Observation::NOT_COLLECTED);
  } else if (text == "not_applicable") {
    out.set_status(Observation::NOT_APPLICABLE);
  } else {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() ||
        value > model::kObservationValueMax) {
      return Error(Reason::REQUEST_INVALID,
                   "--value: expected a count up to 10000000, \"<5\", unknown, not_collected or "
                   "not_applicable");
    }
    out.set_status(Observation::VALUE);
    out.set_value(value);
  }
  return Status();
}

}  // namespace enlace::cli
