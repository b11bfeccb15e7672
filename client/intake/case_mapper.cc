#include "client/intake/case_mapper.h"

#include <algorithm>

#include "node/base/check.h"
#include "node/model/attributes.h"

namespace enlace::intake {
namespace {

bool Holds(const std::vector<uint32_t>& codes, model::SingleValue value) {
  return value.missing == model::Missing::kNone &&
         std::find(codes.begin(), codes.end(), value.code) != codes.end();
}

std::optional<RowFault> FindContradiction(const CaseFormat& format,
                                          const model::CaseContent& content) {
  for (const Contradiction& rule : format.contradictions) {
    if (Holds(rule.codes, content.Single(rule.attribute)) &&
        Holds(rule.other_codes, content.Single(rule.other))) {
      return RowFault{rule.column, RowReason::kCellsContradict, {}};
    }
  }
  return std::nullopt;
}

SetCells CellsOf(const SetGroup& group, const Header& header, const CsvRecord& record) {
  const auto cell = [&](const std::string& column) {
    return std::string_view(record.fields[header.At(column)]);
  };
  SetCells out;
  for (const Flag& flag : group.flags) out.flags.push_back(cell(flag.column));
  if (!group.joined_column.empty()) out.joined = cell(group.joined_column);
  return out;
}

}  // namespace

std::vector<std::string> CanonicalHeader(const Format& format) {
  std::vector<std::string> out;
  for (const Column& column : format.columns) out.push_back(column.name);
  return out;
}

std::optional<RowFault> StructuralFault(const Header& header, const CsvRecord& record) {
  if (record.fields.size() != header.size()) return RowFault{"", RowReason::kRowMalformed, {}};
  if (record.faults.empty()) return std::nullopt;
  return RowFault{header.NameAt(record.faults.front().column), RowReason::kTextBroken};
}

std::variant<uint32_t, RowFault> ParseYear(const std::string& column, std::string_view cell,
                                           uint32_t min, uint32_t max) {
  if (cell.empty()) return RowFault{column, RowReason::kValueBlank, {}};
  uint32_t year = 0;
  for (const char c : cell) {
    if (c < '0' || c > '9' || cell.size() != 4)
      return RowFault{column, RowReason::kValueUnknown, {}};
    year = year * 10 + static_cast<uint32_t>(c - '0');
  }
  if (year < min || year > max) return RowFault{column, RowReason::kValueOutOfRange, {}};
  return year;
}

uint32_t CountryOf(const codes::Registry& registry, std::string_view alpha3) {
  for (const codes::Code& code : registry.Get("country").codes()) {
    const auto found = code.properties.find("alpha3");
    const std::string_view text = found != code.properties.end() ? found->second : code.id;
    const bool equal = std::equal(text.begin(), text.end(), alpha3.begin(), alpha3.end(),
                                  [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    if (equal) return code.number;
  }
  return 0;
}

CaseMapper::CaseMapper(const Format& format, const codes::Registry& registry,
                       std::string jurisdiction)
    : format_(format), registry_(registry) {
  if (!jurisdiction.empty()) {
    every_jurisdiction_ = false;
    jurisdiction_ = CountryOf(registry, jurisdiction);
  }
  for (const SingleColumn& single : format.cases().singles) {
    PropertyCodes& codes = properties_.emplace_back();
    if (single.cells.property.empty()) continue;
    const model::AttributeInfo* info = model::FindAttribute(single.attribute);
    ENLACE_CHECK(info != nullptr);
    const codes::CodeList& list = registry.Get(info->list);
    for (const codes::Code& code : list.codes()) {
      const auto text = code.properties.find(single.cells.property);
      if (text == code.properties.end() || !list.Has(code.number, list.version())) continue;
      codes.emplace(text->second, code.number);
    }
  }
}

std::variant<model::SingleValue, RowFault> CaseMapper::Single(const SingleColumn& single,
                                                              size_t index,
                                                              std::string_view cell) const {
  const auto value = single.cells.values.find(cell);
  if (value != single.cells.values.end()) return value->second;
  const auto code = properties_[index].find(cell);
  if (code != properties_[index].end()) {
    return model::SingleValue{code->second, model::Missing::kNone};
  }
  return RowFault{single.column, cell.empty() ? RowReason::kValueBlank : RowReason::kValueUnknown};
}

CaseFate CaseMapper::Map(const Header& header, const CsvRecord& record) const {
  if (record.fields.size() != header.size()) return RowFault{"", RowReason::kRowMalformed, {}};
  const CaseFormat& format = format_.cases();
  MappedCase out;
  // Whose row it is comes first: another jurisdiction's row is not looked at any further.
  for (size_t i = 0; i < format.singles.size(); ++i) {
    const SingleColumn& single = format.singles[i];
    if (single.column != format.jurisdiction_column) continue;
    const auto value = Single(single, i, record.fields[header.At(single.column)]);
    if (const auto* fault = std::get_if<RowFault>(&value)) {
      return StructuralFault(header, record).value_or(*fault);
    }
    const auto& country = std::get<model::SingleValue>(value);
    if (every_jurisdiction_) continue;
    if (country.missing != model::Missing::kNone) return NotOurs{false};
    if (country.code != jurisdiction_) return NotOurs{true};
  }
  if (const auto fault = StructuralFault(header, record)) return *fault;

  out.content.codelist_version = registry_.version();
  const auto year = ParseYear(format.year_column, record.fields[header.At(format.year_column)],
                              kYearMin, kYearMax);
  if (const auto* fault = std::get_if<RowFault>(&year)) return *fault;
  out.content.registration_year = std::get<uint32_t>(year);
  for (size_t i = 0; i < format.singles.size(); ++i) {
    const SingleColumn& single = format.singles[i];
    const auto value = Single(single, i, record.fields[header.At(single.column)]);
    if (const auto* fault = std::get_if<RowFault>(&value)) return *fault;
    out.content.singles[single.attribute] = std::get<model::SingleValue>(value);
  }
  for (const SetGroup& group : format.sets) {
    const auto decoded = DecodeSet(group, CellsOf(group, header, record));
    if (const auto* fault = std::get_if<RowFault>(&decoded)) return *fault;
    out.content.sets[group.attribute] = std::get<DecodedSet>(decoded).value;
    if (std::get<DecodedSet>(decoded).respelled) out.respelled.push_back(group.joined_column);
  }
  if (const auto fault = FindContradiction(format, out.content)) return *fault;
  out.content.Canonicalize();
  return out;
}

std::string CaseMapper::SingleText(const SingleColumn& single, model::SingleValue value) const {
  const auto text_of = [&](model::SingleValue wanted) -> const std::string* {
    for (const auto& [known, text] : single.cells.texts) {
      if (known == wanted) return &text;
    }
    return nullptr;
  };
  if (const std::string* text = text_of(value)) return *text;
  if (!single.cells.property.empty() && value.missing == model::Missing::kNone) {
    const model::AttributeInfo* info = model::FindAttribute(single.attribute);
    const codes::Code* code = registry_.Get(info->list).Find(value.code);
    if (code != nullptr) {
      const auto found = code->properties.find(single.cells.property);
      if (found != code->properties.end()) return found->second;
    }
  }
  const std::string* absent = text_of({0, model::Missing::kNotCollected});
  return absent != nullptr ? *absent : "";
}

std::vector<std::string> CaseMapper::Write(const model::CaseContent& content) const {
  const CaseFormat& format = format_.cases();
  std::map<std::string, std::string> cells;
  cells[format.year_column] = std::to_string(content.registration_year);
  for (const SingleColumn& single : format.singles) {
    cells[single.column] = SingleText(single, content.Single(single.attribute));
  }
  for (const SetGroup& group : format.sets) {
    const model::SetValue value = content.Set(group.attribute);
    for (const Flag& flag : group.flags) cells[flag.column] = group.FlagCell(value, flag);
    if (!group.joined_column.empty()) cells[group.joined_column] = group.JoinedCell(value);
  }
  std::vector<std::string> out;
  for (const Column& column : format_.columns) out.push_back(std::move(cells[column.name]));
  return out;
}

}  // namespace enlace::intake
