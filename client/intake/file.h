#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "client/intake/csv.h"
#include "node/base/error.h"

// Files of the agency's machine: read in pieces, written so that they survive a crash,
// readable by their owner alone.
namespace enlace::intake {

class FileSource final : public ByteSource {
 public:
  // FILE_UNREADABLE, also for what is no regular file.
  static StatusOr<std::unique_ptr<FileSource>> Open(const std::string& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  StatusOr<size_t> Read(char* buffer, size_t size) override;
  // Back to the first byte.
  Status Rewind();

 private:
  FileSource(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
};

// An append-only file of mode 0600 that one process at a time may hold.
class DurableFile {
 public:
  // Creates `path`; RECEIPT_EXISTS when it is there already. FILE_UNWRITABLE.
  static StatusOr<std::unique_ptr<DurableFile>> Create(const std::string& path);
  // Opens `path` and cuts it to `size` bytes. RECEIPT_EXISTS when another process holds
  // it or it is shorter; FILE_UNWRITABLE.
  static StatusOr<std::unique_ptr<DurableFile>> Resume(const std::string& path, uint64_t size);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  // OK means that the bytes are on disk. FILE_UNWRITABLE.
  Status Append(std::string_view bytes);
  uint64_t size() const { return size_; }

 private:
  DurableFile(int fd, std::string path, uint64_t size)
      : fd_(fd), path_(std::move(path)), size_(size) {}
  int fd_;
  std::string path_;
  uint64_t size_;
};

// Puts `bytes` in place of whatever `path` held: the old or the new content, never a part,
// and the new one for sure once this is OK. Mode 0600. FILE_UNWRITABLE.
Status ReplaceFile(const std::string& path, std::string_view bytes);
// FILE_UNWRITABLE; OK when it is not there.
Status RemoveFile(const std::string& path);

}  // namespace enlace::intake
