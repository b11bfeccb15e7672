#pragma once

#include <cstddef>
#include <vector>

// A small dense simplex for bounded variables: enough for the tables of one indicator and
// year. Deterministic (Bland's rule). Pure.
namespace enlace::release {

class Simplex {
 public:
  struct Row {
    std::vector<double> coefficients;  // One per variable.
    double constant = 0;
    bool upper_bound = false;  // <= constant instead of =.
  };
  // Variables run from 0 to their upper bound, which is finite.
  Simplex(std::vector<double> upper, const std::vector<Row>& rows);

  // Moves to a point where the rows hold, or where they are violated least in sum. Returns
  // the rows that are violated there; none means that the point is a solution.
  std::vector<size_t> MakeFeasible();

  // REQUIRES: MakeFeasible() returned no row. Moves to a solution with the largest
  // (smallest) value of one variable.
  void Maximize(size_t variable) { Optimize(variable, 1); }
  void Minimize(size_t variable) { Optimize(variable, -1); }

  // Values of the variables at the present point.
  std::vector<double> Point() const;

 private:
  void Optimize(size_t variable, double sign);
  void Run(const std::vector<double>& gain);
  // False when no column improves.
  bool Step(std::vector<double>& reduced);
  void Pivot(size_t row, size_t column, std::vector<double>& reduced);

  size_t variables_;
  size_t columns_;
  size_t first_artificial_;
  std::vector<double> upper_;               // Of every column.
  std::vector<bool> at_upper_;              // Of columns outside the basis.
  std::vector<std::vector<double>> table_;  // Row x column.
  std::vector<double> value_;               // Of the basic column of each row.
  std::vector<size_t> basis_;
  std::vector<size_t> artificial_row_;  // Row of each artificial column.
};

}  // namespace enlace::release
