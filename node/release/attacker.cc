#include "node/release/attacker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "node/release/simplex.h"

namespace enlace::release {
namespace {

using Bounds = std::vector<Hidden>;

// Tightens the bounds of the equation's cells; false when no value is left for one.
bool Tighten(const Equation& equation, Bounds& bounds, bool& changed) {
  int64_t sum_low = 0;
  int64_t sum_high = 0;
  for (const auto& [index, coefficient] : equation.terms) {
    const Hidden& cell = bounds[index];
    sum_low += coefficient > 0 ? cell.low : -cell.high;
    sum_high += coefficient > 0 ? cell.high : -cell.low;
  }
  if (sum_low > equation.constant) return false;
  if (!equation.upper_bound && sum_high < equation.constant) return false;
  for (const auto& [index, coefficient] : equation.terms) {
    Hidden& cell = bounds[index];
    const int64_t own_low = coefficient > 0 ? cell.low : -cell.high;
    const int64_t own_high = coefficient > 0 ? cell.high : -cell.low;
    // What this term may be, given what the others may be.
    const int64_t most = std::min(own_high, equation.constant - (sum_low - own_low));
    const int64_t least = equation.upper_bound
                              ? own_low
                              : std::max(own_low, equation.constant - (sum_high - own_high));
    if (most < least) return false;
    changed |= least != own_low || most != own_high;
    sum_low += least - own_low;
    sum_high += most - own_high;
    cell.low = coefficient > 0 ? least : -most;
    cell.high = coefficient > 0 ? most : -least;
  }
  return true;
}

// One connected part of the system as a linear program.
class Part {
 public:
  Part(const Bounds& hidden, std::vector<size_t> cells, std::vector<const Equation*> used)
      : hidden_(hidden), cells_(std::move(cells)), used_(std::move(used)) {
    for (size_t index = 0; index < cells_.size(); ++index) column_[cells_[index]] = index;
    // "Without bound" must stay a number that arithmetic with doubles handles exactly. Any
    // number is safe: less room only makes the attacker stronger.
    for (const Equation* equation : used_) {
      reach_ = std::max(reach_, 2 * std::abs(equation->constant));
      for (const Equation& weaker : equation->weaker) {
        reach_ = std::max(reach_, 2 * std::abs(weaker.constant));
      }
    }
  }

  // Takes the weaker ones for equations that contradict the others; returns how many did.
  size_t DropContradictions() {
    size_t dropped = 0;
    for (;;) {
      simplex_.emplace(MakeSimplex());
      const std::vector<size_t> violated = simplex_->MakeFeasible();
      if (violated.empty()) return dropped;
      dropped += violated.size();
      for (auto it = violated.rbegin(); it != violated.rend(); ++it) {
        const Equation* equation = used_[*it];
        used_.erase(used_.begin() + static_cast<std::ptrdiff_t>(*it));
        for (const Equation& weaker : equation->weaker) used_.push_back(&weaker);
      }
    }
  }

  // The sensitive cells for which no two whole solutions with different values are found.
  void Attack(std::vector<size_t>& determined) {
    Witness();
    for (const size_t cell : cells_) {
      if (!hidden_[cell].sensitive || Varies(cell)) continue;
      simplex_->Maximize(column_.at(cell));
      Witness();
      if (Varies(cell)) continue;
      simplex_->Minimize(column_.at(cell));
      Witness();
      if (!Varies(cell)) determined.push_back(cell);
    }
  }

 private:
  Simplex MakeSimplex() const {
    std::vector<double> upper;
    for (const size_t cell : cells_) {
      const Hidden& bounds = hidden_[cell];
      upper.push_back(static_cast<double>(std::min(bounds.high - bounds.low, reach_)));
    }
    std::vector<Simplex::Row> rows;
    for (const Equation* equation : used_) {
      Simplex::Row row;
      row.coefficients.assign(cells_.size(), 0);
      int64_t constant = equation->constant;
      for (const auto& term : equation->terms) {
        row.coefficients[column_.at(term.hidden)] += static_cast<double>(term.coefficient);
        constant -= term.coefficient * hidden_[term.hidden].low;
      }
      row.constant = static_cast<double>(constant);
      row.upper_bound = equation->upper_bound;
      rows.push_back(std::move(row));
    }
    return Simplex(std::move(upper), rows);
  }

