#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/intake/aliases.h"
#include "client/intake/set_group.h"
#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"

// The mapping tables of config/mappings: which formats there are, how a file is
// recognised as one of them, and what each cell of it means.
//
// A table is data: a new delivery format of the same kind needs no new program. A table
// that names an unknown attribute, code or column, leaves a column unused or is ambiguous
// is refused whole, with the path of each fault. Immutable after loading, thread-safe.
namespace enlace::intake {

// One column of a format in its canonical order.
struct Column {
  std::string name;
  std::vector<std::string> also;  // Other spellings of the header.
};

// Which text means which value of a single-valued attribute.
struct CellTable {
  std::map<std::string, model::SingleValue, std::less<>> values;  // Canonical and other texts.
  std::vector<std::pair<model::SingleValue, std::string>> texts;  // For writing: canonical.
  std::string property;  // Not empty: other texts are this property of the list's codes.
};

struct SingleColumn {
  std::string column;
  uint32_t attribute = 0;
  CellTable cells;
};

// Two answers of one row that cannot both be true.
struct Contradiction {
  uint32_t attribute = 0;
  std::vector<uint32_t> codes;
  uint32_t other = 0;
  std::vector<uint32_t> other_codes;
  std::string column;  // The one to name.
};

// A flat file of case records.
struct CaseFormat {
  std::string year_column;
  std::string jurisdiction_column;  // Also one of `singles`.
  std::vector<SingleColumn> singles;
  std::vector<SetGroup> sets;
  std::vector<Contradiction> contradictions;
};

// The categories of one dimension of a file of figures.
struct CategoryTable {
  std::map<std::string, uint32_t, std::less<>> exact;  // Exact text to code; 0 is the total.
  const AliasTable* aliases = nullptr;                 // Owned by the Mappings; null for none.
};

// A flat file of official figures, one per row.
struct ObservationFormat {
  std::string jurisdiction_column;  // Alpha-3.
  std::string name_column;          // The country's name: must not name another country.
  std::map<std::string, std::string, std::less<>> constants;  // Column to its only text.
  std::string indicator_column, dimension_column, category_column, sex_column, age_column;
  std::string year_column, value_column;
  std::map<std::string, uint32_t, std::less<>> indicators, dimensions, sexes, ages;
  std::map<uint32_t, CategoryTable> categories;  // By dimension.
  std::vector<std::string> suppressed;           // Texts of the value column: 0 to 4.
  const AliasTable* places = nullptr;  // Of list "place", which has the countries' numbers.
};

struct Format {
  std::string id;  // "ctdc-kanon-2020"
  std::string title;
  std::string source;  // Where the meaning of the columns is documented.
  std::vector<Column> columns;
  std::variant<CaseFormat, ObservationFormat> body;

  bool is_cases() const { return std::holds_alternative<CaseFormat>(body); }
  const CaseFormat& cases() const { return std::get<CaseFormat>(body); }
  const ObservationFormat& observations() const { return std::get<ObservationFormat>(body); }
};

// A file's own order of a format's columns.
class Header {
 public:
  Header() = default;
  Header(const Format& format, const std::vector<size_t>& positions);

  // REQUIRES: `column` is a name of the format.
  size_t At(std::string_view column) const;
  size_t size() const { return at_.size(); }
  // The format's name of the file's column `position`; empty when out of range.
  const std::string& NameAt(size_t position) const;

 private:
  std::map<std::string, size_t, std::less<>> at_;
  std::vector<std::string> names_;
};

class Mappings {
 public:
  // Reads every *.yaml of `folder`. CONFIG_INVALID names file and path of each fault;
  // FILE_UNREADABLE. `registry` must outlive the result.
  static StatusOr<std::unique_ptr<Mappings>> Load(const std::string& folder,
                                                  const codes::Registry& registry);

  // The format whose set of column names is exactly this header's, in any order.
  // FORMAT_UNKNOWN names the nearest format and what is missing; FORMAT_COLUMN_REFUSED
  // when the file has more columns than a format knows. Never echoes the header.
  StatusOr<const Format*> Recognise(const std::vector<std::string>& header, Header& order) const;

  const codes::Registry& registry() const { return registry_; }
  // Names these tables and the version of the code lists: other tables, other text.
  const std::string& fingerprint() const { return fingerprint_; }
  // Null when unknown.
  const Format* Find(std::string_view id) const;
  const std::vector<std::unique_ptr<Format>>& formats() const { return formats_; }
  const AliasTable* FindAliases(std::string_view list) const;

 private:
  friend class MappingLoader;
  explicit Mappings(const codes::Registry& registry) : registry_(registry) {}

  const codes::Registry& registry_;
  std::string fingerprint_;
  std::vector<std::unique_ptr<Format>> formats_;
  std::map<std::string, std::unique_ptr<AliasTable>, std::less<>> aliases_;  // By list.
};

}  // namespace enlace::intake
