#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/intake/mapping.h"

// Invented files to try the system with. Deterministic: the same options give the same
// bytes on every machine. No row is anybody's; the shapes are plausible (shares of sex,
// age, form), the numbers come from a generator.
namespace enlace::intake {

inline constexpr std::string_view kSampleNotice =
    "Every row of the files in this folder is invented by a program. No person, case or\n"
    "official figure stands behind any of them. Use them to try Enlace, and for nothing else.\n";

inline constexpr uint32_t kSampleCasesMax = 100'000;

struct SampleOptions {
  std::string jurisdiction = "ARG";
  uint32_t cases = 200;
  uint32_t year_from = 2018;
  uint32_t year_to = 2022;
  uint64_t seed = 1;
};

// "2018-2022" or "2020". REQUEST_INVALID outside 2003 to 2022 (what the formats know).
Status SetSampleYears(std::string_view text, SampleOptions& options);

// A file of format ctdc-kanon-2020 or unodc-glotip-2025 of one jurisdiction. CODE_UNKNOWN
// when there is no such country, REQUEST_INVALID above kSampleCasesMax.
StatusOr<std::string> SampleCases(const Mappings& mappings, const SampleOptions& options);
StatusOr<std::string> SampleFigures(const Mappings& mappings, const SampleOptions& options);

}  // namespace enlace::intake
