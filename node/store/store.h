#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "node/base/clock.h"
#include "node/base/error.h"
#include "node/kv/engine.h"
#include "node/metrics/metrics.h"
#include "node/store/tables.h"

// The durable state of one node: one writer thread that groups concurrent writes into
// one synced batch, an anchor outside the data directory that proves at start that
// nothing acknowledged was lost, and snapshots for readers.
//
// Values are wrapped in the value envelope (store/envelope.h) here, so that typed tables
// (case_table.h, channel_table.h, ...) see plain serialised messages.
namespace enlace::store {

// Reads one state. Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const = 0;
  // Rows in key order; `visit` returns false to stop.
  virtual Status Scan(Table table, const kv::KeyRange& range,
                      const kv::RowVisitor& visit) const = 0;
  // As one Get for each of `keys`, in their order; cheaper where many are read, and cheapest
  // where they ascend.
  virtual Status GetMany(Table table, std::span<const std::string> keys,
                         const kv::ValueVisitor& visit) const;
};

// One write in the making. Reads see the writes before it in the same group and its own.
// Lives on the writer thread; never keep it.
class Transaction : public Reader {
 public:
  virtual void Put(Table table, std::string_view key, std::string_view value) = 0;
  virtual void Delete(Table table, std::string_view key) = 0;
  // The sequence of the commit that this transaction will be part of, and its position in
  // it: together they are unique and ascending for ever. Begins every key that must be in
  // commit order.
  virtual uint64_t commit_sequence() const = 0;
  // Next number within this commit, from 0; each call gives the next one.
  virtual uint32_t NextIndex() = 0;
  // Wall clock of the commit.
  virtual int64_t now_ms() const = 0;
};

// Where a store lies and what bounds its writes. The anchor (anchor.h) says which commit is
// surely on disk, so that an old copy of the directory is noticed.
struct StoreOptions {
  std::string data_dir;     // Holds the database; made by Create().
  std::string anchor_path;  // A file outside data_dir, best on another disk.
  size_t cache_bytes = 64 << 20;
  int open_files_max = 256;  // Table files that are kept open.
  size_t group_bytes_max = 8 << 20;
  size_t queue_max = 4096;              // Waiting writes; more are refused with NODE_OVERLOADED.
  metrics::Metrics* metrics = nullptr;  // Told of commits, syncs and stalls; outlives the store.
  // With less than this free on the disk of data_dir ordinary writes are refused; 0 for never.
  uint64_t low_water_bytes = 0;
  uint64_t reserve_bytes = 0;  // Kept in a file of data_dir for reserved writes.
  // Free bytes of that disk, for tests; null asks the system. Any thread.
  std::function<StatusOr<uint64_t>()> free_bytes = nullptr;
};

// What a write is for: what it may use of a disk that is nearly full (space.h), and when it is
// durable.
enum class WriteClass {
  kOrdinary,
  // As kOrdinary, and with so many rows that writes behind it would wait: a part of a delivery. One
  // at a time goes with the smaller ones that wait.
  kLarge,
  // Small, and owed to the people in the data: the record of an access, an erasure, a withdrawal.
  kReserved,
  // As kReserved, and the record of a read, which changes nothing: it is in the log when Write
  // returns OK, so that it survives the end of this process, and on disk kReadRecordMs later at
  // most.
  kReadRecord,
};
inline constexpr int64_t kReadRecordMs = 20;

enum class SpaceState {
  kPlenty,  // All writes are taken.
  kLow,     // Reserved writes only.
  kSpent,   // No writes, also not out of the reserve.
};
struct SpaceStatus {
  SpaceState state = SpaceState::kPlenty;
  uint64_t free_bytes = 0;     // 0 when nothing is watched.
  uint64_t reserve_bytes = 0;  // Still held for reserved writes.
};

// What Open did to come up.
struct OpenReport {
  bool repaired = false;    // A torn tail was dropped; nothing acknowledged was behind it.
  std::string description;  // One line for the operator.
};

// What a write does; runs on a thread of the store's choice.
using Work = std::function<Status(Transaction&)>;
// Told once how a write ended.
using Done = std::function<void(const Status&)>;

class Store {
 public:
  virtual ~Store() = default;

  // Makes an empty store with `meta` (serialised storage.v1.StoreMeta) and its anchor.
  // STORE_EXISTS when there is one.
  static Status Create(const StoreOptions& options, const std::string& meta);
  // STORE_FORMAT, STORE_LOCKED, STORE_CORRUPT, STORE_BEHIND_ANCHOR; see docs/OPERATIONS.md.
  static StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options, Clock& clock,
                                               OpenReport* report = nullptr);
  // Over a given engine without anchor, for tests. `space` as in StoreOptions; its data_dir then
  // holds the reserve alone.
  static std::unique_ptr<Store> OpenOnEngine(std::unique_ptr<kv::Engine> engine, Clock& clock,
                                             const StoreOptions& space = {});

  // Runs `work`, one write after the other. If it returns OK its writes are durable when Write
  // returns OK, together with all or none of them. If it fails nothing of it is written
  // and its status is returned. STORE_FAILED: unknown whether it persisted; retry with the
  // same request id. NODE_OVERLOADED: not tried. STORE_FULL: not tried, since the disk is nearly
  // full; the store is well, and takes writes again once there is space.
  virtual Status Write(const Work& work, WriteClass write_class) = 0;
  Status Write(const Work& work) { return Write(work, WriteClass::kOrdinary); }
  // As Write, without a thread that waits: `done` learns what Write would return. It is called on a
  // thread of the store, or on the calling one before this returns, and must be quick, neither
  // throw nor wait, and call nothing that writes and waits. A record of a read waits for no disk
  // unless another write is before it.
  virtual void Submit(Work work, WriteClass write_class, Done done) = 0;

  virtual std::unique_ptr<Reader> Read() = 0;

  // Of the last commit; of read records it may still be on its way to the disk.
  virtual uint64_t commit_sequence() const = 0;
  // OK, or why no more writes are taken until the store is opened again.
  virtual Status Health() const = 0;
  // How the database under it stands.
  virtual metrics::DatabaseFigures Figures() const = 0;
  // Measures the disk. A state other than kPlenty ends by itself when there is space.
  virtual SpaceStatus Space() = 0;
  // Every row decodes, every envelope matches, engine checksums hold. `stopped` is asked at each
  // row and before the engine's own pass, which nothing ends early; once it says true the answer
  // is CALL_CANCELLED.
  virtual StatusOr<uint64_t> VerifyRows(const std::function<bool()>& stopped) = 0;
  StatusOr<uint64_t> VerifyRows() {
    return VerifyRows([] { return false; });
  }
};

}  // namespace enlace::store
