#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "node/crypto/hash.h"
#include "node/store/backup.h"
#include "node/store/files.h"

namespace enlace::store {
namespace {

namespace fs = std::filesystem;

// A reading by key walks over half as many rows as this, on average.
constexpr uint64_t kRowsPerMark = 64;
// What is no table is kept in memory.
constexpr uint64_t kExtraFileBytesMax = 1 << 20;
constexpr size_t kManifestBytesMax = 16 << 20;

Status Invalid(const std::string& path, std::string_view fault) {
  return Error(Reason::BACKUP_INVALID, fmt::format("{} {}; use another backup", path, fault));
}

// At most `bytes_max` bytes of a plain file; BACKUP_INVALID when there are more.
StatusOr<std::string> ReadPlainFile(const std::string& path, size_t bytes_max) {
  ENLACE_ASSIGN_OR_RETURN(const FileDescriptor file, OpenFile(path, O_RDONLY | O_NOFOLLOW));
  std::string content(bytes_max + 1, '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t count = read(file.get(), content.data() + done, content.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(path, "reading", errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  if (done > bytes_max) return Invalid(path, "is larger than it can be");
  content.resize(done);
  return content;
}

StatusOr<BackupManifest> ReadManifest(const std::string& folder) {
  std::error_code code;
  if (!fs::is_directory(folder, code)) {
    return Error(Reason::FILE_UNREADABLE, fmt::format("{} is no folder that can be read", folder));
  }
  const std::string path = fmt::format("{}/{}", folder, kManifestName);
  const StatusOr<std::string> text = ReadPlainFile(path, kManifestBytesMax);
  if (!text.ok() && ReasonOf(text.status()) == Reason::FILE_UNREADABLE) {
    return Invalid(folder, fmt::format("has no {}: it is no backup, or one that was interrupted "
                                       "before its end",
                                       kManifestName));
  }
  ENLACE_RETURN_IF_ERROR(text.status());
  auto manifest = OpenManifest(*text);
  return manifest.ok() ? manifest : WithContext(manifest.status(), folder);
}

bool IsTable(const std::string& name) { return name.size() > 5 && name.ends_with(".rows"); }

}  // namespace

BackupReader::BackupReader(std::string folder, BackupManifest manifest)
    : folder_(std::move(folder)),
      manifest_(std::move(manifest)),
      marks_(static_cast<size_t>(Table::kCount)) {}

StatusOr<std::unique_ptr<BackupReader>> BackupReader::Open(
    const std::string& folder, const std::optional<crypto::PublicKey>& key,
    const std::function<bool()>& stopped) {
  ENLACE_ASSIGN_OR_RETURN(BackupManifest manifest, ReadManifest(folder));
  if (key.has_value() && manifest.channel_key != *key) {
    return Error(Reason::KEY_INVALID,
                 fmt::format("{} was signed by another channel key than this node's: it is the "
                             "backup of another node, or forged",
                             folder));
  }
  std::unique_ptr<BackupReader> reader(new BackupReader(folder, std::move(manifest)));
  ENLACE_RETURN_IF_ERROR(reader->CheckNames());
  for (size_t table = 0; table < static_cast<size_t>(Table::kCount); ++table) {
    ENLACE_RETURN_IF_ERROR(reader->ReadTable(static_cast<Table>(table), stopped));
  }
  for (const BackupFile& file : reader->manifest_.files) {
    if (!IsTable(file.name)) ENLACE_RETURN_IF_ERROR(reader->ReadExtraFile(file));
  }
  ENLACE_RETURN_IF_ERROR(CheckManifest(*reader, reader->manifest_));
  return reader;
}

Status BackupReader::CheckNames() const {
  std::set<std::string> tables;
  for (size_t table = 0; table < static_cast<size_t>(Table::kCount); ++table) {
    tables.insert(RowFileName(static_cast<Table>(table)));
  }
  std::set<std::string> expected = {std::string(kManifestName)};
  for (const BackupFile& file : manifest_.files) {
    if (IsTable(file.name) && tables.erase(file.name) == 0) {
      return Error(Reason::STORE_FORMAT,
                   fmt::format("{} holds {}, which this version of Enlace does not know; use the "
                               "version that made it ({})",
                               folder_, file.name, manifest_.software_version));
    }
    expected.insert(file.name);
  }
  if (!tables.empty()) {
    return Error(Reason::STORE_FORMAT,
                 fmt::format("{} lacks {}, which this version of Enlace needs; use the version "
                             "that made it ({})",
                             folder_, *tables.begin(), manifest_.software_version));
  }
  std::error_code code;
  for (fs::directory_iterator it(folder_, code), end; !code && it != end; it.increment(code)) {
    if (expected.erase(it->path().filename().string()) == 0 || it->is_symlink(code) ||
        !it->is_regular_file(code)) {
      return Invalid(it->path().string(), "is not of the backup");
    }
  }
  if (code) return FileError(folder_, "reading", code.value());
  if (!expected.empty()) return Invalid(folder_ + "/" + *expected.begin(), "is missing");
  return absl::OkStatus();
}

Status BackupReader::ReadTable(Table table, const std::function<bool()>& stopped) {
  std::vector<Mark>& marks = marks_.at(static_cast<size_t>(table));
  const std::string path = folder_ + "/" + RowFileName(table);
  ENLACE_ASSIGN_OR_RETURN(RowFileCursor cursor, RowFileCursor::Open(folder_, table));
  std::string last;
  for (uint64_t row = 0;; ++row) {
    if (stopped()) return Error(Reason::CALL_CANCELLED, "the call ended before its work was done");
    ENLACE_ASSIGN_OR_RETURN(const bool more, cursor.Next());
    if (!more) break;
    if (cursor.key() <= last) return Invalid(path, "holds rows out of order");
    last = cursor.key();
    ENLACE_RETURN_IF_ERROR(cursor.Value().status());
    if (row % kRowsPerMark == 0) marks.push_back({last, cursor.row_offset()});
  }
  const BackupFile seen = cursor.Finish();
  const bool expected =
      std::find(manifest_.files.begin(), manifest_.files.end(), seen) != manifest_.files.end();
  return expected ? absl::OkStatus() : Invalid(path, "does not match the manifest");
}

Status BackupReader::ReadExtraFile(const BackupFile& file) {
  const std::string path = folder_ + "/" + file.name;
  ENLACE_ASSIGN_OR_RETURN(std::string content, ReadPlainFile(path, kExtraFileBytesMax));
  if (content.size() != file.bytes || crypto::Sha256(content) != file.sha256) {
    return Invalid(path, "does not match the manifest");
  }
  extra_files_.emplace_back(file.name, std::move(content));
  return absl::OkStatus();
}

std::optional<std::string> BackupReader::ExtraFile(const std::string& name) const {
  for (const auto& [file, content] : extra_files_) {
    if (file == name) return content;
  }
  return std::nullopt;
}

Status BackupReader::VisitStored(
    Table table,
    const std::function<Status(std::string_view key, std::string_view enveloped)>& visit) const {
  ENLACE_ASSIGN_OR_RETURN(RowFileCursor cursor, RowFileCursor::Open(folder_, table));
  while (true) {
    ENLACE_ASSIGN_OR_RETURN(const bool more, cursor.Next());
    if (!more) break;
    ENLACE_RETURN_IF_ERROR(cursor.Value().status());
    ENLACE_RETURN_IF_ERROR(visit(cursor.key(), cursor.enveloped()));
  }
  const BackupFile seen = cursor.Finish();
  for (const BackupFile& file : manifest_.files) {
    if (file == seen) return absl::OkStatus();
  }
  return Invalid(folder_ + "/" + RowFileName(table), "changed while it was read");
}

StatusOr<RowFileCursor> BackupReader::Seek(Table table, std::string_view key) const {
  const std::vector<Mark>& marks = marks_.at(static_cast<size_t>(table));
  const auto after =
      std::upper_bound(marks.begin(), marks.end(), key,
                       [](std::string_view wanted, const Mark& mark) { return wanted < mark.key; });
  return RowFileCursor::Open(folder_, table, after == marks.begin() ? 0 : (after - 1)->offset);
}

StatusOr<std::optional<std::string>> BackupReader::Get(Table table, std::string_view key) const {
  std::optional<std::string> found;
  ENLACE_RETURN_IF_ERROR(Scan(table, {std::string(key), std::string(key) + '\0'},
                              [&found](std::string_view, std::string_view value) {
                                found = value;
                                return false;
                              }));
  return found;
}

Status BackupReader::Scan(Table table, const kv::KeyRange& range,
                          const kv::RowVisitor& visit) const {
  ENLACE_ASSIGN_OR_RETURN(RowFileCursor cursor, Seek(table, range.first));
  while (true) {
    ENLACE_ASSIGN_OR_RETURN(const bool more, cursor.Next());
    if (!more || (!range.limit.empty() && cursor.key() >= range.limit)) return absl::OkStatus();
    if (cursor.key() < range.first) continue;
    ENLACE_ASSIGN_OR_RETURN(const std::string_view value, cursor.Value());
    if (!visit(cursor.key(), value)) return absl::OkStatus();
  }
}

}  // namespace enlace::store
