#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "node/codes/registry.h"
#include "node/model/attributes.h"
#include "node/query/tabulation.h"

// The slow and obvious way to tabulate: go through the whole history for every record.
// Shares no code with the product beyond the model.
namespace enlace::query {

struct NaiveCell {
  std::vector<Coordinate> coordinates;
  uint64_t count = 0;  // 0 when suppressed.
  bool suppressed = false;
  bool operator==(const NaiveCell&) const = default;
};

// A tabulation with every cell spelt out.
struct NaiveTable {
  std::vector<NaiveCell> cells;
  uint64_t records = 0;
  uint64_t denominator = 0;
  bool margins_hidden = false;
  uint32_t threshold = 0;
  bool several_valued = false;
  std::vector<std::string> entities;
  bool operator==(const NaiveTable&) const = default;
};

// Spells out what the product packs. Fails the test where the packing is not as it should be.
inline NaiveTable Expand(const Tabulation& table) {
  NaiveTable out{{},
                 table.records,
                 table.denominator,
                 table.margins_hidden,
                 table.threshold,
                 table.several_valued,
                 table.entities};
  EXPECT_EQ(table.cells.size(), table.counts.size());
  std::vector<std::set<Coordinate>> seen(table.axes.size());
  for (size_t i = 0; i < table.cells.size(); ++i) {
    NaiveCell cell{{}, table.counts[i], table.counts[i] == 0};
    uint64_t number = table.cells[i];
    for (size_t axis = table.axes.size(); axis-- > 0;) {
      const std::vector<Coordinate>& values = table.axes[axis].values;
      cell.coordinates.insert(cell.coordinates.begin(), values.at(number % values.size()));
      seen[axis].insert(cell.coordinates.front());
      number /= values.size();
    }
    EXPECT_EQ(number, 0U) << "a cell beyond the axes";
    out.cells.push_back(cell);
  }
  for (size_t axis = 0; axis < table.axes.size(); ++axis) {
    EXPECT_EQ(table.axes[axis].values,
              std::vector<Coordinate>(seen[axis].begin(), seen[axis].end()))
        << "an axis has other answers than occur, or in another order";
  }
  return out;
}

// The rule of Suppress, cell by cell.
class NaiveSuppression {
 public:
  static void Apply(NaiveTable& table, uint32_t threshold) {
    table.threshold = threshold;
    Group coded;
    Group missing;
    for (NaiveCell& cell : table.cells) (HasEveryCode(cell) ? coded : missing).push_back(&cell);

    const bool coded_safe = SuppressSmall(coded, threshold);
    const bool missing_safe = SuppressSmall(missing, threshold);
    if (!coded_safe && !SuppressSmallestLeft(coded)) SuppressSmallestLeft(missing);
    if (!missing_safe && !SuppressSmallestLeft(missing)) SuppressSmallestLeft(coded);

    const bool any = std::any_of(table.cells.begin(), table.cells.end(),
                                 [](const NaiveCell& cell) { return cell.suppressed; });
    table.margins_hidden = table.several_valued ? any : !(coded_safe && missing_safe);
    for (NaiveCell& cell : table.cells) {
      if (cell.suppressed) cell.count = 0;
    }
    if (table.margins_hidden) {
      table.records = 0;
      table.denominator = 0;
      table.entities.clear();
    }
  }

 private:
  using Group = std::vector<NaiveCell*>;

  static bool HasEveryCode(const NaiveCell& cell) {
    return std::all_of(cell.coordinates.begin(), cell.coordinates.end(),
                       [](const Coordinate& c) { return c.missing == model::Missing::kNone; });
  }

  // Rule 1 for one group; true when rule 2 finds it safe.
  static bool SuppressSmall(const Group& group, uint64_t threshold) {
    uint64_t cells = 0;
    uint64_t sum = 0;
    for (NaiveCell* cell : group) {
      if (cell->count >= threshold) continue;
      cell->suppressed = true;
      ++cells;
      sum += cell->count;
    }
    if (cells == 0) return true;
    return cells >= 2 && sum >= threshold && sum > cells && sum < cells * (threshold - 1);
  }

  // Rule 3: false when the group has no cell left to suppress.
  static bool SuppressSmallestLeft(const Group& group) {
    uint64_t smallest = UINT64_MAX;
    for (const NaiveCell* cell : group) {
      if (!cell->suppressed) smallest = std::min(smallest, cell->count);
    }
    for (NaiveCell* cell : group) {
      if (cell->count == smallest) cell->suppressed = true;
    }
    return smallest != UINT64_MAX;
  }
};

class NaiveOracle {
 public:
  // An empty entity is everybody.
  NaiveTable Tabulate(const std::vector<model::CaseRecord>& history,
                      const TabulationRequest& request, const std::string& entity) const {
    NaiveTable table;
    std::map<std::vector<Coordinate>, uint64_t> counts;
    std::set<std::string> entities;
    for (const uint32_t attribute : request.attributes) {
      if (IsSet(attribute)) table.several_valued = true;
    }
    for (const model::CaseRecord& record : Visible(history, request.as_of_ms)) {
      if (!entity.empty() && record.entity != entity) continue;
      if (!Passes(record, request)) continue;
      ++table.records;
      entities.insert(record.entity);
      std::vector<std::vector<Coordinate>> cells = {{}};
      bool every = true;
      for (const uint32_t attribute : request.attributes) {
        const std::vector<Coordinate> values = Values(record, attribute);
        every = every && values.front().missing == model::Missing::kNone;
        std::vector<std::vector<Coordinate>> longer;
        for (const auto& cell : cells) {
          for (const Coordinate& value : values) {
            longer.push_back(cell);
            longer.back().push_back(value);
          }
        }
        cells = longer;
      }
      if (every) ++table.denominator;
      for (const auto& cell : cells) ++counts[cell];
    }
    for (const auto& [at, count] : counts) table.cells.push_back({at, count, false});
    table.entities.assign(entities.begin(), entities.end());
    return table;
  }

