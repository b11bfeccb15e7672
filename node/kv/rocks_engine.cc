#include "node/kv/rocks_engine.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <utility>

#include "node/base/bytes.h"
#include "node/base/disk.h"
#include "node/base/log.h"
#include "node/base/mutex.h"
#include "node/kv/limits.h"
#include "node/kv/log_files.h"
#include "node/kv/log_space.h"
#include "node/kv/manifest_watch.h"
#include "node/kv/rocks_options.h"
#include "node/kv/sync_timer.h"

namespace enlace::kv {
namespace {

// Checksum of each row of a batch on its way from us into the log and the memtable.
constexpr size_t kProtectionBytesPerKey = 8;
// Read together; what they lie in is held in memory meanwhile.
constexpr size_t kGetManyKeys = 64;

rocksdb::Slice AsSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view AsBytes(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The first failure, kept for good. Outlives the database, whose threads report to it.
class Failure {
 public:
  Status Set(Status status) {  // Returns `status`, so that the caller tells it.
    MutexLock lock(mutex_);
    if (failure_.ok()) failure_ = status;
    told_ = true;
    return status;
  }
  void SetInBackground(const Status& status) {
    MutexLock lock(mutex_);
    if (failure_.ok()) failure_ = status;
  }
  Status Get() const {
    MutexLock lock(mutex_);
    told_ = !failure_.ok();
    return failure_;
  }
  // OK also when somebody has learned of the failure.
  Status Untold() const {
    MutexLock lock(mutex_);
    return told_ ? absl::OkStatus() : failure_;
  }

 private:
  mutable Mutex mutex_;
  Status failure_ ENLACE_GUARDED_BY(mutex_);
  mutable bool told_ ENLACE_GUARDED_BY(mutex_) = false;
};

Status Damage(std::string_view doing, const rocksdb::Status& status) {
  const bool corrupt = status.IsCorruption() || status.IsPathNotFound();
  return Error(corrupt ? Reason::STORE_CORRUPT : Reason::STORE_FAILED,
               fmt::format("the database failed while {}: {}; stop the node, check the disk, keep "
                           "the data directory",
                           doing, status.ToString()));
}

// Flushes and compactions fail on RocksDB's own threads; they too end all commits.
class BackgroundErrors final : public rocksdb::EventListener {
 public:
  explicit BackgroundErrors(std::shared_ptr<Failure> failure) : failure_(std::move(failure)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (error->IsShutdownInProgress()) return;  // Work that our own closing ended.
    failure_->SetInBackground(Damage("working in the background", *error));
  }
  // A full disk would be waited for and the work tried again: ours is to stop for good.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* recovers) override {
    *recovers = false;
  }

 private:
  const std::shared_ptr<Failure> failure_;
};

// Commits that RocksDB slows down or holds, so that the background catches up.
class Stalls final : public rocksdb::EventListener {
 public:
  explicit Stalls(metrics::Metrics& metrics) : metrics_(metrics) {}
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override {
    if (info.condition.cur == rocksdb::WriteStallCondition::kNormal) return;
    metrics_.CountStall(info.condition.cur == rocksdb::WriteStallCondition::kStopped);
  }

 private:
  metrics::Metrics& metrics_;
};

// The open database, shared by the engine and its snapshots.
struct Core {
  std::shared_ptr<Failure> failure = std::make_shared<Failure>();
  std::shared_ptr<ManifestWatch> manifest;
  std::unique_ptr<rocksdb::Env> env;  // Over `manifest`.
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> tables;  // By TableId; "default" comes last.

  Core() = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() {
    for (rocksdb::ColumnFamilyHandle* table : tables) db->DestroyColumnFamilyHandle(table);
    if (db == nullptr) return;
    // Every acknowledged write is synced, so nothing is lost; but the disk is not well.
    const rocksdb::Status closed = db->Close();
    if (!closed.ok()) failure->SetInBackground(Damage("closing", closed));
    if (const Status untold = failure->Untold(); !untold.ok()) {
      LogError("store_failed", {{"reason", std::string(ReasonName(ReasonOf(untold)))},
                                {"detail", MessageOf(untold)}});
    }
  }

