#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "node/crypto/hash.h"
#include "tests/testing/operator_fixture.h"
#include "tests/testing/settings.h"

// One node as a process, and the commands of its operator.
namespace enlace::testing {

namespace fs = std::filesystem;

// Enough that a kill often comes in the middle.
inline constexpr int kLargeRows = 24;
inline constexpr size_t kLargeRowBytes = 900'000;

class BackupProcessTest : public OperatorFixture {
 protected:
  BackupProcessTest() {
    world_.WriteConfig("ARG");
    EXPECT_EQ(Exit({"init", "--config", Config(), "--pin-secretariat-later"}), 0) << output_;
  }

  bool Told(std::string_view text) const { return output_.find(text) != std::string::npos; }
  std::string Data() const { return world_.Folder("ARG") + "/data"; }
  std::string Folder(const std::string& name = "backup") const { return logs_.path(name); }

  std::unique_ptr<Process> Serve() {
    const std::string ready = logs_.path("ready");
    fs::remove(ready);
    auto node = Run({"serve", "--config", Config(), "--ready-file", ready});
    EXPECT_TRUE(Eventually([&] { return fs::exists(ready) || !node->Running(); }));
    EXPECT_TRUE(node->Running()) << node->Output();
    return node;
  }
  void Stop(Process& node) {
    node.Signal(SIGTERM);
    EXPECT_EQ(node.Wait(), 0) << node.Output();
  }
  int BackUp(const std::string& name = "backup", std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"backup", "--config", Config(), "--to", Folder(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Exit(arguments);
  }
  int VerifyBackup(const std::string& name = "backup", std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"verify", "--config", Config(), "--backup", Folder(name)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Exit(arguments);
  }
  std::vector<std::string> RestoreArguments(const std::string& name = "backup") const {
    return {"restore", "--config", Config(), "--from", Folder(name)};
  }
  void LoseStore() const { fs::remove_all(Data() + "/db"); }
  void MakeLarge() {
    const auto config = config::LoadNodeConfig(Config()).value();
    const auto store = store::Store::Open(app::StoreOptionsOf(config), world_.clock).value();
    for (int n = 0; n < kLargeRows; ++n) {
      EXPECT_TRUE(store
                      ->Write([&](store::Transaction& transaction) {
                        transaction.Put(store::Table::kSecret, "large" + std::to_string(n),
                                        crypto::RandomBytes(kLargeRowBytes));
                        return absl::OkStatus();
                      })
                      .ok());
    }
  }
  // How long a command takes when nobody disturbs it.
  std::chrono::milliseconds TimeOf(const std::function<int()>& command) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(command(), 0) << output_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  }

  const uint64_t kills_ = Setting("ENLACE_BACKUP_KILLS", 20);
  const uint64_t seed_ = TestSeed();
  std::mt19937_64 random_{seed_};
};

}  // namespace enlace::testing
