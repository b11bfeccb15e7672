#include "client/intake/sample.h"

#include <fmt/format.h>

#include <array>
#include <random>

#include "client/intake/case_mapper.h"
#include "client/intake/csv_writer.h"
#include "node/base/check.h"
#include "node/model/attributes.h"

namespace enlace::intake {
namespace {

using model::Missing;

constexpr uint32_t kFirstYear = 2003;
constexpr uint32_t kLastYear = 2022;
constexpr uint64_t kShownMin = 5;  // Below, the source writes "<5".

// Draws that are equal on every machine; the standard library's distributions are not.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t end) { return random_() % end; }
  bool Percent(uint64_t share) { return Below(100) < share; }
  // An index by weights.
  template <size_t N>
  size_t Pick(const std::array<uint64_t, N>& weights) {
    uint64_t sum = 0;
    for (const uint64_t weight : weights) sum += weight;
    uint64_t at = Below(sum);
    for (size_t i = 0; i < N; ++i) {
      if (at < weights[i]) return i;
      at -= weights[i];
    }
    ENLACE_CHECK(false);
  }

 private:
  std::mt19937_64 random_;
};

// Different jurisdictions differ, and equal ones do not depend on their order.
uint64_t SeedOf(const SampleOptions& options, uint64_t salt) {
  uint64_t seed = options.seed * 1'000'003 + salt;
  for (const char c : options.jurisdiction) seed = seed * 131 + static_cast<unsigned char>(c);
  return seed;
}

uint32_t CodeOf(const codes::Registry& registry, std::string_view list, std::string_view id) {
  const codes::Code* code = registry.Get(list).FindId(id);
  ENLACE_CHECK(code != nullptr);
  return code->number;
}

class CaseMaker {
 public:
  CaseMaker(const codes::Registry& registry, const SampleOptions& options, uint32_t country)
      : registry_(registry), options_(options), country_(country), dice_(SeedOf(options, 1)) {}

  model::CaseContent Next() {
    content_ = model::CaseContent();
    content_.codelist_version = registry_.version();
    content_.registration_year =
        options_.year_from +
        static_cast<uint32_t>(dice_.Below(options_.year_to - options_.year_from + 1));
    Single(model::kSourceType, "source_type", dice_.Percent(85) ? "case_management" : "hotline");
    Single(model::kSex, "gender",
           std::array{"female", "male", "transgender_nonconforming"}[dice_.Pick<3>({71, 27, 2})]);
    Age();
    Citizenship();
    content_.singles[model::kExploitationCountry] = {country_, Missing::kNone};
    Single(model::kAbduction, "yes_no", dice_.Percent(6) ? "yes" : "no");
    Forms();
    Means();
    Recruiter();
    content_.Canonicalize();
    return content_;
  }

 private:
  void Single(uint32_t attribute, std::string_view list, std::string_view id) {
    content_.singles[attribute] = {CodeOf(registry_, list, id), Missing::kNone};
  }
  static uint64_t Bit(uint32_t code) { return uint64_t{1} << code; }
  uint64_t Bit(std::string_view list, std::string_view id) const {
    return Bit(CodeOf(registry_, list, id));
  }

  void Age() {
    static constexpr std::array kBands = {"age_0_8",   "age_9_17",  "age_18_20",
                                          "age_21_23", "age_24_26", "age_27_29",
                                          "age_30_38", "age_39_47", "age_48_over"};
    const size_t band = dice_.Pick<9>({3, 24, 15, 12, 11, 9, 14, 8, 4});
    Single(model::kAgeBand, "age_band", kBands[band]);
    Single(model::kMajority, "majority", band < 2 ? "minor" : "adult");
    // Someone who is a minor now was one when it began; of the others one in ten was.
    if (dice_.Percent(60)) {
      Single(model::kMajorityAtExploitation, "majority",
             band < 2 || dice_.Percent(10) ? "minor" : "adult");
    }
  }

  void Citizenship() {
    static constexpr std::array kOthers = {"ven", "pry", "bol", "col", "hti", "dom", "per"};
    if (dice_.Percent(4)) {
      content_.singles[model::kCitizenship] = {0, Missing::kUnknown};
    } else if (dice_.Percent(65)) {
      content_.singles[model::kCitizenship] = {country_, Missing::kNone};
    } else {
      Single(model::kCitizenship, "country", kOthers[dice_.Below(kOthers.size())]);
    }
  }

