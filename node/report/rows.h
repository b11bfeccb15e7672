#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/codes/registry.h"
#include "node/views/catalogue_view.h"
#include "node/views/figures_view.h"

// The regional report as rows: a pure function of who is expected, channel states at signed
// sizes, and the code lists. The same input gives the same bytes on every node.
//
// A member without any release in force has one row of status "missing" with an empty year:
// with its channel and checkpoint size when the channel is held (so that the absence itself
// is signed by its owner), with neither when it is not. Figures are never added: totals are
// the jurisdictions' own.
namespace enlace::report {

inline constexpr std::string_view kColumns[] = {
    "jurisdiction", "year",    "indicator",   "dimension", "category", "sex",
    "age",          "value",   "status",      "method",    "sigma",    "low",
    "high",         "release", "released_on", "channel",   "sequence", "checkpoint_size"};
inline constexpr size_t kColumnCount = std::size(kColumns);

enum Column : size_t {
  kJurisdiction,
  kYear,
  kIndicator,
  kDimension,
  kCategory,
  kSex,
  kAge,
  kValue,
  kStatus,
  kMethod,
  kSigma,
  kLow,
  kHigh,
  kRelease,
  kReleasedOn,
  kChannel,
  kSequence,
  kCheckpointSize,
};

using Row = std::array<std::string, kColumnCount>;

struct Input {
  std::string network;
  std::vector<std::string> roster;  // Jurisdictions that are expected to report.
  std::vector<std::shared_ptr<const views::StatisticsState>> statistics;
  std::vector<std::shared_ptr<const views::CatalogueState>> catalogue;
  std::set<std::string> stopped;  // Origins whose owner signed two histories.
};

// "value", "suppressed", ...; "unknown" for a status of newer software.
std::string_view StatusWord(channel::v1::FigureStatus status);

// Labels in one language as the report shows them; English ones are those of the UNODC
// file. A code that the lists do not know is shown as "code <number>", and one without a
// label in the language as its number and that the label is missing, never in another one.
class Labels {
 public:
  explicit Labels(const codes::Registry& registry) : registry_(registry) {}
  std::string Of(std::string_view list, uint32_t number, std::string_view language) const;
  std::string Category(uint32_t dimension, uint32_t category, std::string_view language) const;

 private:
  const codes::Registry& registry_;
};

// Ordered by jurisdiction, then as in releases. Every member of the roster has a row.
std::vector<Row> MakeRows(const Input& input, const codes::Registry& registry);

// The jurisdictions of the report: the roster and whoever else has released, sorted.
std::vector<std::string> Jurisdictions(const Input& input);

}  // namespace enlace::report
