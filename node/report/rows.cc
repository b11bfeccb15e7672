#include "node/report/rows.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "node/model/observation.h"
#include "node/report/messages.h"

namespace enlace::report {
namespace {

using channel::v1::FigureStatus;

// Why these: the source's rule hides 0 to 4.
constexpr std::string_view kSourceLow = "0";
constexpr std::string_view kSourceHigh = "4";

Row FigureRow(const views::StatisticsState& state, const views::PlacedFigure& placed,
              const Labels& labels) {
  const channel::v1::Figure& figure = placed.figure;
  Row row;
  row[kJurisdiction] = state.jurisdiction;
  row[kYear] = std::to_string(figure.year());
  row[kIndicator] = labels.Of("indicator", figure.indicator(), "en");
  row[kDimension] = labels.Of("dimension", figure.dimension(), "en");
  row[kCategory] = labels.Category(figure.dimension(), figure.category(), "en");
  row[kSex] = labels.Of("sex", figure.sex(), "en");
  row[kAge] = labels.Of("age_group", figure.age(), "en");
  if (figure.status() == channel::v1::VALUE) row[kValue] = std::to_string(figure.value());
  row[kStatus] = StatusWord(figure.status());
  row[kMethod] = "official_table";
  if (figure.status() == channel::v1::SUPPRESSED_BY_SOURCE) {
    row[kLow] = kSourceLow;
    row[kHigh] = kSourceHigh;
  }
  row[kRelease] = placed.release->content.name();
  row[kReleasedOn] = placed.release->released_on;
  row[kChannel] = state.channel.origin;
  row[kSequence] = std::to_string(placed.release->sequence);
  row[kCheckpointSize] = std::to_string(state.channel.size);
  return row;
}

Row MissingRow(const std::string& jurisdiction, const views::StatisticsState* state) {
  Row row;
  row[kJurisdiction] = jurisdiction;
  row[kStatus] = StatusWord(channel::v1::MISSING);
  if (state != nullptr) {
    row[kChannel] = state->channel.origin;
    row[kCheckpointSize] = std::to_string(state->channel.size);
  }
  return row;
}

}  // namespace

std::string_view StatusWord(FigureStatus status) {
  switch (status) {
    case channel::v1::VALUE:
      return "value";
    case channel::v1::SUPPRESSED:
      return "suppressed";
    case channel::v1::SUPPRESSED_BY_SOURCE:
      return "suppressed_by_source";
    case channel::v1::BELOW_FLOOR:
      return "below_floor";
    case channel::v1::IN_CONFLICT:
      return "in_conflict";
    case channel::v1::MISSING:
      return "missing";
    case channel::v1::NOT_COLLECTED:
      return "not_collected";
    case channel::v1::NOT_APPLICABLE:
      return "not_applicable";
    default:
      return "unknown";
  }
}

std::string Labels::Of(std::string_view list, uint32_t number, std::string_view language) const {
  const codes::CodeList* codes = registry_.Find(list);
  if (codes != nullptr) {
    if (const auto label = codes->Label(number, language)) return *label;
    if (codes->Find(number) != nullptr) {
      return fmt::format("{} ({})", number, text::kMissingTranslation.In(language));
    }
  }
  return fmt::format("code {}", number);
}

std::string Labels::Category(uint32_t dimension, uint32_t category,
                             std::string_view language) const {
  // The total of every list has one label, that of the list of sexes.
  if (category == 0) return Of("sex", 0, language);
  const auto list = model::CategoryList(registry_, dimension);
  return list.has_value() ? Of(*list, category, language) : fmt::format("code {}", category);
}

std::vector<std::string> Jurisdictions(const Input& input) {
  std::set<std::string> all(input.roster.begin(), input.roster.end());
  for (const auto& state : input.statistics) {
    if (!state->releases.empty()) all.insert(state->jurisdiction);
  }
  return {all.begin(), all.end()};
}

std::vector<Row> MakeRows(const Input& input, const codes::Registry& registry) {
  const Labels labels(registry);
  std::map<std::string, const views::StatisticsState*> states;
  for (const auto& state : input.statistics) states[state->jurisdiction] = state.get();
  std::vector<Row> rows;
  for (const std::string& jurisdiction : Jurisdictions(input)) {
    const auto found = states.find(jurisdiction);
    const views::StatisticsState* state = found == states.end() ? nullptr : found->second;
    const auto figures =
        state == nullptr ? std::vector<views::PlacedFigure>() : views::FiguresInForce(*state);
    if (figures.empty()) rows.push_back(MissingRow(jurisdiction, state));
    for (const views::PlacedFigure& placed : figures) {
      rows.push_back(FigureRow(*state, placed, labels));
    }
  }
  return rows;
}

}  // namespace enlace::report
