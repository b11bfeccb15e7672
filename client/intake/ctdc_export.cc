#include "client/intake/ctdc_export.h"

#include "client/intake/csv_writer.h"

namespace enlace::intake {

std::string CaseExporter::HeaderRow() const {
  std::string out;
  AppendCsvRow(out, CanonicalHeader(format_));
  return out;
}

std::string CaseExporter::Row(const model::CaseContent& content) const {
  std::string out;
  AppendCsvRow(out, mapper_.Write(content));
  return out;
}

}  // namespace enlace::intake
