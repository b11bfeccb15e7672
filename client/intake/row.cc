#include "client/intake/row.h"

#include "node/base/check.h"

namespace enlace::intake {

std::string_view RowReasonName(RowReason reason) {
  switch (reason) {
    case RowReason::kRowMalformed:
      return "ROW_MALFORMED";
    case RowReason::kTextBroken:
      return "TEXT_BROKEN";
    case RowReason::kValueBlank:
      return "VALUE_BLANK";
    case RowReason::kValueUnknown:
      return "VALUE_UNKNOWN";
    case RowReason::kValueAmbiguous:
      return "VALUE_AMBIGUOUS";
    case RowReason::kValueOutOfRange:
      return "VALUE_OUT_OF_RANGE";
    case RowReason::kValueLeakedReference:
      return "VALUE_LEAKED_REFERENCE";
    case RowReason::kCellsContradict:
      return "CELLS_CONTRADICT";
  }
  ENLACE_CHECK(false);
}

std::string_view QualityKindName(QualityKind kind) {
  switch (kind) {
    case QualityKind::kLabelsRespelled:
      return "LABELS_RESPELLED";
    case QualityKind::kRepeatedKey:
      return "REPEATED_KEY";
    case QualityKind::kPartsExceedTotal:
      return "PARTS_EXCEED_TOTAL";
    case QualityKind::kPartsBelowTotal:
      return "PARTS_BELOW_TOTAL";
  }
  ENLACE_CHECK(false);
}

}  // namespace enlace::intake
