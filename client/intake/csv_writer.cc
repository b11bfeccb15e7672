#include "client/intake/csv_writer.h"

namespace enlace::intake {

std::string CsvField(std::string_view field) {
  const bool edge_space = !field.empty() && (field.front() == ' ' || field.back() == ' ');
  if (!edge_space && field.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(field);
  }
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

void AppendCsvRow(std::string& out, const std::vector<std::string>& fields, LineEnd end) {
  if (fields.size() == 1 && fields[0].empty()) {
    out += "\"\"";
  } else {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out.push_back(',');
      out += CsvField(fields[i]);
    }
  }
  out += end == LineEnd::kCrLf ? "\r\n" : "\n";
}

}  // namespace enlace::intake
