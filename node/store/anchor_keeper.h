#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "node/base/mutex.h"
#include "node/store/anchor.h"
#include "node/store/writer.h"

namespace enlace::store {

// Moves the anchor on with every commit while its sync overlaps the next commit.
//
// A commit is acknowledged when it is in the database's log (synced), the anchor before it
// is synced, and its own anchor is in the page cache. So a killed process never leaves the
// anchor behind what was acknowledged, a loss of power at most one group, and a lone
// writer pays one sync per write. Between commits a moved file list (a flush in the
// background) is anchored within kFileListCheckMs. Advance is for the writer thread alone.
inline constexpr int64_t kFileListCheckMs = 1000;

class AnchorKeeper final : public CommitWitness {
 public:
  // `file_list` is as of Engine::FileListSource(); `metrics` is told of syncs and may be null.
  AnchorKeeper(std::unique_ptr<Anchor> anchor, std::function<kv::FileListMark()> file_list,
               metrics::Metrics* metrics = nullptr);
  // Writes the last file list and syncs. Comes after the engine is closed, which may still
  // have moved it. Logs a failure that nobody was told of.
  ~AnchorKeeper() override;

  Status Advance(uint64_t commit_sequence) override;
  // The first write or sync that failed, also in the background.
  Status Health() const override;

 private:
  void Run();
  // The next turn to use the anchor: true to sync what was written, false to look whether
  // the file list moved; nothing at the end.
  std::optional<bool> NextTurn();
  Status WriteMovedFileList();
  Status Sync();

  const std::unique_ptr<Anchor> anchor_;  // Used by whoever has set busy_.
  const std::function<kv::FileListMark()> file_list_;
  metrics::Metrics* const metrics_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool busy_ ENLACE_GUARDED_BY(mutex_) = false;
  // Set by Advance after its write, with busy_: the anchor is the thread's until it is synced.
  bool sync_wanted_ ENLACE_GUARDED_BY(mutex_) = false;
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  Status failure_ ENLACE_GUARDED_BY(mutex_);
  mutable bool told_ ENLACE_GUARDED_BY(mutex_) = false;  // Somebody knows of the failure.
  std::jthread thread_;                                  // Last: starts when all else is there.
};

}  // namespace enlace::store
