#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "node/store/store.h"

// What the writer program writes and the checker expects. Every row follows from (seed,
// writer, batch, row), so that each byte can be checked without a second copy.
//
// Writer w writes batches 1, 2, 3, ... one after the other. Batch n is one transaction: its
// rows, spread over three tables, the row "w/last" = n, and the deletion of batch n - kKept.
// So after a kill exactly the last kKept batches up to some n are there, and n is the last
// acknowledged one or the one that was under way.
namespace enlace::store::kill {

inline constexpr int kWriters = 8;
inline constexpr uint64_t kKept = 4;
inline constexpr size_t kBatchBytesMax = 2 << 20;
// Tables whose values are bare bytes.
inline constexpr std::array<Table, 3> kTables = {Table::kSecret, Table::kCaseByReference,
                                                 Table::kQuarantine};

using Rows = std::map<std::string, std::string>;

inline std::string LastKey(int writer) { return fmt::format("{}/last", writer); }

// Row r of a batch lies in table r mod 3; "w/last" in the first.
inline Table TableOf(std::string_view key) {
  const char end = key.back();
  return end >= '0' && end <= '9' ? kTables.at(static_cast<size_t>(end - '0') % kTables.size())
                                  : kTables.front();
}

// Sizes from 1 byte to 2 MB, small ones as likely as large ones; 1 to 5 rows.
inline Rows BatchRows(uint64_t seed, int writer, uint64_t batch) {
  std::seed_seq sequence{seed, static_cast<uint64_t>(writer), batch};
  std::mt19937_64 random(sequence);
  const double fraction = std::uniform_real_distribution<>(0, 1)(random);
  const auto bytes = static_cast<size_t>(std::exp(fraction * std::log(double{kBatchBytesMax})));
  const size_t count = std::max<size_t>(1 + random() % 5, bytes / (1 << 20) + 1);
  Rows rows;
  for (size_t row = 0; row < count; ++row) {
    std::string value(bytes / count + (row == 0 ? bytes % count : 0), '\0');
    for (size_t at = 0; at < value.size(); at += 8) {
      const uint64_t word = random();
      value.replace(at, std::min<size_t>(8, value.size() - at),
                    reinterpret_cast<const char*>(&word), std::min<size_t>(8, value.size() - at));
    }
    rows.emplace(fmt::format("{}/{:08}/{}", writer, batch, row), std::move(value));
  }
  return rows;
}

// All rows of a writer whose last batch is `last`.
inline Rows WriterRows(uint64_t seed, int writer, uint64_t last) {
  Rows rows;
  if (last == 0) return rows;
  for (uint64_t batch = last > kKept ? last - kKept + 1 : 1; batch <= last; ++batch) {
    rows.merge(BatchRows(seed, writer, batch));
  }
  rows[LastKey(writer)] = std::to_string(last);
  return rows;
}

inline StatusOr<uint64_t> LastBatch(const Reader& reader, int writer) {
  ENLACE_ASSIGN_OR_RETURN(const auto value, reader.Get(TableOf(LastKey(writer)), LastKey(writer)));
  return value ? std::stoull(*value) : 0;
}

inline Status WriteBatch(Store& store, uint64_t seed, int writer, uint64_t batch) {
  return store.Write([&](Transaction& transaction) {
    if (batch > kKept) {
      for (const auto& [key, value] : BatchRows(seed, writer, batch - kKept)) {
        transaction.Delete(TableOf(key), key);
      }
    }
    for (const auto& [key, value] : BatchRows(seed, writer, batch)) {
      transaction.Put(TableOf(key), key, value);
    }
    transaction.Put(TableOf(LastKey(writer)), LastKey(writer), std::to_string(batch));
    return absl::OkStatus();
  });
}

// All rows of the tables, by key. One in a wrong table has a key that is not expected.
inline StatusOr<Rows> ReadAll(const Reader& reader) {
  Rows rows;
  for (const Table table : kTables) {
    ENLACE_RETURN_IF_ERROR(
        reader.Scan(table, {}, [&](std::string_view key, std::string_view value) {
          rows.emplace(std::string(key) + (TableOf(key) == table ? "" : " in a wrong table"),
                       value);
          return true;
        }));
  }
  return rows;
}

}  // namespace enlace::store::kill
