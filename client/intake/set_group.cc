#include "client/intake/set_group.h"

#include <algorithm>

namespace enlace::intake {
namespace {

using model::Missing;
using model::SetValue;

constexpr char kLabelEnd = ';';  // Also where labels are written with "; " between them.

uint64_t BitOf(const Flag& flag) { return uint64_t{1} << flag.code; }

std::string JoinLabels(const SetGroup& group, uint64_t affirmed) {
  std::string out;
  for (const size_t index : group.label_order) {
    const Flag& flag = group.flags[index];
    if (flag.label.empty() || (affirmed & BitOf(flag)) == 0) continue;
    if (!out.empty()) out += group.separator;
    out += flag.label;
  }
  return out;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

const Flag* FindLabel(const SetGroup& group, std::string_view label) {
  for (const Flag& flag : group.flags) {
    if (flag.label.empty()) continue;
    if (flag.label == label ||
        std::find(flag.also.begin(), flag.also.end(), label) != flag.also.end()) {
      return &flag;
    }
  }
  return nullptr;
}

// The codes of a joined cell; nothing when a label is unknown or stands twice.
std::optional<uint64_t> ParseLabels(const SetGroup& group, std::string_view cell) {
  uint64_t mask = 0;
  while (true) {
    const size_t end = cell.find(kLabelEnd);
    const Flag* flag = FindLabel(group, Trim(cell.substr(0, end)));
    if (flag == nullptr || (mask & BitOf(*flag)) != 0) return std::nullopt;
    mask |= BitOf(*flag);
    if (end == std::string_view::npos) return mask;
    cell.remove_prefix(end + 1);
  }
}

uint64_t LabelledCodes(const SetGroup& group) {
  uint64_t mask = 0;
  for (const Flag& flag : group.flags) {
    if (!flag.label.empty()) mask |= BitOf(flag);
  }
  return mask;
}

// Sets rest and respelled of `out` from the joined cell, or says why it does not fit.
std::optional<RowFault> DecodeJoined(const SetGroup& group, std::string_view cell,
                                     DecodedSet& out) {
  const auto absence = std::find_if(group.absences.begin(), group.absences.end(),
                                    [&](const Absence& known) { return known.text == cell; });
  const std::optional<uint64_t> labels = ParseLabels(group, cell);
  if (absence == group.absences.end() && !labels.has_value()) {
    return RowFault{group.joined_column,
                    cell.empty() ? RowReason::kValueBlank : RowReason::kValueUnknown};
  }
  const uint64_t affirmed = out.value.affirmed & LabelledCodes(group);
  if (affirmed != (absence != group.absences.end() ? 0 : *labels)) {
    return RowFault{group.joined_column, RowReason::kCellsContradict};
  }
  if (absence != group.absences.end()) {
    out.value.rest = absence->rest;
  } else {
    out.respelled = cell != group.JoinedCell(out.value);
  }
  return std::nullopt;
}

}  // namespace

const std::string& SetGroup::FlagCell(const SetValue& value, const Flag& flag) const {
  if ((value.affirmed & BitOf(flag)) != 0) return texts.yes;
  if ((value.denied & BitOf(flag)) != 0) return texts.no;
  return texts.absent;
}

std::string SetGroup::JoinedCell(const SetValue& value) const {
  std::string labels = JoinLabels(*this, value.affirmed);
  if (!labels.empty() || absences.empty()) return labels;
  for (const Absence& absence : absences) {
    if (absence.rest == value.rest) return absence.text;
  }
  return absences.front().text;
}

std::variant<DecodedSet, RowFault> DecodeSet(const SetGroup& group, const SetCells& cells) {
  DecodedSet out;
  for (size_t i = 0; i < group.flags.size(); ++i) {
    const std::string_view cell = cells.flags[i];
    if (cell == group.texts.yes) {
      out.value.affirmed |= BitOf(group.flags[i]);
    } else if (cell == group.texts.no) {
      out.value.denied |= BitOf(group.flags[i]);
    } else if (cell != group.texts.absent) {
      return RowFault{group.flags[i].column,
                      cell.empty() ? RowReason::kValueBlank : RowReason::kValueUnknown};
    }
  }
  out.value.rest = Missing::kNotCollected;
  if (group.joined_column.empty()) return out;
  if (const auto fault = DecodeJoined(group, cells.joined, out)) return *fault;
  return out;
}

}  // namespace enlace::intake
