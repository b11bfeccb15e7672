#include "node/store/recovery.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/log.h"
#include "node/store/data_lock.h"
#include "node/store/group.h"
#include "node/store/reader.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEvidencePrefix = "evidence-";

std::string RecoveringPath(const std::string& data_dir) { return data_dir + "/recovering"; }
std::string RecoveredPath(const std::string& data_dir) { return data_dir + "/recovered"; }

Status FolderError(const std::string& path, const std::error_code& code) {
  return Error(Reason::STORE_FAILED, fmt::format("working in {}: {}", path, code.message()));
}

Status RemoveFolder(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  return code ? FolderError(path, code) : absl::OkStatus();
}

// Reads who the database is and how far it goes.
StatusOr<OpenedDatabase> Inspect(std::unique_ptr<kv::Engine> engine) {
  OpenedDatabase opened;
  const SnapshotReader reader(engine->TakeSnapshot(), std::make_shared<StoreHealth>());
  ENLACE_ASSIGN_OR_RETURN(const storage::v1::StoreMeta meta, ReadMeta(reader));
  ENLACE_ASSIGN_OR_RETURN(opened.commit_sequence, ReadCommitSequence(reader));
  opened.instance_id = meta.instance_id();
  opened.engine = std::move(engine);
  return opened;
}

#ifdef ENLACE_BREAK_NO_ANCHOR
constexpr bool kAnchorCounts = false;
#else
constexpr bool kAnchorCounts = true;
#endif

constexpr std::string_view kBehindAdvice =
    "An old copy was put in place, or files were lost or damaged. Keep the directory as it is, "
    "then put the newer one back. Only if there is none, give up what was lost: `enlaced restore` "
    "makes a new directory out of the newest backup, `enlaced adopt` goes on from this one. Both "
    "stop this node's channels until it is confirmed what its peers hold of them (see "
    "docs/STORAGE_FORMAT.md, \"Recovery\")";

Status CompareWithAnchor(const OpenedDatabase& opened, const StoreOptions& options,
                         const AnchorState& anchor) {
  if (!kAnchorCounts) return absl::OkStatus();
  if (opened.instance_id != anchor.instance_id) {
    return Error(
        Reason::STORE_FORMAT,
        fmt::format("the anchor {} belongs to another store than {}, or this directory was given "
                    "up when another copy of it was adopted: check anchor_path and data_dir. If "
                    "`enlaced adopt` was interrupted, run it again (see "
                    "docs/STORAGE_FORMAT.md, \"Recovery\")",
                    options.anchor_path, options.data_dir));
  }
  if (opened.commit_sequence < anchor.commit_sequence) {
    return Error(
        Reason::STORE_BEHIND_ANCHOR,
        fmt::format("{} ends at commit {}, but commits up to {} were acknowledged: {} are missing. "
                    "{}",
                    options.data_dir, opened.commit_sequence, anchor.commit_sequence,
                    anchor.commit_sequence - opened.commit_sequence, kBehindAdvice));
  }
  return absl::OkStatus();
}

// What there is, without changing a file.
StatusOr<OpenedDatabase> Look(kv::RocksOptions database) {
  database.read_only = true;
  ENLACE_ASSIGN_OR_RETURN(auto engine, kv::OpenRocksEngine(database));
  return Inspect(std::move(engine));
}

StatusOr<OpenedDatabase> OpenChecked(const kv::RocksOptions& database, const DatabaseCheck& check) {
  {
    // An opening for writing moves the log into table files and removes it. If it is then
    // refused, an intact log that is put back no longer fits: so look first.
    ENLACE_ASSIGN_OR_RETURN(const OpenedDatabase found, Look(database));
    ENLACE_RETURN_IF_ERROR(check(found));
  }
  ENLACE_ASSIGN_OR_RETURN(auto engine, kv::OpenRocksEngine(database));
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened, Inspect(std::move(engine)));
  ENLACE_RETURN_IF_ERROR(check(opened));
  return opened;
}

