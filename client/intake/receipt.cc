#include "client/intake/receipt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "client/intake/csv_writer.h"
#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/base/clock.h"
#include "node/config/yaml.h"

namespace enlace::intake {
namespace {

constexpr std::string_view kStateTitle = "enlace-import-state 3\n";
constexpr std::string_view kColumns = "row,outcome,name,reason,column\r\n";
constexpr size_t kColumnCount = 5;

Status Damaged() {
  return Error(Reason::RECEIPT_EXISTS,
               "the receipt or the state file beside it is damaged, or of another version of this "
               "program; name another receipt file and import again, the node knows the rows "
               "that it has");
}

std::optional<Outcome> OutcomeNamed(std::string_view name) {
  for (const Outcome outcome : {Outcome::kAccepted, Outcome::kUnchanged, Outcome::kReplaced,
                                Outcome::kInConflict, Outcome::kQuarantined}) {
    if (OutcomeName(outcome) == name) return outcome;
  }
  return std::nullopt;
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// A name of one line, whatever the file system allows.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return text;
}

struct Line {
  uint64_t row;
  std::vector<std::string> fields;
};

}  // namespace

uint64_t& Account::Of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      return accepted;
    case Outcome::kUnchanged:
      return unchanged;
    case Outcome::kReplaced:
      return replaced;
    case Outcome::kInConflict:
      return in_conflict;
    case Outcome::kQuarantined:
      return quarantined;
  }
  ENLACE_CHECK(false);
}

void Account::Move(Outcome before, Outcome after) {
  ENLACE_CHECK(Of(before) > 0);
  --Of(before);
  ++Of(after);
}

void RowOutcomes::Set(uint64_t row, Outcome outcome) {
  if (row >= rows_.size()) rows_.resize(row + 1);
  rows_[row] = static_cast<uint8_t>(1 + static_cast<int>(outcome));
}

std::optional<Outcome> RowOutcomes::Find(uint64_t row) const {
  if (row >= rows_.size() || rows_[row] == 0) return std::nullopt;
  return static_cast<Outcome>(rows_[row] - 1);
}

bool RowOutcomes::Agrees(const Account& account) const {
  Account counted;
  for (const uint8_t row : rows_) {
    if (row != 0) counted.Add(static_cast<Outcome>(row - 1));
  }
  counted.not_ours = account.not_ours;
  counted.without_jurisdiction = account.without_jurisdiction;
  return counted == account;
}

std::string ImportState::DifferenceTo(const ImportState& other) const {
  std::string out;
  const auto compare = [&](const char* name, const std::string& a, const std::string& b) {
    if (a != b) out += (out.empty() ? "" : ", ") + std::string(name);
  };
  compare("content of the file", batch_id, other.batch_id);
  compare("format", format, other.format);
  compare("node or certificate", target, other.target);
  compare("jurisdiction", jurisdiction, other.jurisdiction);
  return out;
}

std::string ImportState::Encode() const {
  std::string out(kStateTitle);
  out += fmt::format("batch_id {}\nformat {}\ntarget {}\njurisdiction {}\ntables {}\n", batch_id,
                     format, target, jurisdiction, tables);
  out += fmt::format("file {}\ntime_ms {}\n", OneLine(file), time_ms);
  out += fmt::format("next_row {}\nreceipt_bytes {}\n", next_row, receipt_bytes);
  out += fmt::format("accepted {}\nunchanged {}\nreplaced {}\nin_conflict {}\nquarantined {}\n",
                     account.accepted, account.unchanged, account.replaced, account.in_conflict,
                     account.quarantined);
  out += fmt::format("not_ours {}\nwithout_jurisdiction {}\n", account.not_ours,
                     account.without_jurisdiction);
  out += fmt::format("crc32c {:08x}\n", Crc32c(out));
  return out;
}

StatusOr<ImportState> ImportState::Decode(std::string_view text) {
  const size_t last = text.rfind("crc32c ");
  if (text.substr(0, kStateTitle.size()) != kStateTitle || last == std::string_view::npos ||
      text.substr(last) != fmt::format("crc32c {:08x}\n", Crc32c(text.substr(0, last)))) {
    return Damaged();
  }
  std::map<std::string, std::string, std::less<>> values;
  std::string_view rest = text.substr(kStateTitle.size(), last - kStateTitle.size());
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const size_t space = line.find(' ');
    if (end == std::string_view::npos || space == std::string_view::npos) return Damaged();
    values.emplace(line.substr(0, space), line.substr(space + 1));
    rest.remove_prefix(end + 1);
  }
  bool whole = true;
  const auto text_of = [&](const char* name) {
    const auto found = values.find(name);
    whole = whole && found != values.end();
    return found == values.end() ? "" : found->second;
  };
  const auto number_of = [&](const char* name) {
    const std::string digits = text_of(name);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    whole = whole && error == std::errc() && end == digits.data() + digits.size();
    return value;
  };
  ImportState out;
  out.batch_id = text_of("batch_id");
  out.format = text_of("format");
  out.target = text_of("target");
  out.jurisdiction = text_of("jurisdiction");
  out.tables = text_of("tables");
  out.file = text_of("file");
  out.time_ms = static_cast<int64_t>(number_of("time_ms"));
  out.next_row = number_of("next_row");
  out.receipt_bytes = number_of("receipt_bytes");
  out.account.accepted = number_of("accepted");
  out.account.unchanged = number_of("unchanged");
  out.account.replaced = number_of("replaced");
  out.account.in_conflict = number_of("in_conflict");
  out.account.quarantined = number_of("quarantined");
  out.account.not_ours = number_of("not_ours");
  out.account.without_jurisdiction = number_of("without_jurisdiction");
  if (!whole || out.next_row == 0 || out.account.Sum() != out.next_row - 1) return Damaged();
  return out;
}

