#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"
#include "node/query/tabulation.h"

// All case records of a node as columns in memory, for counting: about 70 bytes a record. Derived:
// it is filled from the store at start and follows each commit; deleting it loses nothing.
//
// Thread rule: one writer (Apply, in commit order), many readers (Tabulate). A reader sees
// each Apply whole or not at all. A waiting writer goes before readers that come later, so
// that a stream of questions cannot hold up the commits.
namespace enlace::query {

struct ColumnsOptions {
  uint32_t rows_max = 1U << 26;  // Revisions held; beyond, Apply answers STORE_LIMIT.
};

class CaseColumns {
 public:
  explicit CaseColumns(std::shared_ptr<const codes::Registry> registry,
                       ColumnsOptions options = {});
  ~CaseColumns();
  CaseColumns(const CaseColumns&) = delete;
  CaseColumns& operator=(const CaseColumns&) = delete;

  // Takes in one committed revision of a record; adds, replaces or removes by its state:
  // active counts from update_time_ms on, until the next revision; withdrawn ends the one
  // before; erased wipes the record from all times, for good. A revision that is not newer than the
  // one held is ignored, so a replay is harmless. Where the wall clock went back, the later
  // revision wins for every time at or after its own.
  // Errors change nothing: CODE_UNKNOWN when the lists of this node lack a code of the
  // record (install a bundle that has it), STORE_LIMIT.
  Status Apply(const model::CaseRecord& revision);

  // TABULATION_INVALID with one violation per fault of the request, or when the answer has
  // more than kCellsMax cells. A set attribute counts a record once per affirmed code; a
  // record that affirms none stands under the reason of the rest. `stopped` is asked every
  // kBlockRows rows; once it says true the answer is CALL_CANCELLED.
  static constexpr uint32_t kBlockRows = 4096;
  StatusOr<Tabulation> Tabulate(
      const TabulationRequest& request, const Viewer& viewer,
      const std::function<bool()>& stopped = [] { return false; }) const;

  // Several tables of one state, in the order of the requests, each as Tabulate makes it. The
  // fields of violations begin with "requests[i].". TABULATION_INVALID also when the tables
  // have more than kBatchCellsMax cells together.
  static constexpr size_t kBatchCellsMax = 100'000;
  StatusOr<std::vector<Tabulation>> TabulateAll(
      const std::vector<TabulationRequest>& requests, const Viewer& viewer,
      const std::function<bool()>& stopped = [] { return false; }) const;

  // Records that are active now.
  uint64_t active_records() const;

 private:
  struct Columns;
  struct Plan;
  class Selection;
  class Counting;

  // Fields of violations begin with `prefix`.
  StatusOr<Plan> MakePlan(const TabulationRequest& request, const Viewer& viewer,
                          const std::string& prefix) const;
  StatusOr<std::vector<Tabulation>> Count(const std::vector<Plan>& plans, const Viewer& viewer,
                                          const std::function<bool()>& stopped) const;

  const std::shared_ptr<const codes::Registry> registry_;
  const ColumnsOptions options_;
  mutable std::mutex gate_;          // Taken shortly by readers, held by the writer that waits.
  mutable std::shared_mutex mutex_;  // Guards all below.
  std::unique_ptr<Columns> columns_;
  uint64_t active_ = 0;
};

}  // namespace enlace::query
