#include "node/release/suppression.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "node/release/official_table.h"

namespace enlace::release {
namespace {

using Cells = std::map<model::FigureKey, Cell>;
using Kind = Cell::Kind;

// The published table as equations in its hidden cells.
struct System {
  std::vector<Hidden> hidden;
  std::vector<model::FigureKey> keys;  // Of hidden cells; those after `keys.size()`
                                       // in `hidden` are cells the table lacks.
  std::vector<Equation> equations;
  std::vector<const Relation*> relations;  // Of each equation.
};

Hidden BoundsOf(const Cell& cell, const PrimaryBounds& primary) {
  switch (cell.kind) {
    case Kind::kPrimary:
      return {primary.low, primary.high, true};
    case Kind::kBySource:
      return {0, static_cast<int64_t>(kSourceSuppressedMax), true};
    case Kind::kConflict:
      return {0, kUnbounded, false};
    case Kind::kSmallConflict:
    case Kind::kComplementary:
    case Kind::kShown:
      break;
  }
  return {0, kUnbounded, true};
}

// How cells that the table lacks are read.
enum class Absent {
  // Every absent part is zero, and a relation without a total says nothing: the simple
  // subtraction, one relation at a time.
  kZero,
  // An absent cell whose own parts are there is their unknown sum and counts in further
  // sums; only other absent parts are zero: the careful reader, all relations together.
  kSummed,
};

class SystemBuilder {
 public:
  SystemBuilder(const Cells& cells, const std::vector<Relation>& relations,
                const PrimaryBounds& primary, Absent absent)
      : cells_(cells), relations_(relations), primary_(primary), absent_(absent) {}

  System Build() {
    for (const auto& [key, cell] : cells_) {
      if (cell.kind == Kind::kShown) continue;
      index_[key] = system_.hidden.size();
      system_.hidden.push_back(BoundsOf(cell, primary_));
      system_.keys.push_back(key);
    }
    if (absent_ == Absent::kSummed) AddAbsentTotals();
    for (const Relation& relation : relations_) AddEquation(relation);
    return std::move(system_);
  }

 private:
  void AddAbsentTotals() {
    for (const Relation& relation : relations_) {
      const bool known = cells_.contains(relation.total) || index_.contains(relation.total);
      if (known || relation.upper_bound) continue;
      index_[relation.total] = system_.hidden.size();
      system_.hidden.push_back({0, kUnbounded, false});
    }
  }

  // False when the table says nothing of this cell.
  bool AddTerm(const model::FigureKey& key, int64_t coefficient, Equation& equation) {
    if (const auto it = index_.find(key); it != index_.end()) {
      equation.terms.push_back({it->second, coefficient});
      return true;
    }
    const auto cell = cells_.find(key);
    if (cell == cells_.end()) return false;
    equation.constant -= coefficient * static_cast<int64_t>(cell->second.value);
    return true;
  }

  void AddEquation(const Relation& relation) {
    Equation equation;
    equation.upper_bound = relation.upper_bound;
    if (!AddTerm(relation.total, -1, equation)) return;
    const std::vector<model::FigureKey> parts = PartsOf(relation);
    for (const model::FigureKey& part : parts) AddTerm(part, 1, equation);
    if (equation.terms.empty()) return;
    // A sum that is wrong says little, but a part is no larger than its total.
    if (absent_ == Absent::kSummed && (!relation.upper_bound || parts.size() > 1)) {
      for (const model::FigureKey& part : parts) {
        Equation bound;
        bound.upper_bound = true;
        AddTerm(relation.total, -1, bound);
        AddTerm(part, 1, bound);
        if (!bound.terms.empty()) equation.weaker.push_back(std::move(bound));
      }
    }
    system_.equations.push_back(std::move(equation));
    system_.relations.push_back(&relation);
  }

