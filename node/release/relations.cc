#include "node/release/relations.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace enlace::release {
namespace {

uint32_t NumberOf(const codes::Registry& registry, std::string_view list, std::string_view id) {
  const codes::Code* code = registry.Get(list).FindId(id);
  return code == nullptr ? 0 : code->number;
}

std::vector<uint32_t> PartsOf(const codes::Registry& registry, std::string_view list) {
  std::vector<uint32_t> parts;
  for (const codes::Code& code : registry.Get(list).codes()) {
    if (code.number != 0) parts.push_back(code.number);
  }
  return parts;
}

}  // namespace

TableShape::TableShape(const codes::Registry& registry)
    : total_dimension_(NumberOf(registry, "dimension", "total")),
      form_dimension_(NumberOf(registry, "dimension", "by_form")),
      citizenship_dimension_(NumberOf(registry, "dimension", "by_citizenship")),
      sexes_(PartsOf(registry, "sex")),
      ages_(PartsOf(registry, "age_group")) {}

std::vector<Relation> TableShape::Relations(const std::set<model::FigureKey>& keys,
                                            bool forms_overlap) const {
  // Total, direction and, of a part that stands alone, its category -> parts that are there.
  using Sum = std::tuple<model::FigureKey, int, uint32_t>;
  std::map<Sum, Relation> found;
  const auto add = [&found](const model::FigureKey& total, int direction,
                            const model::FigureKey& part, bool upper_bound, bool alone = false) {
    Relation& relation = found[{total, direction, alone ? part.category : 0}];
    relation.total = total;
    relation.upper_bound = upper_bound;
    relation.alone = alone;
    relation.parts.push_back(part);
  };
  const auto contains = [](const std::vector<uint32_t>& list, uint32_t number) {
    return std::find(list.begin(), list.end(), number) != list.end();
  };
  for (const model::FigureKey& key : keys) {
    if (contains(sexes_, key.sex)) {
      model::FigureKey total = key;
      total.sex = 0;
      add(total, 1, key, false);
    }
    if (contains(ages_, key.age)) {
      model::FigureKey total = key;
      total.age = 0;
      add(total, 2, key, false);
    }
    if (key.dimension == total_dimension_) continue;
    const bool form = key.dimension == form_dimension_;
    const bool overlap = form && forms_overlap;
    model::FigureKey total = key;
    total.category = 0;
    if (key.category != 0) add(total, 3, key, overlap, overlap);
    if (!form && key.dimension != citizenship_dimension_) continue;
    total.dimension = total_dimension_;
    // Direction 4 for each dimension apart; its own total equals the total of all.
    const int direction = 4 + static_cast<int>(key.dimension) * 2 + (key.category == 0 ? 1 : 0);
    add(total, direction, key, key.category != 0 && (!form || overlap),
        key.category != 0 && overlap);
  }
  std::vector<Relation> relations;
  relations.reserve(found.size());
  for (auto& [unused, relation] : found) relations.push_back(std::move(relation));
  return relations;
}

int TableShape::Totals(const model::FigureKey& key) const {
  return (key.category == 0 ? 1 : 0) + (key.sex == 0 ? 1 : 0) + (key.age == 0 ? 1 : 0);
}

}  // namespace enlace::release
