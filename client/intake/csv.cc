#include "client/intake/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "node/base/bytes.h"

namespace enlace::intake {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// How many continuation bytes follow `lead`, and the least code point that needs them.
struct Utf8Lead {
  int more;
  uint32_t bits;
  uint32_t least;
};

bool DecodeLead(unsigned char lead, Utf8Lead& out) {
  if (lead < 0x80)
    out = {0, lead, 0};
  else if (lead < 0xC2)
    return false;
  else if (lead < 0xE0)
    out = {1, lead & 0x1Fu, 0x80};
  else if (lead < 0xF0)
    out = {2, lead & 0x0Fu, 0x800};
  else if (lead < 0xF5)
    out = {3, lead & 0x07u, 0x10000};
  else
    return false;
  return true;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    Utf8Lead lead{};
    if (!DecodeLead(static_cast<unsigned char>(text[i]), lead)) return false;
    if (i + static_cast<size_t>(lead.more) >= text.size()) return false;
    uint32_t point = lead.bits;
    for (int k = 1; k <= lead.more; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + static_cast<size_t>(k)]);
      if ((byte & 0xC0) != 0x80) return false;
      point = (point << 6) | (byte & 0x3Fu);
    }
    if (point < lead.least || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      return false;
    }
    i += static_cast<size_t>(lead.more) + 1;
  }
  return true;
}

StatusOr<size_t> StringSource::Read(char* buffer, size_t size) {
  const size_t count = std::min(size, text_.size() - at_);
  std::memcpy(buffer, text_.data() + at_, count);
  at_ += count;
  return count;
}

CsvReader::CsvReader(ByteSource& source, CsvLimits limits) : source_(source), limits_(limits) {
  buffer_.resize(kBufferBytes);
}

Status CsvReader::Malformed(std::string_view what) const {
  return Error(Reason::FILE_MALFORMED, fmt::format("row {} (line {}): {}", row_, line_, what),
               {{"row", std::to_string(row_)}, {"line", std::to_string(line_)}});
}

StatusOr<bool> CsvReader::Fill() {
  ENLACE_ASSIGN_OR_RETURN(end_, source_.Read(buffer_.data(), buffer_.size()));
  at_ = 0;
  return end_ > 0;
}

StatusOr<int> CsvReader::Peek() {
  if (at_ == end_) {
    ENLACE_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

Status CsvReader::Append(std::string& field, char byte) {
  if (field.size() >= limits_.field_bytes_max) {
    return Malformed(fmt::format("a field is longer than {} bytes; is a quote left open?",
                                 limits_.field_bytes_max));
  }
  if (++record_bytes_ > limits_.record_bytes_max) {
    return Malformed(fmt::format("a row is longer than {} bytes; is a quote left open?",
                                 limits_.record_bytes_max));
  }
  field.push_back(byte);
  return absl::OkStatus();
}

void CsvReader::AddFault(CsvRecord& record, CellFault fault) const {
  const size_t column = record.fields.size() - 1;
  // The first fault of a cell is the one to repair first; later ones follow from it.
  if (record.faults.empty() || record.faults.back().column != column) {
    record.faults.push_back({column, fault});
  }
}

// After the opening quote; takes everything up to and with the closing one.
Status CsvReader::TakeQuoted(std::string& field) {
  for (;;) {
    ENLACE_ASSIGN_OR_RETURN(const int next, Peek());
    if (next < 0) return Malformed("the file ends inside a quoted field");
    ++at_;
    if (next == '\n') ++line_;
    if (next == '"') {
      ENLACE_ASSIGN_OR_RETURN(const int after, Peek());
      if (after != '"') return absl::OkStatus();
      ++at_;
    }
    ENLACE_RETURN_IF_ERROR(Append(field, static_cast<char>(next)));
  }
}

// Takes one field with what ends it, and returns that: ',' or '\n' (also for CRLF and
// the end of the file).
StatusOr<char> CsvReader::TakeField(CsvRecord& record) {
  if (record.fields.size() >= limits_.fields_max) {
    return Malformed(fmt::format("a row has more than {} fields", limits_.fields_max));
  }
  std::string& field = record.fields.emplace_back();
  ENLACE_ASSIGN_OR_RETURN(int next, Peek());
  const bool quoted = next == '"';
  if (quoted) {
    ++at_;
    ENLACE_RETURN_IF_ERROR(TakeQuoted(field));
  }
  for (;;) {
    ENLACE_ASSIGN_OR_RETURN(next, Peek());
    if (next < 0) return '\n';
    ++at_;
    if (next == ',') return ',';
    if (next == '\n') {
      ++line_;
      return '\n';
    }
    if (next == '\r') {
      ENLACE_ASSIGN_OR_RETURN(const int after, Peek());
      if (after == '\n') continue;
      AddFault(record, CellFault::kStrayCarriageReturn);
    } else if (quoted || next == '"') {
      AddFault(record, CellFault::kStrayQuote);
    }
    ENLACE_RETURN_IF_ERROR(Append(field, static_cast<char>(next)));
  }
}

Status CsvReader::TakeRecord(CsvRecord& record) {
  for (;;) {
    ENLACE_ASSIGN_OR_RETURN(const char end, TakeField(record));
    const std::string& field = record.fields.back();
    if (!IsUtf8(field)) {
      AddFault(record, CellFault::kInvalidUtf8);
    } else if (field.find(kReplacement) != std::string::npos) {
      AddFault(record, CellFault::kReplacementCharacter);
    }
    if (end == '\n') return absl::OkStatus();
  }
}

StatusOr<bool> CsvReader::Next(CsvRecord& record) {
  if (!started_) {
    started_ = true;
    ENLACE_RETURN_IF_ERROR(Peek().status());
    // A source that hands out its first bytes singly still gets its mark removed.
    while (end_ - at_ < kByteOrderMark.size() && end_ < buffer_.size()) {
      ENLACE_ASSIGN_OR_RETURN(const size_t count,
                              source_.Read(buffer_.data() + end_, buffer_.size() - end_));
      if (count == 0) break;
      end_ += count;
    }
    if (std::string_view(buffer_.data(), end_).substr(0, 3) == kByteOrderMark) at_ = 3;
  }
  for (;;) {
    ENLACE_ASSIGN_OR_RETURN(const int next, Peek());
    if (next < 0) return false;
    record.row = row_;
    record.line = line_;
    record.fields.clear();
    record.faults.clear();
    record_bytes_ = 0;
    // A line without any character is no row. `""` is one.
    const bool quoted = next == '"';
    ENLACE_RETURN_IF_ERROR(TakeRecord(record));
    if (record.fields.size() == 1 && record.fields[0].empty() && !quoted) continue;
    ++row_;
    return true;
  }
}

std::string JoinCells(const std::vector<std::string>& fields, size_t except) {
  std::string out;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i == except) continue;
    AppendU32(out, static_cast<uint32_t>(fields[i].size()));
    out += fields[i];
  }
  return out;
}

}  // namespace enlace::intake
