#include "node/service/case_tabulation.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "node/model/attributes.h"
#include "node/service/case_convert.h"

namespace enlace::service {
namespace {

using model::AttributeKind;
using model::CaseContent;
using model::SingleValue;

Status Invalid(std::string_view expected) {
  return Error(Reason::TABULATION_INVALID, fmt::format("expected {}", expected));
}

bool IsSet(uint32_t attribute) {
  const auto* info = model::FindAttribute(attribute);
  return info != nullptr && info->kind == AttributeKind::kSet;
}

// What a record answers to one attribute; several answers only for a set.
std::vector<SingleValue> Answers(const CaseContent& content, uint32_t attribute) {
  if (!IsSet(attribute)) return {content.Single(attribute)};
  const model::SetValue set = content.Set(attribute);
  std::vector<SingleValue> answers;
  for (uint32_t code = 1; code < 64; ++code) {
    if (((set.affirmed >> code) & 1U) != 0) answers.push_back({code, model::Missing::kNone});
  }
  if (answers.empty()) answers.push_back({0, set.rest});
  return answers;
}

bool Passes(const CaseContent& content, const TabulationQuery& query) {
  if (query.year_from != 0 && content.registration_year < query.year_from) return false;
  if (query.year_to != 0 && content.registration_year > query.year_to) return false;
  return std::all_of(query.filters.begin(), query.filters.end(), [&](const auto& filter) {
    const auto answers = Answers(content, filter.attribute);
    return std::any_of(answers.begin(), answers.end(), [&](const SingleValue& answer) {
      return answer.missing == model::Missing::kNone && filter.codes.contains(answer.code);
    });
  });
}

// Adds one record to every cell that it belongs to.
void Count(const CaseContent& content, const TabulationQuery& query, Tabulation& out) {
  ++out.records;
  std::vector<std::vector<SingleValue>> cells = {{}};
  bool complete = true;
  for (const uint32_t attribute : query.attributes) {
    const auto answers = Answers(content, attribute);
    complete = complete && answers.front().missing == model::Missing::kNone;
    std::vector<std::vector<SingleValue>> longer;
    for (const auto& cell : cells) {
      for (const SingleValue& answer : answers) {
        longer.push_back(cell);
        longer.back().push_back(answer);
      }
    }
    cells = std::move(longer);
  }
  if (complete) ++out.denominator;
  for (const auto& cell : cells) ++out.cells[cell];
}

// Some of the table's cells, as far as hiding is concerned.
struct Group {
  uint64_t total = 0;
  uint64_t hidden = 0;
  size_t hidden_cells = 0;