  void Forms() {
    static constexpr std::array kSectors = {"agriculture", "construction",  "domestic_work",
                                            "hospitality", "manufacturing", "peddling"};
    const char* list = "form_of_exploitation";
    const size_t form = dice_.Pick<4>({52, 36, 4, 8});  // Sexual, labour, both, marriage.
    const bool sexual = form == 0 || form == 2;
    const bool labour = form == 1 || form == 2;
    model::SetValue forms;
    (sexual ? forms.affirmed : forms.denied) |= Bit(list, "sexual_exploitation");
    (labour ? forms.affirmed : forms.denied) |= Bit(list, "forced_labour");
    (form == 2 ? forms.affirmed : forms.denied) |= Bit(list, "sex_and_labour");
    (form == 3 ? forms.affirmed : forms.denied) |= Bit(list, "forced_marriage");
    forms.denied |= Bit(list, "other_exploitation") | Bit(list, "organ_removal");
    content_.sets[model::kForms] = forms;
    if (labour) {
      model::SetValue sectors;
      sectors.affirmed = Bit("labour_sector", kSectors[dice_.Below(kSectors.size())]);
      content_.sets[model::kLabourSectors] = sectors;
    }
    if (sexual) {
      model::SetValue types;
      (dice_.Percent(90) ? types.affirmed : types.denied) |= Bit("sex_type", "prostitution");
      if (dice_.Percent(12)) types.affirmed |= Bit("sex_type", "pornography");
      content_.sets[model::kSexTypes] = types;
    }
  }

  void Means() {
    static constexpr std::array kMeans = {"threats",
                                          "psychological_abuse",
                                          "false_promises",
                                          "debt_bondage",
                                          "restricts_movement",
                                          "physical_abuse",
                                          "withholds_documents",
                                          "takes_earnings"};
    static constexpr std::array<uint64_t, 8> kShares = {38, 41, 45, 17, 29, 24, 14, 26};
    const char* list = "means_of_control";
    model::SetValue means;
    for (size_t i = 0; i < kMeans.size(); ++i) {
      if (dice_.Percent(kShares[i])) means.affirmed |= Bit(list, kMeans[i]);
    }
    (means.affirmed == 0 ? means.affirmed : means.denied) |= Bit(list, "not_specified");
    content_.sets[model::kMeans] = means;
  }

  void Recruiter() {
    static constexpr std::array kRelations = {"intimate_partner", "friend", "family", "other",
                                              "unknown"};
    const char* list = "recruiter_relation";
    const size_t chosen = dice_.Pick<5>({12, 21, 14, 33, 20});
    model::SetValue relation;
    for (size_t i = 0; i < kRelations.size(); ++i) {
      (i == chosen ? relation.affirmed : relation.denied) |= Bit(list, kRelations[i]);
    }
    content_.sets[model::kRecruiter] = relation;
  }

  const codes::Registry& registry_;
  const SampleOptions& options_;
  const uint32_t country_;
  Dice dice_;
  model::CaseContent content_;
};

// Figures of one jurisdiction that add up: each total is the sum of its parts.
class FigureMaker {
 public:
  FigureMaker(const SampleOptions& options, std::string country, std::string& out)
      : options_(options), country_(std::move(country)), out_(out), dice_(SeedOf(options, 2)) {}

  void Year(uint32_t year) {
    year_ = year;
    const uint64_t scale = 40 + dice_.Below(200);
    const uint64_t girls = scale * 22 / 100 + dice_.Below(9);
    const uint64_t boys = scale * 7 / 100 + dice_.Below(6);
    const uint64_t women = scale * 51 / 100 + dice_.Below(15);
    const uint64_t men = scale * 20 / 100 + dice_.Below(9);
    const uint64_t all = girls + boys + women + men;
    const char* victims = "Detected trafficking victims";
    Row(victims, "Total", "Total", "Total", "Total", all);
    Row(victims, "Total", "Total", "Female", "Total", girls + women);
    Row(victims, "Total", "Total", "Male", "Total", boys + men);
    Row(victims, "Total", "Total", "Total", "0 to 17 years", girls + boys);
    Row(victims, "Total", "Total", "Total", "18 years or over", women + men);
    Row(victims, "Total", "Total", "Female", "0 to 17 years", girls);
    Row(victims, "Total", "Total", "Female", "18 years or over", women);
    Row(victims, "Total", "Total", "Male", "0 to 17 years", boys);
    Row(victims, "Total", "Total", "Male", "18 years or over", men);
    const uint64_t labour = all * (30 + dice_.Below(15)) / 100;
    const uint64_t others = dice_.Below(12);
    const char* form = "by form of exploitation";
    Row(victims, form, "Sexual exploitation", "Total", "Total", all - labour - others);
    Row(victims, form, "Forced labour", "Total", "Total", labour);
    Row(victims, form, "Other forms of exploitation", "Total", "Total", others);
    const uint64_t foreigners = all * (20 + dice_.Below(20)) / 100;
    Row(victims, "by citizenship", "Nationals", "Total", "Total", all - foreigners);
    Row(victims, "by citizenship", "Venezuela (Bolivarian Republic of)", "Total", "Total",
        foreigners / 2);
    Row(victims, "by citizenship", "Paraguay", "Total", "Total", foreigners - foreigners / 2);
    const uint64_t prosecuted = 10 + dice_.Below(60);
    Row("Offences of trafficking in persons", "Total", "Total", "Total", "Total", all / 2);
    Row("Persons prosecuted", "Total", "Total", "Total", "Total", prosecuted);
    Row("Persons convicted", "Total", "Total", "Total", "Total", dice_.Below(prosecuted));
  }

