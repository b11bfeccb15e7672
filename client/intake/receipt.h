#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/intake/file.h"
#include "client/intake/sink.h"

// What an agency keeps of a delivery, and what lets an interrupted one go on.
//
// The receipt (CSV: row, outcome, name, reason, column) is the only link from the rows of
// the agency's file to the records at the node; it holds no value of the file. Rows of
// other jurisdictions are counted, not listed. A row has a line for each reason to set it
// aside, and one more when a later row contradicted it: its last line holds. Beside it lies, while
// the delivery is not complete, "<receipt>.state": which row comes next and what was counted so
// far; and afterwards "<receipt>.delivery" of the same form, which says whose receipt this is.
//
// Order on disk: the node's answer, then the receipt's lines, then the state. A crash in
// between repeats one batch, which the node answers as "unchanged".
namespace enlace::intake {

// Counts of a delivery. Each row read is in exactly one of the first six.
struct Account {
  uint64_t accepted = 0;
  uint64_t unchanged = 0;
  uint64_t replaced = 0;
  uint64_t in_conflict = 0;
  uint64_t quarantined = 0;
  uint64_t not_ours = 0;
  uint64_t without_jurisdiction = 0;  // Part of not_ours: the file says nobody's.

  uint64_t Sum() const {
    return accepted + unchanged + replaced + in_conflict + quarantined + not_ours;
  }
  void Add(Outcome outcome) { ++Of(outcome); }
  // The row counts as `after` now. REQUIRES: it was counted as `before`.
  void Move(Outcome before, Outcome after);
  bool operator==(const Account&) const = default;

 private:
  uint64_t& Of(Outcome outcome);
};

// What rows became, by row number; a byte a row.
class RowOutcomes {
 public:
  void Set(uint64_t row, Outcome outcome);
  // Nothing for a row that has not been set.
  std::optional<Outcome> Find(uint64_t row) const;
  // Whether these rows are those that `account` counts, but for rows of others.
  bool Agrees(const Account& account) const;

 private:
  std::vector<uint8_t> rows_;  // 1 + outcome; 0 is nothing.
};

struct ImportState {
  std::string batch_id;
  std::string format;
  std::string target;
  std::string jurisdiction;
  std::string tables;   // Mappings::fingerprint() of the last part; may change on the way.
  std::string file;     // The file's name without its folder, for people.
  int64_t time_ms = 0;  // When the delivery began; of a complete one, when it ended.
  uint64_t next_row = 1;
  uint64_t receipt_bytes = 0;
  Account account;

  std::string Encode() const;
  // RECEIPT_EXISTS (the message says so) when the text is no intact state, or its counts do
  // not add up to the rows before `next_row`.
  static StatusOr<ImportState> Decode(std::string_view text);
  // Empty for the same delivery, else in words what is another one: "file, node".
  std::string DifferenceTo(const ImportState& other) const;
};

class Receipt {
 public:
  // Begins a receipt, or goes on with the one of an interrupted delivery that is equal to
  // `delivery` in file, format, target and jurisdiction. The receipt of a complete delivery
  // that is equal in all of these and in the tables is opened as it is: nothing is left to send.
  // RECEIPT_EXISTS says by name and time which delivery the receipt belongs to.
  // FILE_UNWRITABLE.
  static StatusOr<std::unique_ptr<Receipt>> Open(const std::string& path,
                                                 const ImportState& delivery);

  const ImportState& state() const { return state_; }
  // Every row was acknowledged in an earlier run.
  bool was_complete() const { return was_complete_; }
  // Whether the rows before state().next_row were mapped by other tables than `delivery`'s.
  bool tables_changed() const { return tables_changed_; }
  // What the rows of the parts before became. RECEIPT_EXISTS when the file is damaged.
  StatusOr<RowOutcomes> ReadOutcomes() const;
  // Makes one acknowledged batch part of the receipt: what the node answered, what it set
  // aside, and the row after it. OK means that all of it is on disk.
  Status Record(const BatchAnswer& answer, const std::vector<QuarantinedRow>& quarantined,
                const Account& account, uint64_t next_row);
  // The delivery is complete at `now_ms`: the state becomes the record of whose receipt this is.
  Status Complete(int64_t now_ms);

 private:
  Receipt(std::string path, ImportState state) : path_(std::move(path)), state_(std::move(state)) {}
  Status SaveState();
  Status GoOn(const ImportState& delivery);
  Status OpenComplete(const ImportState& delivery);

  std::string path_;
  ImportState state_;
  bool was_complete_ = false;
  bool tables_changed_ = false;
  std::unique_ptr<DurableFile> file_;
};

}  // namespace enlace::intake
