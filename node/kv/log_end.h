#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace enlace::kv {

// RocksDB's logs are blocks of this size; no part of a record crosses the end of one.
inline constexpr size_t kLogBlockBytes = 32 << 10;

enum class LogTail {
  kNone,     // Records up to the end of the file, or up to one that the end cuts off.
  kSpace,    // Whole records, then nothing but zeros.
  kTorn,     // Whole records, then one that lacks at least a sector: it never came to be synced.
  kDamaged,  // Bytes that are no record and that a loss of power does not explain.
};

// Finds where the records of a log end in a file that was filled with zeros ahead of them (see
// log_space.h). What a loss of power leaves of a write that was not yet synced is any part of its
// sectors; the others still hold zeros. So a record that cannot be read and has such a hole is
// torn, and one without is damaged. Takes any bytes. Not thread-safe.
class LogEnd {
 public:
  // The file in order: blocks of kLogBlockBytes, only the last one may be shorter.
  void Take(std::string_view block);

  LogTail Tail() const;
  // All that was taken with kNone, otherwise what precedes the first byte that is of no whole
  // record.
  uint64_t bytes() const;

  // The sequences of the rows in the whole records: the first, and the one behind the last. Equal
  // where the records hold no row. Logs that follow each other go on where the one before ended.
  struct Rows {
    uint64_t first = 0;
    uint64_t next = 0;
  };
  // Nothing without a whole record.
  const std::optional<Rows>& rows() const { return rows_; }

 private:
  // The place in `block` of the first bytes that are no record; its size when there are none.
  size_t Walk(std::string_view block, uint64_t begin);
  // The bytes of the part of a record that `bytes` begin with, or nothing.
  std::optional<size_t> TakePart(std::string_view bytes);
  void TakePayload(std::string_view payload, bool begins);
  void LookForHoles(std::string_view block, size_t from, uint64_t begin);

  uint64_t taken_ = 0;
  uint64_t whole_ = 0;   // Where the last whole record ends.
  bool within_ = false;  // A record has begun and not ended.
  std::string begin_;    // The first bytes of the record: what says which rows it holds.
  std::optional<Rows> rows_;
  bool bad_ = false;              // From here on nothing was read as a record.
  uint64_t bad_at_ = 0;           // Where.
  uint64_t claimed_end_ = 0;      // Where that would end by its own length.
  uint64_t data_end_ = 0;         // Behind the last byte that is not zero, at or after `bad_at_`.
  std::optional<uint64_t> hole_;  // The first sector, or rest of one, without any such byte.
};

}  // namespace enlace::kv
