#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/metrics/metrics.h"

// The only seam to a database: ordered byte keys in named tables, atomic durable
// batches with preconditions, snapshots. No engine type appears above it.
//
// Limits (static below, tested on every engine): keys 1 to 1,024 bytes, values up to
// 1 MiB, batches up to 64 MiB. No merge operators, no range deletes.
namespace enlace::kv {

inline constexpr size_t kKeyBytesMax = 1024;
inline constexpr size_t kValueBytesMax = 1 << 20;
inline constexpr size_t kBatchBytesMax = 64 << 20;

// Tables are declared once, at open; see store/tables.h.
using TableId = uint16_t;

struct Mutation {
  TableId table = 0;
  std::string key;
  std::optional<std::string> value;  // Nothing deletes the key.
};

// `table`/`key` must hold exactly `expected` (nothing: must be absent).
struct Precondition {
  TableId table = 0;
  std::string key;
  std::optional<std::string> expected;
};

struct Batch {
  std::vector<Precondition> preconditions;
  std::vector<Mutation> mutations;  // The last mutation of a key wins.
  // False: OK means that it survives this process; a loss of power only once a later batch with
  // `sync` is on disk, which takes along all before it.
  bool sync = true;
};

// A range of keys: first <= key < limit; an empty limit is open.
struct KeyRange {
  std::string first;
  std::string limit;
};
// All keys that begin with `prefix`.
KeyRange PrefixRange(std::string_view prefix);

// Called for each row in key order; false ends the scan.
using RowVisitor = std::function<bool(std::string_view key, std::string_view value)>;

// Called for each key that was asked for, with its place in the list and its value, which is valid
// until the call returns, or null when it is absent; false ends the reading.
using ValueVisitor = std::function<bool(size_t place, const std::string_view* value)>;

// A state of the whole database at one moment. Thread-safe. Keep for seconds: replaced rows stay
// on disk as long as it lives. Reading everything (a backup, a verification) may keep one longer.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // Nothing when absent. STORE_CORRUPT when the bytes do not match their checksum; the
  // engine then refuses all further commits.
  virtual StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const = 0;
  virtual Status Scan(TableId table, const KeyRange& range, const RowVisitor& visit) const = 0;
  // As one Get for each of `keys`, in their order; cheaper where many are read, and cheapest
  // where they ascend.
  virtual Status GetMany(TableId table, std::span<const std::string> keys,
                         const ValueVisitor& visit) const;
};

// How far the engine's own list of its files (RocksDB: the MANIFEST) is on disk. A list
// that was cut opens without complaint and has lost rows; only a mark kept elsewhere can
// tell. All zeros for an engine without such a list.
struct FileListMark {
  uint64_t number = 0;  // Of the list; each opening begins a new one.
  uint64_t bytes = 0;   // Synced of it; it only grows.
  uint32_t crc = 0;     // CRC-32C of these bytes.
  bool operator==(const FileListMark&) const = default;
};

// Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<Snapshot> TakeSnapshot() = 0;
  // All or nothing, and on disk when OK (see Batch::sync). STORE_CONFLICT: a precondition did not
  // hold, nothing was written, retry. STORE_LIMIT: over a limit, nothing was written. STORE_FAILED:
  // the disk refused; whether the batch persisted is unknown, no further commit is accepted by this
  // engine.
  virtual Status Commit(const Batch& batch) = 0;
  // OK, or why the engine no longer accepts commits.
  virtual Status Health() const = 0;
  // Reads every stored byte again and compares checksums.
  virtual Status VerifyChecksums() = 0;
  // How it stands at the moment; zeros for an engine without files.
  virtual metrics::DatabaseFigures Figures() const { return {}; }
  // While `on`, no work that takes space for a while to free more later (RocksDB: compaction);
  // what is in memory is written out, so that nothing large is still to come. Commits go on.
  // STORE_FAILED as of Commit; a disk that was too full for this alone is no failure.
  virtual Status SaveSpace(bool on) {
    static_cast<void>(on);
    return absl::OkStatus();
  }
  // Tells the mark of the moment, also after the engine is gone.
  virtual std::function<FileListMark()> FileListSource() const {
    return [] { return FileListMark{}; };
  }
};

// Keeps everything in memory; for tests. `table_count` tables 0 to table_count-1.
std::unique_ptr<Engine> OpenMemoryEngine(size_t table_count);

struct RocksOptions {
  std::string path;
  std::vector<std::string> table_names;  // Index is the TableId; column families by name.
  bool create = false;                   // Only `init` creates.
  // False opens tolerantly after a torn tail; only ever on a copy (see store/recovery.h).
  bool strict = true;
  // Changes no file; the log is read into memory. Commits fail.
  bool read_only = false;
  size_t cache_bytes = 64 << 20;
  // Table files that are kept open; others are opened as they are read. At least 32.
  int open_files_max = 256;
  metrics::Metrics* metrics = nullptr;  // Told of syncs and stalls; outlives the engine.
};
// STORE_FORMAT when absent (or present, with create), STORE_LOCKED, STORE_CORRUPT when
// strict opening finds damage.
StatusOr<std::unique_ptr<Engine>> OpenRocksEngine(const RocksOptions& options);

// Compares a database that is not open with a mark taken while it was, before an opening
// removes the files that its list no longer names. OK also when the list is a newer one, or
// when there is none (opening says so). STORE_BEHIND_ANCHOR when it is older or shorter,
// STORE_CORRUPT when its bytes are others.
Status CheckRocksFileList(const std::string& path, const FileListMark& mark);

}  // namespace enlace::kv
