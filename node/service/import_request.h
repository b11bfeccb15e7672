#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "enlace/exchange/v1/case_service.pb.h"
#include "node/base/error.h"

// A request of ImportCaseRecords whose rows stay bytes: a thousand records as message objects cost
// more than all else that is done with them. Pure.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

// Its members are named as those of the message.
class ImportRequest {
 public:
  struct Row {
    uint64_t number = 0;
    std::string_view case_record;  // Bytes of a CaseRecord.
    std::string_view source_key;
    uint64_t row() const { return number; }
  };

  // Sees `bytes`, which must outlive it and have passed rpc::ScanWire as the message.
  // REQUEST_MALFORMED when they have not.
  static StatusOr<ImportRequest> Read(std::string_view bytes);

  const std::string& batch_id() const { return rest_.batch_id(); }
  const std::string& format() const { return rest_.format(); }
  const std::vector<Row>& rows() const { return rows_; }
  int rows_size() const { return static_cast<int>(rows_.size()); }
  const auto& quarantined() const { return rest_.quarantined(); }
  const pb::QuarantinedRow& quarantined(int at) const { return rest_.quarantined(at); }
  int quarantined_size() const { return rest_.quarantined_size(); }
  uint64_t not_ours() const { return rest_.not_ours(); }
  bool validate_only() const { return rest_.validate_only(); }
  uint64_t first_row() const { return rest_.first_row(); }
  uint64_t last_row() const { return rest_.last_row(); }

 private:
  pb::ImportCaseRecordsRequest rest_;  // All but the rows.
  std::vector<Row> rows_;
};

}  // namespace enlace::service
