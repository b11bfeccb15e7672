// The subtraction attack on the UNODC regional file, raw and as we would release it.

#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include "gtest/gtest.h"
#include "node/base/error.h"
#include "node/release/official_table.h"
#include "tests/testing/shared_data.h"
#include "tests/unit/release/lists.h"

namespace enlace::release {
namespace {

using model::FigureKey;
using model::Observation;
using model::ObservationStatus;

// One line of a CSV file without line breaks in fields.
std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

struct Row {
  FigureKey key;
  bool small = false;  // "<5"
  uint64_t value = 0;
};
using Rows = std::map<std::string, std::vector<Row>>;  // By state.

const std::map<std::string, uint32_t> kIndicators = {{"Detected trafficking victims", 1},
                                                     {"Offences of trafficking in persons", 2},
                                                     {"Persons brought into formal contact", 3},
                                                     {"Persons prosecuted", 4},
                                                     {"Persons convicted", 5}};
const std::map<std::string, uint32_t> kSexNumbers = {
    {"Total", 0}, {"Female", 1}, {"Male", 2}, {"Other", 3}, {"Unknown", 4}};
const std::map<std::string, uint32_t> kAgeNumbers = {
    {"Total", 0}, {"0 to 17 years", 1}, {"18 years or over", 2}, {"Unknown", 3}};
const std::map<std::string, uint32_t> kForms = {
    {"Sexual exploitation", 1}, {"Forced labour", 2}, {"Other forms of exploitation", 3}};

// The rows of the dimensions that add up by closed lists; values with a leaked cell
// reference (nine and more digits) stay out.
std::optional<Row> ParseRow(const std::vector<std::string>& fields) {
  Row row;
  row.key.indicator = kIndicators.at(fields[4]);
  if (fields[5] == "Total") {
    row.key.dimension = kTotal;
  } else if (fields[5] == "by form of exploitation") {
    row.key.dimension = kByForm;
    row.key.category = kForms.at(fields[6]);
  } else {
    return std::nullopt;
  }
  row.key.sex = kSexNumbers.at(fields[7]);
  row.key.age = kAgeNumbers.at(fields[8]);
  row.key.year = static_cast<uint32_t>(std::stoul(fields[9]));
  std::string digits;
  for (const char c : fields[11]) {
    if (c >= '0' && c <= '9') digits += c;
  }
  row.small = fields[11] == "<5";
  if (!row.small && digits.size() > 7) return std::nullopt;
  if (!row.small) row.value = std::stoull(digits);
  return row;
}

std::optional<Rows> ReadFile() {
  const auto path = testing::SharedDataFile("unodc_glotip_oas35.csv");
  if (!path) return std::nullopt;
  std::ifstream file(*path);
  std::string line;
  std::getline(file, line);
  Rows rows;
  while (std::getline(file, line)) {
    const auto fields = Split(line);
    if (fields.size() != 13) continue;
    if (const auto row = ParseRow(fields)) rows[fields[0]].push_back(*row);
  }
  return rows;
}

enum class By { kSex, kAge };

// The simple attack: one Total, both parts, exactly one of them "<5" (or, in a release,
// hidden in any way), the rest known or absent, and a difference of 0 to 4.
bool Recovers(By by, const std::vector<Row>& rows, uint32_t year) {
  const auto at = [by](uint32_t part) {
    return by == By::kSex ? Key({.sex = part}) : Key({.age = part});
  };
  std::map<FigureKey, std::vector<Row>> found;
  for (const Row& row : rows) {
    if (row.key.year == year) found[row.key].push_back(row);
  }
  const auto rows_at = [&](uint32_t part) {
    FigureKey key = at(part);
    key.year = year;
    return found[key];
  };
  const auto total = rows_at(0);
  const std::vector<Row> parts[] = {rows_at(1), rows_at(2)};
  if (total.size() != 1 || parts[0].size() != 1 || parts[1].size() != 1) return false;
  if (total[0].small || parts[0][0].small == parts[1][0].small) return false;
  uint64_t known = parts[0][0].value + parts[1][0].value;
  for (const uint32_t rest :
       by == By::kSex ? std::vector<uint32_t>{3, 4} : std::vector<uint32_t>{3}) {
    const auto other = rows_at(rest);
    if (other.size() > 1 || (other.size() == 1 && other[0].small)) return false;
    if (other.size() == 1) known += other[0].value;
  }
  return total[0].value >= known && total[0].value - known <= kSourceSuppressedMax;
}

int CountRecovered(By by, const Rows& rows) {
  int count = 0;
  for (const auto& [state, of_state] : rows) {
    std::set<uint32_t> years;
    std::vector<Row> victims;
    for (const Row& row : of_state) {
      if (row.key.indicator != kVictims || row.key.dimension != kTotal) continue;
      victims.push_back(row);
      years.insert(row.key.year);
    }
    for (const uint32_t year : years) count += Recovers(by, victims, year) ? 1 : 0;
  }
  return count;
}

// What intake makes of the rows: repeated keys with different values are conflicts.
std::vector<Observation> Observe(const std::vector<Row>& rows) {
  std::map<FigureKey, Observation> observations;
  for (const Row& row : rows) {
    const auto status =
        row.small ? ObservationStatus::kSuppressedBySource : ObservationStatus::kValue;
    const auto [it, fresh] = observations.try_emplace(row.key);
    Observation& observation = it->second;
    observation.key = row.key;
    observation.candidates.push_back({0, status, row.value});
    if (fresh) {
      observation.status = status;
      observation.value = row.value;
    } else if (observation.candidates[0] != observation.candidates.back()) {
      observation.status = ObservationStatus::kInConflict;
      observation.value = 0;
    }
  }
  std::vector<Observation> list;
  for (auto& [unused, observation] : observations) list.push_back(std::move(observation));
  return list;
}

TEST(UnodcFileTest, SubtractionRecoversSuppressedFiguresOfTheRawFile) {
  const auto rows = ReadFile();
  if (!rows) GTEST_SKIP() << "the UNODC file is not beside this checkout";
  EXPECT_EQ(CountRecovered(By::kSex, *rows), 67);
  EXPECT_EQ(CountRecovered(By::kAge, *rows), 66);
}

TEST(UnodcFileTest, SubtractionRecoversNothingFromReleasesOfTheSameFigures) {
  const auto rows = ReadFile();
  if (!rows) GTEST_SKIP() << "the UNODC file is not beside this checkout";
  Rows released;
  uint64_t shown = 0;
  uint64_t hidden = 0;
  for (const auto& [state, of_state] : *rows) {
    const auto table = MakeOfficialTable(Observe(of_state), {}, TestLists());
    ASSERT_TRUE(table.ok()) << MessageOf(table.status());
    shown += table->with_value;
    hidden += table->complementary;
    for (const TableFigure& figure : table->figures) {
      const bool hidden_figure = figure.status == channel::v1::SUPPRESSED ||
                                 figure.status == channel::v1::SUPPRESSED_BY_SOURCE;
      released[state].push_back({figure.key, hidden_figure, figure.value});
      // A conflict is more than one row, as in the raw file.
      if (figure.status == channel::v1::IN_CONFLICT) {
        released[state].push_back(released[state].back());
      }
    }
  }
  EXPECT_EQ(CountRecovered(By::kSex, released), 0);
  EXPECT_EQ(CountRecovered(By::kAge, released), 0);
  // The protection leaves most of what could be shown.
  EXPECT_GT(shown, 2 * hidden) << "shown " << shown << ", complementary " << hidden;
}

}  // namespace
}  // namespace enlace::release
