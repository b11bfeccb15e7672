#include "node/service/delivery.h"

#include <algorithm>

#include <fmt/format.h>

namespace enlace::service {
namespace {

constexpr size_t kBatchIdMin = 16;
constexpr size_t kBatchIdMax = 64;
constexpr size_t kFormatMax = 64;
constexpr size_t kColumnMax = 64;
constexpr size_t kReasonMax = 64;
constexpr uint64_t kNotOursMax = 1'000'000'000;

template <typename Allowed>
bool IsText(std::string_view text, size_t length_min, size_t length_max, Allowed allowed) {
  return text.size() >= length_min && text.size() <= length_max &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

Status Fault(std::string_view field, std::string_view expected) {
  return InvalidFields({{std::string(field), std::string(expected), Reason::REQUEST_INVALID}});
}

}  // namespace

bool IsBatchId(std::string_view text) {
  return IsText(text, kBatchIdMin, kBatchIdMax,
                [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); });
}

Status CheckDeliveryHead(const std::string& batch_id, const std::string& format, int rows,
                         int quarantined, uint64_t not_ours) {
  if (!IsBatchId(batch_id)) {
    return Fault("batch_id", "expected 16 to 64 characters of [0-9a-f]");
  }
  if (!IsText(format, 1, kFormatMax,
              [](char c) { return IsDigit(c) || IsLower(c) || c == '-' || c == '.'; })) {
    return Fault("format", "expected 1 to 64 characters of [a-z0-9.-]");
  }
  if (rows > kDeliveryRowsMax || quarantined > kDeliveryQuarantinedMax) {
    return Error(Reason::BATCH_TOO_LARGE,
                 fmt::format("expected at most {} rows and {} rows set aside in one call, seen {} "
                             "and {}; send the delivery in parts",
                             kDeliveryRowsMax, kDeliveryQuarantinedMax, rows, quarantined));
  }
  if (not_ours > kNotOursMax) return Fault("not_ours", "expected at most 1,000,000,000");
  return absl::OkStatus();
}

Status CheckRowNumbers(std::vector<uint64_t> rows, store::PartRows part, uint64_t not_ours) {
  std::sort(rows.begin(), rows.end());
  if (!rows.empty() && rows.front() == 0) return Fault("rows", "rows are numbered from 1");
  if (std::adjacent_find(rows.begin(), rows.end()) != rows.end()) {
    return Fault("rows", "a row number is there twice");
  }
  if (part.first == 0 && part.last == 0) return absl::OkStatus();
  if (part.first == 0 || part.last < part.first || part.last - part.first >= kNotOursMax) {
    return Fault("last_row", "expected first_row, from 1, to be at most last_row");
  }
  if (!rows.empty() && (rows.front() < part.first || rows.back() > part.last)) {
    return Fault("rows", "expected rows from first_row to last_row only");
  }
  if (not_ours + rows.size() > part.last - part.first + 1) {
    return Fault("not_ours", "expected no more rows in all than from first_row to last_row");
  }
  return absl::OkStatus();
}

Status CheckAside(const pb::QuarantinedRow& row, int index) {
  // The client takes columns from its own tables. The node cannot know all formats, so it
  // holds the text to the letters and the length that column names have.
  if (!IsText(row.column(), 0, kColumnMax, [](char c) {
        return IsDigit(c) || IsLower(c) || IsUpper(c) || c == ' ' || c == '_' || c == '-' ||
               c == '.' || c == '[' || c == ']';
      })) {
    return Fault(fmt::format("quarantined[{}].column", index),
                 "expected the name of a column in the format's own table");
  }
  if (!IsText(row.reason(), 1, kReasonMax, [](char c) { return IsUpper(c) || c == '_'; })) {
    return Fault(fmt::format("quarantined[{}].reason", index),
                 "expected a reason such as VALUE_UNKNOWN");
  }
  return absl::OkStatus();
}

RowFault FaultOf(const Status& status) {
  const auto violations = ViolationsOf(status);
  if (violations.empty()) return {std::string(ReasonName(ReasonOf(status))), ""};
  return {std::string(ReasonName(violations.front().reason)), violations.front().field};
}

StatusOr<Delivery> Delivery::Open(store::Transaction& transaction, store::BatchId batch,
                                  std::string_view format, store::BatchSubject subject) {
  ENLACE_ASSIGN_OR_RETURN(auto account, store::OpenBatch(transaction, batch, format, subject));
  return Delivery(transaction, std::move(batch), std::move(account));
}

StatusOr<std::optional<store::BatchRow>> Delivery::FindStored(uint64_t row) {
  ENLACE_ASSIGN_OR_RETURN(auto found, rows_.Find(row, account_));
  if (found.has_value() && found->outcome == store::RowOutcome::kQuarantined) found.reset();
  return found;
}

Status Delivery::Conflict(uint64_t row) {
  return Error(Reason::BATCH_CONFLICT,
               fmt::format("row {} of this batch was stored earlier with other content; nothing "
                           "of this call was stored. A changed file is a new batch; when only "
                           "the mapping tables changed, correct what is stored by its name",
                           row),
               {{"row", std::to_string(row)}});
}

Status Delivery::Put(uint64_t row, const store::BatchRow& became) {
  return rows_.Put(row, became, account_);
}

Status Delivery::Quarantine(uint64_t row, const RowFault& fault) {
  ENLACE_ASSIGN_OR_RETURN(const auto stored, FindStored(row));
  if (stored.has_value()) return Conflict(row);
  store::BatchRow became;
  became.outcome = store::RowOutcome::kQuarantined;
  became.reason = fault.reason;
  became.field = fault.field;
  return Put(row, became);
}

Status Delivery::Close(store::PartRows rows, uint64_t not_ours) {
  ENLACE_RETURN_IF_ERROR(store::CountNotOurs(account_, rows, not_ours));
  rows_.Flush();
  store::PutBatch(transaction_, batch_, account_);
  return absl::OkStatus();
}

}  // namespace enlace::service
