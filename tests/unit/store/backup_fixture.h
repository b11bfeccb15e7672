#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "node/store/audit_table.h"
#include "node/store/backup.h"
#include "node/store/channel_table.h"
#include "node/store/restore.h"
#include "tests/unit/store/disk_fixture.h"

namespace enlace::store {

inline constexpr char kTraining[] = "demo/ARG/training";

// A store with rows, an own channel and an audit chain, and backups of it.
struct BackupFixture : DiskFixture {
  BackupFixture() { EXPECT_TRUE(Create().ok()); }

  Status Append(Store& store, const std::string& payload = "payload") const {
    return store.Write([&](Transaction& transaction) -> Status {
      ENLACE_RETURN_IF_ERROR(
          AppendAudit(transaction, {"admin-socket", "/a.B/C", "none", "allow", "request"}));
      return AppendEntries(transaction, kTraining,
                           {{"training.programme", "subject", model::Audience::Network(), payload}},
                           keys_)
          .status();
    });
  }
  void Fill(Store& store, int rows = 200) const {
    for (int n = 0; n < 3; ++n) EXPECT_TRUE(Append(store).ok());
    EXPECT_TRUE(store
                    .Write([&](Transaction& transaction) {
                      for (int n = 0; n < rows; ++n) {
                        transaction.Put(Table::kSecret, "row" + std::to_string(n),
                                        std::string(static_cast<size_t>(n), 'v'));
                      }
                      return absl::OkStatus();
                    })
                    .ok());
  }
  std::string BackupFolder() const { return dir_.path("backup"); }
  StatusOr<BackupManifest> BackUp(Store& store) const {
    return WriteBackup(*store.Read(), keys_.signing,
                       {BackupFolder(), {{"channel.key", "secret\n"}}, "0.1.0", 1'700'000'000'000});
  }
  StatusOr<std::unique_ptr<BackupReader>> OpenBackup(const std::string& folder) const {
    return BackupReader::Open(folder, keys_.signing.public_key());
  }
  StatusOr<RestoredDatabase> Restore(const std::string& folder) const {
    ENLACE_ASSIGN_OR_RETURN(const auto backup, OpenBackup(folder));
    return RestoreDatabase(options_, *backup, [](const Reader&) { return absl::OkStatus(); });
  }
  void MoveStoreAside() const {
    std::filesystem::rename(options_.data_dir, options_.data_dir + ".aside");
  }

  const ChannelKeys keys_{crypto::SigningKey::FromSeed(std::string(32, 'k')).value(),
                          std::string(32, 's')};
};

// "table key value" of all that a reader sees.
inline std::vector<std::string> AllRows(const Reader& reader) {
  std::vector<std::string> rows;
  for (size_t table = 0; table < static_cast<size_t>(Table::kCount); ++table) {
    EXPECT_TRUE(reader
                    .Scan(static_cast<Table>(table), {},
                          [&](std::string_view key, std::string_view value) {
                            rows.push_back(TableNames()[table] + " " + std::string(key) + " " +
                                           std::string(value));
                            return true;
                          })
                    .ok());
  }
  return rows;
}

}  // namespace enlace::store
