#pragma once

#include <cstdint>
#include <string>

// PostgreSQL's logical replication of the records, durable on the replica before it is
// visible there.
namespace enlace::bench {

struct PgOptions {
  std::string conninfo;  // Of the cluster that is measured; of the publisher.
  std::string replica;   // Of the subscriber, which reaches the publisher by `conninfo`.
  int clients = 1;
  int size = 1000;
  int ids = 100;
  int page = 100;
  int rate = 50;
  uint64_t records = 100'000;
  double seconds = 2;
  uint64_t seed = 1;
};

void PgCatchUp(const PgOptions& options);
void PgResume(const PgOptions& options);
void PgPropagate(const PgOptions& options);

}  // namespace enlace::bench
