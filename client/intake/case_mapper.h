#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/intake/csv.h"
#include "client/intake/mapping.h"
#include "client/intake/row.h"

// Turns rows of a case format into contents of case records, and back. Everything comes
// from the mapping table; what is kept can be written again cell by cell, since a row is
// accepted only if the writer would produce it. Immutable, thread-safe.
namespace enlace::intake {

class CaseMapper {
 public:
  // `format` and `registry` must outlive the mapper. `jurisdiction` is an alpha-3 code;
  // empty takes
  // all rows, also those that say nobody's.
  CaseMapper(const Format& format, const codes::Registry& registry, std::string jurisdiction);

  CaseFate Map(const Header& header, const CsvRecord& record) const;

  // The row of `content` in the format's own column order and spellings. An answer that
  // the format cannot express is written as its "not collected" text.
  std::vector<std::string> Write(const model::CaseContent& content) const;

 private:
  // By text of the property, for columns whose cells are a property of the code.
  using PropertyCodes = std::map<std::string, uint32_t, std::less<>>;

  std::variant<model::SingleValue, RowFault> Single(const SingleColumn& single, size_t index,
                                                    std::string_view cell) const;
  std::string SingleText(const SingleColumn& single, model::SingleValue value) const;

  const Format& format_;
  const codes::Registry& registry_;
  bool every_jurisdiction_ = true;
  uint32_t jurisdiction_ = 0;  // Code of list "country"; 0 when there is no such country.
  std::vector<PropertyCodes> properties_;  // As CaseFormat::singles.
};

// The header row of a format, in its own spelling.
std::vector<std::string> CanonicalHeader(const Format& format);

// ROW_MALFORMED or TEXT_BROKEN for a row that cannot be read; nothing when it can.
std::optional<RowFault> StructuralFault(const Header& header, const CsvRecord& record);

// Four digits within `min` and `max`.
std::variant<uint32_t, RowFault> ParseYear(const std::string& column, std::string_view cell,
                                           uint32_t min, uint32_t max);

inline constexpr uint32_t kYearMin = 1990;
inline constexpr uint32_t kYearMax = 2100;

// The code of list "country" with this alpha-3 code; 0 when there is none.
uint32_t CountryOf(const codes::Registry& registry, std::string_view alpha3);

}  // namespace enlace::intake
