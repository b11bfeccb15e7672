#pragma once

#include <functional>
#include <optional>
#include <string>

#include "node/app/node_keys.h"
#include "node/app/preflight.h"
#include "node/base/clock.h"
#include "node/crypto/ed25519.h"
#include "node/service/store_verification.h"
#include "node/store/backup.h"
#include "node/store/restore.h"

// `enlaced backup`, `restore` and `verify --backup`: copies of a node, and a node out of a copy.
namespace enlace::app {

struct BackupOrder {
  std::string folder;      // Absolute.
  bool with_keys = false;  // Whether the channel keys are in it; the anchor never is.
};

// What a running node does when it is asked, and the command itself when the node is stopped.
// REQUEST_INVALID for a folder that is relative or within the data directory; errors of
// store::WriteBackup.
StatusOr<store::BackupManifest> BackUp(
    store::Store& store, const config::NodeConfig& config, const store::ChannelKeys& keys,
    const Clock& clock, const BackupOrder& order,
    const std::function<bool()>& stopped = [] { return false; });

struct BackupReport {
  bool online = false;  // The running node made it.
  uint64_t commit_sequence = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t files = 0;
  uint64_t channels = 0;
};

// Opens the store, or, when the node runs and holds it, asks the node at its admin socket. Errors
// of both; PEER_UNREACHABLE when a process holds the store and does not answer there.
StatusOr<BackupReport> BackUpNode(const std::string& config_path, const BackupOrder& order,
                                  Clock& clock);

// Which key showed that a backup is this node's.
enum class KeySource { kDataDirectory, kGiven, kBackupItself };

struct BackupVerification {
  store::BackupManifest manifest;
  bool with_keys = false;
  KeySource key_source = KeySource::kDataDirectory;
  service::StoreVerification contents;
};

// Reads every byte of a backup, and checks its content as `verify` does that of a store. The
// backup must be signed by `key` (base64) if given, else by the key in the data directory, else by
// the one that it holds itself. STORE_FORMAT when it is of another network or jurisdiction; errors
// of store::BackupReader::Open; KEY_INVALID without any key. What can be read and does not hold is
// in `contents`.
StatusOr<BackupVerification> VerifyBackup(const std::string& config_path, const std::string& folder,
                                          const std::optional<std::string>& key,
                                          const Clock& clock);

struct RestoreReport {
  store::BackupManifest manifest;
  store::RestoredDatabase restored;
  service::StoreVerification contents;  // Of the restored store, as read back.
};

// Makes the node's store and, when the backup holds them and there are none, its keys. Errors of
// VerifyBackup and store::RestoreDatabase; KEY_INVALID, before anything is written, when a key in
// the data directory is not that of the backup. Can be repeated after a kill.
StatusOr<RestoreReport> RestoreNode(const std::string& config_path, const std::string& folder,
                                    const Clock& clock);

}  // namespace enlace::app
