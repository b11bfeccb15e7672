#include "node/model/attributes.h"

#include <algorithm>

namespace enlace::model {
namespace {

using enum AttributeKind;

constexpr AttributeInfo kAttributes[] = {
    {kSourceType, "source_type", kSingle, "source_type"},
    {kSex, "sex", kSingle, "gender"},
    {kAgeBand, "age_band", kSingle, "age_band"},
    {kMajority, "majority", kSingle, "majority"},
    {kMajorityAtExploitation, "majority_at_exploitation", kSingle, "majority"},
    {kMajorityAtEntry, "majority_at_entry", kSingle, "majority"},
    {kCitizenship, "citizenship", kSingle, "country"},
    {kExploitationCountry, "exploitation_country", kSingle, "country"},
    {kAbduction, "abduction", kSingle, "yes_no"},
    {kVictimStatus, "victim_status", kSingle, "victim_status"},
    {kExploitationAdmin1, "exploitation_admin1", kSingle, "admin1"},
    {kForms, "forms", kSet, "form_of_exploitation"},
    {kMeans, "means", kSet, "means_of_control"},
    {kLabourSectors, "labour_sectors", kSet, "labour_sector"},
    {kSexTypes, "sex_types", kSet, "sex_type"},
    {kRecruiter, "recruiter", kSet, "recruiter_relation"},
    {kActs, "acts", kSet, "palermo_act"},
};

}  // namespace

std::span<const AttributeInfo> AllAttributes() { return kAttributes; }

const AttributeInfo* FindAttribute(uint32_t number) {
  const auto* at = std::find_if(std::begin(kAttributes), std::end(kAttributes),
                                [&](const AttributeInfo& info) { return info.number == number; });
  return at == std::end(kAttributes) ? nullptr : at;
}

const AttributeInfo* FindAttributeId(std::string_view id) {
  const auto* at = std::find_if(std::begin(kAttributes), std::end(kAttributes),
                                [&](const AttributeInfo& info) { return info.id == id; });
  return at == std::end(kAttributes) ? nullptr : at;
}

}  // namespace enlace::model
