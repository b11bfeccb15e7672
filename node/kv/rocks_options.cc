#include "node/kv/rocks_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>

#include "node/base/log.h"

namespace enlace::kv {
namespace {

// What a start after a kill has to replay at most, and so how long it takes.
constexpr uint64_t kWalBytesMax = 64 << 20;
constexpr size_t kWriteBufferBytes = 32 << 20;
constexpr size_t kWriteBuffersBytesMax = 96 << 20;
constexpr size_t kBlockBytes = 16 << 10;
constexpr size_t kLogLineBytesMax = 400;

// RocksDB's errors in our log, its chatter nowhere. It never sees a value decoded; the
// lines name files, offsets and checksums.
class ErrorLogger final : public rocksdb::Logger {
 public:
  ErrorLogger() : Logger(rocksdb::InfoLogLevel::ERROR_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, kLogLineBytesMax> line{};
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    if (length > 0) LogError("rocksdb", {{"detail", std::string(line.data())}});
  }
};

}  // namespace

rocksdb::DBOptions MakeDbOptions(const RocksOptions& options, rocksdb::Env* env) {
  rocksdb::DBOptions db;
  db.env = env;
  db.create_if_missing = options.create;
  db.create_missing_column_families = options.create;
  db.error_if_exists = options.create;
  // The default mode drops synced writes behind a flipped bit and opens all the same. The
  // tolerant mode keeps a clean prefix; the caller proves by the anchor that nothing
  // acknowledged is missing from it.
  db.wal_recovery_mode = options.strict ? rocksdb::WALRecoveryMode::kAbsoluteConsistency
                                        : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  db.verify_sst_unique_id_in_manifest = true;
  db.paranoid_checks = true;
  // All tables reach the disk as one edit of the MANIFEST: a cut MANIFEST can then never
  // lose rows of one table and keep the commit sequence, which lies in another.
  db.atomic_flush = true;
  // After a failed write or sync nobody knows what the disk holds; no retry.
  db.max_bgerror_resume_count = 0;
  db.fail_if_options_file_error = true;  // A disk that refuses one file refuses others.
  db.manual_wal_flush = false;
  db.wal_compression = rocksdb::kNoCompression;  // 7.8 cannot open a compressed log.
  db.recycle_log_file_num = 0;                   // Not sound with the strict mode.
  db.allow_mmap_reads = false;                   // Reads by mmap skip checksums.
  db.allow_mmap_writes = false;
  db.max_open_files = options.open_files_max;  // Files and sockets share the descriptors.
  db.max_total_wal_size = kWalBytesMax;
  db.db_write_buffer_size = kWriteBuffersBytesMax;
  db.max_background_jobs = 2;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log = std::make_shared<ErrorLogger>();
  return db;
}

rocksdb::ColumnFamilyOptions MakeTableOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // Within the cache's bound.
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = kBlockBytes;
  table.checksum = rocksdb::kCRC32c;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kWriteBufferBytes;
  // Each row of a delivery is first looked for, and nearly all are new.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  options.force_consistency_checks = true;
  return options;
}

rocksdb::WriteOptions MakeWriteOptions([[maybe_unused]] bool sync) {
  rocksdb::WriteOptions options;
#ifndef ENLACE_BREAK_NO_FSYNC
  // Per write, never SyncWAL: in 7.8 that leaves a log that the MANIFEST calls missing.
  options.sync = sync;
#endif
  options.disableWAL = false;
  return options;
}

}  // namespace enlace::kv
