#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/report/rows.h"

// regional.csv: UTF-8 without byte order mark, RFC 4180, every line ends with CR LF,
// fields quoted only where they must be. One content has one form of bytes. Pure.
namespace enlace::report {

inline constexpr size_t kReportBytesMax = 64 << 20;
inline constexpr size_t kReportFieldBytesMax = 4096;

std::string CsvHeader();
std::string CsvLine(const Row& row);
std::string WriteCsv(const std::vector<Row>& rows);

// Lines as fields, the header first. REPORT_INVALID names the line that is not in the one
// form: other line ends, stray quotes, needless quotes, an unfinished last line, or over a
// limit.
StatusOr<std::vector<std::vector<std::string>>> ParseCsv(std::string_view bytes);

}  // namespace enlace::report
