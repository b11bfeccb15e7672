#pragma once

#include <cstdint>

#include "bench/world.h"

// The measures of enlace-bench. Each prints its figures; all end the program on a failure.
namespace enlace::bench {

struct MeasureOptions {
  WorldOptions world;
  int clients = 1;
  int size = 1000;  // Records of a batch.
  int ids = 100;    // Names in one call.
  int page = 100;
  int rate = 50;         // Changes a second.
  uint64_t records = 0;  // 0: what the measure takes by itself.
  double seconds = 2;    // Of the timed part.
  uint64_t seed = 1;
  bool sync_server = false;  // Of the bare echo.
  bool stream = true;        // Single records come by one open stream a client, or by calls.
};

// writes.cc
void MeasurePut(const MeasureOptions& options);
void MeasureBatch(const MeasureOptions& options);
void MeasureBulk(const MeasureOptions& options);
void Prepare(const MeasureOptions& options);
// reads.cc
void MeasureGet(const MeasureOptions& options);
void MeasureGetMany(const MeasureOptions& options);
void MeasureList(const MeasureOptions& options);
// tables.cc
void MeasureCrossTable(const MeasureOptions& options);
void MeasurePlan24(const MeasureOptions& options);
// channels.cc
void MeasureCatchUp(const MeasureOptions& options);
void MeasureResume(const MeasureOptions& options);
void MeasurePropagate(const MeasureOptions& options);
// calls.cc
void MeasurePing(const MeasureOptions& options);
void MeasureConnect(const MeasureOptions& options);
// echo.cc: the same calls to a bare gRPC server with the same credentials.
void MeasureEcho(const MeasureOptions& options);
void MeasureEchoStream(const MeasureOptions& options);
void MeasureEchoConnect(const MeasureOptions& options);
// Serves until killed; writes its address to `ready_file`.
void ServeEcho(const std::string& folder, const std::string& ready_file, bool sync_server);
// space.cc
void MeasureDisk(const MeasureOptions& options);

}  // namespace enlace::bench
