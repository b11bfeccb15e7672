#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/rpc/handler.h"
#include "node/store/delivery_table.h"
#include "node/store/store.h"

// What imports of cases and of figures have in common: the checks of the request around
// the rows, the account, the rows that the client set aside, and what a repeated row is.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

inline constexpr int kDeliveryRowsMax = 1000;
inline constexpr int kDeliveryQuarantinedMax = 1000;
// Big enough for kDeliveryRowsMax records with every attribute filled.
inline constexpr rpc::MethodLimits kDeliveryLimits{4 << 20, 1'000'000};

// Checks of the request around the rows, for either kind of delivery. BATCH_TOO_LARGE;
// REQUEST_INVALID for ids, formats, row numbers below 1, given twice or outside the rows that
// the part covers, and for columns and reasons of set-aside rows that could be text of the
// file.
template <typename Request>
Status CheckDelivery(const Request& request);

// The first fault of a row that failed validation, as it is recorded: reason and path.
struct RowFault {
  std::string reason;
  std::string field;
};
RowFault FaultOf(const Status& status);

// One part of one delivery being written. Lives inside one transaction.
class Delivery {
 public:
  // BATCH_CONFLICT when the id was used for something else.
  static StatusOr<Delivery> Open(store::Transaction& transaction, store::BatchId batch,
                                 std::string_view format, store::BatchSubject subject);

  // What the row became earlier; nothing when it is new or was set aside, since a row that
  // was set aside may come again, mapped better.
  StatusOr<std::optional<store::BatchRow>> FindStored(uint64_t row);
  // The error for a row that came before with other content.
  static Status Conflict(uint64_t row);

  // Records what the row became and adds it to the account.
  Status Put(uint64_t row, const store::BatchRow& became);
  // As Put for a row that is not stored. BATCH_CONFLICT when it was stored earlier.
  Status Quarantine(uint64_t row, const RowFault& fault);
  // Rows set aside by the client, rows of others, and the account.
  template <typename Request>
  Status Finish(const Request& request);

  const store::BatchId& batch() const { return batch_; }

 private:
  Delivery(store::Transaction& transaction, store::BatchId batch, store::BatchAccount account)
      : transaction_(transaction),
        batch_(std::move(batch)),
        account_(std::move(account)),
        rows_(transaction, batch_) {}
  Status Close(store::PartRows rows, uint64_t not_ours);

  store::Transaction& transaction_;
  store::BatchId batch_;
  store::BatchAccount account_;
  store::BatchRows rows_;
};

template <typename Request>
Status Delivery::Finish(const Request& request) {
  uint64_t lowest_row = 0;
  const auto note = [&lowest_row](uint64_t row) {
    if (lowest_row == 0 || row < lowest_row) lowest_row = row;
  };
  for (const auto& row : request.rows()) note(row.row());
  for (const auto& aside : request.quarantined()) {
    note(aside.row());
    ENLACE_RETURN_IF_ERROR(Quarantine(aside.row(), {aside.reason(), aside.column()}));
  }
  if (request.first_row() != 0) {
    return Close({request.first_row(), request.last_row()}, request.not_ours());
  }
  return Close({lowest_row, lowest_row}, request.not_ours());
}

// 16 to 64 characters of [0-9a-f].
bool IsBatchId(std::string_view text);

// -- Parts of CheckDelivery.
Status CheckDeliveryHead(const std::string& batch_id, const std::string& format, int rows,
                         int quarantined, uint64_t not_ours);
Status CheckRowNumbers(std::vector<uint64_t> rows, store::PartRows part, uint64_t not_ours);
Status CheckAside(const pb::QuarantinedRow& row, int index);

template <typename Request>
Status CheckDelivery(const Request& request) {
  ENLACE_RETURN_IF_ERROR(CheckDeliveryHead(request.batch_id(), request.format(),
                                           request.rows_size(), request.quarantined_size(),
                                           request.not_ours()));
  std::vector<uint64_t> rows;
  for (const auto& row : request.rows()) rows.push_back(row.row());
  for (int i = 0; i < request.quarantined_size(); ++i) {
    ENLACE_RETURN_IF_ERROR(CheckAside(request.quarantined(i), i));
    rows.push_back(request.quarantined(i).row());
  }
  return CheckRowNumbers(std::move(rows), {request.first_row(), request.last_row()},
                         request.not_ours());
}

}  // namespace enlace::service