  StatusOr<std::optional<std::string>> Get(const rocksdb::ReadOptions& options, TableId table,
                                           std::string_view key) const {
    std::string value;
    const rocksdb::Status status = db->Get(options, tables.at(table), AsSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    // Any read error ends all commits: a compaction over it could make the loss permanent.
    if (!status.ok()) return failure->Set(Damage("reading a row", status));
    return std::optional<std::string>(std::move(value));
  }
};

class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(std::shared_ptr<Core> core)
      : core_(std::move(core)), snapshot_(core_->db->GetSnapshot()) {}
  ~RocksSnapshot() override { core_->db->ReleaseSnapshot(snapshot_); }

  StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return core_->Get(Options(), table, key);
  }

  Status Scan(TableId table, const KeyRange& range, const RowVisitor& visit) const override {
    rocksdb::ReadOptions options = Options();
    const rocksdb::Slice limit = AsSlice(range.limit);
    if (!range.limit.empty()) {
      if (range.first >= range.limit) return absl::OkStatus();
      options.iterate_upper_bound = &limit;
    }
    const std::unique_ptr<rocksdb::Iterator> rows(
        core_->db->NewIterator(options, core_->tables.at(table)));
    for (rows->Seek(AsSlice(range.first)); rows->Valid(); rows->Next()) {
      if (!visit(AsBytes(rows->key()), AsBytes(rows->value()))) break;
    }
    if (!rows->status().ok()) return core_->failure->Set(Damage("scanning", rows->status()));
    return absl::OkStatus();
  }

