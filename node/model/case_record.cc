#include "node/model/case_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "node/model/attributes.h"

namespace enlace::model {
namespace {

constexpr uint32_t kYearMin = 1990;
constexpr uint32_t kYearMax = 2100;
constexpr uint32_t kQuarterMax = 4;
constexpr uint64_t kNoCode = 1;  // Bit 0: codes of sets begin at 1.
// First byte of CanonicalBytes: changes with the layout, so that two layouts never collide.
constexpr char kCanonicalLayout = 1;

bool IsReason(Missing missing) {
  return missing == Missing::kUnknown || missing == Missing::kNotCollected ||
         missing == Missing::kNotApplicable;
}

// True when it stands for "not collected", as an absent entry does.
bool SaysNothing(const SingleValue& value) {
  return value == SingleValue{0, Missing::kNotCollected};
}
bool SaysNothing(const SetValue& value) { return value == SetValue{}; }

// Collects the faults of one record.
class Validator {
 public:
  Validator(const CaseContent& content, const CaseLists& lists, std::string_view prefix)
      : content_(content), lists_(lists), prefix_(prefix) {}

  Status Run() {
    CheckHead();
    for (const auto& [attribute, value] : content_.singles) CheckSingle(attribute, value);
    for (const auto& [attribute, value] : content_.sets) CheckSet(attribute, value);
    return violations_.empty() ? absl::OkStatus() : InvalidFields(std::move(violations_));
  }

 private:
  void Add(Reason reason, std::string_view field, std::string_view text) {
    violations_.push_back({fmt::format("{}{}{}", prefix_, prefix_.empty() ? "" : ".", field),
                           std::string(text), reason});
  }

  void CheckHead() {
    version_known_ =
        content_.codelist_version >= 1 && content_.codelist_version <= lists_.version();
    if (!version_known_) {
      Add(Reason::CODE_UNKNOWN, "codelist_version",
          fmt::format("expected a version of the code lists from 1 to {}; update the lists of "
                      "this node or send codes of a version that it has",
                      lists_.version()));
    }
    if (content_.registration_year < kYearMin || content_.registration_year > kYearMax) {
      Add(Reason::ATTRIBUTE_INVALID, "registration_year",
          fmt::format("expected a year from {} to {}", kYearMin, kYearMax));
    }
    if (content_.registration_quarter > kQuarterMax) {
      Add(Reason::ATTRIBUTE_INVALID, "registration_quarter", "expected 1 to 4, or 0 for none");
    }
  }

  // "singles[age_band]"; a number where there is no such attribute. Only for faults: records
  // without them are the rule.
  static std::string FieldOf(std::string_view group, uint32_t attribute,
                             std::string_view part = "") {
    const AttributeInfo* info = FindAttribute(attribute);
    return info == nullptr ? fmt::format("{}[{}]{}", group, attribute, part)
                           : fmt::format("{}[{}]{}", group, info->id, part);
  }

  // The list's codes, or nothing with the fault noted.
  CaseLists::Entry ListOf(uint32_t attribute, AttributeKind kind, std::string_view group) {
    const CaseLists::Entry entry = lists_.Get(attribute);
    if (entry.info == nullptr) {
      Add(Reason::ATTRIBUTE_INVALID, FieldOf(group, attribute), "there is no such attribute");
      return {};
    }
    if (entry.info->kind != kind) {
      Add(Reason::ATTRIBUTE_INVALID, FieldOf(group, attribute),
          kind == AttributeKind::kSet ? "the attribute takes one value; move it to singles"
                                      : "the attribute takes several values; move it to sets");
      return {};
    }
    return entry;
  }

  void CheckSingle(uint32_t attribute, const SingleValue& value) {
    const codes::CodeList* list = ListOf(attribute, AttributeKind::kSingle, "singles").list;
    if (list == nullptr) return;
    const bool has_code = value.code != 0;
    const bool well_formed = has_code ? value.missing == Missing::kNone : IsReason(value.missing);
    if (!well_formed) {
      Add(Reason::ATTRIBUTE_INVALID, FieldOf("singles", attribute),
          "expected either a code or a reason why there is none (1 unknown, 2 not collected, "
          "3 not applicable)");
      return;
    }
    if (has_code && version_known_ && !list->Has(value.code, content_.codelist_version)) {
      Add(Reason::CODE_UNKNOWN, FieldOf("singles", attribute, ".code"),
          fmt::format("expected a code of list {} in the declared version", list->name()));
    }
  }

