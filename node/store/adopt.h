#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "node/base/error.h"
#include "node/store/signing.h"
#include "node/store/store.h"

namespace enlace::store {

struct AdoptedDatabase {
  uint64_t commit_sequence = 0;  // Of the last write that was found.
  std::string evidence;          // Where the original is kept that a copy replaced, if so.
  bool signing_closed = false;
  ChannelSizes own_sizes;  // Of the own channels, as they are here.
};

// The operator's word that the present database is the truth, after an old copy was put
// in place or the anchor was lost: writes a new anchor for it. A torn or damaged tail is dropped on
// a copy. Unless the old anchor proves the database's list of files, all is done on a copy: opening
// a database whose list was cut removes what the list no longer names.
//
// Unless the old anchor proves that nothing is missing, the database becomes a new
// incarnation: it gets another instance id, so that no other directory of this store fits
// the new anchor, and signing is closed (signing.h).
//
// Refuses while a node runs on it or on the anchor (STORE_LOCKED), when the anchor is that
// of another store (STORE_FORMAT), when `accept`, given what was found, does, and when the
// database does not open even tolerantly (STORE_CORRUPT). It can be repeated after a kill.
StatusOr<AdoptedDatabase> AdoptDatabase(
    const StoreOptions& options, const std::function<Status(const Reader&)>& accept = nullptr);

}  // namespace enlace::store
