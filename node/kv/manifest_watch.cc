#include "node/kv/manifest_watch.h"

#include <utility>

#include "node/base/bytes.h"

namespace enlace::kv {
namespace {

class ManifestFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  ManifestFile(std::unique_ptr<rocksdb::FSWritableFile> file, ManifestWatch& watch, uint64_t number)
      : FSWritableFileOwnerWrapper(std::move(file)), watch_(watch) {
    written_.number = number;
  }

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    return Count(data, FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    return Count(data, FSWritableFileOwnerWrapper::Append(data, options, verification, debug));
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    return Report(FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Report(FSWritableFileOwnerWrapper::Fsync(options, debug));
  }

 private:
  rocksdb::IOStatus Count(const rocksdb::Slice& data, rocksdb::IOStatus status) {
    if (status.ok()) {
      written_.bytes += data.size();
      written_.crc = Crc32c({data.data(), data.size()}, written_.crc);
    }
    return status;
  }
  rocksdb::IOStatus Report(rocksdb::IOStatus status) {
    if (status.ok()) watch_.Synced(written_);
    return status;
  }

  ManifestWatch& watch_;  // The file system outlives its files.
  FileListMark written_;  // RocksDB writes a MANIFEST from one thread at a time.
};

}  // namespace

std::optional<uint64_t> ManifestNumber(std::string_view path) {
  constexpr std::string_view kName = "MANIFEST-";
  const size_t slash = path.rfind('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!name.starts_with(kName)) return std::nullopt;
  name.remove_prefix(kName.size());
  if (name.empty() || name.size() > 18) return std::nullopt;
  uint64_t number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

rocksdb::IOStatus ManifestWatch::NewWritableFile(const std::string& name,
                                                 const rocksdb::FileOptions& options,
                                                 std::unique_ptr<rocksdb::FSWritableFile>* file,
                                                 rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  const std::optional<uint64_t> number = ManifestNumber(name);
  if (status.ok() && number) {
    *file = std::make_unique<ManifestFile>(std::move(*file), *this, *number);
  }
  return status;
}

FileListMark ManifestWatch::Get() const {
  MutexLock lock(mutex_);
  return synced_;
}

void ManifestWatch::Synced(const FileListMark& mark) {
  MutexLock lock(mutex_);
  if (mark.number >= synced_.number) synced_ = mark;
}

}  // namespace enlace::kv
