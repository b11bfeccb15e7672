#include "node/query/record_index.h"

#include <algorithm>

#include "node/base/bytes.h"
#include "node/crypto/hash.h"

namespace enlace::query {
namespace {

constexpr size_t kSlotsMin = 1024;

}  // namespace

RecordIndex::Key RecordIndex::KeyOf(std::string_view reference) {
  Key key;
  if (reference.size() == key.size()) {
    std::copy(reference.begin(), reference.end(), key.begin());
  } else {
    const Hash hash = crypto::Sha256(reference);
    std::copy_n(AsView(hash).begin(), key.size(), key.begin());
  }
  return key;
}

size_t RecordIndex::Find(const Key& key) const {
  // The node draws references at random, so that their bytes need no further mixing.
  size_t slot = ReadU64({key.data(), key.size()}) & (slots_.size() - 1);
  while (slots_[slot] != 0 && entries_[slots_[slot] - 1].key != key) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

// At most three quarters of the slots are taken.
void RecordIndex::Grow() {
  if (4 * (entries_.size() + 1) <= 3 * slots_.size()) return;
  slots_.assign(std::max(kSlotsMin, 2 * slots_.size()), 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    slots_[Find(entries_[i].key)] = static_cast<uint32_t>(i + 1);
  }
}

RecordIndex::Held& RecordIndex::At(std::string_view reference) {
  Grow();
  const Key key = KeyOf(reference);
  uint32_t& slot = slots_[Find(key)];
  if (slot == 0) {
    entries_.Append({key, {}});
    slot = static_cast<uint32_t>(entries_.size());
  }
  return entries_[slot - 1].held;
}

}  // namespace enlace::query