  // The relation's parts, with summed cells that stand beside them in the same sum.
  std::vector<model::FigureKey> PartsOf(const Relation& relation) const {
    std::vector<model::FigureKey> parts = relation.parts;
    if (absent_ == Absent::kZero || parts.empty() || relation.alone) return parts;
    const model::FigureKey first = parts.front();  // A copy: `parts` grows below.
    for (const auto& [key, unused] : index_) {
      if (cells_.contains(key)) continue;
      // Siblings differ from the first part in exactly the coordinate that is summed.
      model::FigureKey sibling = first;
      if (first.sex != relation.total.sex) sibling.sex = key.sex;
      if (first.age != relation.total.age) sibling.age = key.age;
      if (first.category != relation.total.category && key.category != 0) {
        sibling.category = key.category;
      }
      if (sibling == key && key != relation.total) parts.push_back(key);
    }
    return parts;
  }

  const Cells& cells_;
  const std::vector<Relation>& relations_;
  const PrimaryBounds& primary_;
  Absent absent_;
  System system_;
  std::map<model::FigureKey, size_t> index_;
};

// A sensitive cell that the attacker gets, and the relation to hide another cell of;
// null when it takes all of them together.
struct Exposure {
  model::FigureKey key;
  const Relation* relation = nullptr;
};

class Protector {
 public:
  Protector(const TableShape& shape, const PrimaryBounds& primary, bool forms_overlap, Cells& cells)
      : shape_(shape), primary_(primary), cells_(cells) {
    std::set<model::FigureKey> keys;
    for (const auto& [key, unused] : cells) keys.insert(key);
    relations_ = shape.Relations(keys, forms_overlap);
    if (!forms_overlap && FormsContradict()) overlapping_ = shape.Relations(keys, true);
  }

  SuppressionResult Run() {
    SuppressionResult result;
#ifndef ENLACE_BREAK_NO_COMPLEMENTARY
    Hide();
    ShowNeedless();
#endif
    result.unprotected = lost_.size();
    result.contradictory = Contradictions();
    for (const auto& [unused, cell] : cells_) {
      if (cell.kind == Kind::kComplementary) ++result.complementary;
    }
    return result;
  }

 private:
  void Hide() {
    // Each round hides one more cell or gives one up, so the number of cells bounds it.
    while (const std::optional<Exposure> exposure = FindExposure()) {
      const auto victim = Cheapest(*exposure);
      if (victim == cells_.end()) {
        lost_.insert(exposure->key);
      } else {
        victim->second.kind = Kind::kComplementary;
      }
    }
  }

  // Shows complementary cells that later ones made needless, the most telling first.
  void ShowNeedless() {
    // A cell that is lost to an informed reader keeps all the cover there is from others.
    if (!lost_.empty()) return;
    std::vector<model::FigureKey> hidden;
    for (const auto& [key, cell] : cells_) {
      if (cell.kind == Kind::kComplementary) hidden.push_back(key);
    }
    std::sort(hidden.begin(), hidden.end(), [this](const auto& a, const auto& b) {
      return Cost(b, cells_.at(b)) < Cost(a, cells_.at(a));
    });
    for (const model::FigureKey& key : hidden) {
      cells_.at(key).kind = Kind::kShown;
      if (FindExposure()) cells_.at(key).kind = Kind::kComplementary;
    }
  }

  std::optional<Exposure> FindExposure() const {
    const System zero = SystemBuilder(cells_, relations_, primary_, Absent::kZero).Build();
    for (size_t index = 0; index < zero.equations.size(); ++index) {
      for (const size_t cell : AttackAlone(zero.hidden, zero.equations[index])) {
        if (!lost_.contains(zero.keys[cell])) {
          return Exposure{zero.keys[cell], zero.relations[index]};
        }
      }
    }
    auto joint = FirstJoint(SystemBuilder(cells_, relations_, primary_, Absent::kSummed).Build());
    if (!joint && !overlapping_.empty()) {
      joint = FirstJoint(SystemBuilder(cells_, overlapping_, primary_, Absent::kSummed).Build());
    }
    return joint;
  }

  std::optional<Exposure> FirstJoint(const System& system) const {
    for (const size_t cell : AttackJointly(system.hidden, system.equations).determined) {
      if (cell < system.keys.size() && !lost_.contains(system.keys[cell])) {
        return Exposure{system.keys[cell], nullptr};
      }
    }
    return std::nullopt;
  }

  // Less is lost with parts than with totals, and with small figures than with large
  // ones. A zero comes after the other parts: it protects least.
  std::tuple<int, bool, uint64_t, model::FigureKey> Cost(const model::FigureKey& key,
                                                         const Cell& cell) const {
    return {shape_.Totals(key), cell.value == 0, cell.value, key};
  }

