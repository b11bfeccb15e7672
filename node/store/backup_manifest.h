#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/crypto/ed25519.h"

// The manifest of a backup: what it is of, which files it has, and the node's signature.
//
// Text, one "name: value" a line, in one order and one form, so that every byte of it counts:
// docs/STORAGE_FORMAT.md, "Backup". The last two lines are the SHA-256 of all lines before and
// the Ed25519 signature, by the node's channel key, of all lines before it. The signature shows
// that the holder of that key made exactly these files; it does not show that no newer backup
// exists. Its first line is no channel origin, so that it can never pass for a checkpoint. Pure.
namespace enlace::store {

inline constexpr uint32_t kBackupFormat = 1;
inline constexpr std::string_view kManifestName = "MANIFEST";

struct BackupChannel {
  std::string origin;
  bool own = false;
  uint64_t size = 0;  // Entries held.
  Hash root{};        // Over them.
  bool operator==(const BackupChannel&) const = default;
};

struct BackupFile {
  std::string name;  // Without a folder.
  uint64_t bytes = 0;
  uint64_t rows = 0;  // 0 for a file that is no table.
  Hash sha256{};
  bool operator==(const BackupFile&) const = default;
};

struct BackupManifest {
  std::string network;
  std::string jurisdiction;
  std::string instance_id;  // Of the store, 16 bytes.
  uint64_t commit_sequence = 0;
  int64_t time_ms = 0;  // When it was begun, by the node's clock.
  std::string software_version;
  crypto::PublicKey channel_key{};  // Signs the manifest and the own channels.
  uint64_t audit_records = 0;
  Hash audit_head{};  // Of the chain; zeros when it is empty.
  std::vector<BackupChannel> channels;
  std::vector<BackupFile> files;
  bool operator==(const BackupManifest&) const = default;

  uint64_t rows() const;
  uint64_t bytes() const;  // Of all files.
};

// Sets the channel key to that of `key`.
std::string SealManifest(BackupManifest manifest, const crypto::SigningKey& key);

// Reads what SealManifest made. STORE_FORMAT for the format of another version; BACKUP_INVALID
// for any other byte. Whose key signed it is for the caller to compare.
StatusOr<BackupManifest> OpenManifest(std::string_view text);

}  // namespace enlace::store
