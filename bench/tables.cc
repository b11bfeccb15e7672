#include "bench/load.h"
#include "bench/output.h"
#include "bench/writes.h"

namespace enlace::bench {
namespace {

namespace pb = enlace::exchange::v1;

constexpr int kRepetitions = 21;

void AddAttributes(const Table& table, pb::TabulateCaseRecordsRequest& request) {
  for (const uint32_t attribute : table) request.add_attributes(attribute);
}

}  // namespace

void MeasureCrossTable(const MeasureOptions& options) {
  World world(options.world);
  WithRecords(world, options.records, options.seed);
  const auto analyst = world.Connect(kOrigin, "person/analyst");
  pb::TabulateCaseRecordsRequest request;
  AddAttributes(CrossTable(), request);
  int cells = 0;
  const double time_ms = MedianMs(kRepetitions, options.seconds, [&] {
    cells = Must(analyst->Call<pb::TabulateCaseRecordsResponse>(CaseMethod("TabulateCaseRecords"),
                                                                request))
                .cells_size();
  });
  Progress(std::to_string(cells) + " cells");
  Figure("time", time_ms, "ms");
}

void MeasurePlan24(const MeasureOptions& options) {
  World world(options.world);
  WithRecords(world, options.records, options.seed);
  const auto analyst = world.Connect(kOrigin, "person/analyst");
  pb::BatchTabulateCaseRecordsRequest request;
  for (const Table& table : Plan24()) AddAttributes(table, *request.add_requests());
  int tables = 0;
  const double time_ms = MedianMs(kRepetitions, options.seconds, [&] {
    tables = Must(analyst->Call<pb::BatchTabulateCaseRecordsResponse>(
                      CaseMethod("BatchTabulateCaseRecords"), request))
                 .responses_size();
  });
  if (tables != 24) Die("expected 24 tables");
  Figure("time", time_ms, "ms");
}

}  // namespace enlace::bench
