// What every engine must do; each test runs on each engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "node/kv/engine.h"
#include "tests/testing/temp_dir.h"

namespace enlace::kv {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;
constexpr TableId kA = 0;
constexpr TableId kB = 1;

class EngineTest : public ::testing::TestWithParam<std::string> {
 protected:
  EngineTest() { Open(true); }

  void Open(bool create) {
    if (GetParam() == "memory") {
      if (create) engine_ = OpenMemoryEngine(2);
      return;
    }
    engine_.reset();
    auto engine =
        OpenRocksEngine({.path = dir_.path("db"), .table_names = {"a", "b"}, .create = create});
    ASSERT_TRUE(engine.ok()) << engine.status().ToString();
    engine_ = *std::move(engine);
  }

  Status Put(TableId table, std::string key, std::string value) {
    return engine_->Commit({{}, {{table, std::move(key), std::move(value)}}});
  }
  std::optional<std::string> Get(TableId table, std::string_view key) {
    return engine_->TakeSnapshot()->Get(table, key).value();
  }
  static Rows ScanOf(const Snapshot& snapshot, TableId table, const KeyRange& range = {}) {
    Rows rows;
    EXPECT_TRUE(snapshot
                    .Scan(table, range,
                          [&](std::string_view key, std::string_view value) {
                            rows.emplace_back(key, value);
                            return true;
                          })
                    .ok());
    return rows;
  }
  Rows Scan(TableId table, const KeyRange& range = {}) {
    return ScanOf(*engine_->TakeSnapshot(), table, range);
  }

