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

// Programmes in force (not withdrawn), ordered by name.
std::vector<const views::CatalogueEntry*> Programmes(const Input& input);

}  // namespace enlace::report
