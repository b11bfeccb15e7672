#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// What somebody who reads a published table can work out about its hidden cells.
//
// The attacker knows the published cells, integer bounds of each hidden one and how
// cells add up, and uses all relations at once. A cell counts as determined unless two
// solutions in whole numbers, both checked exactly, give it different values; the linear
// program that looks for them can only err on the side of hiding more. Pure.
namespace enlace::release {

// Larger than any figure; stands for "no upper bound".
inline constexpr int64_t kUnbounded = int64_t{1} << 40;
struct Hidden {
  int64_t low = 0;
  int64_t high = kUnbounded;
  bool sensitive = true;  // Must not be determined. False: merely unknown.
};

// sum(coefficient * hidden[index]) = constant, or <= constant when `upper_bound`.
struct Equation {
  struct Term {
    size_t hidden = 0;
    int64_t coefficient = 1;  // 1 or -1.
  };
  std::vector<Term> terms;
  int64_t constant = 0;
  bool upper_bound = false;
  // What still holds, over the same cells, where this one contradicts the others.
  std::vector<Equation> weaker;
};

struct Attack {
  std::vector<size_t> determined;  // Sensitive cells with one possible value left, ascending.
  size_t contradictory = 0;        // Equations that cannot hold together with the others.
};

// Joint attack with all equations. Equations that contradict the others are replaced by
// their weaker ones (or left out), as an attacker would have to.
Attack AttackJointly(const std::vector<Hidden>& hidden, const std::vector<Equation>& equations);

// Attack with one equation alone: determined by bounds, or the only unknown of an
// equality (even where the sums contradict each other). Ascending.
std::vector<size_t> AttackAlone(const std::vector<Hidden>& hidden, const Equation& equation);

}  // namespace enlace::release
