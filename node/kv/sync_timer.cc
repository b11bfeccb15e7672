#include "node/kv/sync_timer.h"

#include <optional>
#include <utility>

#include "node/base/clock.h"
#include "node/kv/manifest_watch.h"

namespace enlace::kv {
namespace {

class TimedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  TimedFile(std::unique_ptr<rocksdb::FSWritableFile> file, metrics::Metrics& metrics,
            metrics::SyncedFile kind)
      : FSWritableFileOwnerWrapper(std::move(file)), metrics_(metrics), kind_(kind) {}

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    const int64_t begin_us = clock_.SteadyUs();
    return Count(begin_us, FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    const int64_t begin_us = clock_.SteadyUs();
    return Count(begin_us, FSWritableFileOwnerWrapper::Fsync(options, debug));
  }

 private:
  rocksdb::IOStatus Count(int64_t begin_us, rocksdb::IOStatus status) {
    metrics_.CountSync(kind_, clock_.SteadyUs() - begin_us);
    return status;
  }

  metrics::Metrics& metrics_;
  const metrics::SyncedFile kind_;
  const SystemClock clock_;
};

// Nothing for small files that are seldom written (CURRENT, OPTIONS).
std::optional<metrics::SyncedFile> KindOf(const std::string& path) {
  if (path.ends_with(".log")) return metrics::SyncedFile::kLog;
  if (path.ends_with(".sst")) return metrics::SyncedFile::kTable;
  if (ManifestNumber(path)) return metrics::SyncedFile::kList;
  return std::nullopt;
}

}  // namespace

rocksdb::IOStatus SyncTimer::NewWritableFile(const std::string& name,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                             rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  const std::optional<metrics::SyncedFile> kind = KindOf(name);
  if (status.ok() && kind) {
    *file = std::make_unique<TimedFile>(std::move(*file), metrics_, *kind);
  }
  return status;
}

}  // namespace enlace::kv
