#include "client/intake/aliases.h"

#include "node/codes/fold.h"

namespace enlace::intake {

AliasTable::AliasTable(const codes::CodeList& list, const std::vector<std::string>& properties) {
  for (const codes::Code& code : list.codes()) {
    // A code that ended in an earlier version has names that its successors still use.
    if (!list.Has(code.number, list.version())) continue;
    for (const auto& [language, label] : code.labels) AddLabel(label, code.number);
    for (const std::string& name : properties) {
      const auto found = code.properties.find(name);
      if (found != code.properties.end()) AddLabel(found->second, code.number);
    }
  }
}

void AliasTable::AddLabel(std::string_view text, uint32_t code) {
  const std::string key = codes::Fold(text).value_or("");
  if (key.empty() || ambiguous_.count(key) > 0) return;
  const auto [at, added] = codes_.emplace(key, code);
  if (added || at->second == code) return;
  codes_.erase(at);
  ambiguous_.insert(key);
}

bool AliasTable::Add(const Alias& alias) {
  const std::string key = codes::Fold(alias.text).value_or("");
  if (key.empty() || ambiguous_.count(key) > 0) return false;
  const auto [at, added] = codes_.emplace(key, alias.code);
  if (!added && at->second != alias.code) return false;
  aliases_.push_back(alias);
  return true;
}

void AliasTable::AddAmbiguous(std::string_view text) {
  const std::string key = codes::Fold(text).value_or("");
  codes_.erase(key);
  ambiguous_.insert(key);
}

AliasTable::Result AliasTable::Find(std::string_view text) const {
  const std::string key = codes::Fold(text).value_or("");
  if (ambiguous_.count(key) > 0) return {Verdict::kAmbiguous, 0};
  const auto found = codes_.find(key);
  if (found == codes_.end()) return {Verdict::kUnknown, 0};
  return {Verdict::kFound, found->second};
}

}  // namespace enlace::intake
