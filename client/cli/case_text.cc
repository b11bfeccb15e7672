#include "client/cli/case_text.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "client/cli/labels.h"
#include "node/base/clock.h"
#include "node/model/attributes.h"

namespace enlace::cli {
namespace {

using model::Missing;

constexpr uint32_t kSetCodeMax = 63;

std::optional<Missing> ParseMissing(std::string_view text) {
  if (text == "unknown") return Missing::kUnknown;
  if (text == "not_collected") return Missing::kNotCollected;
  if (text == "not_applicable") return Missing::kNotApplicable;
  return std::nullopt;
}

Status Invalid(std::string_view attribute, std::string_view expected) {
  return Error(Reason::ATTRIBUTE_INVALID, fmt::format("--set {}: expected {}", attribute, expected),
               {{"attribute", std::string(attribute)}});
}

void AppendCodes(uint64_t mask, google::protobuf::RepeatedField<uint32_t>& out) {
  for (uint32_t code = 1; code <= kSetCodeMax; ++code) {
    if ((mask >> code & 1) != 0) out.Add(code);
  }
}

uint64_t MaskOf(const google::protobuf::RepeatedField<uint32_t>& codes) {
  uint64_t mask = 0;
  for (const uint32_t code : codes) {
    if (code <= kSetCodeMax) mask |= uint64_t{1} << code;
  }
  return mask;
}

// "+threats,-debt_bondage,rest:unknown".
StatusOr<model::SetValue> ParseSet(std::string_view text, const codes::CodeList& list,
                                   std::string_view attribute) {
  model::SetValue out;
  bool rest_given = false;
  for (const std::string& part : Split(text, ',')) {
    if (part.rfind("rest:", 0) == 0) {
      if (std::exchange(rest_given, true)) return Invalid(attribute, "rest: once");
      const auto rest = ParseMissing(std::string_view(part).substr(5));
      if (!rest) {
        return Invalid(attribute, "rest:unknown, rest:not_collected or rest:not_applicable");
      }
      out.rest = *rest;
      continue;
    }
    if (part.empty() || (part[0] != '+' && part[0] != '-')) {
      return Invalid(attribute, "+code for what holds, -code for what does not, and rest:reason");
    }
    const auto number = ParseCode(list, std::string_view(part).substr(1));
    if (!number.ok()) return WithContext(number.status(), fmt::format("--set {}", attribute));
    const uint32_t code = *number;
    const uint64_t bit = uint64_t{1} << code;
    if (((out.affirmed | out.denied) & bit) != 0) return Invalid(attribute, "each code once");
    (part[0] == '+' ? out.affirmed : out.denied) |= bit;
  }
  return out;
}

std::string LabelsOf(uint64_t mask, const codes::CodeList& list, std::string_view language,
                     std::string_view sign) {
  std::string out;
  for (uint32_t code = 1; code <= kSetCodeMax; ++code) {
    if ((mask >> code & 1) == 0) continue;
    if (!out.empty()) out += "; ";
    out += fmt::format("{}{}", sign, CodeLabel(list, code, language));
  }
  return out;
}

}  // namespace

api::CaseRecord ToApi(const model::CaseContent& content) {
  api::CaseRecord out;
  out.set_codelist_version(content.codelist_version);
  out.set_registration_year(content.registration_year);
  out.set_registration_quarter(content.registration_quarter);
  for (const auto& [attribute, value] : content.singles) {
    api::SingleValue& single = *out.add_singles();
    single.set_attribute(attribute);
    single.set_code(value.code);
    single.set_missing(static_cast<api::Missing>(value.missing));
  }
  for (const auto& [attribute, value] : content.sets) {
    api::SetValue& set = *out.add_sets();
    set.set_attribute(attribute);
    AppendCodes(value.affirmed, *set.mutable_affirmed());
    AppendCodes(value.denied, *set.mutable_denied());
    set.set_rest(static_cast<api::Missing>(value.rest));
  }
  return out;
}

Status CheckForm(const api::CaseRecord& record) {
  std::set<uint32_t> attributes;
  const auto fault = [](std::string_view field, uint32_t attribute, std::string_view expected) {
    return Error(Reason::ATTRIBUTE_INVALID,
                 fmt::format("{} of attribute {}: expected {}", field, attribute, expected));
  };
  for (const api::SingleValue& single : record.singles()) {
    if (!attributes.insert(single.attribute()).second) {
      return fault("singles", single.attribute(), "each attribute once");
    }
  }
  for (const api::SetValue& set : record.sets()) {
    if (!attributes.insert(set.attribute()).second) {
      return fault("sets", set.attribute(), "each attribute once");
    }
    std::set<uint32_t> codes;
    for (const auto* list : {&set.affirmed(), &set.denied()}) {
      for (const uint32_t code : *list) {
        if (code < 1 || code > kSetCodeMax || !codes.insert(code).second) {
          return fault("sets", set.attribute(), "codes from 1 to 63, each once");
        }
      }
    }
  }
  return absl::OkStatus();
}

model::CaseContent FromApi(const api::CaseRecord& record) {
  model::CaseContent out;
  out.codelist_version = record.codelist_version();
  out.registration_year = record.registration_year();
  out.registration_quarter = record.registration_quarter();
  for (const api::SingleValue& single : record.singles()) {
    out.singles[single.attribute()] = {single.code(), static_cast<Missing>(single.missing())};
  }
  for (const api::SetValue& set : record.sets()) {
    out.sets[set.attribute()] = {MaskOf(set.affirmed()), MaskOf(set.denied()),
                                 static_cast<Missing>(set.rest())};
  }
  return out;
}

namespace {

Status ApplyValue(const model::AttributeInfo& info, std::string_view text,
                  const codes::Registry& registry, model::CaseContent& content) {
  const codes::CodeList& list = registry.Get(info.list);
  if (info.kind == model::AttributeKind::kSet) {
    ENLACE_ASSIGN_OR_RETURN(content.sets[info.number], ParseSet(text, list, info.id));
    return absl::OkStatus();
  }
  if (const auto missing = ParseMissing(text)) {
    content.singles[info.number] = {0, *missing};
    return absl::OkStatus();
  }
  const auto code = ParseCode(list, text);
  if (!code.ok()) return WithContext(code.status(), fmt::format("--set {}", info.id));
  content.singles[info.number] = {*code, Missing::kNone};
  return absl::OkStatus();
}

}  // namespace

Status ApplyAssignments(const std::vector<std::string>& assignments,
                        const codes::Registry& registry, model::CaseContent& content) {
  std::set<uint32_t> given;
  for (size_t i = 0; i < assignments.size(); ++i) {
    const std::string_view assignment = assignments[i];
    const size_t equals = assignment.find('=');
    // What is no attribute may be anything, a name or a value too: its place says which it is.
    const auto which = [&] { return fmt::format("--set number {} on the command line", i + 1); };
    if (equals == std::string_view::npos) {
      return Error(Reason::ATTRIBUTE_INVALID, which() + ": expected attribute=value");
    }
    const model::AttributeInfo* info = model::FindAttributeId(assignment.substr(0, equals));
    if (info == nullptr) {
      return Error(Reason::ATTRIBUTE_INVALID,
                   which() + ": no such attribute; `enlace codes list case_attribute` shows them");
    }
    if (!given.insert(info->number).second) {
      return Invalid(info->id, info->kind == model::AttributeKind::kSet
                                   ? "the attribute once, with all its codes: +a,-b,rest:unknown"
                                   : "the attribute once: it takes one value");
    }
    ENLACE_RETURN_IF_ERROR(ApplyValue(*info, assignment.substr(equals + 1), registry, content));
  }
  return absl::OkStatus();
}

std::vector<std::pair<std::string, std::string>> DescribeCase(const model::CaseContent& content,
                                                              const codes::Registry& registry,
                                                              std::string_view language) {
  std::vector<std::pair<std::string, std::string>> out;
  const codes::CodeList& attributes = registry.Get("case_attribute");
  for (const model::AttributeInfo& info : model::AllAttributes()) {
    const codes::CodeList& list = registry.Get(info.list);
    std::string value;
    if (info.kind == model::AttributeKind::kSingle) {
      const model::SingleValue single = content.Single(info.number);
      value = single.missing == Missing::kNone ? CodeLabel(list, single.code, language)
                                               : "(" + MissingLabel(single.missing, language) + ")";
    } else {
      const model::SetValue set = content.Set(info.number);
      for (const std::string& part :
           {LabelsOf(set.affirmed, list, language, "+"), LabelsOf(set.denied, list, language, "-"),
            "(" + MissingLabel(set.rest, language) + ")"}) {
        if (!part.empty()) value += (value.empty() ? "" : "; ") + part;
      }
    }
    out.emplace_back(CodeLabel(attributes, info.number, language), value);
  }
  return out;
}

Status PrintCase(Context& context, const api::CaseRecord& record) {
  if (context.json()) return context.PrintJson(record);
  ENLACE_ASSIGN_OR_RETURN(const codes::Registry* registry, context.Codes());
  Table table({"field", "value"});
  table.Add({"name", record.name()});
  table.Add({"entity", record.entity()});
  table.Add({"state", api::CaseRecord::State_Name(record.state())});
  table.Add({"revision", std::to_string(record.revision())});
  table.Add({"etag", record.etag()});
  table.Add({"updated", FormatTime(record.update_time_ms())});
  if (record.state() != api::CaseRecord::ERASED) {
    const std::string quarter = record.registration_quarter() == 0
                                    ? ""
                                    : fmt::format(" quarter {}", record.registration_quarter());
    table.Add({"registered", std::to_string(record.registration_year()) + quarter});
    for (auto& [name, value] :
         DescribeCase(FromApi(record), *registry, context.settings().language)) {
      table.Add({name, value});
    }
  }
  context.PrintTable(table);
  return Status();
}

}  // namespace enlace::cli
