#pragma once

#include <memory>
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
// writer pays one sync per write. Advance is for the writer thread alone.
class AnchorKeeper final : public CommitWitness {
 public:
  explicit AnchorKeeper(std::unique_ptr<AnchorFile> file);
  // Syncs what was written last.
  ~AnchorKeeper() override;

  Status Advance(uint64_t commit_sequence) override;

 private:
  void Run();

  const std::unique_ptr<AnchorFile> file_;  // Used by whoever may: see sync_wanted_.
  Mutex mutex_;
  CondVar changed_;
  // Set by Advance after its write; the file is the sync thread's until it clears this.
  bool sync_wanted_ ENLACE_GUARDED_BY(mutex_) = false;
  bool stopping_ ENLACE_GUARDED_BY(mutex_) = false;
  Status failure_ ENLACE_GUARDED_BY(mutex_);
  std::jthread thread_;  // Last: starts when all else is there.
};

}  // namespace enlace::store
