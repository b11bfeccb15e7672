#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "client/intake/mapping.h"
#include "client/intake/quality.h"
#include "client/intake/receipt.h"
#include "client/intake/sink.h"

// Streams a file of the agency into typed rows and hands them to a sink in batches.
//
// The file is read twice: first whole, to know its hash (which names the delivery) and
// that it is well formed to the end, so that a broken file sends nothing; then row by
// row. Memory does not grow with the file, except for what QualityCheck remembers and a byte
// for each row of figures, whose outcome a later row may change. While a part is on its way to the
// sink, on a thread of its own, the next one is read; parts follow each other in order.
// Not thread-safe.
namespace enlace::intake {

inline constexpr uint64_t kFileRowsMax = 10'000'000;

// What a file must hold to be accepted.
enum class Content { kAny, kCases, kFigures };

struct ImportOptions {
  std::string file;
  std::string jurisdiction;  // Alpha-3; empty takes all rows (only to check a file).
  std::string receipt;       // Empty writes none; required to store anything.
  std::string format;        // Empty recognises it; otherwise it must be this one.
  Content content = Content::kAny;
  bool validate_only = false;  // The node checks and stores nothing; no receipt.
  int64_t now_ms = 0;          // For the receipt, to say when.
};

struct ImportReport {
  std::string batch_id;
  std::string format;
  uint64_t rows_read = 0;
  Account account;                               // Adds up to rows_read.
  std::map<RowReason, uint64_t> faults;          // Of the client; a row may have several.
  std::map<std::string, uint64_t> node_reasons;  // Rows that the node set aside.
  QualityReport quality;
  uint64_t resumed_from_row = 0;  // 0 when it was not interrupted before.
  // When all of it had been handed in under this receipt; nothing was sent now. Else 0.
  int64_t completed_ms = 0;
  // Mapping tables or code lists are others than before the interruption: rows before
  // `resumed_from_row` are what the earlier ones made of them.
  bool tables_changed = false;
};

class ByteSource;

class Importer {
 public:
  // Called after each acknowledged batch with the rows done so far.
  using Progress = std::function<void(uint64_t rows)>;

  // `mappings` and `sink` must outlive the importer.
  Importer(const Mappings& mappings, RowSink& sink, Progress progress = nullptr);
  ~Importer();

  // FILE_UNREADABLE, FILE_MALFORMED, FORMAT_UNKNOWN, FORMAT_COLUMN_REFUSED,
  // RECEIPT_EXISTS, FILE_UNWRITABLE, or the sink's error. After an error of the sink the
  // same call goes on where it stopped.
  StatusOr<ImportReport> Run(const ImportOptions& options);

 private:
  struct Pass;  // One reading of the file.
  Status FirstPass(const ImportOptions& options, Pass& pass);
  Status SecondPass(const ImportOptions& options, Pass& pass);
  Status TakeRow(Pass& pass, const CsvRecord& record);
  void TakeCase(Pass& pass, const CsvRecord& record);
  void TakeFigure(Pass& pass, const CsvRecord& record);
  void SetAside(Pass& pass, uint64_t row, const RowFault& fault);
  Status ReadRows(ByteSource& source, Pass& pass);
  // Sends what was read up to `last_row`, once the part before is answered.
  Status Flush(Pass& pass, uint64_t last_row);
  // Waits for the part that is under way, if there is one.
  Status TakeAnswer(Pass& pass);
  // Moves rows of earlier batches in the account; leaves in `answer` only what changed.
  static void TakeChanges(Pass& pass, BatchAnswer& answer, Account& account);

  const Mappings& mappings_;
  RowSink& sink_;
  Progress progress_;
};

}  // namespace enlace::intake
