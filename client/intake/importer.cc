#include "client/intake/importer.h"

#include <fmt/format.h>

#include <filesystem>

#include "client/intake/case_mapper.h"
#include "client/intake/observation_mapper.h"
#include "client/intake/part_hashes.h"
#include "client/intake/sending.h"
#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/crypto/hash.h"

namespace enlace::intake {
namespace {

// Hashes what passes through.
class HashingSource final : public ByteSource {
 public:
  explicit HashingSource(ByteSource& source) : source_(source) {}
  StatusOr<size_t> Read(char* buffer, size_t size) override {
    ENLACE_ASSIGN_OR_RETURN(const size_t count, source_.Read(buffer, size));
    hash_.Update({buffer, count});
    return count;
  }
  std::string Finish() { return HexEncode(AsView(hash_.Finish())); }

 private:
  ByteSource& source_;
  crypto::Sha256Stream hash_;
};

Status FileChanged(uint64_t next_row) {
  return Error(Reason::FILE_MALFORMED,
               fmt::format("the file changed while it was read: its first {} rows are stored as "
                           "they were at the beginning, nothing of the change is; put the file "
                           "back and run the same command, or import the changed one, from a copy "
                           "that nobody writes to, under another receipt",
                           next_row - 1));
}

}  // namespace

struct Importer::Pass {
  std::unique_ptr<FileSource> file;
  const Format* format = nullptr;
  Header header;
  std::unique_ptr<CaseMapper> cases;
  std::unique_ptr<ObservationMapper> figures;
  std::unique_ptr<QualityCheck> quality;
  std::unique_ptr<Receipt> receipt;
  Batch batch;
  ImportReport report;
  PartHashes first_reading;  // The file as it was hashed.
  PartHashes second_reading;
  uint64_t without_jurisdiction = 0;  // In the batch.
  uint64_t first_row = 1;             // Earlier ones were acknowledged before.
  RowOutcomes outcomes;               // Of the rows of figures before `first_row`.
  std::unique_ptr<Sending> sending;   // The last part that was sent, until its answer is taken.
};

Importer::Importer(const Mappings& mappings, RowSink& sink, Progress progress)
    : mappings_(mappings), sink_(sink), progress_(std::move(progress)) {}

Importer::~Importer() = default;

// The whole file once: its hash, its format, and that it can be read to the end.
Status Importer::FirstPass(const ImportOptions& options, Pass& pass) {
  ENLACE_ASSIGN_OR_RETURN(pass.file, FileSource::Open(options.file));
  HashingSource source(*pass.file);
  CsvReader reader(source);
  CsvRecord record;
  ENLACE_ASSIGN_OR_RETURN(bool more, reader.Next(record));
  if (!more) return Error(Reason::FORMAT_UNKNOWN, "the file is empty; a header was expected");
  ENLACE_ASSIGN_OR_RETURN(pass.format, mappings_.Recognise(record.fields, pass.header));
  if (!options.format.empty() && pass.format->id != options.format) {
    return Error(Reason::FORMAT_UNKNOWN,
                 fmt::format("the file is {}, not {}", pass.format->id, options.format));
  }
  if (options.content != Content::kAny &&
      (options.content == Content::kCases) != pass.format->is_cases()) {
    return Error(Reason::FORMAT_UNKNOWN,
                 fmt::format("the file is {}, which holds {}", pass.format->id,
                             pass.format->is_cases() ? "case records" : "official figures"));
  }
  while (more) {
    ENLACE_ASSIGN_OR_RETURN(more, reader.Next(record));
    if (!more) break;
    if (record.row > kFileRowsMax) {
      return Error(Reason::FILE_MALFORMED,
                   fmt::format("more than {} rows; split the file", kFileRowsMax));
    }
    pass.first_reading.Add(record);
  }
  pass.first_reading.End();
  pass.report.batch_id = source.Finish();
  pass.report.format = pass.format->id;
  return pass.file->Rewind();
}

void Importer::SetAside(Pass& pass, uint64_t row, const RowFault& fault) {
  ++pass.report.faults[fault.reason];
  for (const RowFault& more : fault.also) ++pass.report.faults[more.reason];
  pass.batch.quarantined.push_back({row, fault});
}

void Importer::TakeCase(Pass& pass, const CsvRecord& record) {
  CaseFate fate = pass.cases->Map(pass.header, record);
  if (const auto* fault = std::get_if<RowFault>(&fate)) {
    SetAside(pass, record.row, *fault);
  } else if (const auto* other = std::get_if<NotOurs>(&fate)) {
    ++pass.batch.not_ours;
    if (!other->known) ++pass.without_jurisdiction;
  } else {
    MappedCase& mapped = std::get<MappedCase>(fate);
    for (const std::string& column : mapped.respelled) {
      pass.quality->Warn(QualityKind::kLabelsRespelled, record.row, column);
    }
    pass.batch.cases.push_back({record.row, std::move(mapped.content)});
  }
}

void Importer::TakeFigure(Pass& pass, const CsvRecord& record) {
  const ObservationFate fate = pass.figures->Map(pass.header, record);
  if (std::holds_alternative<NotOurs>(fate)) {
    ++pass.batch.not_ours;
    return;
  }
  const ObservationFormat& format = pass.format->observations();
  const auto* figure = std::get_if<MappedObservation>(&fate);
  if (record.fields.size() == pass.header.size()) {
    const size_t value = pass.header.At(format.value_column);
    pass.quality->AddRawFigure(record.row, JoinCells(record.fields, value), record.fields[value]);
    const auto dimension =
        format.dimensions.find(record.fields[pass.header.At(format.dimension_column)]);
    if (dimension != format.dimensions.end() &&
        format.categories.at(dimension->second).aliases != nullptr) {
      const codes::Code* code = mappings_.registry().Get("dimension").Find(dimension->second);
      const std::string& category = record.fields[pass.header.At(format.category_column)];
      pass.quality->AddSpelling(code == nullptr ? "" : code->id, category,
                                pass.figures->KnowsCategory(dimension->second, category),
                                figure != nullptr);
    }
  }
  if (figure == nullptr) {
    SetAside(pass, record.row, std::get<RowFault>(fate));
    return;
  }
  pass.quality->AddFigure(*figure);
  pass.batch.observations.push_back({record.row, *figure});
}

void Importer::TakeChanges(Pass& pass, BatchAnswer& answer, Account& account) {
  std::vector<RowResult> taken;
  for (RowResult& change : answer.changed) {
    // A row that comes later is answered in its own turn.
    const std::optional<Outcome> before = pass.outcomes.Find(change.row);
    if (!before.has_value() || *before == change.outcome) continue;
    account.Move(*before, change.outcome);
    pass.outcomes.Set(change.row, change.outcome);
    taken.push_back(std::move(change));
  }
  answer.changed = std::move(taken);
}

Status Importer::Flush(Pass& pass, uint64_t last_row) {
  Batch batch = std::move(pass.batch);
  pass.batch = Batch();
  pass.batch.validate_only = batch.validate_only;
  pass.batch.first_row = last_row + 1;
  batch.last_row = last_row;
  batch.batch_id = pass.report.batch_id;
  batch.format = pass.report.format;
  batch.is_cases = pass.format->is_cases();
  const uint64_t nobodys = pass.without_jurisdiction;
  pass.without_jurisdiction = 0;
  if (last_row < pass.first_row) return absl::OkStatus();  // Acknowledged before.
  ENLACE_RETURN_IF_ERROR(TakeAnswer(pass));
  if (!pass.second_reading.AgreesWith(pass.first_reading, last_row)) {
    return FileChanged(pass.first_row);
  }
  pass.sending = std::make_unique<Sending>(sink_, std::move(batch), nobodys);
  return absl::OkStatus();
}

Status Importer::TakeAnswer(Pass& pass) {
  if (pass.sending == nullptr) return absl::OkStatus();
  const std::unique_ptr<Sending> sending = std::move(pass.sending);
  auto answer = sending->Answer();
  if (!answer.ok()) {
    return WithContext(answer.status(),
                       fmt::format("stopped before row {} ({} rows are stored); the same "
                                   "command goes on from there",
                                   pass.first_row, pass.first_row - 1));
  }
  const Batch& batch = sending->batch();
  ENLACE_CHECK(answer->results.size() == batch.rows());
  Account account = pass.report.account;
  TakeChanges(pass, *answer, account);
  for (const RowResult& result : answer->results) {
    account.Add(result.outcome);
    if (!batch.is_cases) pass.outcomes.Set(result.row, result.outcome);
    if (result.outcome == Outcome::kQuarantined) ++pass.report.node_reasons[result.reason];
  }
  account.quarantined += batch.quarantined.size();
  account.not_ours += batch.not_ours;
  account.without_jurisdiction += sending->nobodys();
  const uint64_t last_row = batch.last_row;
  if (pass.receipt != nullptr) {
    ENLACE_RETURN_IF_ERROR(pass.receipt->Record(*answer, batch.quarantined, account, last_row + 1));
  }
  pass.report.account = account;
  pass.first_row = last_row + 1;
  if (progress_) progress_(last_row);
  return absl::OkStatus();
}

Status Importer::TakeRow(Pass& pass, const CsvRecord& record) {
  ++pass.report.rows_read;
  if (pass.cases != nullptr)
    TakeCase(pass, record);
  else
    TakeFigure(pass, record);
  pass.second_reading.Add(record);
  // Where a batch ends is a matter of row numbers, not of what the mapping tables make of the
  // rows, so that a repeated batch covers the same rows under other tables too.
  const bool ends_known_rows = record.row + 1 == pass.first_row;
  if (record.row % kBatchRowsMax == 0 || ends_known_rows) return Flush(pass, record.row);
  return absl::OkStatus();
}

Status Importer::SecondPass(const ImportOptions& options, Pass& pass) {
  pass.quality = std::make_unique<QualityCheck>(mappings_.registry());
  if (pass.format->is_cases()) {
    pass.cases =
        std::make_unique<CaseMapper>(*pass.format, mappings_.registry(), options.jurisdiction);
  } else {
    pass.figures = std::make_unique<ObservationMapper>(*pass.format, mappings_.registry(),
                                                       options.jurisdiction);
  }
  pass.batch.validate_only = options.validate_only;
  pass.batch.first_row = 1;
  HashingSource source(*pass.file);
  const Status read = ReadRows(source, pass);
  // Whatever ended the reading: what the node has of the file belongs into the receipt.
  ENLACE_RETURN_IF_ERROR(TakeAnswer(pass));
  ENLACE_RETURN_IF_ERROR(read);
  if (source.Finish() != pass.report.batch_id) {
    return FileChanged(pass.first_row);
  }
  pass.report.quality = pass.quality->Finish();
  if (pass.report.account.Sum() != pass.report.rows_read) {
    return Error(Reason::INTERNAL, "the account does not add up to the rows read");
  }
  return absl::OkStatus();
}

Status Importer::ReadRows(ByteSource& source, Pass& pass) {
  CsvReader reader(source);
  CsvRecord record;
  ENLACE_ASSIGN_OR_RETURN(bool more, reader.Next(record));  // The header.
  while (more) {
    ENLACE_ASSIGN_OR_RETURN(more, reader.Next(record));
    if (more) ENLACE_RETURN_IF_ERROR(TakeRow(pass, record));
  }
  pass.second_reading.End();
  if (pass.batch.first_row > pass.report.rows_read) return absl::OkStatus();
  return Flush(pass, pass.report.rows_read);
}

StatusOr<ImportReport> Importer::Run(const ImportOptions& options) {
  Pass pass;
  ENLACE_RETURN_IF_ERROR(FirstPass(options, pass));
  if (!options.receipt.empty() && !options.validate_only) {
    ImportState delivery;
    delivery.batch_id = pass.report.batch_id;
    delivery.format = pass.report.format;
    delivery.target = sink_.Target();
    delivery.jurisdiction = options.jurisdiction;
    delivery.tables = mappings_.fingerprint();
    delivery.file = std::filesystem::path(options.file).filename().string();
    delivery.time_ms = options.now_ms;
    ENLACE_ASSIGN_OR_RETURN(pass.receipt, Receipt::Open(options.receipt, delivery));
    pass.first_row = pass.receipt->state().next_row;
    pass.report.account = pass.receipt->state().account;
    if (pass.receipt->was_complete())
      pass.report.completed_ms = pass.receipt->state().time_ms;
    else if (pass.first_row > 1)
      pass.report.resumed_from_row = pass.first_row;
    pass.report.tables_changed = pass.receipt->tables_changed();
    if (!pass.format->is_cases() && !pass.receipt->was_complete()) {
      ENLACE_ASSIGN_OR_RETURN(pass.outcomes, pass.receipt->ReadOutcomes());
    }
  }
  ENLACE_RETURN_IF_ERROR(SecondPass(options, pass));
  if (pass.receipt != nullptr) ENLACE_RETURN_IF_ERROR(pass.receipt->Complete(options.now_ms));
  return std::move(pass.report);
}

}  // namespace enlace::intake
