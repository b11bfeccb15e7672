#include "client/cli/table.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/intake/csv_writer.h"
#include "node/base/check.h"

namespace enlace::cli {
namespace {

// The next code point of `text` from `at` on, which moves; negative for a broken byte.
UChar32 Next(std::string_view text, int32_t& at) {
// The macro of ICU narrows integers on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
  UChar32 point = 0;
  U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), point);
#pragma GCC diagnostic pop
  return point;
}

bool IsControl(UChar32 point) {
  const auto type = u_charType(point);
  return type == U_CONTROL_CHAR || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

int WidthOf(UChar32 point) {
  if (point < 0) return 1;
  const auto type = u_charType(point);
  if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
  const int wide = u_getIntPropertyValue(point, UCHAR_EAST_ASIAN_WIDTH);
  return wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
}

bool LooksLikeFormula(std::string_view cell) {
  if (cell.empty()) return false;
  if (cell[0] == '=' || cell[0] == '+' || cell[0] == '@' || cell[0] == '\t') return true;
  return cell[0] == '-' && cell.size() > 1 && (cell[1] < '0' || cell[1] > '9');
}

}  // namespace

int DisplayWidth(std::string_view text) {
  int width = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) width += WidthOf(Next(text, at));
  return width;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    const int32_t begin = at;
    const UChar32 point = Next(text, at);
    if (point < 0) {
      for (int32_t i = begin; i < at; ++i) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[static_cast<size_t>(i)]));
      }
    } else if (IsControl(point)) {
      out += fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(point));
    } else {
      out += text.substr(static_cast<size_t>(begin), static_cast<size_t>(at - begin));
    }
  }
  return out;
}

Table::Table(std::vector<std::string> header)
    : header_(std::move(header)), right_(header_.size(), false) {}

void Table::Add(std::vector<std::string> row) {
  ENLACE_CHECK(row.size() == header_.size());
  rows_.push_back(std::move(row));
}

void Table::AlignRight(size_t column) { right_.at(column) = true; }

std::string Table::ToText() const {
  std::vector<std::vector<std::string>> lines{header_};
  for (const auto& row : rows_) lines.push_back(row);
  std::vector<int> widths(header_.size(), 0);
  for (auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      line[i] = Printable(line[i]);
      widths[i] = std::max(widths[i], DisplayWidth(line[i]));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string blanks(static_cast<size_t>(widths[i] - DisplayWidth(line[i])), ' ');
      if (i > 0) text += "  ";
      text += right_[i] ? blanks + line[i] : line[i] + blanks;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string Table::ToCsv() const {
  std::string out;
  intake::AppendCsvRow(out, header_, intake::LineEnd::kLf);
  for (std::vector<std::string> row : rows_) {
    // A spreadsheet would run a text of another node as a formula.
    for (std::string& cell : row) {
      if (LooksLikeFormula(cell)) cell.insert(cell.begin(), '\'');
    }
    intake::AppendCsvRow(out, row, intake::LineEnd::kLf);
  }
  return out;
}

std::string Table::ToJson() const {
  auto out = nlohmann::ordered_json::array();
  for (const auto& row : rows_) {
    auto object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.size(); ++i) object[header_[i]] = row[i];
    out.push_back(std::move(object));
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace enlace::cli
