// Reading config/codelists. One file is one list:
//
//   list: sex               # The file's name without .yaml.
//   version: 1              # Of the bundle; the same in every file.
//   source: "..."           # Where the codes come from.
//   set: true               # Optional: codes of a set attribute, numbers 1 to 63.
//   codes:
//     - number: 1
//       id: female
//       labels: {en: Female, es: Mujer}            # en is required.
//       properties: {key: value}                   # Optional, see the list's own header.
//       parent, since, until, superseded_by: ...   # Optional, see Code.
#include <algorithm>
#include <filesystem>
#include <set>

#include "node/codes/fold.h"
#include "node/codes/registry.h"
#include "node/config/yaml.h"

namespace enlace::codes {
namespace {

using config::Faults;
using config::MapReader;
using config::Yaml;

constexpr size_t kListsMax = 256;
constexpr size_t kCodesMax = 10'000;
constexpr size_t kTextBytesMax = 400;
constexpr int64_t kNumberMax = 65'535;
constexpr int64_t kSetNumberMax = 63;
constexpr int64_t kVersionMax = 1'000'000;

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool IsText(std::string_view text) {
  const std::optional<std::string> folded = Fold(text);
  return text.size() <= kTextBytesMax && folded.has_value() && !folded->empty() &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void ReadLabels(MapReader& reader, const std::string& path, Faults& faults, Code& code) {
  MapReader labels(reader.Member("labels", true), path, faults);
  for (const std::string_view language : kLanguages) {
    const bool required = language == "en";
    const Yaml* member = labels.Member(language, required);
    if (member == nullptr) continue;
    if (member->kind() != Yaml::Kind::kScalar || !IsText(member->scalar())) {
      labels.Fault(language, "expected a text of one line, up to 400 bytes of clean UTF-8");
      continue;
    }
    code.labels[std::string(language)] = member->scalar();
  }
  labels.Finish();
}

void ReadProperties(MapReader& reader, const std::string& path, Faults& faults, Code& code) {
  const Yaml* node = reader.Member("properties");
  if (node == nullptr) return;
  MapReader properties(node, path, faults);
  for (auto& [key, value] : properties.AllStrings()) {
    if (!IsId(key) || !IsText(value)) {
      properties.Fault(key, "expected a key of small letters and a text of one line");
      continue;
    }
    code.properties[key] = value;
  }
}

Code ReadCode(MapReader& reader, int64_t number_min, int64_t number_max, Faults& faults) {
  Code code;
  code.number = static_cast<uint32_t>(reader.Int("number", number_min, number_max));
  code.id = reader.String("id");
  if (!IsId(code.id)) reader.Fault("id", "expected 1 to 64 of a to z, 0 to 9 and _");
  ReadLabels(reader, reader.PathOf("labels"), faults, code);
  ReadProperties(reader, reader.PathOf("properties"), faults, code);
  code.parent = static_cast<uint32_t>(reader.Int("parent", 1, kNumberMax, 0));
  code.since = static_cast<uint32_t>(reader.Int("since", 1, kVersionMax, 1));
  code.until = static_cast<uint32_t>(reader.Int("until", 1, kVersionMax, 0));
  code.superseded_by = static_cast<uint32_t>(reader.Int("superseded_by", 1, kNumberMax, 0));
  return code;
}

// True when following `next` from `start` ends. Chains are no longer than the list.
template <typename Next>
bool ChainEnds(const std::vector<Code>& codes, const Code& start, Next next) {
  uint32_t wanted = next(start);
  for (size_t step = 0; step <= codes.size(); ++step) {
    if (wanted == 0) return true;
    const auto at = std::find_if(codes.begin(), codes.end(),
                                 [&](const Code& code) { return code.number == wanted; });
    if (at == codes.end()) return false;
    wanted = next(*at);
  }
  return false;
}

// What no single code can tell: numbers and ids are unique, references lead to codes.
void CheckTogether(const std::vector<Code>& codes, uint32_t version, const std::string& path,
                   Faults& faults) {
  std::set<uint32_t> numbers;
  std::set<std::string> ids;
  for (const Code& code : codes) {
    const std::string where = path + "[" + code.id + "]";
    if (!numbers.insert(code.number).second) {
      faults.Add(where + ".number", 0, "the number stands twice");
    }
    if (!ids.insert(code.id).second) faults.Add(where + ".id", 0, "the id stands twice");
    if (code.since > version) faults.Add(where + ".since", 0, "later than the list's version");
    if (code.until != 0 && code.until < code.since) {
      faults.Add(where + ".until", 0, "earlier than since");
    }
    if (code.superseded_by != 0 && code.until == 0) {
      faults.Add(where + ".superseded_by", 0, "a code that is still valid has no successor");
    }
    if (!ChainEnds(codes, code, [](const Code& c) { return c.parent; })) {
      faults.Add(where + ".parent", 0, "does not lead to a code without parent");
    }
    if (!ChainEnds(codes, code, [](const Code& c) { return c.superseded_by; })) {
      faults.Add(where + ".superseded_by", 0, "does not lead to a valid code");
    }
  }
}

std::optional<CodeList> ReadList(const Yaml& root, const std::string& name, Faults& faults) {
  const std::string file = name + ".yaml";
  MapReader reader(&root, file, faults);
  if (reader.String("list") != name) reader.Fault("list", "expected the file's own name");
  const auto version = static_cast<uint32_t>(reader.Int("version", 1, kVersionMax));
  std::string source = reader.String("source");
  if (!IsText(source)) reader.Fault("source", "expected where the codes come from, in one line");
  const bool set = reader.Bool("set", false);
  const Yaml* list = reader.Member("codes", true);
  std::vector<Code> codes;
  if (list != nullptr && list->items().size() > kCodesMax) {
    reader.Fault("codes", "more than 10,000 codes");
  } else {
    config::ForEachMap(list, reader.PathOf("codes"), faults, [&](MapReader& item) {
      codes.push_back(ReadCode(item, set ? 1 : 0, set ? kSetNumberMax : kNumberMax, faults));
    });
  }
  if (list != nullptr && list->kind() == Yaml::Kind::kList && codes.empty()) {
    reader.Fault("codes", "expected at least one code");
  }
  reader.Finish();
  CheckTogether(codes, version, reader.PathOf("codes"), faults);
  return CodeList(name, version, std::move(source), std::move(codes));
}

StatusOr<std::vector<std::string>> ListNames(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  std::vector<std::string> names;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".yaml") names.push_back(entry->path().stem().string());
  }
  if (error) {
    return Error(Reason::FILE_UNREADABLE, "cannot read the folder of code lists " + folder,
                 {{"path", folder}});
  }
  std::sort(names.begin(), names.end());
  return names;
}

void CheckBundle(const std::vector<CodeList>& lists, Faults& faults) {
  for (const CodeList& list : lists) {
    if (list.version() != lists.front().version()) {
      faults.Add(list.name() + ".yaml.version", 0,
                 "differs from " + lists.front().name() + ".yaml; all lists carry one version");
    }
  }
  for (const std::string_view name : RequiredLists()) {
    if (std::none_of(lists.begin(), lists.end(),
                     [&](const CodeList& list) { return list.name() == name; })) {
      faults.Add(std::string(name) + ".yaml", 0, "the list is required, and missing");
    }
  }
}

}  // namespace

