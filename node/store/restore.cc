#include "node/store/restore.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "node/base/log.h"
#include "node/crypto/hash.h"
#include "node/store/anchor.h"
#include "node/store/data_lock.h"
#include "node/store/files.h"
#include "node/store/incarnation.h"
#include "node/store/recovery.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBatchBytes = 4 << 20;

std::string MarkPartPath(const std::string& data_dir) { return RestoringPath(data_dir) + ".part"; }

// Only what an interrupted restore leaves may be there.
Status CheckNoStore(const std::string& data_dir) {
  std::error_code code;
  if (fs::exists(RestoringPath(data_dir), code) || !fs::exists(data_dir, code)) {
    return absl::OkStatus();
  }
  for (fs::directory_iterator it(data_dir, code), end; !code && it != end; it.increment(code)) {
    if (it->path().filename() == "LOCK" || it->path() == MarkPartPath(data_dir)) continue;
    return Error(Reason::STORE_EXISTS,
                 fmt::format("{} holds a store already, and a restore never overwrites one: move "
                             "it aside first. If it was restored just now, it is complete: start "
                             "the node",
                             data_dir));
  }
  return code ? FileError(data_dir, "reading", code.value()) : absl::OkStatus();
}

Status MakeFolder(const StoreOptions& options) {
  std::error_code code;
  fs::create_directories(options.data_dir, code);
  if (code) return FileError(options.data_dir, "making", code.value());
  return SyncParentFolder(options.data_dir);
}

Status WriteMark(const std::string& data_dir, const std::string& instance) {
  const std::string part = MarkPartPath(data_dir);
  ENLACE_ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(part, O_WRONLY | O_CREAT | O_TRUNC));
  const ssize_t count = write(file.get(), instance.data(), instance.size());
  if (count != static_cast<ssize_t>(instance.size())) {
    return FileError(part, "writing", count < 0 ? errno : EIO);
  }
  ENLACE_RETURN_IF_ERROR(SyncFile(file, part));
  ENLACE_RETURN_IF_ERROR(Rename(part, RestoringPath(data_dir)));
  return SyncFolder(data_dir);
}

// Marks the directory as half restored and returns the instance id that its store will have. An
// interrupted restore has left its mark, and may have written the anchor for that instance.
StatusOr<std::string> MarkRestoring(const std::string& data_dir) {
  std::string instance(kInstanceIdBytes, '\0');
  const StatusOr<FileDescriptor> found = OpenFile(RestoringPath(data_dir), O_RDONLY);
  if (found.ok()) {
    const ssize_t count = pread(found->get(), instance.data(), instance.size(), 0);
    if (count == static_cast<ssize_t>(instance.size())) return instance;
    return FileError(RestoringPath(data_dir), "reading", count < 0 ? errno : EIO);
  }
  if (ReasonOf(found.status()) != Reason::FILE_UNREADABLE) return found.status();
  instance = crypto::RandomBytes(kInstanceIdBytes);
  ENLACE_RETURN_IF_ERROR(WriteMark(data_dir, instance));
  return instance;
}

// Nothing when there is none, or only a damaged one.
StatusOr<std::unique_ptr<AnchorFile>> OldAnchor(const StoreOptions& options) {
  auto file = AnchorFile::Open(options.anchor_path);
  const Reason reason = ReasonOf(file.status());
  if (file.ok() || (reason != Reason::STORE_FORMAT && reason != Reason::STORE_CORRUPT)) return file;
  return std::unique_ptr<AnchorFile>();
}

Status CheckAnchor(const AnchorState& anchor, const StoreOptions& options,
                   const BackupManifest& manifest, const std::string& new_instance) {
  if (anchor.instance_id == manifest.instance_id || anchor.instance_id == new_instance) {
    return absl::OkStatus();
  }
  return Error(Reason::STORE_FORMAT,
               fmt::format("the anchor {} belongs to another store than the backup: check "
                           "anchor_path and the backup. It is not overwritten; if the store that "
                           "it belongs to is surely given up (it may be this node's, adopted or "
                           "restored since the backup), move the anchor away and restore again",
                           options.anchor_path));
}

class RowCopier {
 public:
  RowCopier(kv::Engine& engine, Table table)
      : engine_(engine), table_(static_cast<kv::TableId>(table)) {}

  Status Add(std::string_view key, std::string_view enveloped) {
    bytes_ += key.size() + enveloped.size();
    batch_.mutations.push_back({table_, std::string(key), std::string(enveloped)});
    return bytes_ < kBatchBytes ? absl::OkStatus() : Commit();
  }
  Status Commit() {
    const Status committed = batch_.mutations.empty() ? absl::OkStatus() : engine_.Commit(batch_);
    batch_.mutations.clear();
    bytes_ = 0;
    return committed;
  }

