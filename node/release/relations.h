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
//   a dimension's own total = the sum of its categories       per sex, age
//   dimension Total  = the sum of by_form's categories        per sex, age
//   dimension Total >= the sum of by_citizenship's categories per sex, age
//   dimension Total  = the own total of by_form and by_citizenship
//
// Persons repatriated in a year may have been detected in another one, so by_repatriation
// adds up within itself alone. Where a person may stand in several forms, a form is at most
// the Total and at most the dimension's own total, and forms do not add up at all.
namespace enlace::release {

struct Relation {
  model::FigureKey total;
  std::vector<model::FigureKey> parts;  // Ascending; at least one of them is there.
  bool upper_bound = false;             // The parts are at most the total.
  bool alone = false;                   // Its part adds up with no other.
};

// Code numbers of the fixed lists that relations are made of, looked up once by id.
class TableShape {
 public:
  explicit TableShape(const codes::Registry& registry);

  // All relations with at least one part out of `keys`, which are of one indicator and
  // year. Total or parts may be absent from `keys`.
  std::vector<Relation> Relations(const std::set<model::FigureKey>& keys, bool forms_overlap) const;

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
