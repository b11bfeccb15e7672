#pragma once

#include <string>
#include <string_view>
#include <vector>

// Writes RFC 4180: commas, one line end per row, quotes only where they are needed. What
// CsvReader reads back is equal, field by field.
namespace enlace::intake {

// How rows end. CRLF is the standard; LF is what Unix tools and the UNODC portal write.
enum class LineEnd { kCrLf, kLf };

// Appends one row with its line end. A row of one empty field is written as `""`, since
// an empty line is no row.
void AppendCsvRow(std::string& out, const std::vector<std::string>& fields,
                  LineEnd end = LineEnd::kCrLf);

// One field, quoted when it holds a comma, a quote, CR or LF, or begins or ends with a
// space.
std::string CsvField(std::string_view field);

}  // namespace enlace::intake
