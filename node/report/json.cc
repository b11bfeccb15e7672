#include "node/report/json.h"

#include "nlohmann/json.hpp"
#include "node/report/messages.h"
#include "node/report/summary.h"

namespace enlace::report {
namespace {

using Json = nlohmann::ordered_json;

bool IsNumber(size_t column) {
  return column == kYear || column == kValue || column == kLow || column == kHigh ||
         column == kSequence || column == kCheckpointSize;
}

Json RowJson(const Row& row) {
  Json out = Json::object();
  for (size_t column = 0; column < kColumnCount; ++column) {
    if (row[column].empty()) continue;
    const std::string name(kColumns[column]);
    if (IsNumber(column)) {
      out[name] = std::stoull(row[column]);
    } else {
      out[name] = row[column];
    }
  }
  return out;
}

Json CoverageJson(const Coverage& coverage) {
  Json out = Json::object();
  out["jurisdiction"] = coverage.jurisdiction;
  out["channel_held"] = coverage.channel_held;
  out["stopped"] = coverage.stopped;
  out["releases"] = coverage.releases;
  out["years"] = coverage.years;
  out["figures_by_status"] = coverage.by_status;
  out["left_out"] = {{"not_understood", coverage.left_out.not_understood},
                     {"withheld", coverage.left_out.withheld},
                     {"erased", coverage.left_out.erased},
                     {"invalid", coverage.left_out.invalid}};
  return out;
}

// A counting basis and what it was counted of: figures of two bases are never added.
Json SourceJson(const Source& source, const codes::Registry& registry) {
  const auto& content = source.release->content;
  Json out = Json::object();
  out["release"] = content.name();
  const codes::CodeList* list = registry.Find("counting_basis");
  const codes::Code* basis = list == nullptr ? nullptr : list->Find(content.counting_basis());
  out["counting_basis"] = basis == nullptr ? std::to_string(content.counting_basis()) : basis->id;
  out["entities"] = Json::array();
  for (const std::string& entity : content.entities()) out["entities"].push_back(entity);
  out["threshold"] = content.threshold();
  out["zero_is_small"] = content.zero_is_small();
  return out;
}

Json TextJson(const channel::v1::LocalizedText& texts) {
  Json out = Json::object();
  for (const auto& text : texts.texts()) {
    const bool machine = text.translation() == channel::v1::LocalizedText::Text::MACHINE;
    out[text.language()] = {{"text", text.text()}, {"machine", machine}};
  }
  return out;
}

template <typename Numbers>
Json IdsJson(const codes::Registry& registry, std::string_view list, const Numbers& numbers) {
  Json out = Json::array();
  for (const uint32_t number : numbers) {
    const codes::CodeList* codes = registry.Find(list);
    const codes::Code* code = codes == nullptr ? nullptr : codes->Find(number);
    out.push_back(code == nullptr ? std::to_string(number) : code->id);
  }
  return out;
}

Json ProgrammeJson(const views::CatalogueEntry& entry, const codes::Registry& registry) {
  const auto& programme = entry.programme;
  Json out = Json::object();
  out["name"] = programme.name();
  out["revision"] = programme.revision();
  out["title"] = TextJson(programme.title());
  out["summary"] = TextJson(programme.summary());
  out["topics"] = IdsJson(registry, "training_topic", programme.topics());
  out["audiences"] = IdsJson(registry, "training_audience", programme.audiences());
  out["languages"] = Json::array();
  for (const std::string& language : programme.languages()) out["languages"].push_back(language);
  out["hours"] = programme.hours();
  out["channel"] = entry.channel;
  out["sequence"] = entry.sequence;
  return out;
}

Json LabelsJson(const codes::Registry& registry) {
  Json out = Json::object();
  for (const std::string_view list : {"indicator", "dimension", "official_form", "sex", "age_group",
                                      "counting_basis", "training_topic", "training_audience"}) {
    const codes::CodeList* codes = registry.Find(list);
    if (codes == nullptr) continue;
    Json& of_list = out[std::string(list)] = Json::object();
    for (const codes::Code& code : codes->codes()) of_list[code.id] = code.labels;
  }
  Json& statuses = out["status"] = Json::object();
  for (const StatusText& status : StatusTexts()) {
    Json& label = statuses[std::string(status.word)] = Json::object();
    for (const std::string_view language : codes::kLanguages) {
      label[std::string(language)] = std::string(status.label.In(language));
    }
  }
  return out;
}

}  // namespace

std::string WriteJson(const Input& input, const codes::Registry& registry,
                      const std::string& compiled_on) {
  Json out = Json::object();
  out["network"] = input.network;
  out["compiled_on"] = compiled_on;
  out["roster"] = input.roster;
  Json& rows = out["rows"] = Json::array();
  for (const Row& row : MakeRows(input, registry)) rows.push_back(RowJson(row));
  Json& coverage = out["coverage"] = Json::array();
  for (const Coverage& each : MakeCoverage(input)) coverage.push_back(CoverageJson(each));
  Json& releases = out["releases"] = Json::array();
  for (const Source& source : Sources(input)) releases.push_back(SourceJson(source, registry));
  const ProgrammeList list = Programmes(input);
  Json& programmes = out["programmes"] = Json::array();
  for (const auto* entry : list.shown) programmes.push_back(ProgrammeJson(*entry, registry));
  out["programmes_not_shown"] = list.not_shown;
  out["labels"] = LabelsJson(registry);
  // Texts of other nodes were checked by them, not by us: broken ones must not throw here.
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace enlace::report
