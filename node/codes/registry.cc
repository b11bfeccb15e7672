#include "node/codes/registry.h"

#include <algorithm>
#include <limits>

#include "node/base/check.h"

namespace enlace::codes {
namespace {

constexpr uint32_t kMaskBits = 64;

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
  ENLACE_CHECK(codes_.size() < std::numeric_limits<uint16_t>::max());
  places_.resize(codes_.empty() ? 0 : codes_.back().number + size_t{1});
  for (const Code& code : codes_) {
    valid_.push_back({code.since, code.until == 0 ? version_ : std::min(code.until, version_)});
    // Numbers of a bundle are unique; of two, the first was always found.
    if (places_[code.number] == 0) places_[code.number] = static_cast<uint16_t>(valid_.size());
    if (code.number < kMaskBits) mask_of_all_ |= uint64_t{1} << code.number;
  }
}

const Code* CodeList::Find(uint32_t number) const {
  if (number >= places_.size() || places_[number] == 0) return nullptr;
  return &codes_[places_[number] - 1U];
}

const Code* CodeList::FindId(std::string_view id) const {
  for (const Code& code : codes_) {
    if (SameId(code.id, id)) return &code;
  }
  return nullptr;
}

bool CodeList::Has(uint32_t number, uint32_t version) const {
  if (number >= places_.size() || places_[number] == 0) return false;
  const Valid& valid = valid_[places_[number] - 1U];
  return valid.since <= version && version <= valid.until;
}

uint64_t CodeList::Mask(uint32_t version) const {
  uint64_t mask = 0;
  for (size_t i = 0; i < codes_.size() && codes_[i].number < kMaskBits; ++i) {
    if (valid_[i].since <= version && version <= valid_[i].until) {
      mask |= uint64_t{1} << codes_[i].number;
    }
  }
  return mask;
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
