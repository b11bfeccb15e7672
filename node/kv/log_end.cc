#include "node/kv/log_end.h"

#include <algorithm>

#include "node/base/bytes.h"

namespace enlace::kv {
namespace {

// Checksum (4), length (2, least significant byte first), type (1).
constexpr size_t kHeaderBytes = 7;
// A record is a batch of rows: the sequence of the first (8) and their number (4), both least
// significant byte first, then the rows.
constexpr size_t kSequenceBytes = 8;
constexpr size_t kBatchBeginBytes = 12;
constexpr uint8_t kFull = 1;
constexpr uint8_t kFirst = 2;
constexpr uint8_t kMiddle = 3;
constexpr uint8_t kLast = 4;
// Disks write these whole or not at all.
constexpr uint64_t kSectorBytes = 512;
// Records end or begin with some zeros by chance; hardly with so many.
constexpr uint64_t kHoleBytesMin = 8;
// Of a record's first bytes these suffice: they are its checksum.
constexpr uint64_t kHeaderHoleBytesMin = 4;

uint8_t ByteAt(std::string_view bytes, size_t place) { return static_cast<uint8_t>(bytes[place]); }

size_t LengthOf(std::string_view header) {
  return static_cast<size_t>(ByteAt(header, 4)) | static_cast<size_t>(ByteAt(header, 5)) << 8U;
}

// RocksDB masks checksums that lie in files, so that one of bytes with a checksum in them differs.
uint32_t Masked(uint32_t crc) { return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U; }

uint64_t Number(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) number = number << 8U | ByteAt(bytes, i);
  return number;
}

uint64_t StoredChecksum(std::string_view header) { return Number(header.substr(0, 4)); }

}  // namespace

void LogEnd::Take(std::string_view block) {
  const uint64_t begin = taken_;
  taken_ += block.size();
  const size_t read = bad_ ? 0 : Walk(block, begin);
  if (bad_) LookForHoles(block, read, begin);
}

size_t LogEnd::Walk(std::string_view block, uint64_t begin) {
  size_t at = 0;
  while (block.size() - at >= kHeaderBytes) {
    const std::optional<size_t> part = TakePart(block.substr(at));
    if (!part) {
      bad_ = true;
      bad_at_ = begin + at;
      claimed_end_ = std::min<uint64_t>(bad_at_ + kHeaderBytes + LengthOf(block.substr(at)),
                                        begin + kLogBlockBytes);
      return at;
    }
    at += *part;
    if (!within_) whole_ = begin + at;
  }
  if (at == block.size() || block.size() == kLogBlockBytes) return block.size();
  // Too little for a header, and no block goes on here.
  bad_ = true;
  bad_at_ = begin + at;
  claimed_end_ = bad_at_ + kHeaderBytes;
  return at;
}

std::optional<size_t> LogEnd::TakePart(std::string_view bytes) {
  const size_t length = LengthOf(bytes);
  const uint8_t type = ByteAt(bytes, 6);
  const bool begins = type == kFull || type == kFirst;
  if (type < kFull || type > kLast || begins == within_) return std::nullopt;
  if (length > bytes.size() - kHeaderBytes) return std::nullopt;
  if (Masked(Crc32c(bytes.substr(kHeaderBytes - 1, length + 1))) != StoredChecksum(bytes)) {
    return std::nullopt;
  }
  within_ = type == kFirst || type == kMiddle;
  TakePayload(bytes.substr(kHeaderBytes, length), begins);
  return kHeaderBytes + length;
}

void LogEnd::TakePayload(std::string_view payload, bool begins) {
  if (begins) begin_.clear();
  begin_ += payload.substr(0, kBatchBeginBytes - begin_.size());
  if (within_ || begin_.size() < kBatchBeginBytes) return;
  const std::string_view begin = begin_;
  const uint64_t first = Number(begin.substr(0, kSequenceBytes));
  if (!rows_) rows_ = Rows{first, first};
  rows_->next = first + Number(begin.substr(kSequenceBytes));
}

void LogEnd::LookForHoles(std::string_view block, size_t from, uint64_t begin) {
  while (from < block.size()) {
    const size_t sector_end =
        std::min<size_t>((from / kSectorBytes + 1) * kSectorBytes, block.size());
    const std::string_view piece = block.substr(from, sector_end - from);
    const size_t last = piece.find_last_not_of('\0');
    if (last != std::string_view::npos) {
      data_end_ = begin + from + last + 1;
    } else if (!hole_) {
      const uint64_t at = begin + from;
      if (piece.size() >= (at == bad_at_ ? kHeaderHoleBytesMin : kHoleBytesMin)) hole_ = at;
    }
    from = sector_end;
  }
}

LogTail LogEnd::Tail() const {
  if (!bad_) return LogTail::kNone;
  if (data_end_ <= bad_at_) return within_ ? LogTail::kTorn : LogTail::kSpace;
  if (!hole_) return claimed_end_ > taken_ ? LogTail::kNone : LogTail::kDamaged;
  if (*hole_ < data_end_) return LogTail::kTorn;
  // It may lack its last sectors. Then what is there goes on to the end of a sector; a changed
  // length names an end just as far away, but its data end anywhere.
  const bool lacks_end = *hole_ < claimed_end_;
  const uint64_t to_sector_end = (kSectorBytes - data_end_ % kSectorBytes) % kSectorBytes;
  return lacks_end && to_sector_end < kHoleBytesMin ? LogTail::kTorn : LogTail::kDamaged;
}

uint64_t LogEnd::bytes() const { return Tail() == LogTail::kNone ? taken_ : whole_; }

}  // namespace enlace::kv
