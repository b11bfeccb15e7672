#include "node/release/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace enlace::release {

bool YearsOverlap(const LedgerEntry& a, const LedgerEntry& b) {
  return a.year_from <= b.year_to && b.year_from <= a.year_to;
}

Status CheckLedger(const std::vector<LedgerEntry>& entries, const LedgerEntry& wanted,
                   const std::string& supersedes) {
  for (const LedgerEntry& entry : entries) {
    if (entry.name == wanted.name || !YearsOverlap(entry, wanted)) continue;
    const bool other_source = entry.source != wanted.source;
    if (!other_source && (!entry.in_force || entry.name == supersedes)) continue;
    const uint32_t first = std::max(entry.year_from, wanted.year_from);
    const uint32_t last = std::min(entry.year_to, wanted.year_to);
    return Error(Reason::RELEASE_METHOD_TAKEN,
                 other_source
                     ? fmt::format("{} to {} is already let out from another source, and the two "
                                   "give away together what each hides, also after a withdrawal: "
                                   "keep to that source, or choose other years",
                                   first, last)
                     : fmt::format("{} to {} is already let out in another release: supersede "
                                   "that release, or choose other years",
                                   first, last),
                 {{"release", entry.name}});
  }
  return absl::OkStatus();
}

}  // namespace enlace::release