// SST files never change, so the copy shares them; logs and MANIFEST are copied.
Status CopyDatabase(const std::string& from, const std::string& to) {
  std::error_code code;
  fs::create_directory(to, code);
  if (code) return FolderError(to, code);
  for (fs::directory_iterator it(from, code), end; !code && it != end; it.increment(code)) {
    const fs::path name = it->path().filename();
    if (name == "LOCK" || !it->is_regular_file()) continue;
    if (name.extension() == ".sst") {
      fs::create_hard_link(it->path(), fs::path(to) / name, code);
    } else {
      fs::copy_file(it->path(), fs::path(to) / name, code);
    }
    if (code) break;
  }
  return code ? FolderError(from, code) : absl::OkStatus();
}

std::vector<uint64_t> EvidenceNumbers(const std::string& data_dir) {
  std::vector<uint64_t> numbers;
  std::error_code code;
  for (fs::directory_iterator it(data_dir, code), end; !code && it != end; it.increment(code)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kEvidencePrefix)) continue;
    const std::string digits = name.substr(kEvidencePrefix.size());
    if (digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      continue;  // An operator's own folder.
    }
    numbers.push_back(std::stoull(digits));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string EvidencePath(const std::string& data_dir, uint64_t number) {
  return fmt::format("{}/{}{}", data_dir, kEvidencePrefix, number);
}

// Puts `recovering` in the place of `db`. A kill between any two steps leaves a directory
// that FinishSwap completes or clears.
Status Swap(const std::string& data_dir, std::string& evidence) {
  ENLACE_RETURN_IF_ERROR(SyncFolder(RecoveringPath(data_dir)));
  ENLACE_RETURN_IF_ERROR(Rename(RecoveringPath(data_dir), RecoveredPath(data_dir)));
  const std::vector<uint64_t> numbers = EvidenceNumbers(data_dir);
  evidence = EvidencePath(data_dir, numbers.empty() ? 1 : numbers.back() + 1);
  ENLACE_RETURN_IF_ERROR(Rename(DatabasePath(data_dir), evidence));
  ENLACE_RETURN_IF_ERROR(Rename(RecoveredPath(data_dir), DatabasePath(data_dir)));
  ENLACE_RETURN_IF_ERROR(SyncFolder(data_dir));
  for (size_t i = 0; i + kEvidenceMax <= numbers.size(); ++i) {
    ENLACE_RETURN_IF_ERROR(RemoveFolder(EvidencePath(data_dir, numbers[i])));
  }
  return absl::OkStatus();
}

StatusOr<OpenedDatabase> RecoverOnCopy(const StoreOptions& options, const DatabaseCheck& check,
                                       const Status& damage) {
  kv::RocksOptions copy = DatabaseOptions(options);
  copy.path = RecoveringPath(options.data_dir);
  copy.strict = false;
  ENLACE_RETURN_IF_ERROR(CopyDatabase(DatabasePath(options.data_dir), copy.path));
  if (const StatusOr<OpenedDatabase> recovered = OpenChecked(copy, check); !recovered.ok()) {
    ENLACE_RETURN_IF_ERROR(RemoveFolder(copy.path));
    // Behind the anchor says more than how the first opening failed; damage that a
    // tolerant opening cannot pass either is best named by the first.
    if (damage.ok() || ReasonOf(recovered.status()) != Reason::STORE_CORRUPT) {
      return recovered.status();
    }
    return WithContext(damage,
                       "the database is damaged beyond a torn tail; keep the data directory and "
                       "restore the newest backup (`enlaced restore`)");
  }
  std::string evidence;
  ENLACE_RETURN_IF_ERROR(Swap(options.data_dir, evidence));
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened, OpenChecked(DatabaseOptions(options), check));
  opened.evidence = evidence;
  return opened;
}

}  // namespace

