#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/base/error.h"

// One population is let out by one method, once. Two tables of the same persons, made of
// other sources or at other times, give away together what each of them hides, and what was
// published stays in the world when it is withdrawn. Pure.
namespace enlace::release {

// Numbers as in API and storage.
enum class Source : uint32_t { kObservations = 1, kCaseRecords = 2 };

// A release that is approved or was published.
struct LedgerEntry {
  std::string name;
  Source source = Source::kObservations;
  uint32_t year_from = 0;
  uint32_t year_to = 0;
  bool in_force = true;  // False: it was published, and is superseded or withdrawn.
};

bool YearsOverlap(const LedgerEntry& a, const LedgerEntry& b);

// OK when no release in force covers a year of `wanted`, but for the one that it
// supersedes, and none of another source ever did, in force or not. RELEASE_METHOD_TAKEN
// names what to do. Both sources speak of the same persons (the victims detected in a
// year), so a year stays with the source that it was first let out from.
Status CheckLedger(const std::vector<LedgerEntry>& entries, const LedgerEntry& wanted,
                   const std::string& supersedes);

}  // namespace enlace::release
