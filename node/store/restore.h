#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "node/base/error.h"
#include "node/store/backup.h"
#include "node/store/signing.h"
#include "node/store/store.h"

namespace enlace::store {

// STORE_EXISTS unless the directory of `options` is absent, empty, or what an interrupted restore
// left: to be asked before a long reading of a backup.
Status CheckMayRestore(const StoreOptions& options);

struct RestoredDatabase {
  uint64_t commit_sequence = 0;  // Of the backup.
  // By the anchor that was replaced: how many commits after the backup were acknowledged, and
  // are given up. Nothing when there was no anchor of this store to tell.
  std::optional<uint64_t> commits_given_up;
  ChannelSizes own_sizes;  // Of the own channels, as they are here.
};

// Makes the store of `options` out of a backup, which is only read. It is a new incarnation: it
// has an instance id of its own, and signs no entry of its channels until it is known that no
// peer holds more of them (signing.h), since what was signed after the backup may be with
// peers. A new anchor takes the place of the old one.
//
// `accept` looks at the restored rows, as read back from disk, before any of it counts.
//
// Nothing opens a directory in which this was interrupted (data_lock.h); it can be run again,
// also with another backup. STORE_EXISTS when there is a store already; STORE_FORMAT when the
// anchor is that of another store; STORE_LOCKED; BACKUP_INVALID when the backup changes while
// it is read; STORE_FAILED when the disk refuses.
StatusOr<RestoredDatabase> RestoreDatabase(const StoreOptions& options, const BackupReader& backup,
                                           const std::function<Status(const Reader&)>& accept);

}  // namespace enlace::store
