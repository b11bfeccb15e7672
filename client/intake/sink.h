#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "client/intake/row.h"
#include "node/base/error.h"

// Where typed rows go: to a node (the command line program implements that over the
// client library), or nowhere, to see what would happen.
namespace enlace::intake {

inline constexpr uint64_t kBatchRowsMax = 1000;  // Of one call, by the API.

enum class Outcome { kAccepted, kUnchanged, kReplaced, kInConflict, kQuarantined };

std::string_view OutcomeName(Outcome outcome);

struct CaseRow {
  uint64_t row = 0;
  model::CaseContent content;
};

struct ObservationRow {
  uint64_t row = 0;
  MappedObservation observation;
};

struct QuarantinedRow {
  uint64_t row = 0;
  RowFault fault;
};

// Part of a file: consecutive rows, each in exactly one of the four places.
struct Batch {
  std::string batch_id;  // SHA-256 of the file in hex.
  std::string format;
  uint64_t first_row = 0;  // Which rows of the file these are, both included.
  uint64_t last_row = 0;
  bool is_cases = false;                     // What the format's rows are.
  std::vector<CaseRow> cases;                // Only for formats of case records.
  std::vector<ObservationRow> observations;  // Only for formats of figures.
  std::vector<QuarantinedRow> quarantined;
  uint64_t not_ours = 0;
  bool validate_only = false;

  size_t rows() const { return cases.size() + observations.size(); }
};

struct RowResult {
  uint64_t row = 0;
  Outcome outcome = Outcome::kAccepted;
  std::string name;    // The record's or figure's; empty when nothing was stored.
  std::string reason;  // Of the node, when it set the row aside.
  std::string column;  // Field path of the node's reason.
};

struct BatchAnswer {
  std::vector<RowResult> results;  // One per typed row, in the order of the batch.
  std::vector<RowResult> changed;  // Rows of earlier batches that are in conflict now.
};

class RowSink {
 public:
  virtual ~RowSink() = default;
  // After an error it is not known whether the batch was stored: send exactly the same one
  // again.
  virtual StatusOr<BatchAnswer> Send(const Batch& batch) = 0;
  // Names the receiver, so that an interrupted import is not continued elsewhere.
  virtual std::string Target() const = 0;
};

// Sends nothing: rows count as the node would count them in an empty database. Figures
// with one key are unchanged when they say the same as an earlier one, and otherwise in
// conflict, the first one too.
class DrySink final : public RowSink {
 public:
  StatusOr<BatchAnswer> Send(const Batch& batch) override;
  std::string Target() const override { return "nowhere"; }

 private:
  using Key = std::pair<uint32_t, model::FigureKey>;
  struct Seen {
    uint64_t first_row = 0;
    std::vector<std::pair<model::ObservationStatus, uint64_t>> said;  // Distinct.
  };
  Outcome TakeFigure(const ObservationRow& row, BatchAnswer& answer);

  std::map<Key, Seen> seen_;
};

}  // namespace enlace::intake
