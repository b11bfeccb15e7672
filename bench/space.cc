#include <malloc.h>

#include <filesystem>

#include "bench/load.h"
#include "bench/output.h"
#include "bench/writes.h"
#include "node/base/bytes.h"
#include "node/crypto/hash.h"
#include "node/query/case_columns.h"
#include "node/query/case_directory.h"

namespace enlace::bench {
namespace {

constexpr uint64_t kRecords = 100'000;

uint64_t BytesBelow(const std::string& folder) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// The columns with the directory and nothing else, made of `records` records in this process.
double ColumnsBytes(uint64_t records, uint64_t seed) {
  RecordMaker maker(seed);
  const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  query::CaseColumns columns(Lists());
  query::CaseDirectory directory;
  for (uint64_t i = 0; i < records; ++i) {
    const Answers answers = maker.Next();
    model::CaseRecord record;
    record.reference = crypto::RandomBytes(16);
    record.entity = kEntity;
    record.content.registration_year = answers.year;
    record.content.registration_quarter = answers.quarter;
    for (size_t at = 0; at < kSingles; ++at) {
      record.content.singles[RecordMaker::SingleAttributes()[at]] = {
          answers.codes[at],
          answers.codes[at] == 0 ? model::Missing::kUnknown : model::Missing::kNone};
    }
    for (size_t at = 0; at < kSets; ++at) {
      record.content.sets[RecordMaker::SetAttributes()[at]] = {
          answers.affirmed[at], maker.AllOf(at) & ~answers.affirmed[at], model::Missing::kUnknown};
    }
    Must(columns.Apply(record));
    Must(directory.Add({i + 1, 0}, record.entity, answers.year));
  }
  return static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd - before);
}

}  // namespace

void MeasureDisk(const MeasureOptions& options) {
  const uint64_t count = options.records == 0 ? kRecords : options.records;
  const auto records = static_cast<double>(count);
  World world(options.world);
  world.Start(kOrigin);
  world.Stop(kOrigin);
  const std::string data = world.Folder(kOrigin) + "/data";
  const uint64_t empty = BytesBelow(data);
  WithRecords(world, count, options.seed);
  world.Stop(kOrigin);
  Figure("bytes_per_record", static_cast<double>(BytesBelow(data) - empty) / records, "bytes");
  Figure("start", world.Start(kOrigin), "s");
  // Of the whole process, with the database's caches.
  Figure("process_bytes_per_record", static_cast<double>(world.ResidentBytes(kOrigin)) / records,
         "bytes");
  world.Stop(kOrigin);
  Figure("columns_bytes_per_record", ColumnsBytes(count, options.seed) / records, "bytes");
}

}  // namespace enlace::bench