  // Notes the simplex' point if it is a solution in whole numbers, checked exactly.
  void Witness() {
    const std::vector<double> point = simplex_->Point();
    std::map<size_t, int64_t> whole;
    for (size_t index = 0; index < cells_.size(); ++index) {
      const double rounded = std::round(point[index]);
      if (std::abs(point[index] - rounded) > 1e-4) return;
      const Hidden& bounds = hidden_[cells_[index]];
      const int64_t value = bounds.low + static_cast<int64_t>(rounded);
      if (value < bounds.low || value > bounds.high) return;
      whole[cells_[index]] = value;
    }
    for (const Equation* equation : used_) {
      int64_t sum = 0;
      for (const auto& term : equation->terms) sum += term.coefficient * whole.at(term.hidden);
      if (equation->upper_bound ? sum > equation->constant : sum != equation->constant) return;
    }
    for (const auto& [cell, value] : whole) {
      const auto [it, fresh] = seen_.try_emplace(cell, value);
      if (!fresh && it->second != value) varies_.insert(cell);
    }
  }

  bool Varies(size_t cell) const { return varies_.contains(cell); }

  const Bounds& hidden_;
  std::vector<size_t> cells_;
  std::vector<const Equation*> used_;
  std::map<size_t, size_t> column_;
  int64_t reach_ = 1000;
  std::optional<Simplex> simplex_;
  std::map<size_t, int64_t> seen_;
  std::set<size_t> varies_;
};

// Cells that share equations, directly or over others: part number of each cell.
std::vector<size_t> ConnectedParts(size_t cells, const std::vector<Equation>& equations) {
  std::vector<size_t> parent(cells);
  std::iota(parent.begin(), parent.end(), size_t{0});
  const auto root = [&parent](size_t cell) {
    while (parent[cell] != cell) cell = parent[cell] = parent[parent[cell]];
    return cell;
  };
  for (const Equation& equation : equations) {
    for (const auto& term : equation.terms) {
      parent[root(term.hidden)] = root(equation.terms.front().hidden);
    }
  }
  std::vector<size_t> part(cells);
  for (size_t cell = 0; cell < cells; ++cell) part[cell] = root(cell);
  return part;
}

}  // namespace

Attack AttackJointly(const std::vector<Hidden>& hidden, const std::vector<Equation>& equations) {
  Attack attack;
  const std::vector<size_t> part_of = ConnectedParts(hidden.size(), equations);
  std::map<size_t, std::vector<size_t>> cells;
  std::map<size_t, std::vector<const Equation*>> used;
  for (size_t cell = 0; cell < hidden.size(); ++cell) cells[part_of[cell]].push_back(cell);
  for (const Equation& equation : equations) {
    const auto& terms = equation.terms;
    if (!terms.empty()) used[part_of[terms.front().hidden]].push_back(&equation);
  }
  for (const auto& [root, members] : cells) {
    Part part(hidden, members, used[root]);
    attack.contradictory += part.DropContradictions();
    part.Attack(attack.determined);
  }
  std::sort(attack.determined.begin(), attack.determined.end());
  return attack;
}

std::vector<size_t> AttackAlone(const std::vector<Hidden>& hidden, const Equation& equation) {
  std::vector<size_t> determined;
  if (!equation.upper_bound && equation.terms.size() == 1) {
    const size_t only = equation.terms.front().hidden;
    if (hidden[only].sensitive) determined.push_back(only);
    return determined;
  }
  Bounds bounds = hidden;
  bool changed = true;
  // Bounds of one equation settle in two rounds.
  for (int round = 0; changed && round < 3; ++round) {
    changed = false;
    if (!Tighten(equation, bounds, changed)) return determined;
  }
  for (const auto& term : equation.terms) {
    const Hidden& cell = bounds[term.hidden];
    if (cell.sensitive && cell.low == cell.high) determined.push_back(term.hidden);
  }
  std::sort(determined.begin(), determined.end());
  return determined;
}

}  // namespace enlace::release