  // The shown cell to hide next: of the relation, else of any relation with the exposed
  // cell, else of any relation that hidden cells connect to it.
  Cells::iterator Cheapest(const Exposure& exposure) {
    if (exposure.relation != nullptr) {
      const auto found = CheapestOf({exposure.relation});
      if (found != cells_.end()) return found;
    }
    std::set<model::FigureKey> reached = {exposure.key};
    std::vector<const Relation*> near;
    for (bool grew = true; grew;) {
      grew = false;
      near.clear();
      const std::set<model::FigureKey> before = reached;
      for (const Relation& relation : relations_) {
        if (!Touches(relation, before)) continue;
        near.push_back(&relation);
        grew |= AddHidden(relation, reached);
      }
      const auto found = CheapestOf(near);
      if (found != cells_.end()) return found;
    }
    return cells_.end();
  }

  static bool Touches(const Relation& relation, const std::set<model::FigureKey>& keys) {
    return keys.contains(relation.total) ||
           std::any_of(relation.parts.begin(), relation.parts.end(),
                       [&keys](const auto& part) { return keys.contains(part); });
  }

  bool AddHidden(const Relation& relation, std::set<model::FigureKey>& keys) const {
    bool grew = keys.insert(relation.total).second;
    for (const model::FigureKey& part : relation.parts) grew |= keys.insert(part).second;
    return grew;
  }

  Cells::iterator CheapestOf(const std::vector<const Relation*>& relations) {
    auto best = cells_.end();
    const auto consider = [this, &best](const model::FigureKey& key) {
      const auto it = cells_.find(key);
      if (it == cells_.end() || it->second.kind != Kind::kShown) return;
      if (best == cells_.end() || Cost(key, it->second) < Cost(best->first, best->second)) {
        best = it;
      }
    };
    for (const Relation* relation : relations) {
      consider(relation->total);
      for (const model::FigureKey& part : relation->parts) consider(part);
    }
    return best;
  }

  // Sums that cannot hold, among all cells as they were handed in.
  uint64_t Contradictions() const {
    return static_cast<uint64_t>(
        std::count_if(relations_.begin(), relations_.end(),
                      [this](const Relation& relation) { return Contradicts(relation); }));
  }

  bool FormsContradict() const {
    return std::any_of(relations_.begin(), relations_.end(), [this](const Relation& relation) {
      return relation.parts.front().dimension == shape_.form_dimension() &&
             relation.parts.front().category != relation.total.category && Contradicts(relation);
    });
  }

  bool Contradicts(const Relation& relation) const {
    int64_t low = 0;
    int64_t high = 0;
    const auto add = [this, &low, &high](const model::FigureKey& key, int64_t sign) {
      const auto it = cells_.find(key);
      if (it == cells_.end()) return false;
      const Kind kind = it->second.kind;
      const bool known =
          kind == Kind::kShown || kind == Kind::kPrimary || kind == Kind::kComplementary;
      const Hidden bounds = BoundsOf(it->second, primary_);
      const int64_t least = known ? static_cast<int64_t>(it->second.value) : bounds.low;
      const int64_t most = known ? static_cast<int64_t>(it->second.value) : bounds.high;
      low += sign > 0 ? least : -most;
      high += sign > 0 ? most : -least;
      return true;
    };
    if (!add(relation.total, -1)) return false;
    for (const model::FigureKey& part : relation.parts) add(part, 1);
    return low > 0 || (high < 0 && !relation.upper_bound);
  }

  const TableShape& shape_;
  const PrimaryBounds& primary_;
  Cells& cells_;
  std::vector<Relation> relations_;
  std::vector<Relation> overlapping_;  // Forms as bounds; empty unless their sums contradict.
  std::set<model::FigureKey> lost_;
};

}  // namespace

SuppressionResult Protect(const TableShape& shape, const PrimaryBounds& primary, bool forms_overlap,
                          std::map<model::FigureKey, Cell>& cells) {
  return Protector(shape, primary, forms_overlap, cells).Run();
}

}  // namespace enlace::release
