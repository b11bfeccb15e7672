// Damage to the files of a store: refused at start, refused at read, or the same answers.
// ENLACE_STORE_FAULT_ROUNDS sets how often all cells (file kind x damage) are visited.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/e2e/store_kill/rows.h"
#include "tests/e2e/store_kill/setup.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store::kill {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 8> kKinds = {".sst",     ".log",     "MANIFEST-", "CURRENT",
                                               "OPTIONS-", "IDENTITY", "LOCK",      "anchor"};
constexpr std::array<const char*, 8> kDamages = {"flip",   "flip", "cut",       "cut at record",
                                                 "delete", "swap", "duplicate", "zero"};
constexpr size_t kBlockBytes = 32 << 10;  // Of RocksDB's log format.
constexpr size_t kPageBytes = 4096;       // Of a slot of the anchor, and of a disk.

// Where a record of RocksDB's log format begins (WAL and MANIFEST), or a page of others.
std::vector<size_t> Boundaries(const fs::path& file, const std::string& bytes) {
  std::vector<size_t> starts;
  const std::string name = file.filename().string();
  if (file.extension() != ".log" && !name.starts_with("MANIFEST-")) {
    for (size_t at = 0; at < bytes.size(); at += kPageBytes) starts.push_back(at);
    return starts;
  }
  constexpr size_t kHeaderBytes = 7;  // Checksum (4), length (2, little-endian), type (1).
  for (size_t at = 0; at + kHeaderBytes <= bytes.size();) {
    if (kBlockBytes - at % kBlockBytes < kHeaderBytes) {
      at += kBlockBytes - at % kBlockBytes;
      continue;
    }
    starts.push_back(at);
    const auto low = static_cast<unsigned char>(bytes[at + 4]);
    const auto high = static_cast<unsigned char>(bytes[at + 5]);
    at += kHeaderBytes + low + (size_t{high} << 8);
  }
  return starts;
}

// The same name with the next free number, for files that RocksDB numbers.
fs::path NextName(const fs::path& file) {
  const std::string name = file.filename().string();
  const size_t digits = name.find_first_of("0123456789");
  if (digits == std::string::npos) return file.string() + ".copy";
  const size_t end = name.find_first_not_of("0123456789", digits);
  const std::string tail = end == std::string::npos ? "" : name.substr(end);
  for (uint64_t number = std::stoull(name.substr(digits)) + 1;; ++number) {
    fs::path next =
        file.parent_path() / fmt::format("{}{:06}{}", name.substr(0, digits), number, tail);
    if (!fs::exists(next)) return next;
  }
}

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
  std::vector<fs::path> AllFiles() const {
    std::vector<fs::path> files;
    for (const char* kind : kKinds) {
      for (const fs::path& file : Files(kind)) files.push_back(file);
    }
    return files;
  }
  // Exchanges two files of the kind, or this one and any other.
  void Exchange(const fs::path& file, const std::string& kind, std::mt19937_64& random) {
    std::vector<fs::path> others = Files(kind);
    if (others.size() < 2) others = AllFiles();
    std::erase(others, file);
    const fs::path other = others[random() % others.size()];
    fs::rename(file, dir_.path("aside"));
    fs::rename(other, file);
    fs::rename(dir_.path("aside"), other);
  }
  void Damage(const fs::path& file, const std::string& kind, const std::string& damage,
              std::mt19937_64& random) {
    if (damage == "delete") {
      fs::remove(file);
    } else if (damage == "swap") {
      Exchange(file, kind, random);
    } else if (damage == "duplicate") {
      fs::copy_file(file, NextName(file));
    } else {
      ChangeBytes(file, damage, random);
    }
  }
  static void ChangeBytes(const fs::path& file, const std::string& damage,
                          std::mt19937_64& random) {
    std::string bytes = testing::TempDir::Read(file.string());
    if (bytes.empty()) {  // A lock file: there is nothing to take, so something is added.
      bytes = "x";
    } else if (damage == "cut") {
      bytes.resize(random() % bytes.size());
    } else if (damage == "cut at record") {
      const std::vector<size_t> starts = Boundaries(file, bytes);
      bytes.resize(starts[random() % starts.size()]);
    } else if (damage == "zero") {  // A page that the disk gave back empty.
      const size_t page = random() % (bytes.size() / kPageBytes + 1) * kPageBytes;
      for (size_t at = page; at < std::min(page + kPageBytes, bytes.size()); ++at) bytes[at] = 0;
    } else {
      const uint64_t bit = random() % (bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
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
  int silent = 0;
  for (uint64_t round = 0; round < Setting("ENLACE_STORE_FAULT_ROUNDS", 1); ++round) {
    for (const char* kind : kKinds) {
      for (const char* damage : kDamages) {
        CopyBase();
        const std::vector<fs::path> files = Files(kind);
        ASSERT_FALSE(files.empty()) << kind;
        const fs::path file = files[random() % files.size()];
        Damage(file, kind, damage, random);
        const std::string outcome = Outcome();
        EXPECT_NE(outcome, "silent") << damage << " of " << file << ", seed " << seed;
        ++table[fmt::format("{} {}", kind, damage)][outcome];
        ++faults;
        if (outcome == "silent") ++silent;
      }
    }
  }
  fmt::print("store faults: seed={} faults={} cells={} silent={}\n", seed, faults, table.size(),
             silent);
  for (const auto& [cell, outcomes] : table) {
    fmt::print("  {:24}", cell);
    for (const auto& [outcome, count] : outcomes) fmt::print(" {}={}", outcome, count);
    fmt::print("\n");
  }
}

TEST_F(FaultTest, TheUndamagedStoreAnswersTheSame) {
  CopyBase();
  EXPECT_EQ(Outcome(), "same");
}

}  // namespace
}  // namespace enlace::store::kill
