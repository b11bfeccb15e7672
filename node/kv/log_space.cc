#include "node/kv/log_space.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace enlace::kv {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::array<char, kLogSpaceBytes> kZeros{};

// Writes at its own place, since the end of the file is ahead of it. RocksDB's header speaks of
// positioned appends for files without buffers only; the file of its own POSIX system writes them
// at any place of any file.
class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit LogFile(std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Write(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Write(data, options, debug);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    if (space_end_ > written_) {
      IOStatus cut = FSWritableFileOwnerWrapper::Truncate(written_, options, debug);
      if (!cut.ok()) return cut;
    }
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return written_; }
  // Would reserve blocks that are not yet zeros: writing them changes the file all the same.
  void PrepareWrite(size_t, size_t, const IOOptions&, IODebugContext*) override {}

 private:
  IOStatus Write(const Slice& data, const IOOptions& options, IODebugContext* debug) {
    IOStatus status = FSWritableFileOwnerWrapper::PositionedAppend(data, written_, options, debug);
    if (!status.ok()) return status;
    written_ += data.size();
    if (space_end_ >= written_) return status;
    space_end_ = written_;
    return data.size() <= kLogAppendBytesMax ? MakeSpace(options, debug) : status;
  }

  IOStatus MakeSpace(const IOOptions& options, IODebugContext* debug) {
    const uint64_t end = (written_ / kLogSpaceBytes + 1) * kLogSpaceBytes;
    const Slice zeros(kZeros.data(), end - written_);
    IOStatus made = FSWritableFileOwnerWrapper::PositionedAppend(zeros, written_, options, debug);
    if (made.ok()) space_end_ = end;
    return made;
  }

  uint64_t written_ = 0;
  uint64_t space_end_ = 0;  // Zeros from `written_` up to here.
};

// A log as RocksDB is to read it from `whole_bytes` on: it ends there, or nothing there is a
// record.
class RecordsOfLog final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  enum class Then { kEnd, kDamage };

  RecordsOfLog(std::unique_ptr<rocksdb::FSSequentialFile> file, uint64_t whole_bytes, Then then)
      : FSSequentialFileOwnerWrapper(std::move(file)), left_(whole_bytes), then_(then) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) override {
    if (then_ == Then::kEnd) n = static_cast<size_t>(std::min<uint64_t>(n, left_));
    IOStatus read = FSSequentialFileOwnerWrapper::Read(n, options, result, scratch, debug);
    if (!read.ok()) return read;
    const size_t whole = static_cast<size_t>(std::min<uint64_t>(result->size(), left_));
    left_ -= whole;
    if (whole < result->size()) *result = Damaged(*result, whole, scratch);
    return read;
  }
  IOStatus Skip(uint64_t n) override {
    left_ -= std::min(left_, n);
    return FSSequentialFileOwnerWrapper::Skip(n);
  }

 private:
  // A record of this type and length cannot be, also where zeros would pass for none.
  static Slice Damaged(const Slice& read, size_t whole, char* scratch) {
    if (read.data() != scratch) std::copy_n(read.data(), whole, scratch);
    std::fill(scratch + whole, scratch + read.size(), '\xff');
    return {scratch, read.size()};
  }

  uint64_t left_;
  const Then then_;
};

IOStatus FindEnd(rocksdb::FSSequentialFile& log, LogEnd& end) {
  std::vector<char> buffer(kLogBlockBytes);
  while (true) {
    Slice block;
    IOStatus read = log.Read(buffer.size(), IOOptions(), &block, buffer.data(), nullptr);
    if (!read.ok()) return read;
    end.Take({block.data(), block.size()});
    if (block.size() < buffer.size()) return read;
  }
}

IOStatus HasNewer(rocksdb::FileSystem& files, const std::string& name, bool* newer) {
  std::vector<std::string> siblings;
  const std::string folder = name.substr(0, name.rfind('/'));
  IOStatus listed = files.GetChildren(folder, IOOptions(), &siblings, nullptr);
  *newer = std::any_of(siblings.begin(), siblings.end(), [&](const std::string& sibling) {
    const std::optional<uint64_t> number = LogNumber(sibling);
    return number && *number > *LogNumber(name);
  });
  return listed;
}

// Whether what follows the whole records of `name` was never synced.
IOStatus MayCut(rocksdb::FileSystem& files, const std::string& name, const LogEnd& end, bool* may) {
  *may = end.Tail() == LogTail::kSpace;
  if (end.Tail() != LogTail::kTorn) return IOStatus::OK();
  bool newer = false;
  IOStatus listed = HasNewer(files, name, &newer);
  *may = listed.ok() && !newer;
  return listed;
}

}  // namespace

std::optional<uint64_t> LogNumber(std::string_view path) {
  constexpr std::string_view kEnding = ".log";
  constexpr size_t kDigitsMax = 18;
  std::string_view name = path.substr(path.rfind('/') + 1);  // All without a '/': npos + 1 is 0.
  if (!name.ends_with(kEnding)) return std::nullopt;
  name.remove_suffix(kEnding.size());
  if (name.empty() || name.size() > kDigitsMax) return std::nullopt;
  if (name.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return std::stoull(std::string(name));
}

bool LogSpace::GoesOn(uint64_t number, const LogEnd& end) {
  const MutexLock lock(mutex_);
  if (last_read_ && number <= last_read_->number) return true;  // Read again.
  const bool first = !last_read_;
  const std::optional<uint64_t> expected = first ? std::nullopt : last_read_->next;
  last_read_ = {number, end.rows() ? end.rows()->next : expected};
#ifdef ENLACE_BREAK_LOG_ORDER
  return true;
#endif
  return first || !end.rows() || end.rows()->first == expected;
}

IOStatus LogSpace::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                   std::unique_ptr<rocksdb::FSWritableFile>* file,
                                   IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (status.ok() && LogNumber(name)) *file = std::make_unique<LogFile>(std::move(*file));
  return status;
}

IOStatus LogSpace::NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                     IODebugContext* debug) {
#ifdef ENLACE_BREAK_LOG_UNREAD
  return FileSystemWrapper::NewSequentialFile(name, options, file, debug);
#endif
  const std::optional<uint64_t> number = LogNumber(name);
  if (!number) return FileSystemWrapper::NewSequentialFile(name, options, file, debug);
  std::unique_ptr<rocksdb::FSSequentialFile> log;
  IOStatus status = FileSystemWrapper::NewSequentialFile(name, options, &log, debug);
  if (!status.ok()) return status;
  LogEnd end;
  status = FindEnd(*log, end);
  if (status.ok()) status = FileSystemWrapper::NewSequentialFile(name, options, &log, debug);
  if (!status.ok()) return status;
  using Then = RecordsOfLog::Then;
  if (!GoesOn(*number, end)) {
    *file = std::make_unique<RecordsOfLog>(std::move(log), 0, Then::kDamage);
    return status;
  }
  if (end.Tail() == LogTail::kNone) {
    *file = std::move(log);
    return status;
  }
  bool may_cut = false;
  status = MayCut(*target(), name, end, &may_cut);
  if (!status.ok()) return status;
  *file = std::make_unique<RecordsOfLog>(std::move(log), end.bytes(),
                                         may_cut ? Then::kEnd : Then::kDamage);
  return status;
}

}  // namespace enlace::kv
