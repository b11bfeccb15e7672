#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "client/intake/mapping.h"
#include "node/config/yaml.h"
#include "node/model/attributes.h"

// Reading config/mappings, for Mappings::Load alone. A file is `kind: case_records` or
// `kind: observations` (a format), or `kind: aliases` (spellings of one code list). The
// files themselves show the keys; whatever is unknown, unused or ambiguous is a fault.
namespace enlace::intake {

// "unknown", "not_collected", "not_applicable".
std::optional<model::Missing> MissingOf(std::string_view text);

// The code of an id that is valid today. A list may have a code "total" of its own; where
// it has none, 0 is how the model writes the total.
std::optional<uint32_t> CodeOf(const codes::CodeList& list, std::string_view id);

class MappingLoader {
 public:
  MappingLoader(const codes::Registry& registry, Mappings& out) : registry_(registry), out_(out) {}

  Status LoadAliases(const config::Yaml& document, const std::string& file);
  Status LoadFormat(const config::Yaml& document, const std::string& file);

 private:
  void ReadColumns(config::MapReader& top, Format& format);
  void ReadCases(config::MapReader& top, CaseFormat& cases);
  void ReadObservations(config::MapReader& top, ObservationFormat& figures);
  void ReadSingle(config::MapReader& reader, SingleColumn& single);
  void ReadSet(config::MapReader& reader, SetGroup& group);
  void ReadFlags(config::MapReader& reader, const codes::CodeList& list, SetGroup& group);
  void ReadAbsences(config::MapReader& reader, SetGroup& group);
  void ReadCategories(config::MapReader& top, ObservationFormat& figures);
  void ReadContradiction(config::MapReader& reader, CaseFormat& cases);
  std::vector<uint32_t> ReadCodes(config::MapReader& reader, const std::string& key,
                                  const codes::CodeList* list);
  std::map<std::string, uint32_t, std::less<>> ReadCells(config::MapReader& reader,
                                                         std::string_view key,
                                                         std::string_view list);
  const model::AttributeInfo* ReadAttribute(config::MapReader& reader, const std::string& key);
  std::string UseColumn(config::MapReader& reader, const std::string& key, bool required = true);
  void UseColumnNamed(config::MapReader& reader, const std::string& key, const std::string& name);
  const codes::CodeList* FindList(config::MapReader& reader, const std::string& key,
                                  std::string_view name);

  const codes::Registry& registry_;
  Mappings& out_;
  config::Faults faults_;
  std::set<std::string> columns_;  // Of the format being read.
  std::set<std::string> unused_;
};

}  // namespace enlace::intake
