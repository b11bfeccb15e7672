// Tables in which a person may stand in several forms, against a reader who knows that and
// tries every table of 2 sexes x 2 ages.

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "node/release/official_table.h"
#include "tests/unit/release/lists.h"

namespace enlace::release {
namespace {

using Base = std::array<uint32_t, 4>;     // Sex x age.
using Margins = std::array<uint32_t, 9>;  // With totals: 3 * sex + age, 0 is the total.

constexpr uint32_t kForms = 3;

Margins MarginsOf(const Base& base) {
  Margins margins{};
  for (uint32_t cell = 0; cell < base.size(); ++cell) {
    for (const uint32_t sex : {0u, 1 + (cell & 1)}) {
      for (const uint32_t age : {0u, 1 + (cell >> 1)}) margins[3 * sex + age] += base[cell];
    }
  }
  return margins;
}

// Persons of each cell, and how many of them stand in each form.
struct Table {
  Base persons{};
  std::array<Base, kForms> in_form{};
};

Coordinates At(std::optional<uint32_t> form, uint32_t margin) {
  Coordinates at{.sex = margin / 3, .age = margin % 3};
  if (form) {
    at.dimension = kByForm;
    at.category = *form + 1;
  }
  return at;
}

OfficialTable Publish(const Table& table, bool forms_overlap) {
  std::vector<model::Observation> observations;
  const auto add = [&observations](std::optional<uint32_t> form, const Base& base) {
    const Margins margins = MarginsOf(base);
    for (uint32_t margin = 0; margin < margins.size(); ++margin) {
      observations.push_back(Count(At(form, margin), margins[margin]));
    }
  };
  add(std::nullopt, table.persons);
  for (uint32_t form = 0; form < kForms; ++form) add(form, table.in_form[form]);
  const auto published =
      MakeOfficialTable(observations, {.forms_overlap = forms_overlap}, TestLists());
  EXPECT_TRUE(published.ok());
  return *published;
}

// What the reader knows of nine figures: the value, or that it is hidden (and small).
class Seen {
 public:
  Seen(const OfficialTable& table, std::optional<uint32_t> form, const Base& truth, bool informed)
      : truth_(MarginsOf(truth)), informed_(informed) {
    for (const TableFigure& figure : table.figures) {
      for (uint32_t margin = 0; margin < shown_.size(); ++margin) {
        if (figure.key == Key(At(form, margin))) {
          shown_[margin] = figure.status == channel::v1::VALUE;
        }
      }
    }
  }
  bool Shown(uint32_t margin) const { return shown_[margin]; }
  bool Fits(const Margins& candidate) const {
    const auto small = [](uint32_t value) { return value >= 1 && value <= 4; };
    for (uint32_t margin = 0; margin < candidate.size(); ++margin) {
      if (shown_[margin] && candidate[margin] != truth_[margin]) return false;
      if (!shown_[margin] && informed_ && small(truth_[margin]) && !small(candidate[margin])) {
        return false;
      }
    }
    return true;
  }

