#pragma once

#include <string>

#include <fmt/format.h>

#include "node/store/store.h"

// Rows that fill the database's buffer in memory, so that it writes a file of rows while it runs.
namespace enlace::store::faults {

inline constexpr int kBigWriter = 9;  // The writer whose batches these parts are.
inline constexpr int kBigParts = 3;
inline constexpr int kBigRows = 15;  // Of one part.
// Their keys end in a letter, as those of the first of kill::kTables do.
inline constexpr char kBigPrefix[] = "big/";

inline std::string BigValue(int part, int row) {
  std::string value(1'000'000, static_cast<char>('a' + part));
  value[0] = static_cast<char>('a' + row);
  return value;
}
inline std::string BigKey(int part, int row) {
  return fmt::format("{}{}/{:02}x", kBigPrefix, part, row);
}

inline Status WriteBigPart(Store& store, int part) {
  return store.Write([&](Transaction& transaction) {
    for (int row = 0; row < kBigRows; ++row) {
      transaction.Put(Table::kSecret, BigKey(part, row), BigValue(part, row));
    }
    return absl::OkStatus();
  });
}

}  // namespace enlace::store::faults