std::string DatabasePath(const std::string& data_dir) { return data_dir + "/db"; }

kv::RocksOptions DatabaseOptions(const StoreOptions& options) {
  return {.path = DatabasePath(options.data_dir),
          .table_names = TableNames(),
          .cache_bytes = options.cache_bytes,
          .open_files_max = options.open_files_max,
          .metrics = options.metrics};
}

Status CompareFileList(const StoreOptions& options, const AnchorState& anchor) {
  if (!kAnchorCounts) return absl::OkStatus();
  const Status compared = kv::CheckRocksFileList(DatabasePath(options.data_dir), anchor.files);
  if (compared.ok()) return compared;
  return Error(ReasonOf(compared), fmt::format("{}. {}", MessageOf(compared), kBehindAdvice));
}

Status FinishSwap(const std::string& data_dir) {
  std::error_code code;
  ENLACE_RETURN_IF_ERROR(RemoveFolder(RecoveringPath(data_dir)));
  if (!fs::exists(RecoveredPath(data_dir), code)) return absl::OkStatus();
  if (fs::exists(DatabasePath(data_dir), code)) return RemoveFolder(RecoveredPath(data_dir));
  ENLACE_RETURN_IF_ERROR(Rename(RecoveredPath(data_dir), DatabasePath(data_dir)));
  return SyncFolder(data_dir);
}

StatusOr<storage::v1::StoreMeta> ReadMeta(const Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto bytes, reader.Get(kStoreTable, kStoreKey));
  storage::v1::StoreMeta meta;
  if (!bytes || !meta.ParseFromString(*bytes) || meta.instance_id().size() != kInstanceIdBytes) {
    return Error(Reason::STORE_CORRUPT, "the database has lost the row that says what it is");
  }
  return meta;
}

StatusOr<OpenedDatabase> OpenOrRecover(const StoreOptions& options, const DatabaseCheck& check) {
  StatusOr<OpenedDatabase> opened = OpenChecked(DatabaseOptions(options), check);
  if (opened.ok() || ReasonOf(opened.status()) != Reason::STORE_CORRUPT) return opened;
  return RecoverOnCopy(options, check, opened.status());
}

StatusOr<OpenedDatabase> OpenOnCopy(const StoreOptions& options, const DatabaseCheck& check) {
  // Looking changes no file, and what cannot be looked at strictly is damaged.
  const StatusOr<OpenedDatabase> found = Look(DatabaseOptions(options));
  if (found.ok()) {
    ENLACE_RETURN_IF_ERROR(check(*found));
  } else if (ReasonOf(found.status()) != Reason::STORE_CORRUPT) {
    return found.status();
  }
  return RecoverOnCopy(options, check, found.status());
}

StatusOr<OpenedDatabase> OpenDatabase(const StoreOptions& options, const AnchorState& anchor) {
  ENLACE_RETURN_IF_ERROR(FinishSwap(options.data_dir));
  if (const Status files = CompareFileList(options, anchor); !files.ok()) {
    // Another store has another list too, and that it is another one says more.
    const StatusOr<OpenedDatabase> found = Look(DatabaseOptions(options));
    const bool foreign = found.ok() && found->instance_id != anchor.instance_id;
    return foreign ? CompareWithAnchor(*found, options, anchor) : files;
  }
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened,
                          OpenOrRecover(options, [&](const OpenedDatabase& found) {
                            return CompareWithAnchor(found, options, anchor);
                          }));
  if (opened.evidence.empty()) return opened;
  opened.report.repaired = true;
  opened.report.description = fmt::format(
      "a torn tail was dropped after commit {}; nothing acknowledged was behind it (anchor: {}); "
      "the damaged database is kept in {}",
      opened.commit_sequence, anchor.commit_sequence, opened.evidence);
  LogWarning("store_repaired", {{"detail", opened.report.description}});
  return opened;
}

}  // namespace enlace::store
