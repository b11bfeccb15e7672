// Store::Create and Store::Open: the store on a disk.
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "enlace/storage/v1/records.pb.h"
#include "node/store/anchor_keeper.h"
#include "node/store/data_lock.h"
#include "node/store/envelope.h"
#include "node/store/group.h"
#include "node/store/recovery.h"
#include "node/store/space.h"
#include "node/store/store_impl.h"

namespace enlace::store {
namespace {

constexpr uint64_t kFirstCommit = 1;  // The one that Create makes.

Status WriteFirstCommit(kv::Engine& engine, const std::string& meta) {
  kv::Batch batch;
  const auto put = [&batch](std::string_view key, std::string_view value) {
    const auto table = static_cast<kv::TableId>(Table::kMeta);
    batch.preconditions.push_back({table, std::string(key), std::nullopt});
    batch.mutations.push_back({table, std::string(key), WrapValue(Table::kMeta, key, value)});
  };
  put("store", meta);
  put(kCommitKey, EncodeCommitSequence(kFirstCommit));
  return engine.Commit(batch);
}

Status CheckNothingThere(const StoreOptions& options) {
  std::error_code code;
  for (const std::string& path : {DatabasePath(options.data_dir), options.anchor_path}) {
    if (std::filesystem::exists(path, code)) {
      return Error(Reason::STORE_EXISTS,
                   fmt::format("{} exists already; a store is never overwritten", path));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Status Store::Create(const StoreOptions& options, const std::string& meta) {
  storage::v1::StoreMeta parsed;
  if (!parsed.ParseFromString(meta) || parsed.instance_id().size() != kInstanceIdBytes) {
    return Error(
        Reason::STORE_FORMAT,
        fmt::format("a store needs a StoreMeta with an instance id of {} bytes", kInstanceIdBytes));
  }
  ENLACE_RETURN_IF_ERROR(CheckNothingThere(options));
  std::error_code code;
  std::filesystem::create_directories(options.data_dir, code);
  if (code) return FileError(options.data_dir, "making", code.value());
  ENLACE_ASSIGN_OR_RETURN(const DataLock lock, DataLock::Create(options.data_dir));
  kv::RocksOptions database = DatabaseOptions(options);
  database.create = true;
  kv::FileListMark files;
  {
    ENLACE_ASSIGN_OR_RETURN(const auto engine, kv::OpenRocksEngine(database));
    ENLACE_RETURN_IF_ERROR(WriteFirstCommit(*engine, meta));
    files = engine->FileListSource()();
  }
  ENLACE_RETURN_IF_ERROR(SyncFolder(options.data_dir));
  ENLACE_RETURN_IF_ERROR(SyncParentFolder(options.data_dir));
  // Last: a store without anchor does not open, so a half-made one is never used.
  return AnchorFile::Create(options.anchor_path, {parsed.instance_id(), kFirstCommit, files});
}

StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options, Clock& clock,
                                             OpenReport* report) {
  ENLACE_ASSIGN_OR_RETURN(DataLock lock, DataLock::Take(options.data_dir));
  ENLACE_ASSIGN_OR_RETURN(auto anchor, AnchorFile::Open(options.anchor_path));
  // Before the database, which needs room to open.
  ENLACE_ASSIGN_OR_RETURN(auto space, SpaceWatch::Open(SpaceOptions(options)));
  ENLACE_ASSIGN_OR_RETURN(OpenedDatabase opened, OpenDatabase(options, anchor->state()));
  // A kill may have come between a commit and its anchor; nothing before this start counts
  // as unsure any more. And opening has begun a new file list.
  const auto file_list = opened.engine->FileListSource();
  ENLACE_RETURN_IF_ERROR(anchor->Write(opened.commit_sequence, file_list()));
  ENLACE_RETURN_IF_ERROR(anchor->Sync());
  if (report != nullptr) *report = opened.report;
  StoreImpl::Parts parts{
      .lock = std::move(lock),
      .space = std::move(space),
      .witness = std::make_unique<AnchorKeeper>(std::move(anchor), file_list, options.metrics),
      .engine = std::move(opened.engine)};
  return std::make_unique<StoreImpl>(
      std::move(parts), std::make_shared<StoreHealth>(), clock,
      Writer::Limits{options.group_bytes_max, options.queue_max, options.metrics},
      opened.commit_sequence);
}

}  // namespace enlace::store
