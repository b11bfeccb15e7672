#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/intake/row.h"
#include "node/codes/registry.h"

// What an agency should know about its file although rows are kept: repeated figures,
// parts that do not fit their totals, spellings nobody knows. Works on the agency's
// machine; its results hold counts, rows and columns, never text of the file.
//
// Owned by one importer.
namespace enlace::intake {

inline constexpr size_t kQualityRowsMax = 1'000'000;  // Rows remembered for repeats.
inline constexpr size_t kWarningsMax = 10'000;        // Warnings listed; all are counted.

// Rows that speak of one figure, before any mapping: all cells but the value are equal.
struct Repeats {
  uint64_t keys = 0;              // Figures with more than one row.
  uint64_t conflicting_keys = 0;  // Of these, figures whose rows differ in the value.
  uint64_t surplus_rows = 0;      // Rows beyond the first of each figure.
  uint64_t identical_rows = 0;    // Of these, rows equal to an earlier one in every cell.
  bool operator==(const Repeats&) const = default;
};

// How far the alias table knows the spellings of a dimension's categories.
struct Spellings {
  uint64_t spellings = 0;
  uint64_t mapped_spellings = 0;  // The cell has a code, whatever else its rows say.
  uint64_t rows = 0;
  uint64_t mapped_rows = 0;  // Mapped in all their cells.
  bool operator==(const Spellings&) const = default;
};

// Whether the published parts of a total fit it. Compared are only totals of detected
// victims whose parts are all there as numbers, each once.
struct Totals {
  uint64_t compared = 0;
  uint64_t exceeded = 0;
  uint64_t short_of = 0;
  bool operator==(const Totals&) const = default;
};

struct QualityReport {
  std::vector<QualityWarning> warnings;
  std::map<QualityKind, uint64_t> counts;
  Repeats repeats;
  std::map<std::string, Spellings> spellings;  // By id of the dimension.
  Totals by_sex;
  Totals by_age;
  bool repeats_complete = true;  // False when the file has more rows than are remembered.
};

class QualityCheck {
 public:
  explicit QualityCheck(const codes::Registry& registry) : registry_(registry) {}

  void Warn(QualityKind kind, uint64_t row, std::string_view where);
  // `key` and `value` are raw cells; they are remembered here and nowhere else.
  void AddRawFigure(uint64_t row, std::string key, std::string value);
  // One row: whether the spelling has a code, and whether the whole row was mapped.
  void AddSpelling(const std::string& dimension, const std::string& text, bool spelling_mapped,
                   bool row_mapped);
  void AddFigure(const MappedObservation& figure);
  // Call once, after the last row.
  QualityReport Finish();

 private:
  struct Raw {
    uint64_t row = 0;
    std::vector<std::string> values;  // Distinct.
    uint64_t rows = 0;
  };
  // One unit of comparison: the parts of one total, by sex or by age.
  struct Parts {
    std::map<uint32_t, std::vector<MappedObservation>> by_code;
  };
  using TotalKey = std::tuple<uint32_t, uint32_t>;  // Jurisdiction, year.

  void CompareTotals(const std::map<TotalKey, Parts>& units, std::string_view list,
                     const std::vector<std::string_view>& required,
                     const std::vector<std::string_view>& optional, Totals& out);

  const codes::Registry& registry_;
  QualityReport report_;
  std::map<std::string, Raw> raw_;
  std::map<std::string, std::map<std::string, bool>> texts_;
  std::map<TotalKey, Parts> by_sex_;
  std::map<TotalKey, Parts> by_age_;
};

}  // namespace enlace::intake
