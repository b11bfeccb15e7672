#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/mutex.h"
#include "node/query/case_directory.h"
#include "node/store/case_marks.h"
#include "node/store/store.h"

// Chooses the records of a page of a listing from a directory in memory, kept in step with the
// store. Thread-safe.
//
// The directory reads what is new in the store by itself, in commit order, before each choice,
// and gives the state that it has read up to along with the choice. So a page is of one state,
// and it does not matter in which order the handlers of two writes come to an end.
namespace enlace::service {

class CaseList {
 public:
  explicit CaseList(store::Store& store) : store_(store) {}

  struct Page {
    std::unique_ptr<store::Reader> reader;  // The state that the page is of.
    std::vector<query::ListedCase> cases;   // In the order of their first commits.
    std::string next_cursor;                // Empty at the end and only there.
  };
  // As query::CaseDirectory::Choose, from `cursor` on (empty: from the first record). Why the
  // directory cannot tell, when it could not follow the store or was stopped; PAGE_TOKEN_INVALID
  // for another cursor than one of a page before.
  StatusOr<Page> Choose(std::string_view entity, uint32_t year, std::string_view cursor,
                        size_t cases_max);

  // Takes in a revision, the next one in commit order: for who reads them all at start. Errors stop
  // the directory.
  void Take(const store::CaseMark& mark);

  // Follows the store now, so that the next page has little to read. For the end of a start.
  void CatchUp();

  // So many revisions were committed. Catches up when they are many; of a single one it waits for
  // nobody.
  void Told(size_t revisions);

  // The rows are others than the directory says. It answers no more until the node is restarted.
  void Stop(const Status& fault);

 private:
  struct Later {
    std::string reference;
    query::RowKey key;
    uint32_t revision;
    uint32_t year;
  };

  void StopLocked(const Status& fault) ENLACE_REQUIRES(mutex_);
  Status TakeLocked(const store::CaseMark& mark) ENLACE_REQUIRES(mutex_);
  // Takes in what `reader` has and the directory has not.
  void Follow(const store::Reader& reader) ENLACE_REQUIRES(mutex_);
  // Finds the records of later revisions, which a scan cannot do beside itself.
  Status Settle(const store::Reader& reader) ENLACE_REQUIRES(mutex_);

  store::Store& store_;
  std::atomic<size_t> told_ = 0;  // Since the last time it followed, about.
  Mutex mutex_;
  query::CaseDirectory directory_ ENLACE_GUARDED_BY(mutex_);
  std::vector<Later> later_ ENLACE_GUARDED_BY(mutex_);  // Seen and not settled yet.
  std::string seen_ ENLACE_GUARDED_BY(mutex_);          // Key of the last row that was taken in.
  Status fault_ ENLACE_GUARDED_BY(mutex_);
};

// The key of a row in the store, and back.
std::string KeyBytes(const query::RowKey& key);

}  // namespace enlace::service
