#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/model/attribute_map.h"
#include "node/model/attributes.h"

// One victim's anonymised record, as plain values. Pure.
namespace enlace::model {

// Why there is no code; numbers as in API and storage. Never merged into one another.
enum class Missing : uint8_t { kNone = 0, kUnknown = 1, kNotCollected = 2, kNotApplicable = 3 };

// A code, or why there is none; exactly one of the two.
struct SingleValue {
  uint32_t code = 0;
  Missing missing = Missing::kNone;
  auto operator<=>(const SingleValue&) const = default;
};

// What is affirmed, what is denied, and one reason for all other codes of the list.
// Bit n of a mask is code n, so codes run from 1 to 63.
struct SetValue {
  uint64_t affirmed = 0;
  uint64_t denied = 0;
  Missing rest = Missing::kNotCollected;
  auto operator<=>(const SetValue&) const = default;
};

// The content of a record. An attribute that is absent from the maps means "not
// collected", and Canonical() removes entries that say just that, so equal content has
// equal form.
struct CaseContent {
  uint32_t codelist_version = 1;
  uint32_t registration_year = 0;
  uint32_t registration_quarter = 0;
  AttributeMap<SingleValue> singles;
  AttributeMap<SetValue> sets;

  SingleValue Single(uint32_t attribute) const;
  SetValue Set(uint32_t attribute) const;
  void Canonicalize();
  bool operator==(const CaseContent&) const = default;
};

enum class CaseState : uint8_t { kActive = 1, kWithdrawn = 2, kErased = 3 };

// 16 random bytes made by the node, never derived from the source.
using RecordReference = std::string;

struct CaseRecord {
  RecordReference reference;
  std::string entity;
  CaseContent content;
  CaseState state = CaseState::kActive;
  uint32_t revision = 1;
  uint32_t reason = 0;
  int64_t create_time_ms = 0;
  int64_t update_time_ms = 0;
  bool operator==(const CaseRecord&) const = default;
};

// The code lists of all attributes, looked up once for many records. Outlived by `registry`.
class CaseLists {
 public:
  explicit CaseLists(const codes::Registry& registry);

  struct Entry {
    const AttributeInfo* info = nullptr;  // Null when there is no such attribute.
    const codes::CodeList* list = nullptr;
    uint64_t mask = 0;  // Codes of a set attribute in the version of the registry; bit n is code n.
  };
  Entry Get(uint32_t attribute) const {
    return attribute < entries_.size() ? entries_[attribute] : Entry();
  }
  uint32_t version() const { return version_; }

 private:
  std::array<Entry, kAttributesEnd> entries_;
  uint32_t version_;
};

// OK, or one violation per fault (ATTRIBUTE_INVALID, CODE_UNKNOWN), fields as paths below
// `prefix` such as "case_record". Never echoes a value.
Status ValidateCase(const CaseContent& content, const CaseLists& lists, std::string_view prefix);
Status ValidateCase(const CaseContent& content, const codes::Registry& registry,
                    std::string_view prefix);

// Injective bytes of a content (golden-tested): what batch rows are hashed over.
std::string CanonicalBytes(const CaseContent& content);
// The same as if the content named another version of the lists.
std::string CanonicalBytes(const CaseContent& content, uint32_t codelist_version);

}  // namespace enlace::model
