#include <fmt/format.h>

#include <algorithm>

#include "node/query/columns.h"
#include "node/query/counting.h"
#include "node/query/plan.h"

namespace enlace::query {
StatusOr<Tabulation> CaseColumns::Tabulate(const TabulationRequest& request, const Viewer& viewer,
                                           const std::function<bool()>& stopped) const {
  std::vector<Plan> plans;
  ENLACE_ASSIGN_OR_RETURN(plans.emplace_back(), MakePlan(request, viewer, ""));
  ENLACE_ASSIGN_OR_RETURN(std::vector<Tabulation> tables, Count(plans, viewer, stopped));
  return std::move(tables.front());
}

StatusOr<std::vector<Tabulation>> CaseColumns::TabulateAll(
    const std::vector<TabulationRequest>& requests, const Viewer& viewer,
    const std::function<bool()>& stopped) const {
  std::vector<Plan> plans;
  for (size_t i = 0; i < requests.size(); ++i) {
    ENLACE_ASSIGN_OR_RETURN(plans.emplace_back(),
                            MakePlan(requests[i], viewer, fmt::format("requests[{}].", i)));
  }
  return Count(plans, viewer, stopped);
}

// Names and lists of columns never change, so that neither planning before this nor making the
// answers after it needs the lock. Each block is counted for all tables while it is in the
// processor's cache. One thread counts: a million rows take some milliseconds, and the other
// cores are there for other calls.
StatusOr<std::vector<Tabulation>> CaseColumns::Count(const std::vector<Plan>& plans,
                                                     const Viewer& viewer,
                                                     const std::function<bool()>& stopped) const {
  std::unique_lock<std::mutex> gate(gate_);
  std::shared_lock<std::shared_mutex> lock(mutex_);
  gate.unlock();
  Counting counting(*columns_, plans);
  for (uint32_t from = 0; from < columns_->rows(); from += kBlockRows) {
    if (stopped()) {
      return Error(Reason::CALL_CANCELLED, "the call ended before its cases were counted");
    }
    counting.CountBlock(from, std::min(from + kBlockRows, columns_->rows()));
  }
  counting.Finish();
  lock.unlock();

  std::vector<Tabulation> tables;
  size_t cells = 0;
  for (size_t i = 0; i < plans.size(); ++i) {
    ENLACE_ASSIGN_OR_RETURN(tables.emplace_back(), counting.Result(i));
    cells += tables.back().cells.size();
    if (cells > kBatchCellsMax) {
      return Error(Reason::TABULATION_INVALID,
                   fmt::format("the tables have more than {} cells together; ask for fewer at once",
                               kBatchCellsMax));
    }
    if (viewer.threshold != 0) Suppress(tables.back(), viewer.threshold);
  }
  return tables;
}

}  // namespace enlace::query
