#include "node/query/selection.h"

#include <algorithm>

namespace enlace::query {

CaseColumns::Selection::Selection(const Columns& columns, const Plan& plan)
    : columns_(columns), plan_(plan), entity_seen_(columns.entity_names.size()) {
  rows_.reserve(kBlockRows);
  if (!plan_.entity.has_value()) return;
  const auto at = columns_.entity_index.find(*plan_.entity);
  nobody_ = at == columns_.entity_index.end();
  if (!nobody_) only_entity_ = at->second;
}

// A question about now, without a condition, of a block in which nothing ended.
bool CaseColumns::Selection::TakesAll(uint32_t from) const {
  return plan_.as_of_ms == kOpenEnd - 1 && plan_.year_from == 0 && plan_.year_to == UINT32_MAX &&
         plan_.tests.empty() && columns_.AllOpen(from) &&
         (only_entity_ == kNoRow || columns_.entity_names.size() == 1);
}

bool CaseColumns::Selection::Takes(uint32_t row) const {
  const uint32_t year = columns_.year[row];
  if (year < plan_.year_from || year > plan_.year_to) return false;
  if (only_entity_ != kNoRow && columns_.entity[row] != only_entity_) return false;
  if (columns_.from_ms[row] > plan_.as_of_ms) return false;
  if (columns_.ended[row] != 0 && plan_.as_of_ms >= columns_.ToMs(row)) return false;
  return std::all_of(plan_.tests.begin(), plan_.tests.end(),
                     [row](const Test& test) { return test.Passes(row); });
}

void CaseColumns::Selection::Select(uint32_t from, uint32_t to) {
  from_ = from;
  count_ = to - from;
  rows_.clear();
  all_ = false;
  if (nobody_) return;
  all_ = TakesAll(from);
  const uint16_t* const entities = columns_.entity.From(from);
  if (all_) {
    records_ += count_;
    for (uint32_t i = 0; i < count_; ++i) entity_seen_[entities[i]] = 1;
    return;
  }
  for (uint32_t i = 0; i < count_; ++i) {
    if (!Takes(from + i)) continue;
    rows_.push_back(static_cast<uint16_t>(i));
    entity_seen_[entities[i]] = 1;
  }
  records_ += rows_.size();
}

std::vector<std::string> CaseColumns::Selection::Entities() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < entity_seen_.size(); ++i) {
    if (entity_seen_[i] != 0) names.push_back(columns_.entity_names[i]);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace enlace::query
