// Nothing damaged passes for a backup. ENLACE_BACKUP_DAMAGES sets the number of damages,
// ENLACE_TEST_SEED repeats a run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "node/crypto/hash.h"
#include "tests/unit/store/backup_fixture.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

// One way to damage a folder; `random` gives numbers.
using Random = std::mt19937_64;
using Damage = std::function<void(const std::string& folder, const std::string& file, Random&)>;

void FlipBit(const std::string& folder, const std::string& file, Random& random) {
  const std::string bytes = TempDir::Read(folder + "/" + file);
  std::ofstream(folder + "/" + file, std::ios::binary)
      << WithFlippedBit(bytes, random() % (bytes.size() * 8));
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(folder)) names.push_back(file.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

const std::map<std::string, Damage>& Damages() {
  static const std::map<std::string, Damage> damages = {
      {"flip", FlipBit},
      {"truncate",
       [](const std::string& folder, const std::string& file, Random& random) {
         const std::string path = folder + "/" + file;
         fs::resize_file(path, random() % fs::file_size(path));
       }},
      {"append",
       [](const std::string& folder, const std::string& file, Random& random) {
         std::ofstream(folder + "/" + file, std::ios::binary | std::ios::app)
             << std::string(1 + random() % 20, static_cast<char>(random()));
       }},
      {"delete", [](const std::string& folder, const std::string& file,
                    Random&) { fs::remove(folder + "/" + file); }},
      {"add",
       [](const std::string& folder, const std::string& file, Random& random) {
         const std::string path = folder + "/" + file + std::to_string(random() % 10);
         if (random() % 2 == 0) {
           fs::create_directory(path);
         } else {
           fs::copy_file(folder + "/" + file, path);
         }
       }},
      {"link",
       [](const std::string& folder, const std::string& file, Random&) {
         fs::rename(folder + "/" + file, folder + ".moved");
         fs::create_symlink(folder + ".moved", folder + "/" + file);
       }},
      {"swap",
       [](const std::string& folder, const std::string& file, Random& random) {
         std::vector<std::string> others = NamesIn(folder);
         std::erase(others, file);
         const std::string other = others[random() % others.size()];
         fs::rename(folder + "/" + file, folder + "/between");
         fs::rename(folder + "/" + other, folder + "/" + file);
         fs::rename(folder + "/between", folder + "/" + other);
       }},
      {"edit",
       [](const std::string& folder, const std::string& file, Random& random) {
         // Any change of the file, with a manifest whose checksums fit and whose signature
         // nobody could make.
         if (file != kManifestName) FlipBit(folder, file, random);
         const std::string path = folder + "/MANIFEST";
         std::string text = TempDir::Read(path);
         std::string body = text.substr(0, text.find("\nsha256: ") + 1);
         const std::string hash =
             HexEncode(AsView(crypto::Sha256(TempDir::Read(folder + "/" + file))));
         const size_t line = body.find("file: " + file + " ");
         if (line != std::string::npos) {
           body.replace(body.find('\n', line) - hash.size(), hash.size(), hash);
         } else {
           body[body.find("commit: ") + 8] = static_cast<char>('1' + random() % 9);
           body.insert(body.find("\nchannel_key"), std::to_string(random() % 10));
         }
         text.replace(0, text.find("\nsignature: ") + 1,
                      body + "sha256: " + HexEncode(AsView(crypto::Sha256(body))) + "\n");
         std::ofstream(path, std::ios::binary) << text;
       }},
  };
  return damages;
}

class BackupDamageTest : public ::testing::Test, protected BackupFixture {};

TEST_F(BackupDamageTest, IsRefusedWhenAnyByteIsDamaged) {
  const auto setting = [](const char* name, uint64_t normal) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : normal;
  };
  const uint64_t wanted = setting("ENLACE_BACKUP_DAMAGES", 400);
  const uint64_t seed = setting("ENLACE_TEST_SEED", std::random_device{}());
  Random random(seed);
  {
    const auto store = Open().value();
    Fill(*store);
    ASSERT_TRUE(BackUp(*store).ok());
  }
  const std::vector<std::string> names = NamesIn(BackupFolder());
  ASSERT_EQ(names.size(), TableNames().size() + 2);
  ASSERT_TRUE(OpenBackup(BackupFolder()).ok());
  const std::string copy = dir_.path("copy");
  std::set<std::pair<std::string, std::string>> cells;
  uint64_t silent = 0;
  uint64_t done = 0;
  for (; done < wanted; ++done) {
    fs::remove_all(copy);
    fs::remove(copy + ".moved");
    fs::copy(BackupFolder(), copy);
    auto damage = Damages().begin();
    std::advance(damage, static_cast<long>(done % Damages().size()));
    const std::string file = names[done / Damages().size() % names.size()];
    damage->second(copy, file, random);
    cells.emplace(damage->first, file);
    const Status refused = OpenBackup(copy).status();
    if (refused.ok()) {
      ++silent;
      ADD_FAILURE() << damage->first << " of " << file << ", seed " << seed << ", number " << done;
      continue;
    }
    const Reason reason = ReasonOf(refused);
    EXPECT_TRUE(reason == Reason::BACKUP_INVALID || reason == Reason::FILE_UNREADABLE ||
                reason == Reason::STORE_FAILED)
        << damage->first << " of " << file << ": " << refused;
  }
  EXPECT_EQ(silent, 0u);
  fmt::print("backup damages: seed={} damages={} silent={} cells={}/{}\n", seed, done, silent,
             cells.size(), Damages().size() * names.size());
}

}  // namespace
}  // namespace enlace::store
