#include "node/service/case_convert.h"

#include <optional>

#include <fmt/format.h>

#include "node/model/attributes.h"
#include "node/model/names.h"

namespace enlace::service {
namespace {

constexpr uint32_t kSetCodeMax = 63;

// "singles[age_band]"; a number where there is no such attribute.
std::string FieldOf(std::string_view group, uint32_t attribute) {
  const model::AttributeInfo* info = model::FindAttribute(attribute);
  return info == nullptr ? fmt::format("{}[{}]", group, attribute)
                         : fmt::format("{}[{}]", group, info->id);
}

class Reader {
 public:
  explicit Reader(std::string_view prefix) : prefix_(prefix) {}

  void RefuseOutputFields(const pb::CaseRecord& record) {
    if (!record.name().empty() || !record.entity().empty() || !record.etag().empty() ||
        record.state() != pb::CaseRecord::STATE_UNSPECIFIED || record.revision() != 0 ||
        record.create_time_ms() != 0 || record.update_time_ms() != 0) {
      Fault("name",
            "a new record has no name, entity, state, revision, times or etag: these "
            "are made by the node");
    }
  }

  void ReadSingle(const pb::SingleValue& single) {
    // Names of fields are made for faults alone: records without them are the rule.
    const auto field = [&single](const char* part) {
      return FieldOf("singles", single.attribute()) + part;
    };
    if (!pb::Missing_IsValid(single.missing())) {
      Fault(field(".missing"), "expected 0 to 3");
      return;
    }
    const model::SingleValue value{single.code(), static_cast<model::Missing>(single.missing())};
    if (!content_.singles.emplace(single.attribute(), value).second) {
      Fault(field(""), "the attribute is there twice");
    }
  }

  void ReadSet(const pb::SetValue& set) {
    const auto field = [&set](const char* part) { return FieldOf("sets", set.attribute()) + part; };
    const auto affirmed = Mask(set.affirmed());
    const auto denied = Mask(set.denied());
    if (!affirmed.has_value()) Fault(field(".affirmed"), "expected codes 1 to 63, each once");
    if (!denied.has_value()) Fault(field(".denied"), "expected codes 1 to 63, each once");
    if (!pb::Missing_IsValid(set.rest())) Fault(field(".rest"), "expected 1 to 3");
    if (!affirmed.has_value() || !denied.has_value() || !pb::Missing_IsValid(set.rest())) return;
    const model::SetValue value{*affirmed, *denied, static_cast<model::Missing>(set.rest())};
    if (!content_.sets.emplace(set.attribute(), value).second) {
      Fault(field(""), "the attribute is there twice");
    }
  }

  StatusOr<model::CaseContent> Finish(const pb::CaseRecord& record) {
    if (!violations_.empty()) return InvalidFields(std::move(violations_));
    content_.codelist_version = record.codelist_version();
    content_.registration_year = record.registration_year();
    content_.registration_quarter = record.registration_quarter();
    content_.Canonicalize();
    return std::move(content_);
  }

 private:
  template <typename Codes>
  static std::optional<uint64_t> Mask(const Codes& codes) {
    uint64_t mask = 0;
    for (const uint32_t code : codes) {
      if (code < 1 || code > kSetCodeMax) return std::nullopt;
      const uint64_t bit = uint64_t{1} << code;
      if ((mask & bit) != 0) return std::nullopt;
      mask |= bit;
    }
    return mask;
  }

  void Fault(std::string_view field, std::string_view description) {
    violations_.push_back({fmt::format("{}.{}", prefix_, field), std::string(description),
                           Reason::ATTRIBUTE_INVALID});
  }

  const std::string_view prefix_;
  model::CaseContent content_;
  std::vector<FieldViolation> violations_;
};

}  // namespace

StatusOr<model::CaseContent> ContentFromProto(const pb::CaseRecord& record, OutputFields fields,
                                              std::string_view prefix) {
  Reader reader(prefix);
  if (fields == OutputFields::kRefused) reader.RefuseOutputFields(record);
  for (const auto& single : record.singles()) reader.ReadSingle(single);
  for (const auto& set : record.sets()) reader.ReadSet(set);
  return reader.Finish(record);
}

pb::Missing MissingToProto(model::Missing missing) { return static_cast<pb::Missing>(missing); }

pb::CaseRecord CaseToProto(const model::CaseRecord& record, std::string_view jurisdiction) {
  pb::CaseRecord out;
  out.set_name(CaseName(jurisdiction, record.reference));
  out.set_entity(record.entity);
  out.set_codelist_version(record.content.codelist_version);
  out.set_registration_year(record.content.registration_year);
  out.set_registration_quarter(record.content.registration_quarter);
  for (const auto& [attribute, value] : record.content.singles) {
    auto& single = *out.add_singles();
    single.set_attribute(attribute);
    single.set_code(value.code);
    single.set_missing(MissingToProto(value.missing));
  }
  for (const auto& [attribute, value] : record.content.sets) {
    auto& set = *out.add_sets();
    set.set_attribute(attribute);
    for (uint32_t code = 1; code <= kSetCodeMax; ++code) {
      if (((value.affirmed >> code) & 1U) != 0) set.add_affirmed(code);
      if (((value.denied >> code) & 1U) != 0) set.add_denied(code);
    }
    set.set_rest(MissingToProto(value.rest));
  }
  out.set_state(static_cast<pb::CaseRecord::State>(record.state));
  out.set_revision(record.revision);
  out.set_create_time_ms(record.create_time_ms);
  out.set_update_time_ms(record.update_time_ms);
  out.set_etag(CaseEtag(record.revision));
  return out;
}

std::string CaseName(std::string_view jurisdiction, std::string_view reference) {
  return model::ResourceName{std::string(jurisdiction), "cases", HexEncode(reference)}.ToString();
}

StatusOr<std::string> ParseCaseName(std::string_view name, std::string_view jurisdiction) {
  ENLACE_ASSIGN_OR_RETURN(const auto parsed, model::ResourceName::Parse(name, "cases"));
  const auto reference = HexDecode(parsed.id);
  if (parsed.jurisdiction != jurisdiction || !reference.has_value()) return CaseNotFound();
  return *reference;
}

Status CaseNotFound() {
  return Error(Reason::CASE_NOT_FOUND, "there is no such record, or the caller may not see it");
}

std::string CaseEtag(uint32_t revision) { return 'r' + std::to_string(revision); }

}  // namespace enlace::service
