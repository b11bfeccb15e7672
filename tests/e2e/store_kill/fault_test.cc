// Damage to the files of a store: refused at start, refused at read, or the same answers.
// ENLACE_STORE_FAULT_ROUNDS sets how often all cells (file kind x damage) are visited.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "tests/e2e/store_kill/rows.h"
#include "tests/e2e/store_kill/setup.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store::kill {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kKinds = {".sst",    ".log",     "MANIFEST-",
                                               "CURRENT", "OPTIONS-", "anchor"};
constexpr std::array<const char*, 4> kDamages = {"flip", "flip", "cut", "delete"};

// A store with rows in SST files and in the live log, and its folder as a whole.
class FaultTest : public ::testing::Test {
 protected:
  FaultTest() {
    SetOptions("base");
    fs::create_directory(dir_.path("base"));
    EXPECT_TRUE(Store::Create(options_, SomeMeta()).ok());
    for (uint64_t batch = 1; batch <= 6; ++batch) {  // Each opening moves the log into SSTs.
      const auto store = Store::Open(options_, clock_).value();
      for (int writer = 0; writer < kWriters; ++writer) {
        EXPECT_TRUE(WriteBatch(*store, kRowSeed, writer, batch).ok());
      }
    }
    for (int writer = 0; writer < kWriters; ++writer) {
      expected_.merge(WriterRows(kRowSeed, writer, 6));
    }
  }

  void SetOptions(const std::string& name) {
    options_.data_dir = dir_.path(name) + "/data";
    options_.anchor_path = dir_.path(name) + "/anchor";
  }
  void CopyBase() {
    fs::remove_all(dir_.path("trial"));
    fs::copy(dir_.path("base"), dir_.path("trial"), fs::copy_options::recursive);
    SetOptions("trial");
  }
  std::vector<fs::path> Files(const std::string& kind) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path("trial"))) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && (name.ends_with(kind) || name.starts_with(kind))) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  void Damage(const fs::path& file, const std::string& damage, std::mt19937_64& random) {
    std::string bytes = testing::TempDir::Read(file.string());
    if (damage == "delete") {
      fs::remove(file);
      return;
    }
    ASSERT_FALSE(bytes.empty()) << file;
    if (damage == "cut") {
      fs::resize_file(file, random() % bytes.size());
      return;
    }
    const uint64_t bit = random() % (bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    std::ofstream(file, std::ios::binary) << bytes;
  }
  // "start", "read", "same", or what must never be: "silent".
  std::string Outcome() {
    const auto store = Store::Open(options_, clock_);
    if (!store.ok()) return "start";
    const StatusOr<Rows> rows = ReadAll(*(*store)->Read());
    if (!rows.ok()) return (*store)->Health().ok() ? "silent" : "read";
    return *rows == expected_ ? "same" : "silent";
  }

  static constexpr uint64_t kRowSeed = 5;
  testing::TempDir dir_;
  SystemClock clock_;
  StoreOptions options_;
  Rows expected_;
};

TEST_F(FaultTest, DamageIsRefusedOrHarmlessAndNeverSilent) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  std::map<std::string, std::map<std::string, int>> table;
  int faults = 0;
  for (uint64_t round = 0; round < Setting("ENLACE_STORE_FAULT_ROUNDS", 1); ++round) {
    for (const char* kind : kKinds) {
      for (const char* damage : kDamages) {
        CopyBase();
        const std::vector<fs::path> files = Files(kind);
        ASSERT_FALSE(files.empty()) << kind;
        const fs::path file = files[random() % files.size()];
        ASSERT_NO_FATAL_FAILURE(Damage(file, damage, random));
        const std::string outcome = Outcome();
        EXPECT_NE(outcome, "silent") << damage << " of " << file << ", seed " << seed;
        ++table[fmt::format("{} {}", kind, damage)][outcome];
        ++faults;
      }
    }
  }
  fmt::print("store faults: seed={} faults={} cells={}\n", seed, faults, table.size());
  for (const auto& [cell, outcomes] : table) {
    fmt::print("  {:18}", cell);
    for (const auto& [outcome, count] : outcomes) fmt::print(" {}={}", outcome, count);
    fmt::print("\n");
  }
}

TEST_F(FaultTest, TheUndamagedStoreAnswersTheSame) {
  CopyBase();
  EXPECT_EQ(Outcome(), "same");
}

TEST_F(FaultTest, TwoTablesFilesExchangedAreRefused) {
  CopyBase();
  const std::vector<fs::path> files = Files(".sst");
  ASSERT_GE(files.size(), 2u);
  fs::rename(files[0], dir_.path("aside"));
  fs::rename(files[1], files[0]);
  fs::rename(dir_.path("aside"), files[1]);
  const std::string outcome = Outcome();
  EXPECT_TRUE(outcome == "start" || outcome == "read") << outcome;
}

}  // namespace
}  // namespace enlace::store::kill
