#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// The closed schema of a case record: which attributes there are, and which code list
// each draws from. The same numbers stand in config/codelists/case_attribute.yaml (which
// adds the labels); a test keeps the two equal.
namespace enlace::model {

enum class AttributeKind { kSingle, kSet };

enum Attribute : uint32_t {
  // Single-valued.
  kSourceType = 1,  // Case management, hotline, ...
  kSex = 2,         // As recorded.
  kAgeBand = 3,     // At registration, CTDC's nine bands.
  kMajority = 4,    // Minor or adult at registration.
  kMajorityAtExploitation = 5,
  kMajorityAtEntry = 6,
  kCitizenship = 7,          // Country.
  kExploitationCountry = 8,  // Where first assisted, identified or referred (proxy).
  kAbduction = 9,            // Yes or no.
  kVictimStatus = 10,        // Presumed or identified.
  kExploitationAdmin1 = 11,  // ISO 3166-2, optional.
  // Several-valued. Codes 1 to 63, so that a set is a 64-bit mask.
  kForms = 32,          // Forms of exploitation.
  kMeans = 33,          // Means of control.
  kLabourSectors = 34,  // Type of labour.
  kSexTypes = 35,       // Type of sexual exploitation.
  kRecruiter = 36,      // Relation of the recruiter.
  kActs = 37,           // Palermo acts.
};

// All numbers are below; a test keeps it so.
inline constexpr uint32_t kAttributesEnd = 64;

struct AttributeInfo {
  uint32_t number;
  std::string_view id;  // "age_band"
  AttributeKind kind;
  std::string_view list;  // Code list of its values.
};

// Ascending by number.
std::span<const AttributeInfo> AllAttributes();
// Null when unknown.
const AttributeInfo* FindAttribute(uint32_t number);
const AttributeInfo* FindAttributeId(std::string_view id);

}  // namespace enlace::model
