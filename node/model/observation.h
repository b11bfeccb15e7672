#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/base/error.h"
#include "node/codes/registry.h"

// One official figure, as plain values. Pure.
namespace enlace::model {

// What a figure is about. 0 in category, sex and age is the total.
struct FigureKey {
  uint32_t indicator = 0;
  uint32_t dimension = 0;
  uint32_t category = 0;
  uint32_t sex = 0;
  uint32_t age = 0;
  uint32_t year = 0;
  auto operator<=>(const FigureKey&) const = default;
};

// Numbers as in API and storage.
enum class ObservationStatus : uint8_t {
  kValue = 1,
  kSuppressedBySource = 2,  // 0 to 4 by the source's rule.
  kInConflict = 3,
  kUnknown = 4,
  kNotCollected = 5,
  kNotApplicable = 6,
};

inline constexpr uint64_t kObservationValueMax = 10'000'000;

struct ObservationCandidate {
  uint64_t row = 0;
  ObservationStatus status = ObservationStatus::kValue;
  uint64_t value = 0;
  bool operator==(const ObservationCandidate&) const = default;
};

struct Observation {
  FigureKey key;
  std::string entity;
  uint32_t codelist_version = 1;
  ObservationStatus status = ObservationStatus::kValue;
  uint64_t value = 0;
  uint32_t revision = 1;
  int64_t update_time_ms = 0;
  std::string batch_id;
  std::vector<ObservationCandidate> candidates;
  bool operator==(const Observation&) const = default;
};

// One statement about a key: an observation, or one candidate of a conflict.
struct Statement {
  ObservationStatus status = ObservationStatus::kValue;
  uint64_t value = 0;
  auto operator<=>(const Statement&) const = default;

  bool IsFigure() const {
    return status == ObservationStatus::kValue || status == ObservationStatus::kSuppressedBySource;
  }
};

// All that is said about one key, by all entities: the one rule of when they contradict each
// other.
struct Said {
  std::set<Statement> statements;
  bool conflict = false;

  void Add(const Observation& observation);
  // After the last one. Who has no figure does not contradict one who has, and no longer counts.
  void Settle();
};

// Name of the code list of a dimension's categories: the property "category_list" of the
// code in list "dimension"; nothing when the dimension has no categories.
std::optional<std::string> CategoryList(const codes::Registry& registry, uint32_t dimension);

// OK, or one violation per fault, fields as paths below `prefix`. Never echoes a value.
Status ValidateObservation(const Observation& observation, const codes::Registry& registry,
                           std::string_view prefix);

// "1-2-32-0-0-2022": indicator, dimension, category, sex, age, year.
std::string FigureKeyText(const FigureKey& key);
StatusOr<FigureKey> ParseFigureKey(std::string_view text);

}  // namespace enlace::model
