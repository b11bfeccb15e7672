#include "bench/load.h"
#include "bench/output.h"
#include "bench/writes.h"
#include "client/lib/tabulation.h"

namespace enlace::bench {
namespace {

namespace pb = enlace::exchange::v1;

constexpr int kRepetitions = 21;

void AddAttributes(const Table& table, pb::TabulateCaseRecordsRequest& request) {
  for (const uint32_t attribute : table) request.add_attributes(attribute);
}

// Reads every cell, as who asked would.
int Cells(const pb::TabulateCaseRecordsResponse& table) {
  int cells = 0;
  const Status read =
      client::ForEachCell(table, [&cells](const client::TabulationCell&) { ++cells; });
  if (!read.ok()) Die("the table contradicts itself");
  return cells;
}

// The median time of `ask`, and the node's processor time, which is steadier.
void MeasureAsking(const World& world, double seconds, const std::function<void()>& ask) {
  int asked = 0;
  const double cpu_before = world.CpuSeconds(kOrigin);
  const double time_ms = MedianMs(kRepetitions, seconds, [&] {
    ask();
    ++asked;
  });
  Figure("time", time_ms, "ms");
  Figure("node_cpu", (world.CpuSeconds(kOrigin) - cpu_before) * 1e3 / asked, "ms");
}

}  // namespace

void MeasureCrossTable(const MeasureOptions& options) {
  World world(options.world);
  WithRecords(world, options.records, options.seed);
  const auto analyst = world.Connect(kOrigin, "person/analyst");
  pb::TabulateCaseRecordsRequest request;
  AddAttributes(CrossTable(), request);
  int cells = 0;
  MeasureAsking(world, options.seconds, [&] {
    cells = Cells(Must(analyst->Call<pb::TabulateCaseRecordsResponse>(
        CaseMethod("TabulateCaseRecords"), request)));
  });
  Progress(std::to_string(cells) + " cells");
}

void MeasurePlan24(const MeasureOptions& options) {
  World world(options.world);
  WithRecords(world, options.records, options.seed);
  const auto analyst = world.Connect(kOrigin, "person/analyst");
  pb::BatchTabulateCaseRecordsRequest request;
  for (const Table& table : Plan24()) AddAttributes(table, *request.add_requests());
  int tables = 0;
  int cells = 0;
  MeasureAsking(world, options.seconds, [&] {
    const auto answer = Must(analyst->Call<pb::BatchTabulateCaseRecordsResponse>(
        CaseMethod("BatchTabulateCaseRecords"), request));
    tables = answer.responses_size();
    cells = 0;
    for (const auto& table : answer.responses()) cells += Cells(table);
  });
  if (tables != 24) Die("expected 24 tables");
  Progress(std::to_string(cells) + " cells");
}

}  // namespace enlace::bench
