#include "client/intake/observation_mapper.h"

#include <algorithm>

#include "client/intake/case_mapper.h"

namespace enlace::intake {
namespace {

constexpr size_t kLeakedDigitsMin = 7;
constexpr size_t kLeakedDigitsMax = 9;

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "1,234,567" as digits; nothing when the groups are not of three.
std::optional<std::string> WithoutGroups(std::string_view text) {
  if (IsDigits(text)) return std::string(text);
  std::string digits;
  for (size_t at = 0;; ) {
    const size_t comma = text.find(',', at);
    const std::string_view group = text.substr(at, comma - at);
    const bool first = at == 0;
    if (!IsDigits(group) || group.size() > 3 || (!first && group.size() != 3)) return std::nullopt;
    digits += group;
    if (comma == std::string_view::npos) return digits;
    at = comma + 1;
  }
}

bool LooksLikeCellId(std::string_view digits) {
  if (digits.size() < kLeakedDigitsMin || digits.size() > kLeakedDigitsMax || digits[0] == '0') {
    return false;
  }
  const std::string_view year = digits.substr(digits.size() - 4);
  return year >= "2000" && year <= "2100";
}

std::variant<uint32_t, RowFault> Lookup(const std::map<std::string, uint32_t, std::less<>>& cells,
                                        const std::string& column, std::string_view cell) {
  const auto found = cells.find(cell);
  if (found != cells.end()) return found->second;
  return RowFault{column, cell.empty() ? RowReason::kValueBlank : RowReason::kValueUnknown};
}

}  // namespace

std::variant<uint64_t, RowFault> ParseCount(const std::string& column, std::string_view cell) {
  if (cell.empty()) return RowFault{column, RowReason::kValueBlank, {}};
  const std::optional<std::string> digits = WithoutGroups(cell);
  if (!digits.has_value()) return RowFault{column, RowReason::kValueUnknown, {}};
  if (LooksLikeCellId(*digits)) return RowFault{column, RowReason::kValueLeakedReference, {}};
  uint64_t value = 0;
  for (const char c : *digits) {
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > model::kObservationValueMax)
      return RowFault{column, RowReason::kValueOutOfRange, {}};
  }
  return value;
}

ObservationMapper::ObservationMapper(const Format& format, const codes::Registry& registry,
                                     std::string jurisdiction)
    : format_(format) {
  const codes::CodeList& list = registry.Get("country");
  for (const codes::Code& code : list.codes()) {
    if (!list.Has(code.number, list.version())) continue;
    std::string alpha3 = code.id;
    std::transform(alpha3.begin(), alpha3.end(), alpha3.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (alpha3.size() == 3) countries_.emplace(std::move(alpha3), code.number);
  }
  if (!jurisdiction.empty()) {
    const auto found = countries_.find(jurisdiction);
    jurisdiction_known_ = found != countries_.end();
    if (jurisdiction_known_) jurisdiction_ = found->second;
  }
}

std::variant<uint32_t, RowFault> ObservationMapper::Category(uint32_t dimension,
                                                             std::string_view cell) const {
  const ObservationFormat& format = format_.observations();
  const auto table = format.categories.find(dimension);
  const RowFault unknown{format.category_column,
                         cell.empty() ? RowReason::kValueBlank : RowReason::kValueUnknown};
  if (table == format.categories.end() || cell.empty()) return unknown;
  const auto exact = table->second.exact.find(cell);
  if (exact != table->second.exact.end()) return exact->second;
  if (table->second.aliases == nullptr) return unknown;
  const AliasTable::Result found = table->second.aliases->Find(cell);
  if (found.verdict == AliasTable::Verdict::kFound) return found.code;
  if (found.verdict == AliasTable::Verdict::kAmbiguous) {
    return RowFault{format.category_column, RowReason::kValueAmbiguous, {}};
  }
  return unknown;
}

ObservationFate ObservationMapper::Map(const Header& header, const CsvRecord& record) const {
  if (record.fields.size() != header.size()) return RowFault{"", RowReason::kRowMalformed, {}};
  const ObservationFormat& format = format_.observations();
  const auto cell = [&](const std::string& column) {
    return std::string_view(record.fields[header.At(column)]);
  };
  MappedObservation out;
  const auto country = Lookup(countries_, format.jurisdiction_column,
                              cell(format.jurisdiction_column));
  if (const auto* fault = std::get_if<RowFault>(&country)) {
    return StructuralFault(header, record).value_or(*fault);
  }
  out.jurisdiction = std::get<uint32_t>(country);
  if (!jurisdiction_known_ || (jurisdiction_ != 0 && out.jurisdiction != jurisdiction_)) {
    return NotOurs{true};
  }
  if (const auto fault = StructuralFault(header, record)) {
    // A value that is none says more about the row than a lost letter beside it.
    const auto value = ParseCount(format.value_column, cell(format.value_column));
    const auto* leaked = std::get_if<RowFault>(&value);
    if (leaked == nullptr || leaked->reason != RowReason::kValueLeakedReference) return *fault;
    return RowFault{leaked->column, leaked->reason, {*fault}};
  }
  // The name must not speak of another country than the code does.
  const AliasTable::Result name = format.places->Find(cell(format.name_column));
  if (name.verdict == AliasTable::Verdict::kFound && name.code != out.jurisdiction) {
    return RowFault{format.name_column, RowReason::kCellsContradict, {}};
  }
  for (const auto& [column, text] : format.constants) {
    if (cell(column) != text) {
      return RowFault{column, cell(column).empty() ? RowReason::kValueBlank
                                                   : RowReason::kValueUnknown};
    }
  }
  const auto code = [&](const auto& cells, const std::string& column, uint32_t& target) {
    const auto found = Lookup(cells, column, cell(column));
    if (const auto* value = std::get_if<uint32_t>(&found)) target = *value;
    return found;
  };
  for (const auto& found :
       {code(format.indicators, format.indicator_column, out.key.indicator),
        code(format.dimensions, format.dimension_column, out.key.dimension),
        code(format.sexes, format.sex_column, out.key.sex),
        code(format.ages, format.age_column, out.key.age)}) {
    if (const auto* fault = std::get_if<RowFault>(&found)) return *fault;
  }
  const auto category =
      Category(out.key.dimension, cell(format.category_column));
  if (const auto* fault = std::get_if<RowFault>(&category)) return *fault;
  out.key.category = std::get<uint32_t>(category);
  const auto year = ParseYear(format.year_column, cell(format.year_column), kYearMin, kYearMax);
  if (const auto* fault = std::get_if<RowFault>(&year)) return *fault;
  out.key.year = std::get<uint32_t>(year);

  const std::string_view value = cell(format.value_column);
  if (std::find(format.suppressed.begin(), format.suppressed.end(), value) !=
      format.suppressed.end()) {
    out.status = model::ObservationStatus::kSuppressedBySource;
    return out;
  }
  const auto count = ParseCount(format.value_column, value);
  if (const auto* fault = std::get_if<RowFault>(&count)) return *fault;
  out.value = std::get<uint64_t>(count);
  return out;
}

}  // namespace enlace::intake