 private:
  void Row(const std::string& indicator, const std::string& dimension, const std::string& category,
           const std::string& sex, const std::string& age, uint64_t value) {
    AppendCsvRow(out_,
                 {options_.jurisdiction, country_, "Americas", "Invented", indicator, dimension,
                  category, sex, age, std::to_string(year_), "Counts",
                  value < kShownMin ? "<5" : std::to_string(value), "GLOTIP"},
                 LineEnd::kLf);
  }

  const SampleOptions& options_;
  const std::string country_;
  std::string& out_;
  Dice dice_;
  uint32_t year_ = 0;
};

StatusOr<uint32_t> CountryFor(const Mappings& mappings, const SampleOptions& options) {
  if (options.cases > kSampleCasesMax) {
    return Error(Reason::REQUEST_INVALID,
                 fmt::format("expected at most {} invented cases", kSampleCasesMax));
  }
  const uint32_t country = CountryOf(mappings.registry(), options.jurisdiction);
  if (country == 0 || options.jurisdiction.size() != 3) {
    return Error(Reason::CODE_UNKNOWN, "expected alpha-3 codes of countries such as ARG,BRA");
  }
  return country;
}

const Format& FormatOf(const Mappings& mappings, std::string_view id) {
  const Format* format = mappings.Find(id);
  ENLACE_CHECK(format != nullptr);
  return *format;
}

}  // namespace

Status SetSampleYears(std::string_view text, SampleOptions& options) {
  const std::string column;
  const auto year = [&](std::string_view part) {
    const auto parsed = ParseYear(column, part, kFirstYear, kLastYear);
    return std::holds_alternative<uint32_t>(parsed) ? std::get<uint32_t>(parsed) : 0;
  };
  const size_t dash = text.find('-');
  const uint32_t from = year(text.substr(0, dash));
  const uint32_t to = dash == std::string_view::npos ? from : year(text.substr(dash + 1));
  if (from == 0 || to < from) {
    return Error(
        Reason::REQUEST_INVALID,
        fmt::format("expected years from {} to {}, such as 2018-2022", kFirstYear, kLastYear));
  }
  options.year_from = from;
  options.year_to = to;
  return absl::OkStatus();
}

StatusOr<std::string> SampleCases(const Mappings& mappings, const SampleOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(const uint32_t country, CountryFor(mappings, options));
  const Format& format = FormatOf(mappings, "ctdc-kanon-2020");
  const CaseMapper mapper(format, mappings.registry(), "");
  CaseMaker maker(mappings.registry(), options, country);
  std::string out;
  AppendCsvRow(out, CanonicalHeader(format), LineEnd::kLf);
  for (uint32_t i = 0; i < options.cases; ++i) {
    AppendCsvRow(out, mapper.Write(maker.Next()), LineEnd::kLf);
  }
  return out;
}

StatusOr<std::string> SampleFigures(const Mappings& mappings, const SampleOptions& options) {
  ENLACE_ASSIGN_OR_RETURN(const uint32_t country, CountryFor(mappings, options));
  std::string out;
  AppendCsvRow(out, CanonicalHeader(FormatOf(mappings, "unodc-glotip-2025")), LineEnd::kLf);
  FigureMaker maker(options, mappings.registry().Get("country").Label(country, "en").value_or(""),
                    out);
  for (uint32_t year = options.year_from; year <= options.year_to; ++year) maker.Year(year);
  return out;
}

}  // namespace enlace::intake
