#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/error.h"
#include "node/kv/engine.h"
#include "node/store/anchor.h"
#include "node/store/store.h"

// Opening the database of a data directory so that nothing acknowledged is missing.
//
// It is opened strictly, first for reading only. Where that fails, as after a kill in the middle of
// a large batch, a copy is opened tolerantly and put in place of the original only if it holds at
// least the commit that the anchor names. The original stays as evidence. Every opening is compared
// with the anchor, also one that went well.
//
// Folders in the data directory: db (the database), recovering (a copy in the making),
// recovered (a proven copy on its way to become db), evidence-N (replaced originals).
namespace enlace::store {

// Replaced originals that are kept; the oldest goes first. They hold rows, also rows erased
// since: remove them once looked at.
inline constexpr size_t kEvidenceMax = 2;

struct OpenedDatabase {
  std::unique_ptr<kv::Engine> engine;
  uint64_t commit_sequence = 0;
  std::string instance_id;
  std::string evidence;  // Where the original is kept that this one, a copy, replaced, if so.
  OpenReport report;
};

std::string DatabasePath(const std::string& data_dir);
kv::RocksOptions DatabaseOptions(const StoreOptions& options);

// REQUIRES: the caller holds the locks of data directory and anchor.
// STORE_FORMAT: no database, or one of another instance than the anchor's. STORE_CORRUPT:
// more damage than a torn tail. STORE_BEHIND_ANCHOR: acknowledged writes are missing. On
// error the database is as it was.
StatusOr<OpenedDatabase> OpenDatabase(const StoreOptions& options, const AnchorState& anchor);

// The steps of OpenDatabase, for adopting (adopt.h).

// Completes or clears what a kill in the middle of a repair left.
Status FinishSwap(const std::string& data_dir);
// Before opening, which would remove files that a cut list no longer names.
Status CompareFileList(const StoreOptions& options, const AnchorState& anchor);
// Opens it, recovering on a copy where needed, if `check` accepts what was found. Asked
// again after each opening.
using DatabaseCheck = std::function<Status(const OpenedDatabase&)>;
StatusOr<OpenedDatabase> OpenOrRecover(const StoreOptions& options, const DatabaseCheck& check);
// The same, but the original is kept as evidence in any case: for a database whose list of files
// nothing proves, since opening it removes what a cut list no longer names.
StatusOr<OpenedDatabase> OpenOnCopy(const StoreOptions& options, const DatabaseCheck& check);

// The row that says whose store this is.
inline constexpr Table kStoreTable = Table::kMeta;
inline constexpr std::string_view kStoreKey = "store";
// STORE_CORRUPT when it is missing or malformed.
StatusOr<storage::v1::StoreMeta> ReadMeta(const Reader& reader);

}  // namespace enlace::store
