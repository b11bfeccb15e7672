#include "node/model/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace enlace::model {
namespace {

constexpr uint32_t kYearMin = 1990;
constexpr uint32_t kYearMax = 2100;
constexpr size_t kCandidatesMax = 1000;

bool IsStatus(ObservationStatus status) {
  return status >= ObservationStatus::kValue && status <= ObservationStatus::kNotApplicable;
}

// Collects the faults of one figure.
class Validator {
 public:
  Validator(const Observation& observation, const codes::Registry& registry,
            std::string_view prefix)
      : observation_(observation), registry_(registry), prefix_(prefix) {}

  Status Run() {
    const uint32_t version = observation_.codelist_version;
    version_known_ = version >= 1 && version <= registry_.version();
    if (!version_known_) {
      Add(Reason::CODE_UNKNOWN, "codelist_version",
          fmt::format("expected a version of the code lists from 1 to {}", registry_.version()));
    }
    CheckKey();
    CheckFigure(observation_.status, observation_.value, "");
    CheckCandidates();
    return violations_.empty() ? absl::OkStatus() : InvalidFields(std::move(violations_));
  }

 private:
  void Add(Reason reason, std::string_view field, std::string_view text) {
    violations_.push_back({fmt::format("{}{}{}", prefix_, prefix_.empty() ? "" : ".", field),
                           std::string(text), reason});
  }

  void CheckCode(std::string_view list, uint32_t code, std::string_view field) {
    if (version_known_ && !registry_.Get(list).Has(code, observation_.codelist_version)) {
      Add(Reason::CODE_UNKNOWN, field,
          fmt::format("expected a code of list {} in the declared version", list));
    }
  }

  void CheckKey() {
    const FigureKey& key = observation_.key;
    CheckCode("indicator", key.indicator, "indicator");
    CheckCode("dimension", key.dimension, "dimension");
    CheckCode("sex", key.sex, "sex");
    CheckCode("age_group", key.age, "age");
    if (key.year < kYearMin || key.year > kYearMax) {
      Add(Reason::ATTRIBUTE_INVALID, "year",
          fmt::format("expected a year from {} to {}", kYearMin, kYearMax));
    }
    CheckCategory();
  }

  // 0 is the dimension's own total, which may differ from the figure of dimension "total".
  void CheckCategory() {
    const FigureKey& key = observation_.key;
    if (key.category == 0) return;
    const std::optional<std::string> list = CategoryList(registry_, key.dimension);
    if (!list.has_value()) {
      Add(Reason::ATTRIBUTE_INVALID, "category", "expected 0: the dimension has no categories");
      return;
    }
    CheckCode(*list, key.category, "category");
  }

  void CheckFigure(ObservationStatus status, uint64_t value, std::string_view base) {
    if (!IsStatus(status)) {
      Add(Reason::ATTRIBUTE_INVALID, fmt::format("{}status", base), "expected a status, 1 to 6");
      return;
    }
    if (status == ObservationStatus::kValue ? value > kObservationValueMax : value != 0) {
      Add(Reason::ATTRIBUTE_INVALID, fmt::format("{}value", base),
          fmt::format("expected 0 to {} with status \"value\", and 0 with any other",
                      kObservationValueMax));
    }
  }

  void CheckCandidates() {
    const bool in_conflict = observation_.status == ObservationStatus::kInConflict;
    const size_t count = observation_.candidates.size();
    if (!in_conflict && count != 0) {
      Add(Reason::ATTRIBUTE_INVALID, "candidates", "expected none unless in conflict");
    }
    if (count > kCandidatesMax) {
      Add(Reason::ATTRIBUTE_INVALID, "candidates",
          fmt::format("expected at most {}", kCandidatesMax));
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      const ObservationCandidate& candidate = observation_.candidates[i];
      const std::string base = fmt::format("candidates[{}].", i);
      if (candidate.status == ObservationStatus::kInConflict) {
        Add(Reason::ATTRIBUTE_INVALID, base + "status", "a candidate cannot itself be in conflict");
        continue;
      }
      CheckFigure(candidate.status, candidate.value, base);
    }
  }

  const Observation& observation_;
  const codes::Registry& registry_;
  const std::string_view prefix_;
  bool version_known_ = false;
  std::vector<FieldViolation> violations_;
};

// One decimal number without sign, leading zero or overflow, ending at `text`'s next dash.
bool TakeNumber(std::string_view& text, bool last, uint32_t& value) {
  const size_t dash = text.find('-');
  const std::string_view digits = text.substr(0, dash);
  if (last != (dash == std::string_view::npos)) return false;
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  text.remove_prefix(last ? text.size() : dash + 1);
  return true;
}

}  // namespace

void Said::Add(const Observation& observation) {
  if (observation.status != ObservationStatus::kInConflict) {
    statements.insert({observation.status, observation.value});
    return;
  }
  conflict = true;
  for (const ObservationCandidate& candidate : observation.candidates) {
    statements.insert({candidate.status, candidate.value});
  }
}

void Said::Settle() {
  const auto is_figure = [](const Statement& each) { return each.IsFigure(); };
  if (!conflict && std::any_of(statements.begin(), statements.end(), is_figure)) {
    std::erase_if(statements, [](const Statement& each) { return !each.IsFigure(); });
  }
  conflict |= statements.size() > 1;
}

std::optional<std::string> CategoryList(const codes::Registry& registry, uint32_t dimension) {
  const codes::Code* code = registry.Get("dimension").Find(dimension);
  if (code == nullptr) return std::nullopt;
  const auto at = code->properties.find("category_list");
  if (at == code->properties.end()) return std::nullopt;
  return at->second;
}

Status ValidateObservation(const Observation& observation, const codes::Registry& registry,
                           std::string_view prefix) {
  return Validator(observation, registry, prefix).Run();
}

std::string FigureKeyText(const FigureKey& key) {
  return fmt::format("{}-{}-{}-{}-{}-{}", key.indicator, key.dimension, key.category, key.sex,
                     key.age, key.year);
}

StatusOr<FigureKey> ParseFigureKey(std::string_view text) {
  FigureKey key;
  uint32_t* const parts[] = {&key.indicator, &key.dimension, &key.category,
                             &key.sex,       &key.age,       &key.year};
  for (uint32_t* part : parts) {
    if (!TakeNumber(text, part == &key.year, *part)) {
      return Error(Reason::NAME_INVALID,
                   "expected a figure key: indicator-dimension-category-sex-age-year");
    }
  }
  return key;
}

}  // namespace enlace::model
