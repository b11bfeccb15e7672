#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "node/query/blocks.h"

// Inside of CaseColumns. Guarded by its lock.
namespace enlace::query {

inline constexpr uint32_t kNoRow = std::numeric_limits<uint32_t>::max();

// Where each record stands, by its reference: some 32 bytes a record, where a map of strings
// takes over a hundred.
class RecordIndex {
 public:
  struct Held {
    uint32_t revision = 0;       // The newest that was taken in.
    uint32_t last_row = kNoRow;  // kNoRow for none.
  };

  // What is held of the record; made when there is nothing. Stays valid for good.
  Held& At(std::string_view reference);

 private:
  using Key = std::array<char, 16>;
  struct Entry {
    Key key;
    Held held;
  };

  // References are 16 random bytes; of any other text, the beginning of its hash.
  static Key KeyOf(std::string_view reference);
  // The place of the key among the slots, or the empty one where it belongs.
  size_t Find(const Key& key) const;
  void Grow();

  Blocks<Entry> entries_;
  std::vector<uint32_t> slots_;  // Number of the entry, from 1; 0 is empty. A power of two of them.
};

}  // namespace enlace::query