  void Add(uint64_t count, bool is_hidden) {
    total += count;
    hidden += is_hidden ? count : 0;
    hidden_cells += is_hidden ? 1 : 0;
  }
  // Nothing small follows from the group's total and its visible cells.
  bool Safe(uint64_t threshold) const {
    if (total > 0 && total < threshold) return false;
    return hidden_cells == 0 || (hidden_cells >= 2 && hidden >= threshold);
  }
};

struct CellRow {
  const std::vector<SingleValue>* coordinates = nullptr;
  uint64_t count = 0;
  bool hidden = false;
  bool complete = true;  // A code in every attribute.
};

Group GroupOf(const std::vector<CellRow>& rows, const std::function<bool(const CellRow&)>& in) {
  Group group;
  for (const CellRow& row : rows) {
    if (in(row)) group.Add(row.count, row.hidden);
  }
  return group;
}

// Hides small cells, and then the smallest others while the hidden ones could be worked out.
void HideSmall(std::vector<CellRow>& rows, uint64_t threshold) {
  for (CellRow& row : rows) row.hidden = row.count < threshold;
  const auto all = [](const CellRow&) { return true; };
  if (GroupOf(rows, all).hidden_cells == 0) return;
  std::vector<CellRow*> by_count;
  for (CellRow& row : rows) {
    if (!row.hidden) by_count.push_back(&row);
  }
  std::stable_sort(by_count.begin(), by_count.end(),
                   [](const CellRow* a, const CellRow* b) { return a->count < b->count; });
  for (CellRow* row : by_count) {
    const Group group = GroupOf(rows, all);
    if (group.hidden_cells >= 2 && group.hidden >= threshold) return;
    row->hidden = true;
  }
}

}  // namespace

StatusOr<TabulationQuery> TabulationFromProto(const pb::TabulateCaseRecordsRequest& request,
                                              const codes::Registry& registry) {
  TabulationQuery query;
  query.attributes.assign(request.attributes().begin(), request.attributes().end());
  if (query.attributes.empty() || query.attributes.size() > kTabulationAttributesMax) {
    return Invalid("one to three attributes");
  }
  for (const uint32_t attribute : query.attributes) {
    if (model::FindAttribute(attribute) == nullptr) return Invalid("known attributes");
    if (std::count(query.attributes.begin(), query.attributes.end(), attribute) != 1) {
      return Invalid("each attribute once");
    }
  }
  if (static_cast<size_t>(request.filters_size()) > kTabulationFiltersMax) {
    return Invalid("at most 8 filters");
  }
  for (const auto& filter : request.filters()) {
    const auto* info = model::FindAttribute(filter.attribute());
    if (info == nullptr) return Invalid("filters on known attributes");
    if (filter.codes().empty() ||
        static_cast<size_t>(filter.codes_size()) > kTabulationCodesMax) {
      return Invalid("one to 300 codes in a filter");
    }
    for (const uint32_t code : filter.codes()) {
      if (registry.Get(info->list).Find(code) == nullptr) {
        return Invalid("filter codes that are in the attribute's list");
      }
    }
    query.filters.push_back(
        {filter.attribute(), {filter.codes().begin(), filter.codes().end()}});
  }
  if (request.year_from() != 0 && request.year_to() != 0 &&
      request.year_from() > request.year_to()) {
    return Invalid("a first year that is not after the last");
  }
  if (request.as_of_ms() < 0) return Invalid("a time after 1970, or 0");
  query.year_from = request.year_from();
  query.year_to = request.year_to();
  query.as_of_ms = request.as_of_ms();
  return query;
}

StatusOr<std::unique_ptr<CaseColumns>> CaseColumns::Load(const store::Reader& reader) {
  auto columns = std::make_unique<CaseColumns>();
  ENLACE_RETURN_IF_ERROR(store::ScanCaseRevisions(reader, [&](const model::CaseRecord& revision) {
    columns->Apply(revision);
    return true;
  }));
  return columns;
}

void CaseColumns::Apply(const model::CaseRecord& revision) {
  MutexLock lock(mutex_);
  Record& record = records_[revision.reference];
  record.entity = revision.entity;
  if (revision.state == model::CaseState::kErased) {
    record.erased = true;
    record.versions.clear();
  }
  // Erasure is final, even when an earlier revision is told of later.
  if (record.erased) return;
  record.versions[revision.revision] = {revision.update_time_ms,
                                        revision.state == model::CaseState::kActive,
                                        revision.content};
}

const CaseColumns::Version* CaseColumns::VersionAt(const Record& record, int64_t as_of_ms) {
  for (auto it = record.versions.rbegin(); it != record.versions.rend(); ++it) {
    if (as_of_ms == 0 || it->second.update_time_ms <= as_of_ms) return &it->second;
  }
  return nullptr;
}

Tabulation CaseColumns::Tabulate(const TabulationQuery& query) const {
  Tabulation out;
  out.several_valued =
      std::any_of(query.attributes.begin(), query.attributes.end(), IsSet);
  MutexLock lock(mutex_);
  for (const auto& [reference, record] : records_) {
    if (!query.entity.empty() && record.entity != query.entity) continue;
    const Version* version = VersionAt(record, query.as_of_ms);
    if (version == nullptr || !version->active || !Passes(version->content, query)) continue;
    Count(version->content, query, out);
    out.entities.insert(record.entity);
  }
  return out;
}

pb::TabulateCaseRecordsResponse TabulationToProto(const Tabulation& tabulation,
                                                  uint32_t threshold) {
  std::vector<CellRow> rows;
  for (const auto& [coordinates, count] : tabulation.cells) {
    const bool complete =
        std::all_of(coordinates.begin(), coordinates.end(),
                    [](const SingleValue& c) { return c.missing == model::Missing::kNone; });
    rows.push_back({&coordinates, count, false, complete});
  }
  HideSmall(rows, threshold);

  pb::TabulateCaseRecordsResponse out;
  for (const CellRow& row : rows) {
    auto& cell = *out.add_cells();
    for (const SingleValue& answer : *row.coordinates) {
      auto& coordinate = *cell.add_coordinates();
      coordinate.set_code(answer.code);
      coordinate.set_missing(MissingToProto(answer.missing));
    }
    cell.set_count(row.hidden ? 0 : row.count);
    cell.set_suppressed(row.hidden);
  }
  // The denominator splits the total in two: it is told when neither half says too much.
  const auto complete = [](const CellRow& row) { return row.complete; };
  const auto incomplete = [](const CellRow& row) { return !row.complete; };
  const uint64_t rest = tabulation.records - tabulation.denominator;
  const auto told = [threshold](uint64_t count) { return count == 0 || count >= threshold; };
  if (told(tabulation.denominator) && told(rest) && GroupOf(rows, complete).Safe(threshold) &&
      GroupOf(rows, incomplete).Safe(threshold)) {
    out.set_denominator(tabulation.denominator);
  }
  out.set_threshold(threshold);
  out.set_several_valued(tabulation.several_valued);
  if (tabulation.records >= threshold) {
    out.set_records(tabulation.records);
    for (const auto& entity : tabulation.entities) out.add_entities(entity);
  }
  return out;
}

}  // namespace enlace::service
