#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"

// Versioned code lists with labels in four languages, loaded from config/codelists.
//
// A code is (list, version, number). Numbers are stored and sent, ids are for people and
// partner programs, labels are for display. A new code needs no new Enlace. Immutable
// after loading, thread-safe.
namespace enlace::codes {

// The four official languages of the network, in the order of display.
inline constexpr std::string_view kLanguages[] = {"en", "es", "fr", "pt"};

struct Code {
  uint32_t number = 0;                            // Unique in its list; 0 is "total" if there.
  std::string id;                                 // ^[a-z0-9_]+$, for countries alpha-3: "arg".
  std::map<std::string, std::string> labels;      // Language -> label; a missing one stays missing.
  std::map<std::string, std::string> properties;  // List-specific: "alpha2", "isic", ...
  uint32_t parent = 0;                            // Broader code of the same list; 0 for none.
  uint32_t since = 1;                             // First version of the list with this code.
  uint32_t until = 0;                             // Last version with it; 0 for still valid.
  uint32_t superseded_by = 0;                     // The code that replaces it; 0 for none.
};

class CodeList {
 public:
  CodeList(std::string name, uint32_t version, std::string source, std::vector<Code> codes);

  const std::string& name() const { return name_; }
  uint32_t version() const { return version_; }
  const std::string& source() const { return source_; }
  const std::vector<Code>& codes() const { return codes_; }  // Ascending by number.

  // Null when there is no such code in any version.
  const Code* Find(uint32_t number) const;
  // Ids are in small letters; capitals of the question are taken as such ("ARG").
  const Code* FindId(std::string_view id) const;
  // True when `number` is valid in `version` of the list.
  bool Has(uint32_t number, uint32_t version) const;
  // The codes below 64 that are valid in `version`: bit n is code n.
  uint64_t Mask(uint32_t version) const;
  // As Mask, of all versions together.
  uint64_t MaskOfAll() const { return mask_of_all_; }
  // The label in `language`; nothing when it is missing (never another language's).
  std::optional<std::string> Label(uint32_t number, std::string_view language) const;

 private:
  std::string name_;
  uint32_t version_;
  std::string source_;
  std::vector<Code> codes_;
  // For the checks of millions of records: the place of each number in codes_, from 1, and when
  // its code is valid.
  struct Valid {
    uint32_t since;
    uint32_t until;  // The last version of all when the code still holds.
  };
  std::vector<uint16_t> places_;
  std::vector<Valid> valid_;
  uint64_t mask_of_all_ = 0;
};

// The lists that the code refers to by name, which every bundle must have.
std::span<const std::string_view> RequiredLists();

// All lists of one folder. Every list carries the version of the whole bundle, so that
// one number ("codelist_version") in a record or release names them all.
class Registry {
 public:
  // Reads every *.yaml of `folder` (format: load.cc). CODELIST_INVALID names file and path
  // of each fault, also a required list that is missing; FILE_UNREADABLE when the folder is
  // absent. Limits: 256 lists, 10,000 codes a list, numbers to 65,535 (63 in set lists).
  static StatusOr<std::shared_ptr<const Registry>> Load(const std::string& folder);
  // For tests and tools.
  explicit Registry(std::vector<CodeList> lists);

  uint32_t version() const { return version_; }
  // Null for an unknown list.
  const CodeList* Find(std::string_view list) const;
  // REQUIRES: the list exists (the fixed lists that code refers to; Load checks them).
  const CodeList& Get(std::string_view list) const;
  const std::map<std::string, CodeList, std::less<>>& lists() const { return lists_; }

 private:
  uint32_t version_ = 1;
  std::map<std::string, CodeList, std::less<>> lists_;
};

}  // namespace enlace::codes