  testing::TempDir dir_;
  std::unique_ptr<Engine> engine_;
};

TEST_P(EngineTest, ReadsWhatWasCommittedAndNothingElse) {
  ASSERT_TRUE(Put(kA, "k", "v").ok());
  EXPECT_EQ(Get(kA, "k"), "v");
  EXPECT_EQ(Get(kA, "other"), std::nullopt);
  EXPECT_EQ(Get(kB, "k"), std::nullopt) << "tables do not share keys";
}

TEST_P(EngineTest, AnEmptyValueIsNotAnAbsentOne) {
  ASSERT_TRUE(Put(kA, "k", "").ok());
  EXPECT_EQ(Get(kA, "k"), "");
}

TEST_P(EngineTest, KeysAndValuesMayHoldAnyByte) {
  const std::string key("\0\xff\n", 3);
  const std::string value("\xff\0", 2);
  ASSERT_TRUE(Put(kA, key, value).ok());
  EXPECT_EQ(Get(kA, key), value);
}

TEST_P(EngineTest, ScansInByteOrderFromFirstUpToLimit) {
  ASSERT_TRUE(engine_
                  ->Commit({{},
                            {{kA, "b", "2"},
                             {kA, "\xff", "4"},
                             {kA, "a", "1"},
                             {kA, "ba", "3"},
                             {kB, "aa", "x"}}})
                  .ok());
  EXPECT_EQ(Scan(kA), (Rows{{"a", "1"}, {"b", "2"}, {"ba", "3"}, {"\xff", "4"}}));
  EXPECT_EQ(Scan(kA, {"b", "ba"}), (Rows{{"b", "2"}}));
  EXPECT_EQ(Scan(kA, {"aa", ""}), (Rows{{"b", "2"}, {"ba", "3"}, {"\xff", "4"}}));
  EXPECT_EQ(Scan(kA, {"", "b"}), (Rows{{"a", "1"}}));
  EXPECT_EQ(Scan(kA, {"c", "b"}), Rows{});
  EXPECT_EQ(Scan(kA, {"b", "b"}), Rows{});
}

TEST_P(EngineTest, AVisitorEndsItsScanAndMayReadInsideIt) {
  for (int i = 100; i < 300; ++i) ASSERT_TRUE(Put(kA, std::to_string(i), "v").ok());
  const auto snapshot = engine_->TakeSnapshot();
  int visits = 0;
  ASSERT_TRUE(snapshot
                  ->Scan(kA, {},
                         [&](std::string_view key, std::string_view) {
                           EXPECT_EQ(snapshot->Get(kA, key).value(), "v");
                           return ++visits < 150;
                         })
                  .ok());
  EXPECT_EQ(visits, 150);
}

TEST_P(EngineTest, ManyKeysAreReadInTheOrderAskedForAsOneByOne) {
  for (int i = 100; i < 400; i += 2) ASSERT_TRUE(Put(kA, std::to_string(i), "v").ok());
  ASSERT_TRUE(Put(kA, "empty", "").ok());
  const auto snapshot = engine_->TakeSnapshot();
  ASSERT_TRUE(Put(kA, "101", "later").ok());
  std::vector<std::string> keys;
  for (int i = 100; i < 400; ++i) keys.push_back(std::to_string(i));
  for (const bool ascending : {true, false}) {
    if (!ascending) {
      std::reverse(keys.begin(), keys.end());
      keys.insert(keys.end(), {"empty", "absent", "102", "102"});
    }
    std::vector<std::optional<std::string>> got;
    ASSERT_TRUE(snapshot
                    ->GetMany(kA, keys,
                              [&](size_t place, const std::string_view* value) {
                                EXPECT_EQ(place, got.size());
                                got.emplace_back();
                                if (value != nullptr) got.back() = std::string(*value);
                                return true;
                              })
                    .ok());
    ASSERT_EQ(got.size(), keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(got[i], snapshot->Get(kA, keys[i]).value()) << keys[i];
    }
  }
  size_t visits = 0;
  ASSERT_TRUE(
      snapshot->GetMany(kA, keys, [&](size_t, const std::string_view*) { return ++visits < 150; })
          .ok());
  EXPECT_EQ(visits, 150U);
}

TEST_P(EngineTest, PrefixRangesHoldExactlyTheKeysWithThePrefix) {
  const std::string high("p\xff\xff", 3);
  ASSERT_TRUE(engine_
                  ->Commit({{},
                            {{kA, "o", "0"},
                             {kA, "p", "1"},
                             {kA, "p\xff", "2"},
                             {kA, high, "3"},
                             {kA, "q", "4"},
                             {kA, "\xff\xff", "5"}}})
                  .ok());
  EXPECT_EQ(Scan(kA, PrefixRange("p")), (Rows{{"p", "1"}, {"p\xff", "2"}, {high, "3"}}));
  EXPECT_EQ(Scan(kA, PrefixRange("p\xff")), (Rows{{"p\xff", "2"}, {high, "3"}}));
  EXPECT_EQ(Scan(kA, PrefixRange("\xff")), (Rows{{"\xff\xff", "5"}}));
  EXPECT_EQ(Scan(kA, PrefixRange("")).size(), 6u);
}

TEST_P(EngineTest, DeletesRemoveAndAnAbsentKeyMayBeDeleted) {
  ASSERT_TRUE(Put(kA, "k", "v").ok());
  ASSERT_TRUE(engine_->Commit({{}, {{kA, "k", std::nullopt}, {kA, "never", std::nullopt}}}).ok());
  EXPECT_EQ(Get(kA, "k"), std::nullopt);
  EXPECT_EQ(Scan(kA), Rows{});
  ASSERT_TRUE(Put(kA, "k", "again").ok());
  EXPECT_EQ(Get(kA, "k"), "again");
}

TEST_P(EngineTest, TheLastMutationOfAKeyWins) {
  ASSERT_TRUE(engine_
                  ->Commit({{},
                            {{kA, "k", "1"},
                             {kA, "k", std::nullopt},
                             {kA, "k", "3"},
                             {kA, "l", "1"},
                             {kA, "l", std::nullopt}}})
                  .ok());
  EXPECT_EQ(Scan(kA), (Rows{{"k", "3"}}));
}

TEST_P(EngineTest, ASnapshotSeesItsMomentOnly) {
  ASSERT_TRUE(engine_->Commit({{}, {{kA, "a", "1"}, {kA, "b", "1"}}}).ok());
  const auto before = engine_->TakeSnapshot();
  ASSERT_TRUE(
      engine_->Commit({{}, {{kA, "a", "2"}, {kA, "b", std::nullopt}, {kA, "c", "2"}}}).ok());
  const auto between = engine_->TakeSnapshot();
  ASSERT_TRUE(engine_->Commit({{}, {{kA, "a", "3"}, {kA, "c", "3"}}}).ok());
  EXPECT_EQ(ScanOf(*before, kA), (Rows{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(ScanOf(*between, kA), (Rows{{"a", "2"}, {"c", "2"}}));
  EXPECT_EQ(Scan(kA), (Rows{{"a", "3"}, {"c", "3"}}));
  EXPECT_EQ(before->Get(kA, "b").value(), "1");
}

TEST_P(EngineTest, ASnapshotOutlivesItsEngine) {
  ASSERT_TRUE(Put(kA, "k", "v").ok());
  const auto snapshot = engine_->TakeSnapshot();
  engine_.reset();
  EXPECT_EQ(snapshot->Get(kA, "k").value(), "v");
}

TEST_P(EngineTest, PreconditionsThatHoldLetTheBatchIn) {
  ASSERT_TRUE(Put(kA, "k", "1").ok());
  ASSERT_TRUE(
      engine_->Commit({{{kA, "k", "1"}, {kA, "new", std::nullopt}}, {{kA, "k", "2"}}}).ok());
  EXPECT_EQ(Get(kA, "k"), "2");
}

TEST_P(EngineTest, APreconditionThatDoesNotHoldIsAConflictAndWritesNothing) {
  ASSERT_TRUE(Put(kA, "k", "1").ok());
  const Precondition wrong[] = {{kA, "k", "other"},
                                {kA, "k", std::nullopt},
                                {kA, "absent", "1"},
                                {kA, "k", ""},
                                {kB, "k", "1"}};
  for (const Precondition& condition : wrong) {
    const Status status =
        engine_->Commit({{{kA, "k", "1"}, condition}, {{kA, "k", "2"}, {kB, "x", "2"}}});
    EXPECT_EQ(ReasonOf(status), Reason::STORE_CONFLICT);
  }
  EXPECT_EQ(Scan(kA), (Rows{{"k", "1"}}));
  EXPECT_EQ(Scan(kB), Rows{});
  EXPECT_TRUE(engine_->Health().ok()) << "a conflict is not a failure";
  EXPECT_TRUE(Put(kA, "k", "3").ok());
}

TEST_P(EngineTest, LimitsAreAcceptedAndBeyondThemNothingIsWritten) {
  const std::string key(kKeyBytesMax, 'k');
  const std::string value(kValueBytesMax, 'v');
  EXPECT_TRUE(Put(kA, key, value).ok());
  EXPECT_EQ(Get(kA, key), value);
  const Batch too_much[] = {
      {{}, {{kA, "beside", "1"}, {kA, "", "v"}}},
      {{}, {{kA, "beside", "1"}, {kA, key + "k", "v"}}},
      {{}, {{kA, "beside", "1"}, {kA, key + "k", std::nullopt}}},
      {{}, {{kA, "beside", "1"}, {kA, "k", value + "v"}}},
      {{{kA, "", std::nullopt}}, {{kA, "beside", "1"}}},
      {{{kA, "k", value + "v"}}, {{kA, "beside", "1"}}},
  };
  for (const Batch& batch : too_much) {
    EXPECT_EQ(ReasonOf(engine_->Commit(batch)), Reason::STORE_LIMIT);
  }
  EXPECT_EQ(Get(kA, "beside"), std::nullopt);
  EXPECT_TRUE(engine_->Health().ok());
}

TEST_P(EngineTest, ABatchOverItsLimitIsRefusedWhole) {
  Batch batch;
  const std::string value(kValueBytesMax, 'v');
  for (size_t i = 0; i < kBatchBytesMax / kValueBytesMax; ++i) {
    batch.mutations.push_back({kA, std::string(1, static_cast<char>('A' + i)), value});
  }
  EXPECT_EQ(ReasonOf(engine_->Commit(batch)), Reason::STORE_LIMIT);
  EXPECT_EQ(Scan(kA), Rows{});
  batch.mutations.pop_back();
  EXPECT_TRUE(engine_->Commit(batch).ok());
  EXPECT_EQ(Scan(kA).size(), batch.mutations.size());
}

TEST_P(EngineTest, ConcurrentCommitsUnderPreconditionsLoseNoUpdate) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  ASSERT_TRUE(Put(kA, "count", "0").ok());
  std::atomic<int> conflicts = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int done = 0; done < kEach;) {
        const std::string seen = *Get(kA, "count");
        const Status status = engine_->Commit(
            {{{kA, "count", seen}}, {{kA, "count", std::to_string(std::stoi(seen) + 1)}}});
        if (status.ok()) {
          ++done;
        } else {
          ASSERT_EQ(ReasonOf(status), Reason::STORE_CONFLICT);
          ++conflicts;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(Get(kA, "count"), std::to_string(kThreads * kEach));
}

TEST_P(EngineTest, ReadersNeverSeeHalfABatch) {
  std::atomic<bool> stop = false;
  std::jthread reader([&] {
    while (!stop) {
      const auto snapshot = engine_->TakeSnapshot();
      EXPECT_EQ(snapshot->Get(kA, "x").value(), snapshot->Get(kB, "y").value());
    }
  });
  for (int i = 0; i < 200; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_TRUE(engine_->Commit({{}, {{kA, "x", value}, {kB, "y", value}}}).ok());
  }
  stop = true;
}

// Random batches against a plain map, with snapshots kept over several of them.
TEST_P(EngineTest, AgreesWithAPlainMapOverRandomHistories) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto key = [&] {
    return std::string(1 + random() % 2, static_cast<char>('a' + random() % 5));
  };
  std::map<std::string, std::string> model[2];
  std::vector<std::tuple<std::unique_ptr<Snapshot>, TableId, std::map<std::string, std::string>>>
      kept;
  for (int step = 0; step < 300; ++step) {
    Batch batch;
    bool holds = true;
    for (auto n = random() % 3; n > 0; --n) {
      const auto table = static_cast<TableId>(random() % 2);
      const std::string k = key();
      const auto it = model[table].find(k);
      std::optional<std::string> expected;
      if (it != model[table].end()) expected = it->second;
      if (random() % 8 == 0) {
        expected = "wrong";
        holds = false;
      }
      batch.preconditions.push_back({table, k, expected});
    }
    for (auto n = random() % 5; n > 0; --n) {
      std::optional<std::string> value;
      if (random() % 3 != 0) value = std::to_string(random());
      batch.mutations.push_back({static_cast<TableId>(random() % 2), key(), value});
    }
    ASSERT_EQ(engine_->Commit(batch).ok(), holds);
    if (holds) {
      for (const Mutation& mutation : batch.mutations) {
        if (mutation.value) {
          model[mutation.table][mutation.key] = *mutation.value;
        } else {
          model[mutation.table].erase(mutation.key);
        }
      }
    }
    if (step == 150) {
      kept.clear();  // Before a restart; snapshots hold the database open.
      Open(false);
    }
    const auto table = static_cast<TableId>(random() % 2);
    kept.emplace_back(engine_->TakeSnapshot(), table, model[table]);
    if (kept.size() > 6) kept.erase(kept.begin() + static_cast<long>(random() % kept.size()));
    for (const auto& [snapshot, of, rows] : kept) {
      const std::string first = key();
      const std::string limit = random() % 3 == 0 ? "" : key();
      Rows expected;
      for (const auto& [k, v] : rows) {
        if (k >= first && (limit.empty() || k < limit)) expected.emplace_back(k, v);
      }
      ASSERT_EQ(ScanOf(*snapshot, of, {first, limit}), expected);
    }
  }
}

TEST_P(EngineTest, VerifyChecksumsIsOkForASoundEngine) {
  ASSERT_TRUE(Put(kA, "k", "v").ok());
  EXPECT_TRUE(engine_->VerifyChecksums().ok());
  EXPECT_TRUE(engine_->Health().ok());
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineTest, ::testing::Values("memory", "rocksdb"),
                         [](const auto& engine) { return engine.param; });

}  // namespace
}  // namespace enlace::kv
