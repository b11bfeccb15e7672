#include "node/report/csv.h"

#include <algorithm>

#include <fmt/format.h>

namespace enlace::report {
namespace {

bool NeedsQuotes(std::string_view field) {
  return field.find_first_of(",\"\r\n") != std::string_view::npos;
}

void AppendField(std::string& out, std::string_view field) {
  if (!NeedsQuotes(field)) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

template <typename Fields>
std::string Line(const Fields& fields) {
  std::string line;
  bool first = true;
  for (const auto& field : fields) {
    if (!first) line += ',';
    first = false;
    AppendField(line, field);
  }
  return line + "\r\n";
}

Status BadLine(size_t line, std::string_view expected) {
  return Error(Reason::REPORT_INVALID,
               fmt::format("line {} of the report: expected {}", line, expected));
}

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  StatusOr<std::vector<std::vector<std::string>>> Run() {
    std::vector<std::vector<std::string>> lines;
    while (at_ < bytes_.size()) {
      ENLACE_ASSIGN_OR_RETURN(auto fields, ParseLine(lines.size() + 1));
      lines.push_back(std::move(fields));
    }
    return lines;
  }

 private:
  StatusOr<std::vector<std::string>> ParseLine(size_t line) {
    std::vector<std::string> fields;
    for (;;) {
      ENLACE_ASSIGN_OR_RETURN(auto field, ParseField(line));
      fields.push_back(std::move(field));
      if (fields.size() > kColumnCount) return BadLine(line, "no more columns than the header's");
      if (at_ < bytes_.size() && bytes_[at_] == ',') {
        ++at_;
        continue;
      }
      if (bytes_.substr(at_, 2) != "\r\n") return BadLine(line, "a line end of CR and LF");
      at_ += 2;
      return fields;
    }
  }

  StatusOr<std::string> ParseField(size_t line) {
    std::string field;
    if (at_ >= bytes_.size() || bytes_[at_] != '"') {
      const size_t end = std::min(bytes_.find_first_of(",\r\n\"", at_), bytes_.size());
      if (end - at_ > kReportFieldBytesMax) return BadLine(line, "shorter fields");
      field = std::string(bytes_.substr(at_, end - at_));
      at_ = end;
      return field;
    }
    for (++at_;; ++at_) {
      if (at_ >= bytes_.size()) return BadLine(line, "a closing quote");
      if (field.size() > kReportFieldBytesMax) return BadLine(line, "shorter fields");
      if (bytes_[at_] == '"') {
        if (at_ + 1 < bytes_.size() && bytes_[at_ + 1] == '"') {
          ++at_;
        } else {
          ++at_;
          break;
        }
      }
      field += bytes_[at_];
    }
    if (!NeedsQuotes(field)) return BadLine(line, "quotes only where a field needs them");
    return field;
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace

std::string CsvHeader() { return Line(kColumns); }
std::string CsvLine(const Row& row) { return Line(row); }

std::string WriteCsv(const std::vector<Row>& rows) {
  std::string csv = CsvHeader();
  for (const Row& row : rows) csv += CsvLine(row);
  return csv;
}

StatusOr<std::vector<std::vector<std::string>>> ParseCsv(std::string_view bytes) {
  if (bytes.size() > kReportBytesMax) {
    return Error(Reason::REPORT_INVALID,
                 fmt::format("a report has at most {} bytes", kReportBytesMax));
  }
  return Parser(bytes).Run();
}

}  // namespace enlace::report
