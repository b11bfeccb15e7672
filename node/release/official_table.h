#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "enlace/channel/v1/statistics.pb.h"
#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/model/observation.h"

// Method "official table": exact figures, small ones hidden (primary suppression), and
// as many others as it takes so that nobody can compute the hidden ones from those that
// are left (complementary suppression). Pure.
//
// Who reads the published table is assumed to know which cells are primary, the rule and
// its bounds, that the source's own "<5" means 0 to 4, how figures add up, and that an
// absent part is zero. The result stands against that reader (release/attacker.h) for
// every figure whose protection can be reached by hiding other figures of its year and
// indicator. What it does not cover: other releases of the same population.
namespace enlace::release {

// Below three a hidden figure could only be one or two, which is no protection.
inline constexpr uint32_t kThresholdMin = 3;
inline constexpr uint32_t kThresholdMax = 100;
// By the rule of the sources that hide small figures themselves: 0 to 4.
inline constexpr uint64_t kSourceSuppressedMax = 4;
inline constexpr size_t kTableFiguresMax = 100'000;

struct TableOptions {
  uint32_t threshold = 5;      // Values below it are hidden.
  bool zero_is_small = false;  // Also hide zero.
  bool forms_overlap = false;  // A person may stand in several forms, as in case records.
};

struct TableFigure {
  model::FigureKey key;
  channel::v1::FigureStatus status = channel::v1::FIGURE_STATUS_UNSPECIFIED;
  uint64_t value = 0;  // 0 unless status is VALUE.
  bool operator==(const TableFigure&) const = default;
};

struct OfficialTable {
  std::vector<TableFigure> figures;  // Ordered by year, then as FigureKey.
  uint64_t with_value = 0;
  uint64_t primary = 0;
  uint64_t complementary = 0;
  uint64_t by_source = 0;
  uint64_t in_conflict = 0;
  std::vector<std::string> warnings;  // Plain sentences without values.
};

// The table of one jurisdiction. Of several observations with one key (several reporting
// entities) equal ones count once and others are in conflict: persons known to two
// agencies may be the same, so figures are never added.
// REQUEST_INVALID for options out of range, REQUEST_TOO_LARGE for too many figures.
StatusOr<OfficialTable> MakeOfficialTable(const std::vector<model::Observation>& observations,
                                          const TableOptions& options,
                                          const codes::Registry& registry);

// The order of figures in a release: year, indicator, dimension, category, sex, age.
bool FigureOrder(const model::FigureKey& a, const model::FigureKey& b);

}  // namespace enlace::release
