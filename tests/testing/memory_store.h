#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "node/base/bytes.h"
#include "node/base/clock.h"
#include "node/kv/engine.h"
#include "node/store/store.h"

// A store in memory under a clock that the test moves.
namespace enlace::testing {

// Hands every call on, so that a test keeps sight of an engine that the store owns.
class SharedEngine final : public kv::Engine {
 public:
  explicit SharedEngine(std::shared_ptr<kv::Engine> engine) : engine_(std::move(engine)) {}
  std::unique_ptr<kv::Snapshot> TakeSnapshot() override { return engine_->TakeSnapshot(); }
  Status Commit(const kv::Batch& batch) override { return engine_->Commit(batch); }
  Status Health() const override { return engine_->Health(); }
  Status VerifyChecksums() override { return engine_->VerifyChecksums(); }

 private:
  const std::shared_ptr<kv::Engine> engine_;
};

struct MemoryStore {
  // `space` as of Store::OpenOnEngine.
  explicit MemoryStore(std::unique_ptr<kv::Engine> under = nullptr,
                       const store::StoreOptions& space = {})
      : engine(under != nullptr ? std::move(under)
                                : kv::OpenMemoryEngine(static_cast<size_t>(store::Table::kCount))),
        store(store::Store::OpenOnEngine(std::make_unique<SharedEngine>(engine), clock, space)) {}

  // Runs `work` as one commit that must succeed.
  void Commit(const std::function<void(store::Transaction&)>& work) {
    const Status status = store->Write([&work](store::Transaction& transaction) {
      work(transaction);
      return absl::OkStatus();
    });
    ASSERT_TRUE(status.ok()) << status;
  }

  // Every row of every table as the engine holds it, envelopes and all.
  std::vector<std::pair<std::string, std::string>> AllRows(bool with_audit = true) const {
    std::vector<std::pair<std::string, std::string>> rows;
    const auto snapshot = engine->TakeSnapshot();
    for (kv::TableId table = 0; table < static_cast<kv::TableId>(store::Table::kCount); ++table) {
      if (!with_audit && (table == static_cast<kv::TableId>(store::Table::kAudit) ||
                          table == static_cast<kv::TableId>(store::Table::kMeta))) {
        continue;  // The second has the heads of the audit and of the commits.
      }
      const Status status =
          snapshot->Scan(table, {}, [&rows](std::string_view key, std::string_view value) {
            rows.emplace_back(key, value);
            return true;
          });
      EXPECT_TRUE(status.ok()) << status;
    }
    return rows;
  }
  bool Holds(std::string_view bytes) const {
    for (const auto& [key, value] : AllRows()) {
      if (key.find(bytes) != std::string::npos || value.find(bytes) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  ManualClock clock;
  std::shared_ptr<kv::Engine> engine;
  std::unique_ptr<store::Store> store;
};

// Bytes that count up, each draw another, so that rows are the same in every run.
class CountingRandom {
 public:
  std::string operator()(size_t count) {
    std::string bytes;
    AppendU64(bytes, ++calls_);
    while (bytes.size() < count) bytes.push_back(static_cast<char>(bytes.size()));
    bytes.resize(count);
    return bytes;
  }

 private:
  uint64_t calls_ = 0;
};

}  // namespace enlace::testing
