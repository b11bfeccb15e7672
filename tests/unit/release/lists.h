#pragma once

#include <string>
#include <vector>

#include "node/codes/registry.h"
#include "node/model/observation.h"

// Small code lists with the ids that the release methods look for.
namespace enlace::release {

inline codes::CodeList MakeList(std::string name, const std::vector<std::string>& ids,
                                uint32_t first = 0) {
  std::vector<codes::Code> all;
  uint32_t number = first;
  for (const std::string& id : ids) {
    codes::Code code;
    code.number = number++;
    code.id = id;
    code.labels["en"] = id;
    all.push_back(code);
  }
  return codes::CodeList(std::move(name), 1, "tests", std::move(all));
}

inline codes::Registry TestLists() {
  return codes::Registry({
      MakeList("indicator", {"detected_victims", "offences", "contacts", "prosecuted", "convicted"},
               1),
      MakeList("dimension", {"total", "by_form", "by_citizenship", "by_repatriation"}, 1),
      MakeList("form_of_exploitation", {"sexual", "labour", "other"}, 1),
      MakeList("sex", {"total", "female", "male", "other", "unknown"}),
      MakeList("age_group", {"total", "minor", "adult", "unknown"}),
  });
}

inline constexpr uint32_t kVictims = 1;
inline constexpr uint32_t kTotal = 1;
inline constexpr uint32_t kByForm = 2;
inline constexpr uint32_t kByCitizenship = 3;
inline constexpr uint32_t kByRepatriation = 4;
inline constexpr uint32_t kFemale = 1;
inline constexpr uint32_t kMale = 2;
inline constexpr uint32_t kOther = 3;
inline constexpr uint32_t kMinor = 1;
inline constexpr uint32_t kAdult = 2;

struct Coordinates {
  uint32_t sex = 0;
  uint32_t age = 0;
  uint32_t dimension = kTotal;
  uint32_t category = 0;
  uint32_t year = 2022;
};

inline model::FigureKey Key(const Coordinates& at) {
  return {kVictims, at.dimension, at.category, at.sex, at.age, at.year};
}

inline model::Observation Count(const Coordinates& at, uint64_t value) {
  model::Observation observation;
  observation.key = Key(at);
  observation.entity = "agency";
  observation.value = value;
  return observation;
}

inline model::Observation Without(const Coordinates& at, model::ObservationStatus status) {
  model::Observation observation = Count(at, 0);
  observation.status = status;
  return observation;
}

inline model::Observation BySource(const Coordinates& at) {
  return Without(at, model::ObservationStatus::kSuppressedBySource);
}

}  // namespace enlace::release
