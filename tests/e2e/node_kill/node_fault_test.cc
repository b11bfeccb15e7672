// Damage to each kind of file in a node's directory: the node does not start, or it answers as
// before with the keys that it had. ENLACE_NODE_FAULT_ROUNDS sets how often all cells (file kind
// x damage) are visited.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include "node/app/node_keys.h"
#include "tests/e2e/node_kill/real_node.h"

namespace enlace::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 9> kKinds = {
    "data/keys/channel.key", "data/keys/subject.key", "data/endpoint",
    "data/db/LOCK",          "anchor/anchor",         "data/db/db/MANIFEST",
    "data/db/db/CURRENT",    "data/db/db/*.sst",      "data/db/db/*.log"};
constexpr std::array<const char*, 5> kDamages = {"flip", "cut", "delete", "swap", "duplicate"};
constexpr char kAgencyPath[] = "entity/police/records";
constexpr int kRecords = 20;

class NodeFaultTest : public ::testing::Test {
 protected:
  NodeFaultTest() {
    EXPECT_TRUE(world_.Init("ARG").ok());
    // Two lives: rows in table files and in the live log.
    for (int life = 0; life < 2; ++life) {
      const auto node = world_.Start("ARG").value();
      const auto client = world_.Connect("ARG", kAgencyPath);
      for (int i = 0; i < kRecords; ++i) {
        pb::CreateCaseRecordRequest request;
        *request.mutable_case_record() = SomeRecord(random_);
        request.set_request_id(RandomUuid(random_));
        EXPECT_TRUE(CallCases<pb::CaseRecord>(*client, "CreateCaseRecord", request).ok());
      }
      expected_ = Answers().value();
    }
    std::ofstream(Path("data/endpoint")) << "127.0.0.1:1\n";  // As a killed node leaves it.
    subject_key_ = app::LoadKeys(app::DataLayout(Path("data")))->subject_key;
    for (const char* part : {"data", "anchor"}) {
      fs::copy(Path(part), Path(part) + ".base", fs::copy_options::recursive);
    }
  }

  std::string Path(const std::string& part) const { return world_.Folder("ARG") + "/" + part; }
  void Reset() {
    for (const char* part : {"data", "anchor"}) {
      fs::remove_all(Path(part));
      fs::copy(Path(part) + ".base", Path(part), fs::copy_options::recursive);
    }
    // The copy of a folder gets the permissions of any new one.
    for (const char* key : {"channel.key", "subject.key"}) {
      fs::permissions(Path("data/keys/") + key, fs::perms::owner_read | fs::perms::owner_write);
    }
  }

  // The whole list of cases as bytes.
  StatusOr<std::string> Answers() {
    pb::ListCaseRecordsRequest request;
    request.set_page_size(1000);
    const auto client = world_.Connect("ARG", kAgencyPath);
    ENLACE_ASSIGN_OR_RETURN(const auto list, CallCases<pb::ListCaseRecordsResponse>(
                                                 *client, "ListCaseRecords", request));
    return list.SerializeAsString();
  }
  std::vector<fs::path> Files(const std::string& kind) const {
    std::vector<fs::path> files;
    const size_t star = kind.find('*');
    const std::string name = fs::path(kind).filename().string();
    for (const auto& entry : fs::directory_iterator(fs::path(Path(kind)).parent_path())) {
      const std::string found = entry.path().filename().string();
      const bool fits = star == std::string::npos ? found.starts_with(name)
                                                  : entry.path().extension() == name.substr(1);
      if (fits && entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  void Damage(const fs::path& file, const std::string& damage) {
    std::string bytes = TempDir::Read(file.string());
    if (damage == "delete") {
      fs::remove(file);
    } else if (damage == "duplicate") {
      fs::copy_file(file, file.string() + ".copy");
    } else if (damage == "swap") {
      const std::vector<fs::path> others =
          Files(file.extension() == ".key" ? "data/keys/*.key" : kKinds[random_() % kKinds.size()]);
      const fs::path other = others[random_() % others.size()];
      if (other == file) return;
      fs::rename(file, Path("aside"));
      fs::rename(other, file);
      fs::rename(Path("aside"), other);
    } else if (damage == "cut") {
      fs::resize_file(file, bytes.empty() ? 0 : random_() % bytes.size());
    } else if (!bytes.empty()) {
      const uint64_t bit = random_() % (bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      std::ofstream(file, std::ios::binary) << bytes;
    }
  }
  // "start", "read", "same", or what must never be: "silent".
  std::string Outcome() {
    const auto node = world_.Start("ARG");
    if (!node.ok()) return "start";
    if (app::LoadKeys(app::DataLayout(Path("data")))->subject_key != subject_key_) return "silent";
    const auto answers = Answers();
    if (!answers.ok()) return "read";
    return *answers == expected_ ? "same" : "silent";
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
  NodeWorld world_{{"ARG"}};
  std::string expected_;
  std::string subject_key_;
};

TEST_F(NodeFaultTest, DamageIsRefusedOrHarmlessAndNeverSilent) {
  std::map<std::string, std::map<std::string, int>> table;
  int faults = 0;
  int silent = 0;
  const bool long_form = std::getenv("ENLACE_TEST_LONG") != nullptr;
  for (uint64_t round = 0; round < Setting("ENLACE_NODE_FAULT_ROUNDS", 1); ++round) {
    // The database's own files have a trial without a node around them; here in the long form.
    for (const char* kind : kKinds) {
      if (!long_form && std::string_view(kind).starts_with("data/db/db/")) continue;
      for (const char* damage : kDamages) {
        Reset();
        const std::vector<fs::path> files = Files(kind);
        ASSERT_FALSE(files.empty()) << kind;
        const fs::path file = files[random_() % files.size()];
        SCOPED_TRACE(fmt::format("{} of {}, seed {}", damage, file.string(), seed_));
        Damage(file, damage);
        const std::string outcome = Outcome();
        EXPECT_NE(outcome, "silent") << damage << " of " << file << ", seed " << seed_;
        ++table[fmt::format("{} {}", fs::path(kind).filename().string(), damage)][outcome];
        ++faults;
        if (outcome == "silent") ++silent;
      }
    }
  }
  fmt::print("node faults: seed={} faults={} cells={} silent={}\n", seed_, faults, table.size(),
             silent);
  for (const auto& [cell, outcomes] : table) {
    fmt::print("  {:24}", cell);
    for (const auto& [outcome, count] : outcomes) fmt::print(" {}={}", outcome, count);
    fmt::print("\n");
  }
}

TEST_F(NodeFaultTest, EachKeyInPlaceOfTheOtherIsRefused) {
  Reset();
  EXPECT_EQ(Outcome(), "same");
  fs::copy_file(Path("data/keys/channel.key"), Path("data/keys/subject.key"),
                fs::copy_options::overwrite_existing);
  const auto refused = world_.Start("ARG");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(ReasonOf(refused.status()), Reason::KEY_INVALID) << refused.status().ToString();
  EXPECT_NE(MessageOf(refused.status()).find("subject.key"), std::string::npos);
}

}  // namespace
}  // namespace enlace::testing
