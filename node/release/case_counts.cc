#include "node/release/case_counts.h"

#include <algorithm>
#include <map>
#include <set>

#include "node/model/attributes.h"
#include "node/release/relations.h"

namespace enlace::release {
namespace {

// Case codes as numbers of the official lists.
class OfficialCodes {
 public:
  explicit OfficialCodes(const codes::Registry& registry) : registry_(registry) {}

  uint32_t Sex(const model::CaseContent& record) const {
    const std::string id = IdOf("gender", record.Single(model::kSex));
    if (id == "female" || id == "male") return Number("sex", id);
    return Number("sex", id.empty() ? "unknown" : "other");
  }

  uint32_t Age(const model::CaseContent& record) const {
    const std::string majority = IdOf("majority", record.Single(model::kMajority));
    const std::string band = IdOf("age_band", record.Single(model::kAgeBand));
    const bool minor_band = band == "age_0_8" || band == "age_9_17";
    if (majority == "minor" || (majority.empty() && minor_band)) {
      return Number("age_group", "age_0_17");
    }
    return Number("age_group", majority.empty() && band.empty() ? "unknown" : "age_18_over");
  }

  std::set<uint32_t> Forms(const model::CaseContent& record) const {
    std::set<uint32_t> forms;
    const uint64_t affirmed = record.Set(model::kForms).affirmed;
    for (const codes::Code& code : registry_.Get("form_of_exploitation").codes()) {
      if (code.number > 63 || (affirmed >> code.number & 1) == 0) continue;
      const auto official = code.properties.find("official");
      if (official == code.properties.end()) continue;
      forms.insert(Number("official_form", official->second));
    }
    return forms;
  }

 private:
  std::string IdOf(std::string_view list, const model::SingleValue& value) const {
    if (value.missing != model::Missing::kNone) return "";
    const codes::Code* code = registry_.Get(list).Find(value.code);
    return code == nullptr ? "" : code->id;
  }
  uint32_t Number(std::string_view list, std::string_view id) const {
    const codes::Code* code = registry_.Get(list).FindId(id);
    return code == nullptr ? 0 : code->number;
  }

  const codes::Registry& registry_;
};

using Counts = std::map<model::FigureKey, uint64_t>;

// Every figure of one year, at zero.
void AddGrid(const TableShape& shape, const std::vector<uint32_t>& forms, uint32_t indicator,
             uint32_t year, Counts& counts) {
  std::vector<uint32_t> sexes = shape.sexes();
  std::vector<uint32_t> ages = shape.ages();
  sexes.push_back(0);
  ages.push_back(0);
  for (const uint32_t sex : sexes) {
    for (const uint32_t age : ages) {
      counts[{indicator, shape.total_dimension(), 0, sex, age, year}] = 0;
      for (const uint32_t form : forms) {
        counts[{indicator, shape.form_dimension(), form, sex, age, year}] = 0;
      }
    }
  }
}

void CountRecord(const TableShape& shape, const OfficialCodes& official, uint32_t indicator,
                 const model::CaseContent& record, Counts& counts) {
  const std::set<uint32_t> forms = official.Forms(record);
  const uint32_t year = record.registration_year;
  for (const uint32_t sex : {0u, official.Sex(record)}) {
    for (const uint32_t age : {0u, official.Age(record)}) {
      ++counts[{indicator, shape.total_dimension(), 0, sex, age, year}];
      for (const uint32_t form : forms) {
        ++counts[{indicator, shape.form_dimension(), form, sex, age, year}];
      }
    }
  }
}

}  // namespace

bool IsIdentifiedVictim(const model::CaseContent& record, const codes::Registry& registry) {
  const model::SingleValue status = record.Single(model::kVictimStatus);
  if (status.missing != model::Missing::kNone) {
    return status.missing == model::Missing::kNotCollected;
  }
  const codes::Code* code = registry.Get("victim_status").Find(status.code);
  return code != nullptr && code->id == "identified";
}

CaseCounts CountCases(std::span<const model::CaseContent> cases, const codes::Registry& registry,
                      const std::string& entity, const YearRange& years) {
  CaseCounts result;
  std::set<uint32_t> with_records;
  for (const model::CaseContent& record : cases) {
    if (IsIdentifiedVictim(record, registry)) with_records.insert(record.registration_year);
  }
  if (with_records.empty()) return result;
  const TableShape shape(registry);
  const OfficialCodes official(registry);
  const uint32_t indicator = registry.Get("indicator").FindId("detected_victims")->number;
  std::vector<uint32_t> forms;
  for (const codes::Code& code : registry.Get("official_form").codes()) {
    forms.push_back(code.number);
  }
  const uint32_t first = years.from == 0 ? *with_records.begin() : years.from;
  const uint32_t last = years.to == 0 ? *with_records.rbegin() : years.to;
  Counts counts;
  for (uint32_t year = first; year <= last; ++year) {
    AddGrid(shape, forms, indicator, year, counts);
    if (!with_records.contains(year)) result.years_without.push_back(year);
  }
  for (const model::CaseContent& record : cases) {
    if (!IsIdentifiedVictim(record, registry)) continue;
    CountRecord(shape, official, indicator, record, counts);
  }
  for (const auto& [key, count] : counts) {
    model::Observation observation;
    observation.key = key;
    observation.entity = entity;
    observation.codelist_version = registry.version();
    observation.value = count;
    result.figures.push_back(std::move(observation));
  }
  return result;
}

}  // namespace enlace::release