 private:
  kv::Engine& engine_;
  const kv::TableId table_;
  kv::Batch batch_;
  size_t bytes_ = 0;
};

StatusOr<std::unique_ptr<kv::Engine>> CopyRows(const StoreOptions& options,
                                               const BackupReader& backup) {
  kv::RocksOptions database = DatabaseOptions(options);
  std::error_code code;
  fs::remove_all(database.path, code);  // Of an interrupted restore.
  if (code) return FileError(database.path, "removing", code.value());
  database.create = true;
  ENLACE_ASSIGN_OR_RETURN(auto engine, kv::OpenRocksEngine(database));
  for (size_t number = 0; number < static_cast<size_t>(Table::kCount); ++number) {
    const auto table = static_cast<Table>(number);
    RowCopier copier(*engine, table);
    ENLACE_RETURN_IF_ERROR(
        backup.VisitStored(table, [&copier](std::string_view key, std::string_view enveloped) {
          return copier.Add(key, enveloped);
        }));
    ENLACE_RETURN_IF_ERROR(copier.Commit());
  }
  return engine;
}

// Opens what was written, as the next start will, and lets it be looked at.
StatusOr<OpenedDatabase> ReadBack(const StoreOptions& options, const OpenedDatabase& written,
                                  const std::function<Status(const Reader&)>& accept) {
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened, OpenOrRecover(options, [&](const auto& found) {
                            const bool same = found.instance_id == written.instance_id &&
                                              found.commit_sequence == written.commit_sequence;
                            return same ? absl::OkStatus()
                                        : Error(Reason::STORE_FAILED,
                                                "the disk does not hold what was written to it");
                          }));
  ENLACE_RETURN_IF_ERROR(opened.engine->VerifyChecksums());
  ENLACE_RETURN_IF_ERROR(accept(ReaderOf(opened)));
  return opened;
}

}  // namespace

Status CheckMayRestore(const StoreOptions& options) { return CheckNoStore(options.data_dir); }

StatusOr<RestoredDatabase> RestoreDatabase(const StoreOptions& options, const BackupReader& backup,
                                           const std::function<Status(const Reader&)>& accept) {
  ENLACE_RETURN_IF_ERROR(CheckNoStore(options.data_dir));
  ENLACE_RETURN_IF_ERROR(MakeFolder(options));
  ENLACE_ASSIGN_OR_RETURN(const DataLock lock, DataLock::Create(options.data_dir));
  ENLACE_RETURN_IF_ERROR(CheckNoStore(options.data_dir));  // Again, now that nobody else can act.
  const BackupManifest& manifest = backup.manifest();
  ENLACE_ASSIGN_OR_RETURN(const std::string instance, MarkRestoring(options.data_dir));
  // Locked until the end: a node of another directory may be running on it.
  ENLACE_ASSIGN_OR_RETURN(const std::unique_ptr<AnchorFile> anchor, OldAnchor(options));
  RestoredDatabase restored;
  restored.commit_sequence = manifest.commit_sequence;
  if (anchor != nullptr) {
    ENLACE_RETURN_IF_ERROR(CheckAnchor(anchor->state(), options, manifest, instance));
    const uint64_t acknowledged = anchor->state().commit_sequence;
    if (anchor->state().instance_id == manifest.instance_id) {
      restored.commits_given_up =
          std::max(acknowledged, manifest.commit_sequence) - manifest.commit_sequence;
    }
  }

  OpenedDatabase made;
  ENLACE_ASSIGN_OR_RETURN(made.engine, CopyRows(options, backup));
  made.commit_sequence = manifest.commit_sequence;
  ENLACE_RETURN_IF_ERROR(BeginIncarnation(made, manifest.instance_id, instance));
  made.engine.reset();
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened, ReadBack(options, made, accept));
  ENLACE_ASSIGN_OR_RETURN(restored.own_sizes, OwnChannelSizes(ReaderOf(opened)));
  const auto file_list = opened.engine->FileListSource();
  opened.engine.reset();
  ENLACE_RETURN_IF_ERROR(SyncFolder(options.data_dir));
  ENLACE_RETURN_IF_ERROR(AnchorFile::Replace(
      options.anchor_path, {opened.instance_id, opened.commit_sequence, file_list()}));
  // From here on it is a store.
  if (unlink(RestoringPath(options.data_dir).c_str()) != 0) {
    return FileError(RestoringPath(options.data_dir), "removing", errno);
  }
  ENLACE_RETURN_IF_ERROR(SyncFolder(options.data_dir));
  LogWarning("store_restored", {{"data_dir", options.data_dir},
                                {"commit", std::to_string(restored.commit_sequence)},
                                {"given_up", restored.commits_given_up.has_value()
                                                 ? std::to_string(*restored.commits_given_up)
                                                 : "unknown"}});
  return restored;
}

}  // namespace enlace::store
