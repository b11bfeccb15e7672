#include "node/release/attacker.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace enlace::release {
namespace {

using Bounds = std::vector<Hidden>;

// Tightens the bounds of the equation's cells; false when no value is left for one.
// `changed` is set when a bound moved.
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
    int64_t most = equation.constant - (sum_low - own_low);
    int64_t least = equation.upper_bound ? own_low : equation.constant - (sum_high - own_high);
    most = std::min(most, own_high);
    least = std::max(least, own_low);
    if (most < least) return false;
    const int64_t low = coefficient > 0 ? least : -most;
    const int64_t high = coefficient > 0 ? most : -least;
    if (low == cell.low && high == cell.high) continue;
    sum_low += least - own_low;
    sum_high += most - own_high;
    cell.low = low;
    cell.high = high;
    changed = true;
  }
  return true;
}

// One connected part of the system.
class Part {
 public:
  Part(const std::vector<Equation>& equations, std::vector<size_t> used)
      : equations_(equations), used_(std::move(used)) {}

  // Leaves out equations that contradict the ones before; returns how many.
  size_t DropContradictions(const Bounds& bounds) {
    std::vector<size_t> kept;
    size_t dropped = 0;
    Bounds tightened = bounds;
    for (const size_t candidate : used_) {
      kept.push_back(candidate);
      Bounds trial = tightened;
      if (Propagate(kept, trial)) {
        tightened = std::move(trial);
      } else {
        kept.pop_back();
        ++dropped;
      }
    }
    used_ = std::move(kept);
    return dropped;
  }

  // A solution within `bounds`, or nothing when there is none or the search is too long.
  std::optional<Bounds> Solve(Bounds bounds, const std::vector<size_t>& cells) const {
    int steps = kSearchStepsMax;
    if (Search(bounds, cells, steps)) return bounds;
    return std::nullopt;
  }

 private:
  bool Propagate(const std::vector<size_t>& equations, Bounds& bounds) const {
    // Bounds of contradicting sums may creep by one a round: the limit ends that. Stopping
    // early is sound, the search then splits.
    constexpr int kRoundsMax = 200;
    bool changed = true;
    for (int round = 0; changed && round < kRoundsMax; ++round) {
      changed = false;
      for (const size_t index : equations) {
        if (!Tighten(equations_[index], bounds, changed)) return false;
      }
    }
    return true;
  }

  bool Search(Bounds& bounds, const std::vector<size_t>& cells, int& steps) const {
    if (--steps < 0) return false;
    if (!Propagate(used_, bounds)) return false;
    const Hidden* open = nullptr;
    size_t choice = 0;
    for (const size_t cell : cells) {
      const Hidden& candidate = bounds[cell];
      if (candidate.low == candidate.high) continue;
      if (open == nullptr || candidate.high - candidate.low < open->high - open->low) {
        open = &candidate;
        choice = cell;
      }
    }
    if (open == nullptr) return true;
    const int64_t low = open->low;
    const int64_t high = open->high;
    // An end of the range first: with sums of this shape it nearly always works.
    const std::pair<int64_t, int64_t> tries[] = {
        {low, low}, {high, high}, {low + 1, high - 1}};
    for (const auto& [from, to] : tries) {
      if (from > to) continue;
      Bounds trial = bounds;
      trial[choice].low = from;
      trial[choice].high = to;
      if (Search(trial, cells, steps)) {
        bounds = std::move(trial);
        return true;
      }
    }
    return false;
  }

  const std::vector<Equation>& equations_;
  std::vector<size_t> used_;
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

// Adds the sensitive ones of `cells` that have a single possible value.
void AttackPart(const Part& part, const Bounds& hidden, const std::vector<size_t>& cells,
                std::vector<size_t>& determined) {
  const std::optional<Bounds> first = part.Solve(hidden, cells);
  std::vector<bool> varies(hidden.size(), false);
  for (const size_t cell : cells) {
    if (!hidden[cell].sensitive || varies[cell]) continue;
    bool other_value = false;
    for (const bool below : {true, false}) {
      if (!first || other_value) break;
      Bounds trial = hidden;
      const int64_t known = (*first)[cell].low;
      (below ? trial[cell].high : trial[cell].low) = below ? known - 1 : known + 1;
      if (trial[cell].low > trial[cell].high) continue;
      const std::optional<Bounds> second = part.Solve(std::move(trial), cells);
      if (!second) continue;
      other_value = true;
      for (const size_t each : cells) {
        if ((*second)[each].low != (*first)[each].low) varies[each] = true;
      }
    }
    if (!other_value) determined.push_back(cell);
  }
}

}  // namespace

Attack AttackJointly(const std::vector<Hidden>& hidden, const std::vector<Equation>& equations) {
  Attack attack;
  const std::vector<size_t> part_of = ConnectedParts(hidden.size(), equations);
  for (size_t root = 0; root < hidden.size(); ++root) {
    if (part_of[root] != root) continue;
    std::vector<size_t> cells;
    std::vector<size_t> used;
    for (size_t cell = 0; cell < hidden.size(); ++cell) {
      if (part_of[cell] == root) cells.push_back(cell);
    }
    for (size_t index = 0; index < equations.size(); ++index) {
      const auto& terms = equations[index].terms;
      if (!terms.empty() && part_of[terms.front().hidden] == root) used.push_back(index);
    }
    Part part(equations, std::move(used));
    attack.contradictory += part.DropContradictions(hidden);
    AttackPart(part, hidden, cells, attack.determined);
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
