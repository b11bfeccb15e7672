#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "node/codes/registry.h"
#include "node/model/observation.h"

// How the figures of one indicator and year add up. Pure.
//
//   sex Total        = Female + Male + Other + Unknown        per dimension, category, age
//   age Total        = 0 to 17 + 18 or over + Unknown         per dimension, category, sex
//   dimension Total  = the sum of by_form's categories        per sex, age
//   dimension Total >= the sum of by_citizenship's categories per sex, age
//   a dimension's own total, where it is given, = the sum of its categories and = Total
namespace enlace::release {

struct Relation {
  model::FigureKey total;
  std::vector<model::FigureKey> parts;  // Ascending; at least one of them is there.
  bool upper_bound = false;             // The parts are at most the total.
};

// Code numbers of the fixed lists that relations are made of, looked up once by id.
class TableShape {
 public:
  explicit TableShape(const codes::Registry& registry);

  // All relations with at least one part out of `keys`, which are of one indicator and
  // year. Total or parts may be absent from `keys`.
  std::vector<Relation> Relations(const std::set<model::FigureKey>& keys) const;

  // In how many of dimension, sex and age the key is a total: 0 to 3.
  int Totals(const model::FigureKey& key) const;

  uint32_t total_dimension() const { return total_dimension_; }
  uint32_t form_dimension() const { return form_dimension_; }
  const std::vector<uint32_t>& sexes() const { return sexes_; }
  const std::vector<uint32_t>& ages() const { return ages_; }

 private:
  uint32_t total_dimension_ = 0;
  uint32_t form_dimension_ = 0;
  uint32_t citizenship_dimension_ = 0;
  std::vector<uint32_t> sexes_;  // Without the total.
  std::vector<uint32_t> ages_;
};

}  // namespace enlace::release
