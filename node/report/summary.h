#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/report/rows.h"

// What JSON and HTML say beside the rows. Pure.
namespace enlace::report {

// Who has reported what.
struct Coverage {
  std::string jurisdiction;
  bool channel_held = false;
  bool stopped = false;  // The owner signed two histories: its figures prove nothing.
  std::set<uint32_t> years;
  std::map<std::string, uint64_t> by_status;  // Figures by status word.
  uint64_t releases = 0;
  views::LeftOut left_out;
};

std::vector<Coverage> MakeCoverage(const Input& input);

// Releases in force, ordered by jurisdiction and sequence.
struct Source {
  const views::StatisticsState* state = nullptr;
  const views::ReleaseInForce* release = nullptr;
};
std::vector<Source> Sources(const Input& input);

// Programmes in force (not withdrawn) that are for the whole network, ordered by name. A
// report travels further than an entry, so narrower ones are only counted.
struct ProgrammeList {
  std::vector<const views::CatalogueEntry*> shown;
  uint64_t not_shown = 0;
};
ProgrammeList Programmes(const Input& input);

}  // namespace enlace::report
