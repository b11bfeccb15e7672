#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/file_system.h>

#include "node/base/mutex.h"
#include "node/kv/log_end.h"

namespace enlace::kv {

// Space is made in steps of this.
inline constexpr size_t kLogSpaceBytes = 1 << 20;
// An append of so much fills its sync by itself; no space is made ahead of it.
inline constexpr size_t kLogAppendBytesMax = 64 << 10;

// A file system whose logs do not grow with each write: they are filled with zeros ahead of what
// is written. To sync a write in a file whose size stays is one write of the disk; where the size
// changes the file system's journal is a second one, and takes as long again.
//
// A log that is closed has its own size. One that a kill or a loss of power left ends in zeros, or
// in parts of a write that was never synced; it is read without them (LogEnd), the parts only in
// the newest log, behind which nothing was written. Left to itself RocksDB would pass over a block
// of zeros in the middle in silence; here what cannot be cut reads as no record at its place.
// Nor does it ask whether a log goes on where the one before it ends. A loss of power may leave
// writes of a newer log that were not yet synced without those before them in the older one, which
// would be a state that never was: such a log reads as no record either.
// A tail that was cut is never taken on trust: who opens the database compares it with the anchor.
// Everything else passes through. Thread-safe. One for each opening of a database, which reads its
// logs in order.
class LogSpace final : public rocksdb::FileSystemWrapper {
 public:
  explicit LogSpace(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}
  const char* Name() const override { return "LogSpace"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override;

 private:
  // Whether the rows of a log, which is read now, go on where those of the one read before it end.
  bool GoesOn(uint64_t number, const LogEnd& end);

  // Of the newest log that was read: its number, and the sequence behind its last row.
  struct LastRead {
    uint64_t number = 0;
    std::optional<uint64_t> next;
  };
  Mutex mutex_;
  std::optional<LastRead> last_read_ ENLACE_GUARDED_BY(mutex_);
};

// The number in a path that ends in NNNNNN.log; nothing for another file.
std::optional<uint64_t> LogNumber(std::string_view path);

}  // namespace enlace::kv
