#include "node/store/row_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "node/store/envelope.h"

namespace enlace::store {
namespace {

constexpr std::string_view kMagic = "ENLROWS1";
constexpr size_t kHeaderBytes = 10;  // Magic and table.
constexpr size_t kRowHeaderBytes = 8;
constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kCursorBytes = 64 << 10;
// The page cache is emptied in steps, so that the node's own syncs do not wait behind one large
// one at the end.
constexpr uint64_t kSyncBytes = 32 << 20;

std::string Header(Table table) {
  std::string header(kMagic);
  header.push_back(static_cast<char>(static_cast<unsigned>(table) >> 8));
  header.push_back(static_cast<char>(static_cast<unsigned>(table) & 0xff));
  return header;
}

Status Refused(const std::string& path, std::string_view doing, int error_number) {
  return Error(Reason::BACKUP_TARGET, fmt::format("{} {}: {}", doing, path,
                                                  std::generic_category().message(error_number)));
}

}  // namespace

std::string RowFileName(Table table) {
  return TableNames().at(static_cast<size_t>(table)) + ".rows";
}

BackupFileWriter::BackupFileWriter(std::string path, FileDescriptor file, std::string name)
    : path_(std::move(path)),
      file_(std::move(file)),
      hash_(std::make_unique<crypto::Sha256Stream>()) {
  written_.name = std::move(name);
}

StatusOr<BackupFileWriter> BackupFileWriter::Create(const std::string& folder,
                                                    const std::string& name) {
  std::string path = folder + "/" + name;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Refused(path, "making", errno);
  return BackupFileWriter(std::move(path), FileDescriptor(fd), name);
}

StatusOr<BackupFileWriter> BackupFileWriter::CreateForRows(const std::string& folder, Table table) {
  ENLACE_ASSIGN_OR_RETURN(BackupFileWriter writer, Create(folder, RowFileName(table)));
  ENLACE_RETURN_IF_ERROR(writer.Append(Header(table)));
  return writer;
}

Status BackupFileWriter::Append(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

Status BackupFileWriter::AppendRow(std::string_view key, std::string_view enveloped) {
  AppendU32(buffer_, static_cast<uint32_t>(key.size()));
  AppendU32(buffer_, static_cast<uint32_t>(enveloped.size()));
  buffer_ += key;
  ++written_.rows;
  return Append(enveloped);
}

Status BackupFileWriter::Flush() {
  hash_->Update(buffer_);
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t count = write(file_.get(), buffer_.data() + done, buffer_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Refused(path_, "writing", count < 0 ? errno : EIO);
    done += static_cast<size_t>(count);
  }
  written_.bytes += buffer_.size();
  unsynced_bytes_ += buffer_.size();
  buffer_.clear();
  if (unsynced_bytes_ < kSyncBytes) return absl::OkStatus();
  unsynced_bytes_ = 0;
  return fsync(file_.get()) == 0 ? absl::OkStatus() : Refused(path_, "syncing", errno);
}

StatusOr<BackupFile> BackupFileWriter::Finish() {
  ENLACE_RETURN_IF_ERROR(Flush());
  if (fsync(file_.get()) != 0) return Refused(path_, "syncing", errno);
  written_.sha256 = hash_->Finish();
  return written_;
}

RowFileCursor::RowFileCursor(std::string path, FileDescriptor file, Table table, uint64_t offset)
    : path_(std::move(path)),
      file_(std::move(file)),
      table_(table),
      read_to_(offset),
      hash_(std::make_unique<crypto::Sha256Stream>()) {}

StatusOr<RowFileCursor> RowFileCursor::Open(const std::string& folder, Table table,
                                            uint64_t offset) {
  std::string path = folder + "/" + RowFileName(table);
  ENLACE_ASSIGN_OR_RETURN(FileDescriptor file, OpenFile(path, O_RDONLY | O_NOFOLLOW));
  RowFileCursor cursor(std::move(path), std::move(file), table, offset);
  if (offset > 0) return cursor;
  ENLACE_ASSIGN_OR_RETURN(const bool whole, cursor.Fill(kHeaderBytes));
  if (!whole || cursor.buffer_.substr(0, kHeaderBytes) != Header(table)) {
    return cursor.Damaged("does not begin as rows of its table do");
  }
  cursor.used_ = kHeaderBytes;
  return cursor;
}

StatusOr<bool> RowFileCursor::Fill(size_t bytes) {
  if (buffer_.size() - used_ >= bytes) return true;
  buffer_.erase(0, used_);
  used_ = 0;
  while (buffer_.size() < bytes) {
    const size_t held = buffer_.size();
    const size_t wanted = std::max(bytes - held, kCursorBytes);
    buffer_.resize(held + wanted);
    const ssize_t count =
        pread(file_.get(), buffer_.data() + held, wanted, static_cast<off_t>(read_to_));
    const int failed = errno;
    buffer_.resize(held + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && failed == EINTR) continue;
    if (count < 0) return FileError(path_, "reading", failed);
    if (count == 0) return false;
    hash_->Update(std::string_view(buffer_).substr(held));
    read_to_ += static_cast<uint64_t>(count);
  }
  return true;
}

StatusOr<bool> RowFileCursor::Next() {
  ENLACE_ASSIGN_OR_RETURN(const bool more, Fill(kRowHeaderBytes));
  if (!more) {
    if (buffer_.size() > used_) return Damaged("ends within a row");
    return false;
  }
  const size_t key_bytes = ReadU32(buffer_, used_);
  const size_t value_bytes = ReadU32(buffer_, used_ + 4);
  if (key_bytes == 0 || key_bytes > kv::kKeyBytesMax || value_bytes > kv::kValueBytesMax) {
    return Damaged("holds a row of an impossible size");
  }
  row_offset_ = read_to_ - (buffer_.size() - used_);
  ENLACE_ASSIGN_OR_RETURN(const bool whole, Fill(kRowHeaderBytes + key_bytes + value_bytes));
  if (!whole) return Damaged("ends within a row");
  key_ = std::string_view(buffer_).substr(used_ + kRowHeaderBytes, key_bytes);
  enveloped_ = std::string_view(buffer_).substr(used_ + kRowHeaderBytes + key_bytes, value_bytes);
  used_ += kRowHeaderBytes + key_bytes + value_bytes;
  ++rows_;
  return true;
}

StatusOr<std::string_view> RowFileCursor::Value() const {
  auto value = UnwrapValue(table_, key_, enveloped_);
  if (!value.ok()) return Damaged("holds a value that is not of its row");
  return value;
}

BackupFile RowFileCursor::Finish() {
  return {RowFileName(table_), read_to_, rows_, hash_->Finish()};
}

Status RowFileCursor::Damaged(std::string_view fault) const {
  return Error(Reason::BACKUP_INVALID, fmt::format("{} {}; use another backup", path_, fault));
}

}  // namespace enlace::store
