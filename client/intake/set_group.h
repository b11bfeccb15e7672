#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/intake/row.h"
#include "node/model/case_record.h"

// How a several-valued attribute lies in a flat file: one flag column per code, and for
// most groups one column that joins the labels of the affirmed codes again.
//
// The joined column is not a function of the flags alone: among CTDC rows without any
// affirmed kind, some spell "Not specified" and some "-99". That difference is the reason
// why the rest of the set has no answer (unknown, not collected), and so the record keeps
// it. What the writer would not write cannot be kept cell by cell: such a row is set
// aside. Immutable, thread-safe.
namespace enlace::intake {

// One code's own column.
struct Flag {
  std::string column;
  uint32_t code = 0;
  std::string label;              // In the joined column; empty when it never stands there.
  std::vector<std::string> also;  // Other spellings of the label.
};

// What the joined column holds when there is no label to join.
struct Absence {
  model::Missing rest = model::Missing::kNotCollected;
  std::string text;
};

struct FlagTexts {
  std::string yes = "1";
  std::string no = "0";
  std::string absent = "-99";
};

struct SetGroup {
  uint32_t attribute = 0;
  FlagTexts texts;
  std::vector<Flag> flags;
  std::string joined_column;  // Empty for none.
  std::string separator = ";";
  std::vector<size_t> label_order;  // Indices into flags: the order of joined labels.
  // At least one when there is a joined column; rests and texts are all different.
  std::vector<Absence> absences;

  // "1", "0" or "-99" of one flag.
  const std::string& FlagCell(const model::SetValue& value, const Flag& flag) const;
  // The joined labels; without any, the text of value.rest, or the first absence's where
  // the format has none for it.
  std::string JoinedCell(const model::SetValue& value) const;
};

// The cells of one row that belong to a group.
struct SetCells {
  std::vector<std::string_view> flags;  // As SetGroup::flags.
  std::string_view joined;
};

struct DecodedSet {
  model::SetValue value;
  bool respelled = false;  // The joined labels were in another order or spelling.
};

// The one value that would be written as these cells, or the column that prevents it.
std::variant<DecodedSet, RowFault> DecodeSet(const SetGroup& group, const SetCells& cells);

}  // namespace enlace::intake
