// Reading config/mappings. A file is `kind: case_records` or `kind: observations` (a
// format), or `kind: aliases` (spellings of one code list). The files themselves show
// the keys; whatever is unknown, unused or ambiguous is a fault.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "client/intake/mapping.h"
#include "node/config/yaml.h"
#include "node/model/attributes.h"
#include "node/model/observation.h"

namespace enlace::intake {
namespace {

using config::Faults;
using config::MapReader;
using config::Yaml;
using model::Missing;

constexpr size_t kFilesMax = 64;
constexpr size_t kAliasesMax = 10'000;

std::optional<Missing> MissingOf(std::string_view text) {
  if (text == "unknown") return Missing::kUnknown;
  if (text == "not_collected") return Missing::kNotCollected;
  if (text == "not_applicable") return Missing::kNotApplicable;
  return std::nullopt;
}

// A list may have a code "total" of its own; where it has none, 0 is how the model writes
// the total.
std::optional<uint32_t> CodeOf(const codes::CodeList& list, std::string_view id) {
  const codes::Code* code = list.FindId(id);
  if (code == nullptr && id == "total") return 0;
  if (code == nullptr || !list.Has(code->number, list.version())) return std::nullopt;
  return code->number;
}

}  // namespace

class MappingLoader {
 public:
  MappingLoader(const codes::Registry& registry, Mappings& out) : registry_(registry), out_(out) {}

  Status LoadAliases(const Yaml& document, const std::string& file);
  Status LoadFormat(const Yaml& document, const std::string& file);

 private:
  void ReadColumns(MapReader& top, Format& format);
  void ReadCases(MapReader& top, CaseFormat& cases);
  void ReadObservations(MapReader& top, ObservationFormat& figures);
  void ReadSingle(MapReader& reader, SingleColumn& single);
  void ReadSet(MapReader& reader, SetGroup& group);
  void ReadFlags(MapReader& reader, const codes::CodeList& list, SetGroup& group);
  void ReadAbsences(MapReader& reader, SetGroup& group);
  void ReadCategories(MapReader& top, ObservationFormat& figures);
  void ReadContradiction(MapReader& reader, CaseFormat& cases);
  std::vector<uint32_t> ReadCodes(MapReader& reader, const std::string& key,
                                  const codes::CodeList* list);
  std::map<std::string, uint32_t, std::less<>> ReadCells(MapReader& reader, std::string_view key,
                                                         std::string_view list);
  const model::AttributeInfo* ReadAttribute(MapReader& reader, const std::string& key);
  std::string UseColumn(MapReader& reader, const std::string& key, bool required = true);
  void UseColumnNamed(MapReader& reader, const std::string& key, const std::string& name);
  const codes::CodeList* FindList(MapReader& reader, const std::string& key,
                                  std::string_view name);

