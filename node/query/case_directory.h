#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node/base/error.h"
#include "node/query/blocks.h"

// Which records there are, in the order of their first commits: of each, where its rows stand in
// the store, whose it is and of which year. A page of a listing is chosen here, so that the store
// is asked for its rows alone. About 14 bytes a record. Derived, as the columns are. Pure, not
// thread-safe.
namespace enlace::query {

// Key of a row of case revisions: commit sequence and index within the commit.
struct RowKey {
  uint64_t commit = 0;
  uint32_t index = 0;
  auto operator<=>(const RowKey&) const = default;
};

// A record whose rows are named: that of its first revision, which gives its place in the order,
// and that of its last.
struct ListedCase {
  RowKey first;
  RowKey last;
  uint32_t revision = 1;  // Of the last.
  uint32_t year = 0;      // Of the last; 0 when erased.
  bool operator==(const ListedCase&) const = default;
};

struct CaseChoice {
  std::vector<ListedCase> cases;
  // Where to go on: the first row of the next record that fits, or of one that was not looked at
  // yet. Nothing at the end.
  std::optional<RowKey> next;
};

class CaseDirectory {
 public:
  static constexpr uint64_t kCommitMax = (uint64_t{1} << 48) - 1;
  // Records that one choice looks at.
  static constexpr size_t kLookedAtMax = 1 << 20;

  // A new record. STORE_LIMIT for more records, entities or commits than are counted here.
  // REQUIRES: `first` is above that of the record before.
  Status Add(RowKey first, std::string_view entity, uint32_t year);
  // A later revision of the record that begins at `first`. STORE_CORRUPT when there is none, or
  // when it is not the revision after the last.
  Status Change(RowKey first, RowKey last, uint32_t revision, uint32_t year);

  // Records of the entity, and of the year unless it is 0, from the one that begins at `from` on:
  // at most `cases_max`, and fewer when `looked_at_max` records were looked at. So a choice may be
  // empty without being the last.
  CaseChoice Choose(std::string_view entity, uint32_t year, RowKey from, size_t cases_max,
                    size_t looked_at_max = kLookedAtMax) const;

  size_t size() const { return size_; }

 private:
  struct Last {
    RowKey key;
    uint32_t revision;
  };

  RowKey First(size_t at) const {
    return {uint64_t{commit_high_[at]} << 32 | commit_low_[at], index_[at]};
  }
  // The first record that begins at `key` or behind it.
  size_t LowerBound(RowKey key) const;
  ListedCase At(size_t at) const;

  size_t size_ = 0;
  Blocks<uint32_t> commit_low_;
  Blocks<uint16_t> commit_high_;
  Blocks<uint32_t> index_;
  Blocks<uint16_t> entity_;  // Number in entities_.
  Blocks<uint16_t> year_;
  std::map<std::string, uint16_t, std::less<>> entities_;
  // Of records with more than one revision, by place in the order; they are few.
  std::unordered_map<uint32_t, Last> last_;
};

}  // namespace enlace::query
