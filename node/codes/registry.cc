#include "node/codes/registry.h"

#include <algorithm>

#include "node/base/check.h"

namespace enlace::codes {
namespace {

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameId(std::string_view id, std::string_view asked) {
  return std::equal(id.begin(), id.end(), asked.begin(), asked.end(),
                    [](char a, char b) { return a == LowerAscii(b); });
}

}  // namespace

CodeList::CodeList(std::string name, uint32_t version, std::string source, std::vector<Code> codes)
    : name_(std::move(name)),
      version_(version),
      source_(std::move(source)),
      codes_(std::move(codes)) {
  std::sort(codes_.begin(), codes_.end(),
            [](const Code& a, const Code& b) { return a.number < b.number; });
}

const Code* CodeList::Find(uint32_t number) const {
  const auto at =
      std::lower_bound(codes_.begin(), codes_.end(), number,
                       [](const Code& code, uint32_t wanted) { return code.number < wanted; });
  return at != codes_.end() && at->number == number ? &*at : nullptr;
}

const Code* CodeList::FindId(std::string_view id) const {
  for (const Code& code : codes_) {
    if (SameId(code.id, id)) return &code;
  }
  return nullptr;
}

bool CodeList::Has(uint32_t number, uint32_t version) const {
  const Code* code = Find(number);
  return code != nullptr && version <= version_ && code->since <= version &&
         (code->until == 0 || version <= code->until);
}

std::optional<std::string> CodeList::Label(uint32_t number, std::string_view language) const {
  const Code* code = Find(number);
  if (code == nullptr) return std::nullopt;
  const auto at = code->labels.find(std::string(language));
  if (at == code->labels.end()) return std::nullopt;
  return at->second;
}

Registry::Registry(std::vector<CodeList> lists) {
  for (CodeList& list : lists) {
    version_ = std::max(version_, list.version());
    std::string name = list.name();
    lists_.emplace(std::move(name), std::move(list));
  }
}

const CodeList* Registry::Find(std::string_view list) const {
  const auto at = lists_.find(list);
  return at == lists_.end() ? nullptr : &at->second;
}

const CodeList& Registry::Get(std::string_view list) const {
  const CodeList* found = Find(list);
  ENLACE_CHECK(found != nullptr);
  return *found;
}

}  // namespace enlace::codes
