#include "node/report/summary.h"

#include <algorithm>

#include "node/model/names.h"

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

std::vector<Source> Sources(const Input& input) {
  std::vector<Source> sources;
  for (const auto& state : input.statistics) {
    for (const auto& [unused, release] : state->releases)
      sources.push_back({state.get(), &release});
  }
  std::stable_sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
    return a.state->jurisdiction < b.state->jurisdiction;
  });
  return sources;
}

ProgrammeList Programmes(const Input& input) {
  const std::string network = model::Audience::Network().ToString();
  ProgrammeList programmes;
  for (const auto& state : input.catalogue) {
    for (const auto& [unused, entry] : state->programmes) {
      if (entry.withdrawn) continue;
      if (entry.audience == network) {
        programmes.shown.push_back(&entry);
      } else {
        ++programmes.not_shown;
      }
    }
  }
  std::sort(programmes.shown.begin(), programmes.shown.end(),
            [](const auto* a, const auto* b) { return a->programme.name() < b->programme.name(); });
  return programmes;
}

}  // namespace enlace::report
