#include "node/query/selection.h"

#include <algorithm>
#include <array>

namespace enlace::query {

CaseColumns::Selection::Selection(const Columns& columns, const Plan& plan)
    : columns_(columns), plan_(plan), entity_seen_(columns.entity_names.size()) {
  if (!plan_.entity.has_value()) return;
  const auto at = columns_.entity_index.find(*plan_.entity);
  nobody_ = at == columns_.entity_index.end();
  if (!nobody_) only_entity_ = at->second;
}

// A question about now, without a condition, of a block in which nothing ended.
bool CaseColumns::Selection::TakesAll() const {
  return now() && plan_.year_from == 0 && plan_.year_to == UINT32_MAX && plan_.tests.empty() &&
         columns_.AllOpen(from_) && (only_entity_ == kNoRow || columns_.entity_names.size() == 1);
}

void CaseColumns::Selection::MarkByTime(uint8_t* taken) const {
  if (!columns_.AllOpen(from_)) {
    const uint8_t* const ended = columns_.ended.From(from_);
    for (uint32_t i = 0; i < count_; ++i) {
      // Ends have a time before kOpenEnd, so that an ended row never counts now.
      if (ended[i] != 0 && plan_.as_of_ms >= columns_.ToMs(from_ + i)) taken[i] = 0;
    }
  }
  if (now()) return;
  const int64_t* const from_ms = columns_.from_ms.From(from_);
  for (uint32_t i = 0; i < count_; ++i) taken[i] &= from_ms[i] <= plan_.as_of_ms ? 1 : 0;
}

void CaseColumns::Selection::Mark(uint8_t* taken) const {
  std::fill_n(taken, count_, uint8_t{1});
  if (plan_.year_from > 0 || plan_.year_to < UINT32_MAX) {
    const uint16_t* const year = columns_.year.From(from_);
    for (uint32_t i = 0; i < count_; ++i) {
      taken[i] &= year[i] >= plan_.year_from && year[i] <= plan_.year_to ? 1 : 0;
    }
  }
  if (only_entity_ != kNoRow) {
    const uint16_t* const entity = columns_.entity.From(from_);
    for (uint32_t i = 0; i < count_; ++i) taken[i] &= entity[i] == only_entity_ ? 1 : 0;
  }
  MarkByTime(taken);
  for (const Test& test : plan_.tests) test.Keep(from_, count_, taken);
}

void CaseColumns::Selection::Select(uint32_t from, uint32_t to) {
  from_ = from;
  count_ = to - from;
  taken_ = 0;
  all_ = false;
  if (nobody_) return;
  all_ = TakesAll();
  const uint16_t* const entities = columns_.entity.From(from);
  if (all_) {
    records_ += count_;
    for (uint32_t i = 0; i < count_; ++i) entity_seen_[entities[i]] = 1;
    return;
  }
  std::array<uint8_t, kBlockRows> taken;
  Mark(taken.data());
  // Which rows are taken cannot be foretold, so this does not branch.
  for (uint32_t i = 0; i < count_; ++i) {
    rows_[taken_] = static_cast<uint16_t>(i);
    taken_ += taken[i];
  }
  for (uint32_t i = 0; i < taken_; ++i) entity_seen_[entities[rows_[i]]] = 1;
  records_ += taken_;
}

void CaseColumns::Selection::Finish() {
  for (size_t i = 0; i < entity_seen_.size(); ++i) {
    if (entity_seen_[i] != 0) entities_.push_back(columns_.entity_names[i]);
  }
  std::sort(entities_.begin(), entities_.end());
}

}  // namespace enlace::query
