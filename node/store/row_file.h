#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "node/crypto/hash.h"
#include "node/store/backup_manifest.h"
#include "node/store/files.h"
#include "node/store/tables.h"

// The files of a backup, one for each table: its rows in key order, values in their envelope.
//
//   "ENLROWS1" (8) | table (u16) | each row: key length (u32), value length (u32), key, value
//
// The manifest holds how many bytes and rows a file has and the hash of all its bytes.
namespace enlace::store {

// "case_revision.rows".
std::string RowFileName(Table table);

// Writes a new file, mode 0600, hashing as it goes. BACKUP_TARGET when the disk refuses.
class BackupFileWriter {
 public:
  // `folder`/`name`.
  static StatusOr<BackupFileWriter> Create(const std::string& folder, const std::string& name);
  static StatusOr<BackupFileWriter> CreateForRows(const std::string& folder, Table table);

  Status Append(std::string_view bytes);
  Status AppendRow(std::string_view key, std::string_view enveloped);
  // Everything on disk. Once, and nothing after it.
  StatusOr<BackupFile> Finish();

 private:
  BackupFileWriter(std::string path, FileDescriptor file, std::string name);
  Status Flush();

  std::string path_;
  FileDescriptor file_;
  BackupFile written_;
  std::string buffer_;
  uint64_t unsynced_bytes_ = 0;
  std::unique_ptr<crypto::Sha256Stream> hash_;
};

// Reads a file of rows from a row on, hashing what it reads. BACKUP_INVALID for what
// BackupFileWriter would not have written.
class RowFileCursor {
 public:
  // `offset` is that of a row, or 0 for all.
  static StatusOr<RowFileCursor> Open(const std::string& folder, Table table, uint64_t offset = 0);

  // The next row, whose bytes live until the next call; false at the end.
  StatusOr<bool> Next();
  std::string_view key() const { return key_; }
  std::string_view enveloped() const { return enveloped_; }
  // The value inside the envelope, which fits this row.
  StatusOr<std::string_view> Value() const;
  uint64_t row_offset() const { return row_offset_; }  // Of the row that Next has read.

  // After the last row of a reading from 0: what has been read.
  BackupFile Finish();

 private:
  RowFileCursor(std::string path, FileDescriptor file, Table table, uint64_t offset);
  // Makes at least `bytes` stand in the buffer; false when the file ends before.
  StatusOr<bool> Fill(size_t bytes);
  Status Damaged(std::string_view fault) const;

  std::string path_;
  FileDescriptor file_;
  Table table_;
  uint64_t row_offset_ = 0;
  uint64_t read_to_;    // Offset of the first byte that is not in the buffer.
  std::string buffer_;  // From `used_` on not yet taken.
  size_t used_ = 0;
  std::string_view key_;
  std::string_view enveloped_;
  uint64_t rows_ = 0;
  std::unique_ptr<crypto::Sha256Stream> hash_;
};

}  // namespace enlace::store
