#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "enlace/exchange/v1/statistics_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/observation.h"
#include "node/service/delivery.h"
#include "node/store/observation_table.h"

// What one call of ImportObservations does to the store.
//
//   the row came before, same content         -> UNCHANGED, also under another version of
//                                                the code lists; IN_CONFLICT while its figure is
//   the row came before, other content        -> BATCH_CONFLICT for the call
//   the row is not valid                      -> QUARANTINED
//   no figure under its key                   -> ACCEPTED
//   the figure says the same                  -> UNCHANGED
//   the figure is of another delivery or hand -> REPLACED
//   the figure is of this very delivery       -> both rows IN_CONFLICT: no value stands
//                                                until a person decides; the one of an
//                                                earlier call is answered as changed
//
// A key's outcomes do not depend on the order of its rows in the delivery.
namespace enlace::service {

struct ObservationImportRow {
  uint64_t row = 0;
  Status fault;  // Not OK: quarantined for this.
  model::Observation observation;
};
std::vector<ObservationImportRow> ReadObservationRows(const pb::ImportObservationsRequest& request,
                                                      const codes::Registry& registry);

class ObservationImport {
 public:
  ObservationImport(store::Transaction& transaction, Delivery& delivery,
                    std::string_view jurisdiction, pb::ImportObservationsResponse& response)
      : transaction_(transaction),
        delivery_(delivery),
        jurisdiction_(jurisdiction),
        response_(response) {}

  // Stores one row and adds its result. An error ends the call.
  Status Add(const ObservationImportRow& row);

 private:
  Status Quarantine(const ObservationImportRow& row, const RowFault& fault);
  Status Repeat(const ObservationImportRow& row, store::RowOutcome stored);
  Status AddOther(const ObservationImportRow& row, store::StoredFigure figure);
  Status AddSame(const ObservationImportRow& row, store::StoredFigure figure);
  Status MarkInConflict(const store::StoredFigure& figure);
  void TellOfConflict(uint64_t row, const model::FigureKey& key);
  Status Write(const ObservationImportRow& row, store::StoredFigure figure,
               store::RowOutcome outcome);
  void Answer(const ObservationImportRow& row, store::RowOutcome outcome);

  store::Transaction& transaction_;
  Delivery& delivery_;
  const std::string_view jurisdiction_;
  pb::ImportObservationsResponse& response_;
  std::set<uint64_t> told_;  // Rows of earlier calls in the answer.
};

// The next revision of a figure at the time of the transaction, saying `status` and `value`.
// Times of one figure never go back.
void Revise(const store::Transaction& transaction, model::Observation& observation,
            model::ObservationStatus status, uint64_t value);

}  // namespace enlace::service
