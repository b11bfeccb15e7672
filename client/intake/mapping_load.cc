#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "client/intake/mapping_loader.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"

namespace enlace::intake {
namespace {

using config::Faults;
using config::MapReader;
using config::Yaml;
using model::Missing;

constexpr size_t kFilesMax = 64;
constexpr size_t kAliasesMax = 10'000;
constexpr size_t kFingerprintDigits = 32;

StatusOr<std::string> FingerprintOf(const std::vector<std::string>& files, uint32_t list_version) {
  std::string bytes;
  AppendU32(bytes, list_version);
  for (const std::string& file : files) {
    ENLACE_ASSIGN_OR_RETURN(const std::string text, config::ReadFile(file));
    const Hash hash = crypto::Sha256(text);
    bytes += AsView(hash);
  }
  const Hash hash = crypto::Sha256(bytes);
  return HexEncode(AsView(hash)).substr(0, kFingerprintDigits);
}

}  // namespace

std::optional<Missing> MissingOf(std::string_view text) {
  if (text == "unknown") return Missing::kUnknown;
  if (text == "not_collected") return Missing::kNotCollected;
  if (text == "not_applicable") return Missing::kNotApplicable;
  return std::nullopt;
}

std::optional<uint32_t> CodeOf(const codes::CodeList& list, std::string_view id) {
  const codes::Code* code = list.FindId(id);
  if (code == nullptr && id == "total") return 0;
  if (code == nullptr || !list.Has(code->number, list.version())) return std::nullopt;
  return code->number;
}

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
    const std::optional<uint32_t> code = codes == nullptr ? std::nullopt : CodeOf(*codes, id);
    if (!code.has_value())
      cells.Fault(text, "no such code in this version of the list");
    else
      out.emplace(text, *code);
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
  ENLACE_ASSIGN_OR_RETURN(out->fingerprint_, FingerprintOf(files, registry.version()));
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
