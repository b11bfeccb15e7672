#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"

// A streaming reader of RFC 4180 files that never holds more than one record.
//
// Files of agencies are broken in ways that must be told apart: a broken cell costs its
// row, a broken structure costs the file. The reader therefore reports faults by cell and
// goes on, and gives up only where it can no longer know where a row ends.
//
// Accepted: quoted fields with doubled quotes, separators and line breaks inside; rows
// ending in CRLF or LF, the last one also in nothing; a UTF-8 byte order mark at the
// start. Lines without any character are skipped and not counted.
namespace enlace::intake {

// Where bytes come from: a file, or a string in tests.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills at most `size` bytes and returns how many; 0 is the end. FILE_UNREADABLE.
  virtual StatusOr<size_t> Read(char* buffer, size_t size) = 0;
};

class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string_view text) : text_(text) {}  // Keeps a view only.
  StatusOr<size_t> Read(char* buffer, size_t size) override;

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// What is wrong with one cell.
enum class CellFault : uint8_t {
  kStrayQuote,            // A quote where none may stand, or text after a closing one.
  kStrayCarriageReturn,   // A CR that no LF follows, outside quotes.
  kInvalidUtf8,           // Bytes that are not UTF-8.
  kReplacementCharacter,  // U+FFFD: somebody else already lost the letter.
};

struct FaultyCell {
  size_t column = 0;  // From 0.
  CellFault fault = CellFault::kStrayQuote;
  bool operator==(const FaultyCell&) const = default;
};

struct CsvRecord {
  uint64_t row = 0;   // From 0; a file with a header has its first data row at 1.
  uint64_t line = 0;  // Line of the file on which the record begins, from 1.
  std::vector<std::string> fields;
  std::vector<FaultyCell> faults;  // Ascending by column, at most one per cell.
};

struct CsvLimits {
  size_t field_bytes_max = 64 << 10;
  size_t record_bytes_max = 256 << 10;
  size_t fields_max = 1024;
};

// Not thread-safe.
class CsvReader {
 public:
  // `source` must outlive the reader.
  explicit CsvReader(ByteSource& source, CsvLimits limits = {});

  // True with the next record in `record`; false at the end of the file. FILE_MALFORMED
  // when a quote is never closed or a limit is exceeded: the message names row and line,
  // and the reader must not be used any more.
  StatusOr<bool> Next(CsvRecord& record);

 private:
  StatusOr<bool> Fill();  // False at the end of the source.
  StatusOr<int> Peek();   // -1 at the end.
  Status TakeRecord(CsvRecord& record);
  StatusOr<char> TakeField(CsvRecord& record);
  Status TakeQuoted(std::string& field);
  Status Append(std::string& field, char byte);
  Status Malformed(std::string_view what) const;
  void AddFault(CsvRecord& record, CellFault fault) const;

  ByteSource& source_;
  const CsvLimits limits_;
  std::string buffer_;
  size_t at_ = 0;
  size_t end_ = 0;
  bool started_ = false;
  uint64_t row_ = 0;
  uint64_t line_ = 1;
  size_t record_bytes_ = 0;
};

// Cells with their lengths, so that no two rows look alike by accident; without cell `except`.
std::string JoinCells(const std::vector<std::string>& fields, size_t except = SIZE_MAX);

// True for well-formed UTF-8 (shortest form, no surrogates, at most U+10FFFF).
bool IsUtf8(std::string_view text);

}  // namespace enlace::intake
