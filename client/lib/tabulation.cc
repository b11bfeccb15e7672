#include "client/lib/tabulation.h"

namespace enlace::client {
namespace {

namespace pb = exchange::v1;

using Answers = std::vector<TabulationCell::Coordinate>;

Status Broken() {
  return Error(Reason::TABULATION_INVALID,
               "the node's table contradicts itself; report it to its operator");
}

// In the order of positions: reasons for no code, then codes.
Answers AnswersOf(const pb::TabulationAxis& axis) {
  Answers answers;
  for (const int missing : axis.missing()) {
    answers.push_back({0, static_cast<pb::Missing>(missing)});
  }
  for (const uint32_t code : axis.codes()) answers.push_back({code, pb::MISSING_UNSPECIFIED});
  return answers;
}

// Moves the positions `steps` cells on; false beyond the last cell of the table.
bool Advance(const std::vector<Answers>& axes, uint64_t steps, std::vector<uint64_t>& at) {
  for (size_t i = axes.size(); i-- > 0 && steps > 0;) {
    const uint64_t length = axes[i].size();
    if (length == 0) return false;
    // No sum can overflow: positions are below the lengths of lists in memory.
    const uint64_t carry = steps / length + (at[i] + steps % length) / length;
    at[i] = (at[i] + steps % length) % length;
    steps = carry;
  }
  return steps == 0;
}

}  // namespace

Status ForEachCell(const pb::TabulateCaseRecordsResponse& table,
                   const std::function<void(const TabulationCell&)>& visit) {
  if (table.cell_steps_size() != table.counts_size()) return Broken();
  std::vector<Answers> axes;
  for (const pb::TabulationAxis& axis : table.axes()) {
    axes.push_back(AnswersOf(axis));
    // Also where the first cell stands at the very beginning.
    if (axes.back().empty() && table.counts_size() > 0) return Broken();
  }
  std::vector<uint64_t> at(axes.size());
  TabulationCell cell;
  cell.coordinates.resize(axes.size());
  for (int i = 0; i < table.counts_size(); ++i) {
    const uint64_t steps = table.cell_steps(i);
    if ((steps == 0 && i > 0) || !Advance(axes, steps, at)) return Broken();
    for (size_t axis = 0; axis < axes.size(); ++axis) {
      cell.coordinates[axis] = axes[axis][at[axis]];
    }
    cell.count = table.counts(i);
    cell.suppressed = cell.count == 0;
    visit(cell);
  }
  return Status();
}

}  // namespace enlace::client
