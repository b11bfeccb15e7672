#include "node/store/backup.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "node/channel/log.h"
#include "node/store/audit_table.h"
#include "node/store/channel_table.h"
#include "node/store/envelope.h"
#include "node/store/files.h"
#include "node/store/group.h"
#include "node/store/recovery.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

// Removes a folder of ours unless it became whole.
class NewFolder {
 public:
  static StatusOr<NewFolder> Make(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0) return NewFolder(path);
    if (errno == EEXIST) {
      return Error(Reason::BACKUP_TARGET,
                   fmt::format("{} is there already, and a backup never overwrites: name a new "
                               "folder. If it has no {} it is what an interrupted backup left: "
                               "remove it",
                               path, kManifestName));
    }
    return Error(Reason::BACKUP_TARGET,
                 fmt::format("making {}: {}", path, std::generic_category().message(errno)));
  }
  NewFolder(NewFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  void Keep() { path_.clear(); }

 private:
  explicit NewFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// All of a manifest that the rows themselves say.
StatusOr<BackupManifest> Describe(const Reader& reader) {
  BackupManifest manifest;
  ENLACE_ASSIGN_OR_RETURN(const storage::v1::StoreMeta meta, ReadMeta(reader));
  manifest.network = meta.network();
  manifest.jurisdiction = meta.jurisdiction();
  manifest.instance_id = meta.instance_id();
  ENLACE_ASSIGN_OR_RETURN(manifest.commit_sequence, ReadCommitSequence(reader));
  ENLACE_ASSIGN_OR_RETURN(const AuditHead audit, LoadAuditHead(reader));
  manifest.audit_records = audit.records;
  manifest.audit_head = audit.last;
  ENLACE_ASSIGN_OR_RETURN(const auto heads, ListChannelHeads(reader));
  for (const ChannelHead& head : heads) {
    manifest.channels.push_back({head.origin, head.own, head.range.size(), head.range.Root()});
  }
  return manifest;
}

StatusOr<BackupFile> WriteTable(const Reader& reader, const std::string& folder, Table table) {
  ENLACE_ASSIGN_OR_RETURN(BackupFileWriter file, BackupFileWriter::CreateForRows(folder, table));
  Status written;
  ENLACE_RETURN_IF_ERROR(reader.Scan(table, {}, [&](std::string_view key, std::string_view value) {
    written = file.AppendRow(key, WrapValue(table, key, value));
    return written.ok();
  }));
  ENLACE_RETURN_IF_ERROR(written);
  return file.Finish();
}

StatusOr<BackupFile> WriteBytes(const std::string& folder, const std::string& name,
                                std::string_view content) {
  ENLACE_ASSIGN_OR_RETURN(BackupFileWriter file, BackupFileWriter::Create(folder, name));
  ENLACE_RETURN_IF_ERROR(file.Append(content));
  return file.Finish();
}

Status SyncMade(const Status& synced) {
  return synced.ok() ? synced : Error(Reason::BACKUP_TARGET, MessageOf(synced));
}

// Everything else is on disk before the manifest has its name.
Status WriteManifest(const std::string& folder, const std::string& text) {
  ENLACE_RETURN_IF_ERROR(SyncMade(SyncFolder(folder)));
  const std::string path = fmt::format("{}/{}", folder, kManifestName);
  const std::string part = fmt::format("{}.part", kManifestName);
  ENLACE_RETURN_IF_ERROR(WriteBytes(folder, part, text).status());
  ENLACE_RETURN_IF_ERROR(SyncMade(Rename(folder + "/" + part, path)));
  ENLACE_RETURN_IF_ERROR(SyncMade(SyncFolder(folder)));
  return SyncMade(SyncParentFolder(folder));
}

}  // namespace

StatusOr<BackupManifest> WriteBackup(const Reader& reader, const crypto::SigningKey& key,
                                     const BackupTarget& target) {
  ENLACE_ASSIGN_OR_RETURN(BackupManifest manifest, Describe(reader));
  manifest.time_ms = target.time_ms;
  manifest.software_version = target.software_version;
  ENLACE_ASSIGN_OR_RETURN(NewFolder folder, NewFolder::Make(target.folder));
  for (size_t table = 0; table < static_cast<size_t>(Table::kCount); ++table) {
    ENLACE_ASSIGN_OR_RETURN(manifest.files.emplace_back(),
                            WriteTable(reader, target.folder, static_cast<Table>(table)));
  }
  for (const auto& [name, content] : target.extra_files) {
    ENLACE_ASSIGN_OR_RETURN(manifest.files.emplace_back(),
                            WriteBytes(target.folder, name, content));
  }
  manifest.channel_key = key.public_key();
  ENLACE_RETURN_IF_ERROR(WriteManifest(target.folder, SealManifest(manifest, key)));
  folder.Keep();
  return manifest;
}

Status CheckManifest(const Reader& reader, const BackupManifest& manifest) {
  ENLACE_ASSIGN_OR_RETURN(BackupManifest said, Describe(reader));
  said.time_ms = manifest.time_ms;
  said.software_version = manifest.software_version;
  said.channel_key = manifest.channel_key;
  said.files = manifest.files;
  if (said == manifest) return absl::OkStatus();
  return Error(Reason::BACKUP_INVALID,
               "the manifest of the backup does not say what its rows say; use another backup");
}

}  // namespace enlace::store
