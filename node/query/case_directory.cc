#include "node/query/case_directory.h"

#include <algorithm>
#include <limits>

#include "node/base/check.h"

namespace enlace::query {
namespace {

constexpr size_t kCasesMax = std::numeric_limits<uint32_t>::max();
constexpr size_t kOwnersMax = 1 << 16;

}  // namespace

Status CaseDirectory::Add(RowKey first, std::string_view entity, uint32_t year) {
  ENLACE_CHECK(size_ == 0 || First(size_ - 1) < first);
  auto at = entities_.find(entity);
  if (size_ == kCasesMax || first.commit > kCommitMax ||
      (at == entities_.end() && entities_.size() == kOwnersMax)) {
    return Error(Reason::STORE_LIMIT,
                 "the directory holds no more case records, entities or commits");
  }
  if (at == entities_.end()) {
    at = entities_.emplace(entity, static_cast<uint16_t>(entities_.size())).first;
  }
  commit_low_.Append(static_cast<uint32_t>(first.commit));
  commit_high_.Append(static_cast<uint16_t>(first.commit >> 32));
  index_.Append(first.index);
  entity_.Append(at->second);
  year_.Append(static_cast<uint16_t>(year));
  ++size_;
  return absl::OkStatus();
}

Status CaseDirectory::Change(RowKey first, RowKey last, uint32_t revision, uint32_t year) {
  const size_t at = LowerBound(first);
  const bool known = at < size_ && First(at) == first && revision == At(at).revision + 1;
  if (!known) {
    return Error(Reason::STORE_CORRUPT,
                 "a revision of a case record has none before it; run enlaced verify");
  }
  last_[static_cast<uint32_t>(at)] = {last, revision};
  year_[at] = static_cast<uint16_t>(year);
  return absl::OkStatus();
}

size_t CaseDirectory::LowerBound(RowKey key) const {
  size_t low = 0;
  size_t high = size_;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (First(middle) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

ListedCase CaseDirectory::At(size_t at) const {
  const RowKey first = First(at);
  const auto later = last_.find(static_cast<uint32_t>(at));
  if (later == last_.end()) return {first, first, 1, year_[at]};
  return {first, later->second.key, later->second.revision, year_[at]};
}

CaseChoice CaseDirectory::Choose(std::string_view entity, uint32_t year, RowKey from,
                                 size_t cases_max, size_t looked_at_max) const {
  CaseChoice choice;
  const auto wanted = entities_.find(entity);
  if (wanted == entities_.end()) return choice;
  const size_t begin = LowerBound(from);
  const size_t end = std::min(size_, begin + looked_at_max);
  for (size_t at = begin; at < end; ++at) {
    if (entity_[at] != wanted->second || (year != 0 && year_[at] != year)) continue;
    if (choice.cases.size() == cases_max) {
      choice.next = First(at);
      return choice;
    }
    choice.cases.push_back(At(at));
  }
  if (end < size_) choice.next = First(end);
  return choice;
}

}  // namespace enlace::query
