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
  for (size_t at = 0;;) {
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

RowFault NotInTable(const std::string& column, std::string_view cell) {
  return {column, cell.empty() ? RowReason::kValueBlank : RowReason::kValueUnknown, {}};
}

std::variant<uint32_t, RowFault> Lookup(const std::map<std::string, uint32_t, std::less<>>& codes,
                                        const std::string& column, std::string_view cell) {
  const auto found = codes.find(cell);
  if (found != codes.end()) return found->second;
  return NotInTable(column, cell);
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
  const RowFault unknown = NotInTable(format.category_column, cell);
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

// What the row says besides its figure: unit, source and the country's name.
std::optional<RowFault> ObservationMapper::Frame(const Cells& cell, uint32_t jurisdiction) const {
  const ObservationFormat& format = format_.observations();
  // The name must not speak of another country than the code does.
  const AliasTable::Result name = format.places->Find(cell(format.name_column));
  if (name.verdict == AliasTable::Verdict::kFound && name.code != jurisdiction) {
    return RowFault{format.name_column, RowReason::kCellsContradict, {}};
  }
  for (const auto& [column, text] : format.constants) {
    if (cell(column) != text) return NotInTable(column, cell(column));
  }
  return std::nullopt;
}

std::optional<RowFault> ObservationMapper::Key(const Cells& cell, model::FigureKey& key) const {
  const ObservationFormat& format = format_.observations();
  std::optional<RowFault> fault;
  const auto take = [&](const std::variant<uint32_t, RowFault>& found, uint32_t& target) {
    if (const auto* value = std::get_if<uint32_t>(&found))
      target = *value;
    else if (!fault.has_value())
      fault = std::get<RowFault>(found);
  };
  const auto code = [&](const auto& codes, const std::string& column) {
    return Lookup(codes, column, cell(column));
  };
  take(code(format.indicators, format.indicator_column), key.indicator);
  take(code(format.dimensions, format.dimension_column), key.dimension);
  take(code(format.sexes, format.sex_column), key.sex);
  take(code(format.ages, format.age_column), key.age);
  if (fault.has_value()) return fault;
  take(Category(key.dimension, cell(format.category_column)), key.category);
  take(ParseYear(format.year_column, cell(format.year_column), kYearMin, kYearMax), key.year);
  return fault;
}

std::optional<RowFault> ObservationMapper::Value(const Cells& cell, MappedObservation& out) const {
  const ObservationFormat& format = format_.observations();
  const std::string_view text = cell(format.value_column);
  const auto& suppressed = format.suppressed;
  if (std::find(suppressed.begin(), suppressed.end(), text) != suppressed.end()) {
    out.status = model::ObservationStatus::kSuppressedBySource;
    return std::nullopt;
  }
  const auto count = ParseCount(format.value_column, text);
  if (const auto* fault = std::get_if<RowFault>(&count)) return *fault;
  out.value = std::get<uint64_t>(count);
  return std::nullopt;
}

ObservationFate ObservationMapper::Map(const Header& header, const CsvRecord& record) const {
  if (record.fields.size() != header.size()) return RowFault{"", RowReason::kRowMalformed, {}};
  const ObservationFormat& format = format_.observations();
  const Cells cell = [&](const std::string& column) {
    return std::string_view(record.fields[header.At(column)]);
  };
  MappedObservation out;
  const std::optional<RowFault> broken = StructuralFault(header, record);
  const auto country =
      Lookup(countries_, format.jurisdiction_column, cell(format.jurisdiction_column));
  if (const auto* fault = std::get_if<RowFault>(&country)) return broken.value_or(*fault);
  out.jurisdiction = std::get<uint32_t>(country);
  if (!jurisdiction_known_ || (jurisdiction_ != 0 && out.jurisdiction != jurisdiction_)) {
    return NotOurs{true};
  }
  if (broken.has_value()) {
    // A value that is none says more about the row than a lost letter beside it.
    const auto fault = Value(cell, out);
    if (!fault || fault->reason != RowReason::kValueLeakedReference) return *broken;
    return RowFault{fault->column, fault->reason, {*broken}};
  }
  if (const auto fault = Frame(cell, out.jurisdiction)) return *fault;
  if (const auto fault = Key(cell, out.key)) return *fault;
  if (const auto fault = Value(cell, out)) return *fault;
  return out;
}

}  // namespace enlace::intake
