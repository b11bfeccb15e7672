#include <map>
#include <set>
#include <utility>

#include "node/base/mutex.h"
#include "node/kv/engine.h"
#include "node/kv/limits.h"

namespace enlace::kv {
namespace {

// One value of a key, visible from `sequence` on; nothing means deleted.
struct Version {
  uint64_t sequence;
  std::optional<std::string> value;
};
using Table = std::map<std::string, std::vector<Version>, std::less<>>;

// Rows of one page of a scan: they are copied under the lock and visited outside it, so
// that a visitor may read the same snapshot.
constexpr size_t kScanPageRows = 64;

// The versioned tables, shared by the engine and its snapshots.
class Core {
 public:
  explicit Core(size_t table_count) : tables_(table_count) {}

  uint64_t Pin() {
    MutexLock lock(mutex_);
    pinned_.insert(sequence_);
    return sequence_;
  }
  void Unpin(uint64_t sequence) {
    MutexLock lock(mutex_);
    pinned_.erase(pinned_.find(sequence));
  }

  std::optional<std::string> Get(TableId table, std::string_view key, uint64_t at) {
    MutexLock lock(mutex_);
    return Find(table, key, at);
  }

  using Rows = std::vector<std::pair<std::string, std::string>>;
  Rows Page(TableId table, const KeyRange& range, uint64_t at) {
    MutexLock lock(mutex_);
    Rows rows;
    const Table& keys = tables_.at(table);
    for (auto it = keys.lower_bound(range.first); it != keys.end(); ++it) {
      if (!range.limit.empty() && it->first >= range.limit) break;
      if (std::optional<std::string> value = Visible(it->second, at)) {
        rows.emplace_back(it->first, *std::move(value));
        if (rows.size() == kScanPageRows) break;
      }
    }
    return rows;
  }

  Status Commit(const Batch& batch) {
    ENLACE_RETURN_IF_ERROR(CheckLimits(batch, tables_.size()));
    MutexLock lock(mutex_);
    for (const Precondition& condition : batch.preconditions) {
      if (Find(condition.table, condition.key, sequence_) != condition.expected) {
        return Error(Reason::STORE_CONFLICT, "a precondition does not hold; read again and retry");
      }
    }
    ++sequence_;
    for (const Mutation& mutation : batch.mutations) Apply(mutation);
    return absl::OkStatus();
  }

 private:
  static std::optional<std::string> Visible(const std::vector<Version>& versions, uint64_t at) {
    for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
      if (it->sequence <= at) return it->value;
    }
    return std::nullopt;
  }

  std::optional<std::string> Find(TableId table, std::string_view key, uint64_t at)
      ENLACE_REQUIRES(mutex_) {
    const Table& keys = tables_.at(table);
    const auto it = keys.find(key);
    return it == keys.end() ? std::nullopt : Visible(it->second, at);
  }

  void Apply(const Mutation& mutation) ENLACE_REQUIRES(mutex_) {
    Table& keys = tables_.at(mutation.table);
    std::vector<Version>& versions = keys[mutation.key];
    if (!versions.empty() && versions.back().sequence == sequence_) versions.pop_back();
    versions.push_back({sequence_, mutation.value});
    // Drop what no snapshot can see any more: all before the last version that the oldest
    // snapshot sees.
    const uint64_t oldest = pinned_.empty() ? sequence_ : *pinned_.begin();
    auto keep = versions.begin();
    for (auto it = versions.begin(); it != versions.end() && it->sequence <= oldest; ++it) {
      keep = it;
    }
    versions.erase(versions.begin(), keep);
    if (versions.size() == 1 && !versions.front().value) keys.erase(mutation.key);
  }

  Mutex mutex_;
  std::vector<Table> tables_;  // The vector itself is constant after construction.
  uint64_t sequence_ ENLACE_GUARDED_BY(mutex_) = 0;
  std::multiset<uint64_t> pinned_ ENLACE_GUARDED_BY(mutex_);
};

class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(std::shared_ptr<Core> core)
      : core_(std::move(core)), sequence_(core_->Pin()) {}
  ~MemorySnapshot() override { core_->Unpin(sequence_); }

  StatusOr<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return core_->Get(table, key, sequence_);
  }

  Status Scan(TableId table, const KeyRange& range, const RowVisitor& visit) const override {
    KeyRange rest = range;
    while (true) {
      const Core::Rows rows = core_->Page(table, rest, sequence_);
      for (const auto& [key, value] : rows) {
        if (!visit(key, value)) return absl::OkStatus();
      }
      if (rows.size() < kScanPageRows) return absl::OkStatus();
      rest.first = rows.back().first + '\0';  // The next possible key.
    }
  }

 private:
  const std::shared_ptr<Core> core_;
  const uint64_t sequence_;
};

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(size_t table_count) : core_(std::make_shared<Core>(table_count)) {}

  std::unique_ptr<Snapshot> TakeSnapshot() override {
    return std::make_unique<MemorySnapshot>(core_);
  }
  Status Commit(const Batch& batch) override { return core_->Commit(batch); }
  Status Health() const override { return absl::OkStatus(); }
  Status VerifyChecksums() override { return absl::OkStatus(); }

 private:
  const std::shared_ptr<Core> core_;
};

}  // namespace

Status Snapshot::GetMany(TableId table, std::span<const std::string> keys,
                         const ValueVisitor& visit) const {
  for (size_t place = 0; place < keys.size(); ++place) {
    ENLACE_ASSIGN_OR_RETURN(const auto value, Get(table, keys[place]));
    const std::string_view bytes = value.has_value() ? std::string_view(*value) : "";
    if (!visit(place, value.has_value() ? &bytes : nullptr)) break;
  }
  return absl::OkStatus();
}

std::unique_ptr<Engine> OpenMemoryEngine(size_t table_count) {
  return std::make_unique<MemoryEngine>(table_count);
}

}  // namespace enlace::kv
