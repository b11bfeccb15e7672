// How a format of case records is read: single-valued columns, groups, contradictions.
#include <algorithm>

#include "client/intake/mapping_loader.h"

namespace enlace::intake {

using config::MapReader;
using model::Missing;

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
      if (!value.has_value())
        from->Fault(text, "no such code in this version of the list");
      else
        add(*from, text, *value, from != &also);
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
    if (at == group.flags.end())
      reader.Fault("label_order", "no flag has this label");
    else
      group.label_order.push_back(static_cast<size_t>(at - group.flags.begin()));
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
    if (!code.has_value() || *code == 0)
      reader.Fault(key, "no such code: " + id);
    else
      out.push_back(*code);
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
  ForEachMap(top.Member("singles", true), "singles", faults_,
             [&](MapReader& reader) { ReadSingle(reader, cases.singles.emplace_back()); });
  ForEachMap(top.Member("sets", true), "sets", faults_,
             [&](MapReader& reader) { ReadSet(reader, cases.sets.emplace_back()); });
  ForEachMap(top.Member("contradictions"), "contradictions", faults_,
             [&](MapReader& reader) { ReadContradiction(reader, cases); });
  cases.jurisdiction_column = top.String("jurisdiction");
  const bool known =
      std::any_of(cases.singles.begin(), cases.singles.end(), [&](const SingleColumn& single) {
        const model::AttributeInfo* info = model::FindAttribute(single.attribute);
        return single.column == cases.jurisdiction_column && info != nullptr &&
               info->list == "country";
      });
  if (!known) top.Fault("jurisdiction", "expected one of the country columns under singles");
}

}  // namespace enlace::intake
