#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "enlace/storage/v1/records.pb.h"
#include "node/base/clock.h"
#include "node/store/anchor.h"
#include "node/store/store.h"
#include "tests/testing/temp_dir.h"

namespace enlace::store {

// Writes over a part of a file, in place.
inline void Overwrite(const std::string& path, size_t offset, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset)),
            static_cast<ssize_t>(bytes.size()));
  close(file);
}

inline std::string WithFlippedBit(std::string bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  return bytes;
}

// A store in a temporary folder, with its anchor beside it.
struct DiskFixture {
  DiskFixture() {
    options_.data_dir = dir_.path("data");
    options_.anchor_path = dir_.path("anchor");
  }

  static std::string Meta(char instance) {
    storage::v1::StoreMeta meta;
    meta.set_format_version(1);
    meta.set_instance_id(std::string(kInstanceIdBytes, instance));
    return meta.SerializeAsString();
  }
  Status Create() const { return Store::Create(options_, Meta('i')); }
  StatusOr<std::unique_ptr<Store>> Open(OpenReport* report = nullptr) {
    return Store::Open(options_, clock_, report);
  }
  static Status Put(Store& store, const std::string& key, const std::string& value) {
    return store.Write([&](Transaction& transaction) {
      transaction.Put(Table::kSecret, key, value);
      return absl::OkStatus();
    });
  }
  static std::optional<std::string> Get(Store& store, const std::string& key) {
    return store.Read()->Get(Table::kSecret, key).value();
  }
  // The newest file of the database of this kind; RocksDB numbers them upwards.
  std::string Newest(const std::string& kind) const {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(options_.data_dir + "/db")) {
      const std::string path = entry.path().string();
      if (path.find(kind) != std::string::npos && path > newest) newest = path;
    }
    return newest;
  }

  testing::TempDir dir_;
  ManualClock clock_;
  StoreOptions options_;
};

}  // namespace enlace::store
