#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/codes/registry.h"

// Spellings of the codes of one list, found exactly after folding (case, accents,
// width, blanks). There is no nearest match: what the table does not hold is not
// known, and what it lists as ambiguous is known to be undecidable. Immutable after
// loading, thread-safe.
namespace enlace::intake {

struct Alias {
  std::string text;
  uint32_t code = 0;
  std::string source;  // Who uses this spelling, and who says what it means.
};

class AliasTable {
 public:
  enum class Verdict { kFound, kUnknown, kAmbiguous };
  struct Result {
    Verdict verdict = Verdict::kUnknown;
    uint32_t code = 0;
  };

  // The labels of `list` in all its languages, and its codes' ids and properties named in
  // `properties`, are spellings by themselves; a label that two codes share is ambiguous.
  AliasTable(const codes::CodeList& list, const std::vector<std::string>& properties);

  // False when the folded text already means another code, or is listed as ambiguous.
  bool Add(const Alias& alias);
  // A text that must never be mapped, even if a label matches it.
  void AddAmbiguous(std::string_view text);

  Result Find(std::string_view text) const;
  size_t size() const { return codes_.size(); }
  const std::vector<Alias>& aliases() const { return aliases_; }

 private:
  void AddLabel(std::string_view text, uint32_t code);

  std::map<std::string, uint32_t, std::less<>> codes_;
  std::set<std::string, std::less<>> ambiguous_;
  std::vector<Alias> aliases_;
};

}  // namespace enlace::intake
