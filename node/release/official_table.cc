#include "node/release/official_table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "node/release/suppression.h"

namespace enlace::release {
namespace {

using channel::v1::FigureStatus;
using model::Observation;
using model::ObservationStatus;
using model::Said;
using model::Statement;
using Kind = Cell::Kind;

Status CheckOptions(const TableOptions& options, size_t figures) {
  if (options.threshold < kThresholdMin || options.threshold > kThresholdMax) {
    return Error(Reason::REQUEST_INVALID,
                 fmt::format("expected a threshold of {} to {}", kThresholdMin, kThresholdMax));
  }
  if (figures > kTableFiguresMax) {
    return Error(
        Reason::REQUEST_TOO_LARGE,
        fmt::format("one release takes at most {} figures; choose fewer years", kTableFiguresMax));
  }
  return absl::OkStatus();
}

std::map<model::FigureKey, Said> Merge(const std::vector<Observation>& observations) {
  std::map<model::FigureKey, Said> merged;
  for (const Observation& observation : observations) merged[observation.key].Add(observation);
  for (auto& [unused, all] : merged) all.Settle();
  return merged;
}

bool IsSmall(const Statement& statement, const TableOptions& options) {
  if (statement.status == ObservationStatus::kSuppressedBySource) return true;
  if (statement.status != ObservationStatus::kValue) return false;
  return statement.value < options.threshold && (statement.value > 0 || options.zero_is_small);
}

// The cell of a figure that takes part in sums; nothing for the other states.
std::optional<Cell> MakeCell(const Said& merged, const TableOptions& options) {
  // A conflict whose candidates were not kept may be about small figures.
  const bool small = merged.statements.empty() ||
                     std::any_of(merged.statements.begin(), merged.statements.end(),
                                 [&options](const auto& each) { return IsSmall(each, options); });
  if (merged.conflict) return Cell{small ? Kind::kSmallConflict : Kind::kConflict, 0};
  const Statement& only = *merged.statements.begin();
  switch (only.status) {
    case ObservationStatus::kValue:
      return Cell{small ? Kind::kPrimary : Kind::kShown, only.value};
    case ObservationStatus::kSuppressedBySource:
      return Cell{Kind::kBySource, 0};
    case ObservationStatus::kInConflict:
    case ObservationStatus::kUnknown:
    case ObservationStatus::kNotCollected:
    case ObservationStatus::kNotApplicable:
      break;
  }
  return std::nullopt;
}

FigureStatus StatusOfCell(const Cell& cell) {
  switch (cell.kind) {
    case Kind::kShown:
      return channel::v1::VALUE;
    case Kind::kBySource:
      return channel::v1::SUPPRESSED_BY_SOURCE;
    case Kind::kConflict:
    case Kind::kSmallConflict:
      return channel::v1::IN_CONFLICT;
    case Kind::kPrimary:
    case Kind::kComplementary:
      break;
  }
  return channel::v1::SUPPRESSED;
}

FigureStatus StatusWithoutCell(ObservationStatus status) {
  switch (status) {
    case ObservationStatus::kNotCollected:
      return channel::v1::NOT_COLLECTED;
    case ObservationStatus::kNotApplicable:
      return channel::v1::NOT_APPLICABLE;
    default:
      return channel::v1::UNKNOWN;
  }
}

void Count(const Cell& cell, OfficialTable& table) {
  switch (cell.kind) {
    case Kind::kShown:
      ++table.with_value;
      break;
    case Kind::kPrimary:
      ++table.primary;
      break;
    case Kind::kBySource:
      ++table.by_source;
      break;
    case Kind::kConflict:
    case Kind::kSmallConflict:
      ++table.in_conflict;
      break;
    case Kind::kComplementary:
      ++table.complementary;
      break;
  }
}

// "indicator 1, year 2022: ": codes and years are public, values are not.
std::string Where(uint32_t year, uint32_t indicator, const codes::Registry& registry) {
  const codes::CodeList* list = registry.Find("indicator");
  const auto label = list == nullptr ? std::nullopt : list->Label(indicator, "en");
  return fmt::format("{}, {}: ", label.value_or(fmt::format("Indicator {}", indicator)), year);
}

void Warn(const std::string& where, const SuppressionResult& result, OfficialTable& table) {
  if (result.contradictory > 0) {
    table.warnings.push_back(where + fmt::format("{} sums contradict their parts; the figures "
                                                 "are protected as if each sum held.",
                                                 result.contradictory));
  }
  if (result.unprotected > 0) {
    table.warnings.push_back(
        where + fmt::format("{} hidden figures stay computable for a reader who knows which "
                            "figures are small; a higher threshold or hiding zeros helps.",
                            result.unprotected));
  }
}

using YearIndicator = std::pair<uint32_t, uint32_t>;

void WarnOfConflicts(const std::map<YearIndicator, std::map<model::FigureKey, Cell>>& groups,
                     const codes::Registry& registry, OfficialTable& table) {
  std::set<uint32_t> years;
  for (const auto& [group, cells] : groups) {
    years.insert(group.first);
    const auto conflicts = std::count_if(cells.begin(), cells.end(), [](const auto& entry) {
      return StatusOfCell(entry.second) == channel::v1::IN_CONFLICT;
    });
    if (conflicts == 0) continue;
    table.warnings.push_back(
        Where(group.first, group.second, registry) +
        (conflicts == 1
             ? "1 figure is in conflict and goes out without a value."
             : fmt::format("{} figures are in conflict and go out without a value.", conflicts)));
  }
  if (years.size() == 1) {
    table.warnings.push_back(
        fmt::format("Only {} is covered: readers may compare it with releases of other years.",
                    *years.begin()));
  }
}

}  // namespace

bool FigureOrder(const model::FigureKey& a, const model::FigureKey& b) {
  return std::tie(a.year, a.indicator, a.dimension, a.category, a.sex, a.age) <
         std::tie(b.year, b.indicator, b.dimension, b.category, b.sex, b.age);
}

StatusOr<OfficialTable> MakeOfficialTable(const std::vector<Observation>& observations,
                                          const TableOptions& options,
                                          const codes::Registry& registry) {
  ENLACE_RETURN_IF_ERROR(CheckOptions(options, observations.size()));
  const TableShape shape(registry);
  const PrimaryBounds primary{options.zero_is_small ? 0 : 1,
                              static_cast<int64_t>(options.threshold) - 1};
  OfficialTable table;
  std::map<YearIndicator, std::map<model::FigureKey, Cell>> groups;
  for (const auto& [key, merged] : Merge(observations)) {
    if (const auto cell = MakeCell(merged, options)) {
      groups[{key.year, key.indicator}][key] = *cell;
    } else {
      table.figures.push_back({key, StatusWithoutCell(merged.statements.begin()->status), 0});
    }
  }
  WarnOfConflicts(groups, registry, table);
  for (auto& [group, cells] : groups) {
    Warn(Where(group.first, group.second, registry),
         Protect(shape, primary, options.forms_overlap, cells), table);
    for (const auto& [key, cell] : cells) {
      Count(cell, table);
      table.figures.push_back(
          {key, StatusOfCell(cell), cell.kind == Kind::kShown ? cell.value : 0});
    }
  }
  std::sort(table.figures.begin(), table.figures.end(),
            [](const auto& a, const auto& b) { return FigureOrder(a.key, b.key); });
  return table;
}

}  // namespace enlace::release
