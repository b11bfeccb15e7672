#include "node/release/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace enlace::release {

Status CheckLedger(const std::vector<LedgerEntry>& in_force, const LedgerEntry& wanted,
                   const std::string& supersedes) {
  for (const LedgerEntry& entry : in_force) {
    if (entry.name == wanted.name || entry.name == supersedes) continue;
    const uint32_t first = std::max(entry.year_from, wanted.year_from);
    const uint32_t last = std::min(entry.year_to, wanted.year_to);
    if (first > last) continue;
    const std::string_view how =
        entry.source == wanted.source ? "in another release" : "from another source";
    return Error(Reason::RELEASE_METHOD_TAKEN,
                 fmt::format("{} to {} is already let out {}: supersede that release, withdraw "
                             "it, or choose other years",
                             first, last, how),
                 {{"release", entry.name}});
  }
  return absl::OkStatus();
}

}  // namespace enlace::release