StatusOr<std::unique_ptr<Receipt>> Receipt::Open(const std::string& path,
                                                 const ImportState& delivery) {
  std::unique_ptr<Receipt> out(new Receipt(path, delivery));
  if (Exists(path + ".state")) {
    ENLACE_RETURN_IF_ERROR(out->GoOn(delivery));
  } else if (Exists(path) && Exists(path + ".delivery")) {
    ENLACE_RETURN_IF_ERROR(out->OpenComplete(delivery));
  } else {
    ENLACE_ASSIGN_OR_RETURN(out->file_, DurableFile::Create(path));
    ENLACE_RETURN_IF_ERROR(out->file_->Append(kColumns));
    ENLACE_RETURN_IF_ERROR(out->SaveState());
  }
  return out;
}

Status Receipt::GoOn(const ImportState& delivery) {
  ENLACE_ASSIGN_OR_RETURN(const std::string text, config::ReadFile(path_ + ".state"));
  ENLACE_ASSIGN_OR_RETURN(state_, ImportState::Decode(text));
  if (const std::string other = state_.DifferenceTo(delivery); !other.empty()) {
    return Error(Reason::RECEIPT_EXISTS,
                 fmt::format("{} belongs to the import of {}, which began {} and was interrupted; "
                             "this one differs in: {}; finish that one or name another receipt",
                             path_, state_.file, FormatTime(state_.time_ms), other),
                 {{"path", path_}});
  }
  ENLACE_ASSIGN_OR_RETURN(file_, DurableFile::Resume(path_, state_.receipt_bytes));
  tables_changed_ = state_.next_row > 1 && state_.tables != delivery.tables;
  state_.tables = delivery.tables;
  return absl::OkStatus();
}

// Nothing is opened for writing: what the agency did with its receipt is its own affair.
Status Receipt::OpenComplete(const ImportState& delivery) {
  ENLACE_ASSIGN_OR_RETURN(const std::string text, config::ReadFile(path_ + ".delivery"));
  ENLACE_ASSIGN_OR_RETURN(state_, ImportState::Decode(text));
  std::string other = state_.DifferenceTo(delivery);
  if (other.empty() && state_.tables != delivery.tables) other = "mapping tables or code lists";
  if (!other.empty()) {
    return Error(Reason::RECEIPT_EXISTS,
                 fmt::format("{} is the receipt of {}, which was imported completely at {}; this "
                             "import differs in: {}; name another receipt",
                             path_, state_.file, FormatTime(state_.time_ms), other),
                 {{"path", path_}});
  }
  was_complete_ = true;
  return absl::OkStatus();
}

Status Receipt::SaveState() {
  state_.receipt_bytes = file_->size();
  return ReplaceFile(path_ + ".state", state_.Encode());
}

StatusOr<RowOutcomes> Receipt::ReadOutcomes() const {
  ENLACE_ASSIGN_OR_RETURN(const auto file, FileSource::Open(path_));
  CsvReader reader(*file);
  CsvRecord record;
  RowOutcomes out;
  ENLACE_ASSIGN_OR_RETURN(bool more, reader.Next(record));  // The header.
  while (more) {
    ENLACE_ASSIGN_OR_RETURN(more, reader.Next(record));
    if (!more) break;
    uint64_t row = 0;
    const std::string& digits = record.fields.front();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), row);
    const auto outcome =
        record.fields.size() == kColumnCount ? OutcomeNamed(record.fields[1]) : std::nullopt;
    if (error != std::errc() || end != digits.data() + digits.size() || row >= state_.next_row ||
        !outcome.has_value()) {
      return Damaged();
    }
    out.Set(row, *outcome);
  }
  if (!out.Agrees(state_.account)) return Damaged();
  return out;
}

Status Receipt::Record(const BatchAnswer& answer, const std::vector<QuarantinedRow>& quarantined,
                       const Account& account, uint64_t next_row) {
  std::vector<Line> lines;
  for (const auto* results : {&answer.changed, &answer.results}) {
    for (const RowResult& result : *results) {
      lines.push_back({result.row,
                       {std::to_string(result.row), std::string(OutcomeName(result.outcome)),
                        result.name, result.reason, result.column}});
    }
  }
  for (const QuarantinedRow& row : quarantined) {
    std::vector<RowFault> faults = row.fault.also;
    faults.insert(faults.begin(), row.fault);
    for (const RowFault& fault : faults) {
      lines.push_back({row.row,
                       {std::to_string(row.row), "QUARANTINED", "",
                        std::string(RowReasonName(fault.reason)), fault.column}});
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return a.row < b.row; });
  std::string text;
  for (const Line& line : lines) AppendCsvRow(text, line.fields);
  ENLACE_RETURN_IF_ERROR(file_->Append(text));
  state_.account = account;
  state_.next_row = next_row;
  return SaveState();
}

Status Receipt::Complete(int64_t now_ms) {
  if (was_complete_) return absl::OkStatus();
  state_.time_ms = now_ms;
  state_.receipt_bytes = file_->size();
  ENLACE_RETURN_IF_ERROR(ReplaceFile(path_ + ".delivery", state_.Encode()));
  return RemoveFile(path_ + ".state");
}

}  // namespace enlace::intake