  Status GetMany(TableId table, std::span<const std::string> keys,
                 const ValueVisitor& visit) const override {
    const bool sorted = std::is_sorted(keys.begin(), keys.end());
    std::array<rocksdb::Slice, kGetManyKeys> slices;
    std::array<rocksdb::PinnableSlice, kGetManyKeys> values;
    std::array<rocksdb::Status, kGetManyKeys> found;
    for (size_t from = 0; from < keys.size(); from += kGetManyKeys) {
      const size_t count = std::min(kGetManyKeys, keys.size() - from);
      for (size_t i = 0; i < count; ++i) {
        slices[i] = AsSlice(keys[from + i]);
        values[i].Reset();
      }
      core_->db->MultiGet(Options(), core_->tables.at(table), count, slices.data(), values.data(),
                          found.data(), sorted);
      for (size_t i = 0; i < count; ++i) {
        if (!found[i].ok() && !found[i].IsNotFound()) {
          return core_->failure->Set(Damage("reading rows", found[i]));
        }
        const std::string_view value = AsBytes(values[i]);
        if (!visit(from + i, found[i].ok() ? &value : nullptr)) return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

 private:
  rocksdb::ReadOptions Options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    options.verify_checksums = true;
    return options;
  }

  const std::shared_ptr<Core> core_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksEngine final : public Engine {
 public:
  explicit RocksEngine(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  std::unique_ptr<Snapshot> TakeSnapshot() override {
    return std::make_unique<RocksSnapshot>(core_);
  }

  Status Commit(const Batch& batch) override {
    ENLACE_RETURN_IF_ERROR(CheckLimits(batch, core_->tables.size() - 1));
    rocksdb::WriteBatch rows(0, 0, kProtectionBytesPerKey, 0);
    for (const Mutation& mutation : batch.mutations) {
      rocksdb::ColumnFamilyHandle* table = core_->tables[mutation.table];
      const rocksdb::Status added =
          mutation.value ? rows.Put(table, AsSlice(mutation.key), AsSlice(*mutation.value))
                         : rows.Delete(table, AsSlice(mutation.key));
      if (!added.ok()) return core_->failure->Set(Damage("building a batch", added));
    }
    MutexLock lock(commit_mutex_);
    ENLACE_RETURN_IF_ERROR(core_->failure->Get());
    ENLACE_RETURN_IF_ERROR(CheckPreconditions(batch));
    const rocksdb::Status written = core_->db->Write(MakeWriteOptions(batch.sync), &rows);
    if (!written.ok()) return core_->failure->Set(Damage("writing", written));
    return absl::OkStatus();
  }

  Status Health() const override { return core_->failure->Get(); }

  Status VerifyChecksums() override {
    const rocksdb::Status verified = core_->db->VerifyChecksum(rocksdb::ReadOptions());
    if (!verified.ok()) return core_->failure->Set(Damage("verifying", verified));
    return absl::OkStatus();
  }

  metrics::DatabaseFigures Figures() const override {
    metrics::DatabaseFigures figures;
    figures.table_bytes = Sum(rocksdb::DB::Properties::kTotalSstFilesSize);
    figures.memory_bytes = Sum(rocksdb::DB::Properties::kSizeAllMemTables);
    figures.pending_compaction_bytes =
        Sum(rocksdb::DB::Properties::kEstimatePendingCompactionBytes);
    // One cache and one state of writing for all tables.
    core_->db->GetIntProperty(rocksdb::DB::Properties::kBlockCacheUsage, &figures.cache_bytes);
    uint64_t stopped = 0;
    core_->db->GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped);
    figures.writes_stopped = stopped != 0;
    figures.free_bytes = AvailableBytes(core_->db->GetName()).value_or(0);
    return figures;
  }

  Status SaveSpace(bool on) override {
    // First: the flush makes files that a compaction would like to merge.
    for (rocksdb::ColumnFamilyHandle* table : core_->tables) {
      const rocksdb::Status set =
          core_->db->SetOptions(table, {{"disable_auto_compactions", on ? "true" : "false"}});
      if (!set.ok() && !set.IsNoSpace()) return core_->failure->Set(Damage("saving space", set));
    }
    if (!on) return absl::OkStatus();
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;
    const rocksdb::Status flushed = core_->db->Flush(options, core_->tables);
    if (!flushed.ok()) return core_->failure->Set(Damage("flushing", flushed));
    return absl::OkStatus();
  }

  std::function<FileListMark()> FileListSource() const override {
    return [manifest = core_->manifest] { return manifest->Get(); };
  }

 private:
  uint64_t Sum(const std::string& property) const {
    uint64_t sum = 0;
    core_->db->GetAggregatedIntProperty(property, &sum);
    return sum;
  }

  Status CheckPreconditions(const Batch& batch) ENLACE_REQUIRES(commit_mutex_) {
    for (const Precondition& condition : batch.preconditions) {
      ENLACE_ASSIGN_OR_RETURN(const auto value, core_->Get({}, condition.table, condition.key));
      if (value != condition.expected) {
        return Error(Reason::STORE_CONFLICT, "a precondition does not hold; read again and retry");
      }
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<Core> core_;
  Mutex commit_mutex_;  // From the check of the preconditions until the batch is visible.
};

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// What a failed open means for the one who must act on it.
Status OpenError(const RocksOptions& options, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && (Contains(text, "lock hold") || Contains(text, "While lock file"))) {
    return Error(Reason::STORE_LOCKED,
                 fmt::format("another process holds the database in {}", options.path));
  }
  if (options.create && Contains(text, "error_if_exists")) {
    return Error(Reason::STORE_FORMAT, fmt::format("there is a database in {} already; it is "
                                                   "never overwritten",
                                                   options.path));
  }
  if (Contains(text, "Column families not opened") || Contains(text, "Column family not found")) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("the database in {} has other tables than this version of the program "
                             "knows ({}); use the version that made it",
                             options.path, text));
  }
  const bool disk = status.IsIOError() && !status.IsPathNotFound();
  return Error(disk ? Reason::STORE_FAILED : Reason::STORE_CORRUPT,
               fmt::format("the database in {} does not open: {}", options.path, text));
}

// STORE_FORMAT when there is no database at all; one whose CURRENT file was lost is there,
// and damaged.
Status CheckPresent(const RocksOptions& options, rocksdb::Env* env) {
  if (env->FileExists(options.path + "/CURRENT").ok()) return absl::OkStatus();
  std::vector<std::string> names;
  const bool listed = env->GetChildren(options.path, &names).ok();
  for (const std::string& name : names) {
    if (listed && (name.starts_with("MANIFEST-") || name.ends_with(".sst"))) {
      return Error(Reason::STORE_CORRUPT,
                   fmt::format("the database in {} has lost its CURRENT file", options.path));
    }
  }
  return Error(Reason::STORE_FORMAT, fmt::format("there is no database in {}", options.path));
}

// Nothing when there is no such file. One that is there and cannot be read must not pass for one
// that is not: what it would have shown stays unseen.
StatusOr<std::optional<std::string>> ReadIfThere(const std::string& path) {
  std::string content;
  const rocksdb::Status read = rocksdb::ReadFileToString(rocksdb::Env::Default(), path, &content);
  if (read.ok()) return std::optional<std::string>(std::move(content));
  if (read.IsNotFound() || read.IsPathNotFound()) return std::optional<std::string>();
  return Error(Reason::STORE_FAILED, fmt::format("{} cannot be read: {}", path, read.ToString()));
}

}  // namespace

StatusOr<std::unique_ptr<Engine>> OpenRocksEngineOn(const RocksOptions& options,
                                                    rocksdb::Env* env) {
  if (options.create) {
    env->CreateDirIfMissing(options.path).PermitUncheckedError();  // Open says what is wrong.
  } else {
    ENLACE_RETURN_IF_ERROR(CheckPresent(options, env));
    ENLACE_RETURN_IF_ERROR(CheckLogsDiffer(options.path, env));
  }
  const rocksdb::ColumnFamilyOptions table_options =
      MakeTableOptions(rocksdb::NewLRUCache(options.cache_bytes));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : options.table_names) families.emplace_back(name, table_options);
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, table_options);

