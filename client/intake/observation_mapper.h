#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/intake/csv.h"
#include "client/intake/mapping.h"
#include "client/intake/row.h"

// Turns rows of a format of official figures (UNODC's 13 columns) into observations.
// Immutable, thread-safe.
namespace enlace::intake {

class ObservationMapper {
 public:
  // `format` and `registry` must outlive the mapper. `jurisdiction` is an alpha-3 code;
  // empty takes the rows of all.
  ObservationMapper(const Format& format, const codes::Registry& registry,
                    std::string jurisdiction);

  ObservationFate Map(const Header& header, const CsvRecord& record) const;
  // Whether `cell` names a category of the dimension.
  bool KnowsCategory(uint32_t dimension, std::string_view cell) const {
    return std::holds_alternative<uint32_t>(Category(dimension, cell));
  }

 private:
  // The row's cell of a column.
  using Cells = std::function<std::string_view(const std::string& column)>;

  std::optional<RowFault> Frame(const Cells& cell, uint32_t jurisdiction) const;
  std::optional<RowFault> Key(const Cells& cell, model::FigureKey& key) const;
  std::optional<RowFault> Value(const Cells& cell, MappedObservation& out) const;
  std::variant<uint32_t, RowFault> Category(uint32_t dimension, std::string_view cell) const;

  const Format& format_;
  uint32_t jurisdiction_ = 0;
  bool jurisdiction_known_ = true;
  std::map<std::string, uint32_t, std::less<>> countries_;  // Upper-case alpha-3 to code.
};

// What a cell with a count says: digits, grouped in threes by commas or not at all.
//
// VALUE_LEAKED_REFERENCE: the portal's export sometimes turns a questionnaire's cell id
// such as "Q6.1_10s_2019" into the number of its digits. Such a number has 7 to 9 digits,
// begins with a question number from 1 to 9 and ends with a year from 2000 to 2100. No
// country has ever counted a million victims in a year, so a true count is not lost: a
// person decides.
std::variant<uint64_t, RowFault> ParseCount(const std::string& column, std::string_view cell);

}  // namespace enlace::intake