  void CheckSet(uint32_t attribute, const SetValue& value) {
    const CaseLists::Entry entry = ListOf(attribute, AttributeKind::kSet, "sets");
    if (entry.list == nullptr) return;
    if (!IsReason(value.rest)) {
      Add(Reason::ATTRIBUTE_INVALID, FieldOf("sets", attribute, ".rest"),
          "expected 1 unknown, 2 not collected or 3 not applicable");
    }
    if ((value.affirmed & value.denied) != 0) {
      Add(Reason::ATTRIBUTE_INVALID, FieldOf("sets", attribute, ".denied"),
          "a code is both affirmed and denied");
    }
    CheckMask(entry, value.affirmed, attribute, ".affirmed");
    CheckMask(entry, value.denied, attribute, ".denied");
  }

  void CheckMask(const CaseLists::Entry& entry, uint64_t mask, uint32_t attribute,
                 std::string_view part) {
    if (!version_known_) return;
    const bool latest = content_.codelist_version == lists_.version();
    const uint64_t valid = latest ? entry.mask : entry.list->Mask(content_.codelist_version);
    if ((mask & ~(valid & ~kNoCode)) == 0) return;
    Add(Reason::CODE_UNKNOWN, FieldOf("sets", attribute, part),
        fmt::format("expected codes of list {} in the declared version", entry.list->name()));
  }

  const CaseContent& content_;
  const CaseLists& lists_;
  const std::string_view prefix_;
  bool version_known_ = false;
  std::vector<FieldViolation> violations_;
};

}  // namespace

SingleValue CaseContent::Single(uint32_t attribute) const {
  const auto at = singles.find(attribute);
  return at == singles.end() ? SingleValue{0, Missing::kNotCollected} : at->second;
}

SetValue CaseContent::Set(uint32_t attribute) const {
  const auto at = sets.find(attribute);
  return at == sets.end() ? SetValue{} : at->second;
}

void CaseContent::Canonicalize() {
  singles.erase_if([](const auto& entry) { return SaysNothing(entry.second); });
  sets.erase_if([](const auto& entry) { return SaysNothing(entry.second); });
}

CaseLists::CaseLists(const codes::Registry& registry) : version_(registry.version()) {
  for (const AttributeInfo& info : AllAttributes()) {
    const codes::CodeList& list = registry.Get(info.list);
    entries_.at(info.number) = {&info, &list, list.Mask(version_)};
  }
}

Status ValidateCase(const CaseContent& content, const CaseLists& lists, std::string_view prefix) {
  return Validator(content, lists, prefix).Run();
}

Status ValidateCase(const CaseContent& content, const codes::Registry& registry,
                    std::string_view prefix) {
  return ValidateCase(content, CaseLists(registry), prefix);
}

std::string CanonicalBytes(const CaseContent& content) {
  return CanonicalBytes(content, content.codelist_version);
}

std::string CanonicalBytes(const CaseContent& content, uint32_t codelist_version) {
  // What Canonicalize() would leave, without a copy of the content.
  const auto told = [](const auto& entry) { return !SaysNothing(entry.second); };
  std::string out(1, kCanonicalLayout);
  AppendU32(out, codelist_version);
  AppendU32(out, content.registration_year);
  AppendU32(out, content.registration_quarter);
  AppendU32(out, static_cast<uint32_t>(
                     std::count_if(content.singles.begin(), content.singles.end(), told)));
  for (const auto& [attribute, value] : content.singles) {
    if (SaysNothing(value)) continue;
    AppendU32(out, attribute);
    AppendU32(out, value.code);
    out.push_back(static_cast<char>(value.missing));
  }
  AppendU32(out,
            static_cast<uint32_t>(std::count_if(content.sets.begin(), content.sets.end(), told)));
  for (const auto& [attribute, value] : content.sets) {
    if (SaysNothing(value)) continue;
    AppendU32(out, attribute);
    AppendU64(out, value.affirmed);
    AppendU64(out, value.denied);
    out.push_back(static_cast<char>(value.rest));
  }
  return out;
}

}  // namespace enlace::model