  const codes::Registry& registry_;
  Mappings& out_;
  Faults faults_;
  std::set<std::string> columns_;  // Of the format being read.
  std::set<std::string> unused_;
};

const codes::CodeList* MappingLoader::FindList(MapReader& reader, const std::string& key,
                                               std::string_view name) {
  const codes::CodeList* list = registry_.Find(name);
  if (list == nullptr) reader.Fault(key, "no such code list");
  return list;
}

void MappingLoader::UseColumnNamed(MapReader& reader, const std::string& key,
                                   const std::string& name) {
  if (columns_.count(name) == 0) {
    reader.Fault(key, "not a column of this format");
  } else if (unused_.erase(name) == 0) {
    reader.Fault(key, "this column is used twice");
  }
}

std::string MappingLoader::UseColumn(MapReader& reader, const std::string& key, bool required) {
  const std::string name =
      reader.String(key, required ? std::nullopt : std::optional<std::string>(""));
  if (!name.empty()) UseColumnNamed(reader, key, name);
  return name;
}

const model::AttributeInfo* MappingLoader::ReadAttribute(MapReader& reader,
                                                         const std::string& key) {
  const model::AttributeInfo* info = model::FindAttributeId(reader.String(key));
  if (info == nullptr) reader.Fault(key, "no such attribute of a case record");
  return info;
}

std::map<std::string, uint32_t, std::less<>> MappingLoader::ReadCells(MapReader& reader,
                                                                      std::string_view key,
                                                                      std::string_view list) {
  std::map<std::string, uint32_t, std::less<>> out;
  const std::string name(key);
  const codes::CodeList* codes = FindList(reader, name, list);
  MapReader cells(reader.Member(key, true), reader.PathOf(key), faults_);
  for (const auto& [text, id] : cells.AllStrings()) {
    const std::optional<uint32_t> code =
        codes == nullptr ? std::nullopt : CodeOf(*codes, id);
    if (!code.has_value()) cells.Fault(text, "no such code in this version of the list");
    else out.emplace(text, *code);
  }
  return out;
}

void MappingLoader::ReadColumns(MapReader& top, Format& format) {
  const Yaml* list = top.Member("columns", true);
  if (list != nullptr && list->kind() != Yaml::Kind::kList) {
    top.Fault("columns", "expected a list");
    return;
  }
  std::set<std::string> spellings;
  for (const Yaml& item : list == nullptr ? std::vector<Yaml>() : list->items()) {
    // Either just the name, or {name, also}.
    Column column;
    if (item.kind() == Yaml::Kind::kScalar) {
      column.name = item.scalar();
    } else {
      MapReader reader(&item, "columns", faults_);
      column.name = reader.String("name");
      column.also = reader.Strings("also", true);
      reader.Finish();
    }
    std::vector<std::string> all = column.also;
    all.push_back(column.name);
    for (const std::string& spelling : all) {
      if (!spellings.insert(spelling).second) {
        faults_.Add("columns", item.line(), "this column name stands twice");
      }
    }
    columns_.insert(column.name);
    unused_.insert(column.name);
    format.columns.push_back(std::move(column));
  }
}

void MappingLoader::ReadSingle(MapReader& reader, SingleColumn& single) {
  single.column = UseColumn(reader, "column");
  const model::AttributeInfo* info = ReadAttribute(reader, "attribute");
  single.cells.property = reader.String("property", "");
  MapReader cells(reader.Member("cells"), reader.PathOf("cells"), faults_);
  MapReader missing(reader.Member("missing"), reader.PathOf("missing"), faults_);
  MapReader also(reader.Member("also"), reader.PathOf("also"), faults_);
  if (info == nullptr) return;
  single.attribute = info->number;
  if (info->kind != model::AttributeKind::kSingle) {
    reader.Fault("attribute", "several-valued attributes belong under sets");
  }
  const codes::CodeList* list = FindList(reader, "attribute", info->list);
  const auto add = [&](MapReader& from, const std::string& text, model::SingleValue value,
                       bool canonical) {
    if (!single.cells.values.emplace(text, value).second) from.Fault(text, "stands twice");
    if (canonical) single.cells.texts.emplace_back(value, text);
  };
  const auto value_of = [&](const std::string& id) -> std::optional<model::SingleValue> {
    if (const auto reason = MissingOf(id)) return model::SingleValue{0, *reason};
    const auto code = list == nullptr ? std::nullopt : CodeOf(*list, id);
    if (!code.has_value() || *code == 0) return std::nullopt;
    return model::SingleValue{*code, Missing::kNone};
  };
  for (MapReader* from : {&cells, &missing, &also}) {
    for (const auto& [text, id] : from->AllStrings()) {
      const auto value = value_of(id);
      if (!value.has_value()) from->Fault(text, "no such code in this version of the list");
      else add(*from, text, *value, from != &also);
    }
  }
}

void MappingLoader::ReadFlags(MapReader& reader, const codes::CodeList& list, SetGroup& group) {
  ForEachMap(reader.Member("flags", true), reader.PathOf("flags"), faults_, [&](MapReader& item) {
    Flag flag;
    flag.column = UseColumn(item, "column");
    const std::optional<uint32_t> code = CodeOf(list, item.String("code"));
    flag.label = item.String("label", "");
    flag.also = item.Strings("also");
    if (!code.has_value() || *code == 0 || *code > 63) {
      item.Fault("code", "no such code in this version of the list");
      return;
    }
    flag.code = *code;
    for (const Flag& earlier : group.flags) {
      if (earlier.code == flag.code) item.Fault("code", "this code has a column already");
    }
    group.label_order.push_back(group.flags.size());
    group.flags.push_back(std::move(flag));
  });
  // The joined labels stand in the order of the columns, unless the table says otherwise.
  const std::vector<std::string> order = reader.Strings("label_order");
  if (order.empty()) return;
  group.label_order.clear();
  for (const std::string& label : order) {
    const auto at = std::find_if(group.flags.begin(), group.flags.end(),
                                 [&](const Flag& flag) { return flag.label == label; });
    if (at == group.flags.end()) reader.Fault("label_order", "no flag has this label");
    else group.label_order.push_back(static_cast<size_t>(at - group.flags.begin()));
  }
}

// What the joined column holds when there is nothing to join: text to reason.
void MappingLoader::ReadAbsences(MapReader& reader, SetGroup& group) {
  MapReader absences(reader.Member("absent"), reader.PathOf("absent"), faults_);
  for (const auto& [text, reason] : absences.AllStrings()) {
    const auto rest = MissingOf(reason);
    if (!rest) {
      absences.Fault(text, "expected unknown, not_collected or not_applicable");
      continue;
    }
    for (const Absence& earlier : group.absences) {
      if (earlier.rest == *rest) absences.Fault(text, "this reason has a text already");
    }
    group.absences.push_back({*rest, text});
  }
  if (group.absences.empty() != group.joined_column.empty()) {
    reader.Fault("absent", "belongs to a joined column, and a joined column needs it");
  }
}

void MappingLoader::ReadSet(MapReader& reader, SetGroup& group) {
  const model::AttributeInfo* info = ReadAttribute(reader, "attribute");
  group.joined_column = UseColumn(reader, "joined", false);
  group.separator = reader.String("separator", ";");
  if (info == nullptr) return;
  group.attribute = info->number;
  if (info->kind != model::AttributeKind::kSet) {
    reader.Fault("attribute", "single-valued attributes belong under singles");
  }
  const codes::CodeList* list = FindList(reader, "attribute", info->list);
  if (list == nullptr) return;
  ReadFlags(reader, *list, group);
  ReadAbsences(reader, group);
}

std::vector<uint32_t> MappingLoader::ReadCodes(MapReader& reader, const std::string& key,
                                               const codes::CodeList* list) {
  std::vector<uint32_t> out;
  for (const std::string& id : reader.Strings(key, true)) {
    const auto code = list == nullptr ? std::nullopt : CodeOf(*list, id);
    if (!code.has_value() || *code == 0) reader.Fault(key, "no such code: " + id);
    else out.push_back(*code);
  }
  return out;
}

void MappingLoader::ReadContradiction(MapReader& reader, CaseFormat& cases) {
  Contradiction rule;
  const model::AttributeInfo* one = ReadAttribute(reader, "attribute");
  const model::AttributeInfo* other = ReadAttribute(reader, "with");
  rule.codes = ReadCodes(reader, "codes", one == nullptr ? nullptr : registry_.Find(one->list));
  rule.other_codes =
      ReadCodes(reader, "with_codes", other == nullptr ? nullptr : registry_.Find(other->list));
  rule.column = reader.String("column");
  if (columns_.count(rule.column) == 0) reader.Fault("column", "not a column of this format");
  if (one == nullptr || other == nullptr) return;
  rule.attribute = one->number;
  rule.other = other->number;
  cases.contradictions.push_back(std::move(rule));
}

void MappingLoader::ReadCases(MapReader& top, CaseFormat& cases) {
  cases.year_column = UseColumn(top, "year");
  ForEachMap(top.Member("singles", true), "singles", faults_, [&](MapReader& reader) {
    ReadSingle(reader, cases.singles.emplace_back());
  });
  ForEachMap(top.Member("sets", true), "sets", faults_, [&](MapReader& reader) {
    ReadSet(reader, cases.sets.emplace_back());
  });
  ForEachMap(top.Member("contradictions"), "contradictions", faults_,
             [&](MapReader& reader) { ReadContradiction(reader, cases); });
  cases.jurisdiction_column = top.String("jurisdiction");
  const bool known = std::any_of(
      cases.singles.begin(), cases.singles.end(), [&](const SingleColumn& single) {
        const model::AttributeInfo* info = model::FindAttribute(single.attribute);
        return single.column == cases.jurisdiction_column && info != nullptr &&
               info->list == "country";
      });
  if (!known) top.Fault("jurisdiction", "expected one of the country columns under singles");
}

void MappingLoader::ReadCategories(MapReader& top, ObservationFormat& figures) {
  ForEachMap(top.Member("categories", true), "categories", faults_, [&](MapReader& reader) {
    const codes::CodeList* dimensions = FindList(reader, "dimension", "dimension");
    const auto dimension =
        dimensions == nullptr ? std::nullopt : CodeOf(*dimensions, reader.String("dimension"));
    if (!dimension.has_value()) {
      reader.Fault("dimension", "no such code in this version of the list");
      return;
    }
    CategoryTable table;
    const std::string list =
        model::CategoryList(registry_, *dimension).value_or("");
    if (!list.empty()) {
      table.exact = ReadCells(reader, "cells", list);
      if (reader.Bool("aliases", false)) {
        table.aliases = out_.FindAliases(list);
        if (table.aliases == nullptr) reader.Fault("aliases", "no alias table for this list");
      }
    } else {
      // A dimension without categories: every text listed means "total".
      for (const std::string& text : reader.Strings("total", true)) table.exact.emplace(text, 0);
    }
    if (!figures.categories.emplace(*dimension, std::move(table)).second) {
      reader.Fault("dimension", "stands twice");
    }
  });
}

void MappingLoader::ReadObservations(MapReader& top, ObservationFormat& figures) {
  figures.jurisdiction_column = UseColumn(top, "jurisdiction");
  figures.name_column = UseColumn(top, "country_name");
  MapReader constants(top.Member("constants"), "constants", faults_);
  for (const auto& [column, text] : constants.AllStrings()) {
    UseColumnNamed(constants, column, column);
    figures.constants.emplace(column, text);
  }
  for (const std::string& column : top.Strings("unread")) {
    UseColumnNamed(top, "unread", column);
  }
  const auto coded = [&](const std::string& key, const std::string& list, std::string& column,
                         std::map<std::string, uint32_t, std::less<>>& cells) {
    MapReader reader(top.Member(key, true), key, faults_);
    column = UseColumn(reader, "column");
    cells = ReadCells(reader, "cells", list);
    reader.Finish();
  };
  coded("indicator", "indicator", figures.indicator_column, figures.indicators);
  coded("dimension", "dimension", figures.dimension_column, figures.dimensions);
  coded("sex", "sex", figures.sex_column, figures.sexes);
  coded("age", "age_group", figures.age_column, figures.ages);
  figures.category_column = UseColumn(top, "category");
  figures.year_column = UseColumn(top, "year");
  figures.value_column = UseColumn(top, "value");
  figures.suppressed = top.Strings("suppressed", true);
  figures.places = out_.FindAliases("place");
  if (figures.places == nullptr) top.Fault("country_name", "no alias table of list place");
  ReadCategories(top, figures);
  for (const auto& [text, dimension] : figures.dimensions) {
    if (figures.categories.count(dimension) == 0) {
      top.Fault("categories", "a dimension of this format has no categories");
    }
  }
}

Status MappingLoader::LoadFormat(const Yaml& document, const std::string& file) {
  faults_ = Faults();
  columns_.clear();
  unused_.clear();
  MapReader top(&document, "", faults_);
  auto format = std::make_unique<Format>();
  const std::string kind = top.String("kind");
  format->id = top.String("format");
  format->title = top.String("title");
  format->source = top.String("source");
  if (out_.Find(format->id) != nullptr) top.Fault("format", "this format has a file already");
  ReadColumns(top, *format);
  if (kind == "case_records") {
    ReadCases(top, format->body.emplace<CaseFormat>());
  } else {
    ReadObservations(top, format->body.emplace<ObservationFormat>());
  }
  for (const std::string& column : unused_) {
    top.Fault("columns", "nothing says what this column means: " + column);
  }
  top.Finish();
  ENLACE_RETURN_IF_ERROR(faults_.ToStatus(Reason::CONFIG_INVALID, file));
  out_.formats_.push_back(std::move(format));
  return absl::OkStatus();
}

Status MappingLoader::LoadAliases(const Yaml& document, const std::string& file) {
  faults_ = Faults();
  MapReader top(&document, "", faults_);
  top.String("kind");
  const std::string name = top.String("list");
  const codes::CodeList* list = FindList(top, "list", name);
  const std::vector<std::string> properties = top.Strings("properties");
  std::unique_ptr<AliasTable> table;
  if (list != nullptr) {
    table = std::make_unique<AliasTable>(*list, properties);
    ForEachMap(top.Member("ambiguous"), "ambiguous", faults_, [&](MapReader& reader) {
      table->AddAmbiguous(reader.String("text"));
      reader.String("why");
    });
    // One entry serves the spellings of one code that share a source.
    ForEachMap(top.Member("aliases"), "aliases", faults_, [&](MapReader& reader) {
      const auto code = CodeOf(*list, reader.String("code"));
      const std::string source = reader.String("source");
      const std::vector<std::string> texts = reader.Strings("texts", true);
      if (!code.has_value()) {
        reader.Fault("code", "no such code in this version of the list");
        return;
      }
      if (table->size() + texts.size() > kAliasesMax) {
        reader.Fault("texts", "more than 10,000 spellings");
        return;
      }
      for (const std::string& text : texts) {
        if (!table->Add({text, *code, source})) {
          reader.Fault("texts", "means another code already, or is ambiguous: " + text);
        }
      }
    });
  }
  top.Finish();
  ENLACE_RETURN_IF_ERROR(faults_.ToStatus(Reason::CONFIG_INVALID, file));
  if (!out_.aliases_.emplace(name, std::move(table)).second) {
    return Error(Reason::CONFIG_INVALID, file + ": this list has an alias table already");
  }
  return absl::OkStatus();
}

StatusOr<std::unique_ptr<Mappings>> Mappings::Load(const std::string& folder,
                                                   const codes::Registry& registry) {
  std::error_code failed;
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->path().extension() == ".yaml") files.push_back(it->path().string());
  }
  if (failed || files.empty()) {
    return Error(Reason::FILE_UNREADABLE, "no mapping tables in " + folder, {{"path", folder}});
  }
  if (files.size() > kFilesMax) {
    return Error(Reason::CONFIG_INVALID,
                 fmt::format("more than {} files in {}", kFilesMax, folder));
  }
  std::sort(files.begin(), files.end());
  std::unique_ptr<Mappings> out(new Mappings(registry));
  MappingLoader loader(registry, *out);
  // Formats refer to alias tables, so these come first.
  for (const bool aliases : {true, false}) {
    for (const std::string& file : files) {
      ENLACE_ASSIGN_OR_RETURN(const Yaml document, Yaml::LoadFile(file));
      const Yaml* kind = document.Find("kind");
      const std::string text = kind == nullptr ? "" : kind->scalar();
      if (text == "aliases") {
        if (aliases) ENLACE_RETURN_IF_ERROR(loader.LoadAliases(document, file));
      } else if (text == "case_records" || text == "observations") {
        if (!aliases) ENLACE_RETURN_IF_ERROR(loader.LoadFormat(document, file));
      } else {
        return Error(Reason::CONFIG_INVALID,
                     file + ": kind: expected case_records, observations or aliases");
      }
    }
  }
  return out;
}

}  // namespace enlace::intake
