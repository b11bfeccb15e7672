#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/model/case_record.h"
#include "node/model/observation.h"

// What one row of an agency's file becomes. None of these types can hold text of the
// file: a row that is set aside is named by row, column and reason only.
namespace enlace::intake {

// Why a row is set aside. The names travel to the node and into receipts; they are
// explained for agencies in docs/INTAKE.md.
enum class RowReason {
  kRowMalformed,          // ROW_MALFORMED: another number of fields than the header.
  kTextBroken,            // TEXT_BROKEN: the cell lost letters, is no UTF-8, or is misquoted.
  kValueBlank,            // VALUE_BLANK: the cell is empty where the format has a value.
  kValueUnknown,          // VALUE_UNKNOWN: no entry of the mapping table says what it means.
  kValueAmbiguous,        // VALUE_AMBIGUOUS: the table says that it can mean several things.
  kValueOutOfRange,       // VALUE_OUT_OF_RANGE: a number beyond what the format allows.
  kValueLeakedReference,  // VALUE_LEAKED_REFERENCE: a questionnaire's cell id, not a count.
  kCellsContradict,       // CELLS_CONTRADICT: two cells of the row cannot both be true.
};

std::string_view RowReasonName(RowReason reason);

// Where a row failed; `column` is the format's own name, empty when the row is meant. The
// node is told one fault per row; the agency's receipt lists what else was seen.
struct RowFault {
  std::string column;
  RowReason reason = RowReason::kRowMalformed;
  std::vector<RowFault> also = {};
  bool operator==(const RowFault&) const = default;
};

// The row belongs to another jurisdiction. `known` is false when the file does not say to
// whom: then it is nobody's, and every jurisdiction counts it among "not ours".
struct NotOurs {
  bool known = true;
  bool operator==(const NotOurs&) const = default;
};

// Something that the agency should look at although the row is kept.
enum class QualityKind {
  kLabelsRespelled,   // LABELS_RESPELLED: a list of labels in another order or spelling.
  kRepeatedKey,       // REPEATED_KEY: several rows of the file speak of one figure.
  kPartsExceedTotal,  // PARTS_EXCEED_TOTAL: parts of one country and year add up to more.
  kPartsBelowTotal,   // PARTS_BELOW_TOTAL: all parts are given and add up to less.
};

std::string_view QualityKindName(QualityKind kind);

struct QualityWarning {
  QualityKind kind = QualityKind::kLabelsRespelled;
  uint64_t row = 0;   // 0 when no single row is meant.
  std::string where;  // Column, or which figure; never a value of the file.
  bool operator==(const QualityWarning&) const = default;
};

struct MappedCase {
  model::CaseContent content;
  std::vector<std::string> respelled;  // Columns for LABELS_RESPELLED.
};

struct MappedObservation {
  uint32_t jurisdiction = 0;  // Code of list "country".
  model::FigureKey key;
  model::ObservationStatus status = model::ObservationStatus::kValue;
  uint64_t value = 0;
  bool operator==(const MappedObservation&) const = default;
};

using CaseFate = std::variant<MappedCase, NotOurs, RowFault>;
using ObservationFate = std::variant<MappedObservation, NotOurs, RowFault>;

}  // namespace enlace::intake
