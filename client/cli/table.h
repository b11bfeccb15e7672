#pragma once

#include <string>
#include <string_view>
#include <vector>

// Text that lines up on a terminal.
namespace enlace::cli {

// Columns a terminal uses for `text`: 2 for wide East Asian characters, 0 for marks that
// combine with the letter before. Bytes that are no UTF-8 count one each.
int DisplayWidth(std::string_view text);

// `text` with control characters (C0, DEL, C1, bidirectional overrides) as \u{..}: what a
// node sends must not move the cursor of a terminal.
std::string Printable(std::string_view text);

// A header and rows; all rows have as many cells as the header.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  void Add(std::vector<std::string> row);
  size_t size() const { return rows_.size(); }
  // Digits of this column stand right.
  void AlignRight(size_t column);

  std::string ToText() const;  // Two spaces between columns, no trailing blanks.
  // A text that a spreadsheet would take for a formula gets an apostrophe in front.
  std::string ToCsv() const;
  // One array of objects with the header's words as keys, all values as text; for listings
  // that are no message of the API.
  std::string ToJson() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<bool> right_;
};

}  // namespace enlace::cli
