#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/base/error.h"
#include "node/crypto/ed25519.h"
#include "node/store/backup_manifest.h"
#include "node/store/row_file.h"
#include "node/store/store.h"

// A backup: the rows of one snapshot of a store, as a folder of plain files under a signed
// manifest. Rows and not the engine's own files, because those still hold what was erased
// until a compaction, and because rows can be read, checked and restored by another engine.
namespace enlace::store {

struct BackupTarget {
  std::string folder;  // Made here, mode 0700; must not exist.
  // Besides the rows, for instance keys: name and content.
  std::vector<std::pair<std::string, std::string>> extra_files;
  std::string software_version;
  int64_t time_ms = 0;
};

// Writes all rows of `reader`, which is one state, and signs the manifest, which is written
// last: a folder without one is no backup. When it fails nothing is left; a kill leaves a folder
// without manifest. BACKUP_TARGET when the folder exists or the disk refuses; errors of reading,
// also CALL_CANCELLED.
StatusOr<BackupManifest> WriteBackup(const Reader& reader, const crypto::SigningKey& key,
                                     const BackupTarget& target);

// Whether a manifest says of these rows what they say themselves. BACKUP_INVALID.
Status CheckManifest(const Reader& reader, const BackupManifest& manifest);

// Reads a backup in place. Thread-safe once open; the files must not change meanwhile.
class BackupReader final : public Reader {
 public:
  // Reads every byte: the manifest, its signature, and that the folder holds its files, no less
  // and no more, each with its length, its hash and rows that fit. Whether their content is
  // sound is for the verifications of a store, over this reader.
  //
  // `key` is the one that must have signed it; nothing: whatever key the manifest names.
  // BACKUP_INVALID when any of this does not hold; KEY_INVALID when another key signed it;
  // STORE_FORMAT for the format or the tables of another version; CALL_CANCELLED.
  static StatusOr<std::unique_ptr<BackupReader>> Open(
      const std::string& folder, const std::optional<crypto::PublicKey>& key,
      const std::function<bool()>& stopped = [] { return false; });

  const BackupManifest& manifest() const { return manifest_; }
  // The content of a file that is no table; nothing when the backup has none of this name.
  std::optional<std::string> ExtraFile(const std::string& name) const;
  // Every row of a table as it is stored, in its envelope. The bytes are compared with the
  // manifest again: BACKUP_INVALID at the end when the disk has other bytes than when it was
  // opened. A failure of `visit` ends it.
  Status VisitStored(
      Table table,
      const std::function<Status(std::string_view key, std::string_view enveloped)>& visit) const;

  StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override;
  Status Scan(Table table, const kv::KeyRange& range, const kv::RowVisitor& visit) const override;

 private:
  // Where every n-th row of a table begins.
  struct Mark {
    std::string key;
    uint64_t offset = 0;
  };

  BackupReader(std::string folder, BackupManifest manifest);
  Status CheckNames() const;
  Status ReadTable(Table table, const std::function<bool()>& stopped);
  Status ReadExtraFile(const BackupFile& file);
  StatusOr<RowFileCursor> Seek(Table table, std::string_view key) const;

  const std::string folder_;
  const BackupManifest manifest_;
  std::vector<std::vector<Mark>> marks_;  // By table.
  std::vector<std::pair<std::string, std::string>> extra_files_;
};

}  // namespace enlace::store
