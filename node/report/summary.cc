#include "node/report/summary.h"

#include <algorithm>

namespace enlace::report {

std::vector<Coverage> MakeCoverage(const Input& input) {
  std::map<std::string, const views::StatisticsState*> states;
  for (const auto& state : input.statistics) states[state->jurisdiction] = state.get();
  std::vector<Coverage> list;
  for (const std::string& jurisdiction : Jurisdictions(input)) {
    Coverage coverage;
    coverage.jurisdiction = jurisdiction;
    if (const auto found = states.find(jurisdiction); found != states.end()) {
      coverage.channel_held = true;
      coverage.stopped = input.stopped.contains(found->second->channel.origin);
      coverage.releases = found->second->releases.size();
      coverage.left_out = found->second->left_out;
      for (const views::PlacedFigure& placed : views::FiguresInForce(*found->second)) {
        coverage.years.insert(placed.figure.year());
        ++coverage.by_status[std::string(StatusWord(placed.figure.status()))];
      }
    }
    list.push_back(std::move(coverage));
  }
  return list;
}

std::vector<const views::CatalogueEntry*> Programmes(const Input& input) {
  std::vector<const views::CatalogueEntry*> programmes;
  for (const auto& state : input.catalogue) {
    for (const auto& [unused, entry] : state->programmes) {
      if (!entry.withdrawn) programmes.push_back(&entry);
    }
  }
  std::sort(programmes.begin(), programmes.end(),
            [](const auto* a, const auto* b) { return a->programme.name() < b->programme.name(); });
  return programmes;
}

}  // namespace enlace::report
