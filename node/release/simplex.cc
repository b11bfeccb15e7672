#include "node/release/simplex.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace enlace::release {
namespace {

constexpr double kTolerance = 1e-7;
constexpr double kInfinite = std::numeric_limits<double>::infinity();
// Far above what tables of some dozen cells take; a longer run stops where it is, which
// callers notice as a point that proves nothing.
constexpr int kStepsMax = 5000;

}  // namespace

Simplex::Simplex(std::vector<double> upper, const std::vector<Row>& rows)
    : variables_(upper.size()), upper_(std::move(upper)) {
  const size_t slacks = static_cast<size_t>(
      std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.upper_bound; }));
  first_artificial_ = variables_ + slacks;
  columns_ = first_artificial_ + rows.size();
  upper_.resize(columns_, kInfinite);
  at_upper_.assign(columns_, false);
  size_t slack = variables_;
  for (size_t index = 0; index < rows.size(); ++index) {
    const Row& row = rows[index];
    std::vector<double> line = row.coefficients;
    line.resize(columns_, 0);
    if (row.upper_bound) line[slack++] = 1;
    // Every row begins with an artificial column, which must start at zero or above.
    if (row.constant < 0) {
      for (double& each : line) each = -each;
    }
    line[first_artificial_ + index] = 1;
    table_.push_back(std::move(line));
    value_.push_back(std::abs(row.constant));
    basis_.push_back(first_artificial_ + index);
  }
}

std::vector<size_t> Simplex::MakeFeasible() {
  std::vector<double> gain(columns_, 0);
  std::fill(gain.begin() + static_cast<std::ptrdiff_t>(first_artificial_), gain.end(), -1);
  Run(gain);
  std::vector<size_t> violated;
  for (size_t row = 0; row < basis_.size(); ++row) {
    if (basis_[row] >= first_artificial_ && value_[row] > 1e-5) {
      violated.push_back(basis_[row] - first_artificial_);
    }
  }
  if (violated.empty()) {
    // From here on the artificial columns stay at zero.
    std::fill(upper_.begin() + static_cast<std::ptrdiff_t>(first_artificial_), upper_.end(), 0);
  }
  std::sort(violated.begin(), violated.end());
  return violated;
}

void Simplex::Optimize(size_t variable, double sign) {
  std::vector<double> gain(columns_, 0);
  gain[variable] = sign;
  Run(gain);
}

void Simplex::Run(const std::vector<double>& gain) {
  std::vector<double> reduced = gain;
  for (size_t row = 0; row < basis_.size(); ++row) {
    const double basic = gain[basis_[row]];
    if (basic == 0) continue;
    for (size_t column = 0; column < columns_; ++column) {
      reduced[column] -= basic * table_[row][column];
    }
  }
  for (int step = 0; step < kStepsMax && Step(reduced); ++step) {
  }
}

bool Simplex::Step(std::vector<double>& reduced) {
  size_t entering = columns_;
  for (size_t column = 0; column < columns_ && entering == columns_; ++column) {
    if (upper_[column] <= 0) continue;
    const bool better =
        at_upper_[column] ? reduced[column] < -kTolerance : reduced[column] > kTolerance;
    if (better && std::find(basis_.begin(), basis_.end(), column) == basis_.end()) {
      entering = column;
    }
  }
  if (entering == columns_) return false;
  const double direction = at_upper_[entering] ? -1 : 1;
  double distance = upper_[entering];
  size_t leaving = basis_.size();
  bool leaves_at_upper = false;
  for (size_t row = 0; row < basis_.size(); ++row) {
    const double slope = direction * table_[row][entering];
    if (std::abs(slope) < kTolerance) continue;
    const double room = slope > 0 ? value_[row] : upper_[basis_[row]] - value_[row];
    const double reach = std::max(room, 0.0) / std::abs(slope);
    const bool tie = leaving < basis_.size() && reach <= distance + kTolerance &&
                     basis_[row] < basis_[leaving] && reach < distance + kTolerance;
    if (reach < distance - kTolerance || tie || (leaving == basis_.size() && reach < distance)) {
      distance = std::min(reach, distance);
      leaving = row;
      leaves_at_upper = slope < 0;
    }
  }
  if (distance == kInfinite) return false;
  for (size_t row = 0; row < basis_.size(); ++row) {
    value_[row] -= direction * table_[row][entering] * distance;
  }
  if (leaving == basis_.size()) {
    at_upper_[entering] = !at_upper_[entering];
    return true;
  }
  const double start = at_upper_[entering] ? upper_[entering] : 0;
  at_upper_[basis_[leaving]] = leaves_at_upper;
  at_upper_[entering] = false;
  basis_[leaving] = entering;
  value_[leaving] = start + direction * distance;
  Pivot(leaving, entering, reduced);
  return true;
}

void Simplex::Pivot(size_t row, size_t column, std::vector<double>& reduced) {
  std::vector<double>& line = table_[row];
  const double pivot = line[column];
  for (double& each : line) each /= pivot;
  const auto clear = [&line, column](std::vector<double>& other) {
    const double factor = other[column];
    if (factor == 0) return;
    for (size_t index = 0; index < line.size(); ++index) other[index] -= factor * line[index];
    other[column] = 0;
  };
  for (size_t other = 0; other < table_.size(); ++other) {
    if (other != row) clear(table_[other]);
  }
  clear(reduced);
}

std::vector<double> Simplex::Point() const {
  std::vector<double> point(variables_, 0);
  for (size_t column = 0; column < variables_; ++column) {
    if (at_upper_[column]) point[column] = upper_[column];
  }
  for (size_t row = 0; row < basis_.size(); ++row) {
    if (basis_[row] < variables_) point[basis_[row]] = value_[row];
  }
  return point;
}

}  // namespace enlace::release
