#include "client/intake/quality.h"

#include <fmt/format.h>

#include <algorithm>

namespace enlace::intake {
namespace {

using model::ObservationStatus;

uint32_t CodeOf(const codes::Registry& registry, std::string_view list, std::string_view id) {
  const codes::CodeList* codes = registry.Find(list);
  const codes::Code* code = codes == nullptr ? nullptr : codes->FindId(id);
  return code == nullptr ? UINT32_MAX : code->number;
}

}  // namespace

void QualityCheck::Warn(QualityKind kind, uint64_t row, std::string_view where) {
  ++report_.counts[kind];
  if (report_.warnings.size() < kWarningsMax) {
    report_.warnings.push_back({kind, row, std::string(where)});
  }
}

void QualityCheck::AddRawFigure(uint64_t row, std::string key, std::string value) {
  if (raw_.size() >= kQualityRowsMax && raw_.count(key) == 0) {
    report_.repeats_complete = false;
    return;
  }
  Raw& raw = raw_[std::move(key)];
  if (raw.rows++ == 0) raw.row = row;
  if (std::find(raw.values.begin(), raw.values.end(), value) == raw.values.end()) {
    raw.values.push_back(std::move(value));
  } else {
    ++report_.repeats.identical_rows;
  }
}

void QualityCheck::AddSpelling(const std::string& dimension, const std::string& text,
                               bool spelling_mapped, bool row_mapped) {
  Spellings& counts = report_.spellings[dimension];
  ++counts.rows;
  if (row_mapped) ++counts.mapped_rows;
  bool& known = texts_[dimension][text];
  known = known || spelling_mapped;
}

void QualityCheck::AddFigure(const MappedObservation& figure) {
  if (figure.key.indicator != CodeOf(registry_, "indicator", "detected_victims")) return;
  if (figure.key.dimension != CodeOf(registry_, "dimension", "total")) return;
  const TotalKey key(figure.jurisdiction, figure.key.year);
  if (figure.key.age == 0) by_sex_[key].by_code[figure.key.sex].push_back(figure);
  if (figure.key.sex == 0) by_age_[key].by_code[figure.key.age].push_back(figure);
}

void QualityCheck::CompareTotals(const std::map<TotalKey, Parts>& units, std::string_view list,
                                 const std::vector<std::string_view>& required,
                                 const std::vector<std::string_view>& optional, Totals& out) {
  for (const auto& [key, unit] : units) {
    const Parts& parts = unit;  // A lambda may not hold on to a structured binding (clang).
    uint64_t sum = 0;
    bool usable = true;
    const auto rows_of = [&](uint32_t code) -> size_t {
      const auto found = parts.by_code.find(code);
      return found == parts.by_code.end() ? 0 : found->second.size();
    };
    const auto add = [&](std::string_view id, bool must) {
      const uint32_t code = CodeOf(registry_, list, id);
      const size_t rows = rows_of(code);
      if (rows > 1 || (must && rows == 0)) usable = false;
      if (rows != 1 || !usable) return;
      const MappedObservation& figure = parts.by_code.at(code).front();
      if (figure.status != ObservationStatus::kValue) usable = false;
      sum += figure.value;
    };
    for (const std::string_view id : required) add(id, true);
    for (const std::string_view id : optional) add(id, false);
    if (!usable || rows_of(0) != 1) continue;
    const MappedObservation& total = parts.by_code.at(0).front();
    if (total.status != ObservationStatus::kValue) continue;
    ++out.compared;
    if (sum == total.value) continue;
    ++(sum > total.value ? out.exceeded : out.short_of);
    const auto& [jurisdiction, year] = key;
    const codes::Code* country = registry_.Get("country").Find(jurisdiction);
    Warn(sum > total.value ? QualityKind::kPartsExceedTotal : QualityKind::kPartsBelowTotal, 0,
         fmt::format("{} detected_victims {} by {}", country == nullptr ? "" : country->id, year,
                     list));
  }
}

QualityReport QualityCheck::Finish() {
  std::vector<uint64_t> conflicting;
  for (const auto& [key, raw] : raw_) {
    if (raw.rows < 2) continue;
    ++report_.repeats.keys;
    report_.repeats.surplus_rows += raw.rows - 1;
    if (raw.values.size() > 1) conflicting.push_back(raw.row);
  }
  report_.repeats.conflicting_keys = conflicting.size();
  std::sort(conflicting.begin(), conflicting.end());
  for (const uint64_t row : conflicting) {
    Warn(QualityKind::kRepeatedKey, row, "the same figure with another value in a later row");
  }
  for (const auto& [dimension, texts] : texts_) {
    Spellings& counts = report_.spellings[dimension];
    counts.spellings = texts.size();
    counts.mapped_spellings = static_cast<uint64_t>(
        std::count_if(texts.begin(), texts.end(), [](const auto& text) { return text.second; }));
  }
  CompareTotals(by_sex_, "sex", {"female", "male"}, {"other", "unknown"}, report_.by_sex);
  CompareTotals(by_age_, "age_group", {"age_0_17", "age_18_over"}, {"unknown"}, report_.by_age);
  raw_.clear();
  texts_.clear();
  return std::move(report_);
}

}  // namespace enlace::intake
