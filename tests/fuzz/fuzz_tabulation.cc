// The answer of a node to a tabulation, as a client reads it: any axes, steps and counts, made
// from the bytes, since a message of random bytes would hardly ever have any.
#include <cstdint>

#include "client/lib/tabulation.h"
#include "node/base/check.h"

using enlace::client::ForEachCell;
using enlace::client::TabulationCell;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  enlace::exchange::v1::TabulateCaseRecordsResponse table;
  size_t at = 0;
  const auto next = [&]() -> uint8_t { return at < size ? data[at++] : uint8_t{0}; };
  for (int axes = next() % 4; axes > 0; --axes) {
    auto& axis = *table.add_axes();
    for (int missing = next() % 3; missing > 0; --missing) {
      axis.add_missing(static_cast<enlace::exchange::v1::Missing>(next()));
    }
    for (int codes = next() % 8; codes > 0; --codes) axis.add_codes(next());
  }
  while (at < size) {
    const uint64_t step = next();
    // The high ones reach far beyond any table.
    table.add_cell_steps(step < 240 ? step % 8 : UINT64_MAX >> (4 * (255 - step)));
    if (next() != 255) table.add_counts(next());
  }
  int visited = 0;
  const auto status = ForEachCell(table, [&](const TabulationCell& cell) {
    ++visited;
    ENLACE_CHECK(cell.suppressed == (cell.count == 0));
    ENLACE_CHECK(cell.coordinates.size() == static_cast<size_t>(table.axes_size()));
  });
  ENLACE_CHECK(!status.ok() || visited == table.counts_size());
  return 0;
}