 private:
  static bool IsSet(uint32_t attribute) {
    return model::FindAttribute(attribute)->kind == model::AttributeKind::kSet;
  }

  // The latest revision of each record that was there at the time, if it is active.
  static std::vector<model::CaseRecord> Visible(const std::vector<model::CaseRecord>& history,
                                                int64_t as_of_ms) {
    std::map<std::string, model::CaseRecord> latest;
    std::set<std::string> erased;
    for (const model::CaseRecord& revision : history) {
      if (revision.state == model::CaseState::kErased) erased.insert(revision.reference);
      if (as_of_ms != 0 && revision.update_time_ms > as_of_ms) continue;
      latest[revision.reference] = revision;
    }
    std::vector<model::CaseRecord> out;
    for (const auto& [reference, revision] : latest) {
      if (revision.state == model::CaseState::kActive && !erased.contains(reference)) {
        out.push_back(revision);
      }
    }
    return out;
  }

  static std::vector<Coordinate> Values(const model::CaseRecord& record, uint32_t attribute) {
    if (!IsSet(attribute)) {
      const model::SingleValue value = record.content.Single(attribute);
      return {{value.code, value.missing}};
    }
    const model::SetValue value = record.content.Set(attribute);
    std::vector<Coordinate> out;
    for (uint32_t code = 1; code < 64; ++code) {
      if ((value.affirmed >> code) % 2 == 1) out.push_back({code, model::Missing::kNone});
    }
    if (out.empty()) out.push_back({0, value.rest});
    return out;
  }

  static bool Passes(const model::CaseRecord& record, const TabulationRequest& request) {
    const uint32_t year = record.content.registration_year;
    if (year < request.year_from || (request.year_to != 0 && year > request.year_to)) return false;
    for (const Filter& filter : request.filters) {
      bool has = false;
      for (const Coordinate& value : Values(record, filter.attribute)) {
        for (const uint32_t code : filter.codes) has = has || value.code == code;
      }
      if (!has) return false;
    }
    return true;
  }
};

inline uint32_t RandomCode(std::mt19937_64& random, const codes::CodeList& list) {
  return list.codes()[random() % list.codes().size()].number;
}

inline model::Missing RandomMissing(std::mt19937_64& random) {
  return static_cast<model::Missing>(1 + random() % 3);
}

// A new record, or a correction, withdrawal or erasure of one in `history`.
inline model::CaseRecord RandomRevision(std::mt19937_64& random, const codes::Registry& registry,
                                        const std::vector<model::CaseRecord>& history) {
  static constexpr const char* kEntities[] = {"police", "shelters", "hotline"};
  model::CaseRecord record;
  record.reference = "r" + std::to_string(history.size());
  record.entity = kEntities[random() % 3];
  if (!history.empty() && random() % 3 == 0) {
    const model::CaseRecord& picked = history[random() % history.size()];
    record.reference = picked.reference;
    record.entity = picked.entity;
    for (const model::CaseRecord& earlier : history) {
      if (earlier.reference == record.reference) record.revision = earlier.revision + 1;
    }
    const uint64_t what = random() % 8;
    if (what == 0) record.state = model::CaseState::kErased;
    if (what == 1 || what == 2) record.state = model::CaseState::kWithdrawn;
  }
  // Mostly forward, at times back.
  record.update_time_ms = static_cast<int64_t>(1000 + history.size() * 10 + random() % 200);
  record.content.registration_year = 2015 + static_cast<uint32_t>(random() % 6);
  if (record.state == model::CaseState::kErased) return record;
  for (const model::AttributeInfo& info : model::AllAttributes()) {
    if (random() % 4 == 0) continue;
    const codes::CodeList& list = registry.Get(info.list);
    if (info.kind == model::AttributeKind::kSingle) {
      record.content.singles[info.number] =
          random() % 4 == 0 ? model::SingleValue{0, RandomMissing(random)}
                            : model::SingleValue{RandomCode(random, list), model::Missing::kNone};
      continue;
    }
    model::SetValue& value = record.content.sets[info.number];
    value.rest = RandomMissing(random);
    for (const codes::Code& code : list.codes()) {
      const uint64_t roll = random() % 6;
      if (roll == 0) value.affirmed |= uint64_t{1} << code.number;
      if (roll == 1) value.denied |= uint64_t{1} << code.number;
    }
  }
  return record;
}

inline TabulationRequest RandomRequest(std::mt19937_64& random, const codes::Registry& registry) {
  TabulationRequest request;
  const auto attributes = model::AllAttributes();
  const size_t wanted = 1 + random() % kAttributesMax;
  while (request.attributes.size() < wanted) {
    const uint32_t attribute = attributes[random() % attributes.size()].number;
    if (std::find(request.attributes.begin(), request.attributes.end(), attribute) ==
        request.attributes.end()) {
      request.attributes.push_back(attribute);
    }
  }
  for (uint64_t i = random() % 3; i > 0; --i) {
    const model::AttributeInfo& info = attributes[random() % attributes.size()];
    Filter filter{info.number, {}};
    for (uint64_t c = 1 + random() % 4; c > 0; --c) {
      filter.codes.push_back(RandomCode(random, registry.Get(info.list)));
    }
    request.filters.push_back(filter);
  }
  if (random() % 3 == 0) request.year_from = 2016;
  if (random() % 3 == 0) request.year_to = 2018;
  if (random() % 2 == 0) request.as_of_ms = static_cast<int64_t>(1000 + random() % 17000);
  return request;
}

}  // namespace enlace::query
