#include "node/store/adopt.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "node/base/log.h"
#include "node/crypto/hash.h"
#include "node/store/anchor.h"
#include "node/store/data_lock.h"
#include "node/store/incarnation.h"
#include "node/store/recovery.h"

namespace enlace::store {
namespace {

Status CheckAnchorIsOurs(const OpenedDatabase& opened, const AnchorState& anchor,
                         const StoreOptions& options) {
  if (anchor.instance_id == opened.instance_id) return absl::OkStatus();
  // Adopting was interrupted between the database and the anchor.
  ENLACE_ASSIGN_OR_RETURN(const auto replaced, ReplacedInstance(ReaderOf(opened)));
  if (replaced == anchor.instance_id) return absl::OkStatus();
  return Error(Reason::STORE_FORMAT,
               fmt::format("the anchor {} belongs to another store than {}: check anchor_path and "
                           "data_dir. It is not overwritten; only if that other store is surely "
                           "given up, move its anchor away and adopt again",
                           options.anchor_path, options.data_dir));
}

}  // namespace

StatusOr<AdoptedDatabase> AdoptDatabase(const StoreOptions& options,
                                        const std::function<Status(const Reader&)>& accept) {
  ENLACE_ASSIGN_OR_RETURN(const DataLock lock, DataLock::Take(options.data_dir));
  // Locked until the end: a node of another directory may be running on it.
  const StatusOr<std::unique_ptr<AnchorFile>> file = AnchorFile::Open(options.anchor_path);
  if (!file.ok() && ReasonOf(file.status()) != Reason::STORE_FORMAT &&
      ReasonOf(file.status()) != Reason::STORE_CORRUPT) {
    return file.status();
  }
  std::optional<AnchorState> anchor;  // Nothing when it is missing or damaged.
  if (file.ok()) anchor = (*file)->state();
  ENLACE_RETURN_IF_ERROR(FinishSwap(options.data_dir));
  const bool files_hold = anchor.has_value() && CompareFileList(options, *anchor).ok();
  const DatabaseCheck check = [&](const OpenedDatabase& found) -> Status {
    if (anchor.has_value()) ENLACE_RETURN_IF_ERROR(CheckAnchorIsOurs(found, *anchor, options));
    return accept ? accept(ReaderOf(found)) : absl::OkStatus();
  };
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened,
                          files_hold ? OpenOrRecover(options, check) : OpenOnCopy(options, check));
  AdoptedDatabase adopted;
  adopted.commit_sequence = opened.commit_sequence;
  adopted.evidence = opened.evidence;
  const bool proven = files_hold && opened.instance_id == anchor->instance_id &&
                      opened.commit_sequence >= anchor->commit_sequence;
  if (!proven) {
    ENLACE_RETURN_IF_ERROR(
        BeginIncarnation(opened, anchor.has_value() ? anchor->instance_id : opened.instance_id,
                         crypto::RandomBytes(kInstanceIdBytes)));
  }
  ENLACE_RETURN_IF_ERROR(AnchorFile::Replace(
      options.anchor_path,
      {opened.instance_id, opened.commit_sequence, opened.engine->FileListSource()()}));
  const SnapshotReader reader = ReaderOf(opened);
  adopted.signing_closed = !CheckSigningOpen(reader).ok();
  ENLACE_ASSIGN_OR_RETURN(adopted.own_sizes, OwnChannelSizes(reader));
  LogWarning("store_adopted", {{"data_dir", options.data_dir},
                               {"commit", std::to_string(adopted.commit_sequence)},
                               {"evidence", adopted.evidence},
                               {"signing_closed", adopted.signing_closed ? "true" : "false"}});
  return adopted;
}

}  // namespace enlace::store
