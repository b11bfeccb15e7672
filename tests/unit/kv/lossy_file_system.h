#pragma once

#include <rocksdb/file_system.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

// A file system over the real one that knows how far each file was synced, so that a test
// can see what a loss of power would have left.
namespace enlace::kv {

class LossyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  LossyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "LossyFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (!status.ok()) return status;
    auto tracked = std::make_shared<Tracked>();
    tracked->path = name;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      files_[name] = tracked;
    }
    *file = std::make_unique<File>(std::move(*file), *this, std::move(tracked));
    return status;
  }

  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto it = files_.find(from);
    if (it != files_.end()) {
      files_[to] = it->second;
      files_.erase(it);
    }
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }

  // Whether the disk had come to write a sector of a file that was never synced.
  using Reached = std::function<bool(uint64_t sector)>;
  // What the disk had come to do for one file.
  struct Progress {
    bool newest_size = false;  // Otherwise the one that was synced last.
    Reached reached = nullptr;
  };
  using ProgressOf = std::function<Progress(const std::string& path)>;

  // Copies `from` to `to` without the bytes that were never synced; where the file was as long
  // before, those of the sectors that the disk had `reached` are there all the same. Safe while a
  // database is open on `from`, as long as nobody writes.
  void CopyAfterPowerLoss(const std::string& from, const std::string& to,
                          const Reached& reached = nullptr) {
    Copy(from, to, [&](const Tracked& file, const std::string&, const std::string& target) {
      Lose(file, target, file.synced_size, reached);
    });
  }
  // The same where the disk had come further with some files than with others.
  void CopyAfterPowerLossOfEach(const std::string& from, const std::string& to,
                                const ProgressOf& progress_of) {
    Copy(from, to, [&](const Tracked& file, const std::string& path, const std::string& target) {
      const Progress progress = progress_of(path);
      Lose(file, target, progress.newest_size ? file.size : file.synced_size, progress.reached);
    });
  }

  // Called before each sync of a file with its path, on the thread that syncs.
  void BeforeSync(std::function<void(const std::string& path)> call) {
    std::lock_guard<std::mutex> lock(mutex_);
    before_sync_ = std::move(call);
  }

  // From now on every sync fails, and leaves the bytes where they are.
  void FailSyncs() {
    std::lock_guard<std::mutex> lock(mutex_);
    failing_ = true;
  }
  int syncs() {
    std::lock_guard<std::mutex> lock(mutex_);
    return syncs_;
  }

 private:
  static constexpr uint64_t kSectorBytes = 512;

  struct Tracked {
    std::string path;
    uint64_t size = 0;
    uint64_t synced_size = 0;
    std::vector<std::pair<uint64_t, uint64_t>> unsynced;  // From and to, in a file of zeros.
  };

  template <typename Loss>
  void Copy(const std::string& from, const std::string& to, const Loss& lose) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::filesystem::create_directory(to);
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
      const std::string target = to + "/" + entry.path().filename().string();
      std::filesystem::copy_file(entry.path(), target);
      const auto it = files_.find(entry.path().string());
      if (it != files_.end()) lose(*it->second, entry.path().string(), target);
    }
  }

  static void Lose(const Tracked& file, const std::string& target, uint64_t size,
                   const Reached& reached) {
    if (size < std::filesystem::file_size(target)) std::filesystem::resize_file(target, size);
    std::fstream bytes(target, std::ios::in | std::ios::out | std::ios::binary);
    for (const auto& [from, to] : file.unsynced) {
      const uint64_t end = std::min(to, size);
      for (uint64_t at = from; at < end;) {
        const uint64_t sector_end = std::min(end, (at / kSectorBytes + 1) * kSectorBytes);
        if (reached == nullptr || !reached(at / kSectorBytes)) {
          bytes.seekp(static_cast<std::streamoff>(at));
          bytes << std::string(sector_end - at, '\0');
        }
        at = sector_end;
      }
    }
  }

  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, LossyFileSystem& system,
         std::shared_ptr<Tracked> tracked)
        : FSWritableFileOwnerWrapper(std::move(file)),
          system_(system),
          tracked_(std::move(tracked)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      const auto status = FSWritableFileOwnerWrapper::Append(data, options, debug);
      if (status.ok()) system_.Appended(*tracked_, data.size());
      return status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* debug) override {
      const auto status = FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
      if (status.ok()) system_.Appended(*tracked_, data.size());
      return status;
    }
    rocksdb::IOStatus PositionedAppend(const rocksdb::Slice& data, uint64_t offset,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override {
      const auto status =
          FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, debug);
      if (status.ok()) system_.Written(*tracked_, offset, data.size());
      return status;
    }
    rocksdb::IOStatus Truncate(uint64_t size, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
      system_.Truncated(*tracked_, size);
      return FSWritableFileOwnerWrapper::Truncate(size, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      if (!system_.Synced(*tracked_)) return rocksdb::IOStatus::IOError("sync refused");
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      if (!system_.Synced(*tracked_)) return rocksdb::IOStatus::IOError("sync refused");
      return FSWritableFileOwnerWrapper::Fsync(options, debug);
    }

   private:
    LossyFileSystem& system_;
    const std::shared_ptr<Tracked> tracked_;
  };

  void Written(Tracked& file, uint64_t offset, uint64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    file.unsynced.emplace_back(offset, offset + bytes);
    file.size = std::max(file.size, offset + bytes);
  }
  void Appended(Tracked& file, uint64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    file.size += bytes;
  }
  void Truncated(Tracked& file, uint64_t size) {
    std::lock_guard<std::mutex> lock(mutex_);
    file.size = size;
    file.synced_size = std::min(file.synced_size, size);
  }
  bool Synced(Tracked& file) {
    std::function<void(const std::string&)> call;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      call = before_sync_;
    }
    if (call) call(file.path);
    std::lock_guard<std::mutex> lock(mutex_);
    if (failing_) return false;
    file.synced_size = file.size;
    file.unsynced.clear();
    ++syncs_;
    return true;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Tracked>> files_;
  std::function<void(const std::string&)> before_sync_;
  bool failing_ = false;
  int syncs_ = 0;
};

}  // namespace enlace::kv
