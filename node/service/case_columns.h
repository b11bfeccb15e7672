#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/mutex.h"
#include "node/codes/registry.h"
#include "node/model/case_record.h"
#include "node/query/case_columns.h"
#include "node/service/case_list.h"
#include "node/store/store.h"

// The columnar view of cases kept in step with the store: filled at start, told of each
// commit. Thread-safe.
//
// Handlers tell of their commits after them and may come in another order than the commits.
// So a changed record is taken in with its whole history, oldest first: what is held then
// never depends on who came first.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

class CaseColumns {
 public:
  // Reads all revisions. CODE_UNKNOWN when the code lists of this node lack a code that was
  // stored, STORE_LIMIT when there are more revisions than the columns hold.
  static StatusOr<std::unique_ptr<CaseColumns>> Load(
      store::Store& store, std::shared_ptr<const codes::Registry> registry,
      query::ColumnsOptions options = {});

  // Takes in revisions that are committed. What cannot be taken in is no reason to fail a
  // write that is on disk: from then on Tabulate fails, until a restart has read all anew.
  void Apply(const std::vector<model::CaseRecord>& committed);

  // Which records there are, for listings; it stands by itself, so that what stops the one does not
  // stop the other.
  CaseList& list() { return list_; }

  // CALL_CANCELLED once `stopped` says true.
  StatusOr<std::vector<query::Tabulation>> TabulateAll(
      const std::vector<query::TabulationRequest>& requests, const query::Viewer& viewer,
      const std::function<bool()>& stopped = [] { return false; }) const;
  StatusOr<query::Tabulation> Tabulate(
      const query::TabulationRequest& request, const query::Viewer& viewer,
      const std::function<bool()>& stopped = [] { return false; }) const;

 private:
  CaseColumns(store::Store& store, std::shared_ptr<const codes::Registry> registry,
              query::ColumnsOptions options)
      : store_(store), list_(store), held_(std::move(registry), options) {}
  Status ApplyOne(const model::CaseRecord& record) ENLACE_REQUIRES(mutex_);

  store::Store& store_;
  CaseList list_;
  query::CaseColumns held_;  // Guards itself; Apply only under mutex_.
  mutable Mutex mutex_;
  Status fault_ ENLACE_GUARDED_BY(mutex_);
};

query::TabulationRequest TabulationFromProto(const pb::TabulateCaseRecordsRequest& request);
pb::TabulateCaseRecordsResponse TabulationToProto(const query::Tabulation& tabulation);

}  // namespace enlace::service