  auto core = std::make_shared<Core>();
  std::shared_ptr<rocksdb::FileSystem> files = env->GetFileSystem();
  if (options.metrics != nullptr) files = std::make_shared<SyncTimer>(files, *options.metrics);
  files = std::make_shared<LogSpace>(files);
  core->manifest = std::make_shared<ManifestWatch>(files);
  core->env = rocksdb::NewCompositeEnv(core->manifest);
  rocksdb::DBOptions db_options = MakeDbOptions(options, core->env.get());
  db_options.listeners.push_back(std::make_shared<BackgroundErrors>(core->failure));
  if (options.metrics != nullptr) {
    db_options.listeners.push_back(std::make_shared<Stalls>(*options.metrics));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, options.path, families, &core->tables, &db)
          : rocksdb::DB::Open(db_options, options.path, families, &core->tables, &db);
  if (!opened.ok()) return OpenError(options, opened);
  core->db.reset(db);
  return std::make_unique<RocksEngine>(std::move(core));
}

StatusOr<std::unique_ptr<Engine>> OpenRocksEngine(const RocksOptions& options) {
  return OpenRocksEngineOn(options, rocksdb::Env::Default());
}

Status CheckRocksFileList(const std::string& path, const FileListMark& mark) {
  ENLACE_ASSIGN_OR_RETURN(auto current, ReadIfThere(path + "/CURRENT"));
  if (!current || current->empty()) return absl::OkStatus();
  current->pop_back();  // The newline.
  const std::optional<uint64_t> number = ManifestNumber(*current);
  if (!number || *number > mark.number) return absl::OkStatus();
  std::string list;
  if (*number == mark.number) {
    ENLACE_ASSIGN_OR_RETURN(auto found, ReadIfThere(path + "/" + *current));
    if (!found) return absl::OkStatus();
    list = *std::move(found);
  }
  if (*number < mark.number || list.size() < mark.bytes) {
    return Error(Reason::STORE_BEHIND_ANCHOR,
                 fmt::format("the list of files in {} is older or shorter than it was when the "
                             "last write was acknowledged",
                             path));
  }
  if (Crc32c(std::string_view(list).substr(0, mark.bytes)) != mark.crc) {
    return Error(Reason::STORE_CORRUPT, fmt::format("the list of files in {} is damaged", path));
  }
  return absl::OkStatus();
}

}  // namespace enlace::kv