 private:
  Margins truth_;
  std::array<bool, 9> shown_{};
  bool informed_;
};

template <typename Visit>
void ForEachBase(const Base& most, const Visit& visit) {
  Base base{};
  for (base[0] = 0; base[0] <= most[0]; ++base[0]) {
    for (base[1] = 0; base[1] <= most[1]; ++base[1]) {
      for (base[2] = 0; base[2] <= most[2]; ++base[2]) {
        for (base[3] = 0; base[3] <= most[3]; ++base[3]) visit(base);
      }
    }
  }
}

using Values = std::array<std::set<uint32_t>, 9>;

void Note(const Margins& margins, Values& values) {
  for (uint32_t margin = 0; margin < margins.size(); ++margin) {
    values[margin].insert(margins[margin]);
  }
}

// The hidden figures that have one possible value, as "form-sex-age" (form 0: all persons).
std::vector<std::string> Found(const Table& truth, const OfficialTable& published, bool informed,
                               uint32_t tried) {
  const Seen persons(published, std::nullopt, truth.persons, informed);
  std::vector<Seen> forms;
  for (uint32_t form = 0; form < kForms; ++form) {
    forms.emplace_back(published, form, truth.in_form[form], informed);
  }
  Values of_persons;
  std::array<Values, kForms> of_forms;
  ForEachBase({tried, tried, tried, tried}, [&](const Base& base) {
    const Margins margins = MarginsOf(base);
    if (!persons.Fits(margins)) return;
    std::array<Values, kForms> here;
    for (uint32_t form = 0; form < kForms; ++form) {
      ForEachBase(base, [&](const Base& in_form) {
        const Margins candidate = MarginsOf(in_form);
        if (forms[form].Fits(candidate)) Note(candidate, here[form]);
      });
      if (here[form][0].empty()) return;  // No such form in these persons.
    }
    Note(margins, of_persons);
    for (uint32_t form = 0; form < kForms; ++form) {
      for (uint32_t margin = 0; margin < 9; ++margin) {
        of_forms[form][margin].merge(here[form][margin]);
      }
    }
  });
  std::vector<std::string> found;
  const auto check = [&found](uint32_t number, const Seen& seen, const Values& values) {
    for (uint32_t margin = 0; margin < 9; ++margin) {
      if (seen.Shown(margin) || values[margin].size() > 1) continue;
      found.push_back(std::to_string(number) + "-" + std::to_string(margin / 3) + "-" +
                      std::to_string(margin % 3));
    }
  };
  check(0, persons, of_persons);
  for (uint32_t form = 0; form < kForms; ++form) check(form + 1, forms[form], of_forms[form]);
  return found;
}

// 10 men in all three forms, 10 women in forced labour (form 2), and 3 girls in the others:
// the forms add up to 46 of 23 persons.
Table TwentyThreePersons() {
  Table table;
  table.persons = {0, 0, 10, 10};
  table.persons[0] = 3;  // Female, minor; then male, minor; female, adult; male, adult.
  table.in_form[0] = {3, 0, 0, 10};
  table.in_form[1] = {0, 0, 10, 10};
  table.in_form[2] = {3, 0, 0, 10};
  return table;
}

TEST(OverlappingFormsTest, TheThreeGirlsAmongTwentyThreePersonsAreNotFound) {
  const Table truth = TwentyThreePersons();
  EXPECT_TRUE(Found(truth, Publish(truth, true), false, 15).empty());
}

// Official figures are taken to add up; where they do not, a form is still no larger than
// the total.
TEST(OverlappingFormsTest, FormsThatContradictTheirTotalAreStillBoundByIt) {
  const Table truth = TwentyThreePersons();
  EXPECT_TRUE(Found(truth, Publish(truth, false), false, 15).empty());
}

TEST(OverlappingFormsTest, NobodyWhoTriesAllTablesFindsAHiddenFigure) {
  constexpr uint32_t kSeed = 20260203;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  int informed_rounds = 0;
  int hidden = 0;
  for (int round = 0; round < 120; ++round) {
    const auto below = [&random](uint32_t limit) {
      return static_cast<uint32_t>(random()) % limit;
    };
    Table truth;
    for (uint32_t cell = 0; cell < 4; ++cell) {
      const uint32_t persons = below(below(2) == 0 ? 3 : 7);
      truth.persons[cell] = persons;
      for (Base& form : truth.in_form) {
        const std::array<uint32_t, 3> choices = {0, persons, below(persons + 1)};
        form[cell] = choices[below(3)];
      }
    }
    const OfficialTable published = Publish(truth, true);
    const bool informed = std::none_of(
        published.warnings.begin(), published.warnings.end(),
        [](const std::string& each) { return each.find("stay computable") != std::string::npos; });
    informed_rounds += informed ? 1 : 0;
    hidden += static_cast<int>(published.primary + published.complementary);
    EXPECT_EQ(Found(truth, published, informed, 8), std::vector<std::string>())
        << "round " << round;
  }
  EXPECT_GT(informed_rounds, 60);
  EXPECT_GT(hidden, 500);
}

}  // namespace
}  // namespace enlace::release
