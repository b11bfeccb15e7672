// Any bytes: the reader ends, stays within its limits, and what it accepted without a
// fault reads the same after the writer wrote it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "client/intake/csv.h"
#include "client/intake/csv_writer.h"

namespace {

using enlace::intake::CsvLimits;
using enlace::intake::CsvReader;
using enlace::intake::CsvRecord;
using enlace::intake::StringSource;

void Require(bool holds) {
  if (!holds) std::abort();
}

void ReadBack(const CsvRecord& record) {
  std::string text;
  enlace::intake::AppendCsvRow(text, record.fields);
  StringSource source(text);
  CsvReader reader(source);
  CsvRecord again;
  const auto more = reader.Next(again);
  Require(more.ok() && *more && again.faults.empty() && again.fields == record.fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CsvLimits limits;
  limits.field_bytes_max = 64;
  limits.record_bytes_max = 128;
  limits.fields_max = 16;
  StringSource source(text);
  CsvReader reader(source, limits);
  CsvRecord record;
  uint64_t rows = 0;
  for (;;) {
    const auto more = reader.Next(record);
    if (!more.ok() || !*more) return 0;
    Require(record.row == rows++ && !record.fields.empty());
    Require(record.fields.size() <= limits.fields_max);
    for (const std::string& field : record.fields) {
      Require(field.size() <= limits.field_bytes_max);
    }
    // A field that begins with a byte order mark would lose it as the first of a file.
    const bool marked = record.fields[0].substr(0, 3) == "\xEF\xBB\xBF";
    if (record.faults.empty() && !marked) ReadBack(record);
  }
}