std::span<const std::string_view> RequiredLists() {
  static constexpr std::string_view kNames[] = {
      "admin1",
      "age_band",
      "age_group",
      "campaign_channel",
      "case_attribute",
      "correction_reason",
      "counting_basis",
      "country",
      "delivery_mode",
      "dimension",
      "form_of_exploitation",
      "gender",
      "indicator",
      "labour_sector",
      "majority",
      "material_type",
      "means_of_control",
      "official_form",
      "palermo_act",
      "palermo_means",
      "place",
      "protocol_area",
      "recruiter_relation",
      "sex",
      "sex_type",
      "source_type",
      "training_audience",
      "training_depth",
      "training_topic",
      "victim_status",
      "withdrawal_reason",
      "yes_no",
  };
  return kNames;
}

StatusOr<std::shared_ptr<const Registry>> Registry::Load(const std::string& folder) {
  ENLACE_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListNames(folder));
  Faults faults;
  if (names.size() > kListsMax) faults.Add(folder, 0, "more than 256 lists");
  std::vector<CodeList> lists;
  for (size_t i = 0; i < std::min(names.size(), kListsMax); ++i) {
    const auto root = Yaml::LoadFile(folder + "/" + names[i] + ".yaml");
    if (!root.ok()) {
      faults.Add(names[i] + ".yaml", 0, MessageOf(root.status()));
      continue;
    }
    if (auto list = ReadList(*root, names[i], faults)) lists.push_back(*std::move(list));
  }
  CheckBundle(lists, faults);
  ENLACE_RETURN_IF_ERROR(faults.ToStatus(Reason::CODELIST_INVALID, folder));
  return std::make_shared<const Registry>(std::move(lists));
}

}  // namespace enlace::codes
