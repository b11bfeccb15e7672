#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/lib/paging.h"
#include "tests/e2e/node_kill/real_node.h"

// One agency that writes until the node is gone and remembers what was acknowledged to it.
namespace enlace::testing {

struct JournalFigures {
  uint64_t acks = 0;     // Of writes.
  uint64_t replays = 0;  // Of writes that were acknowledged before, or whose answer was lost.
  uint64_t lost = 0;     // Acknowledged and not there.
  uint64_t changed = 0;  // There with other bytes.
  uint64_t half = 0;     // Not acknowledged, and neither whole nor absent.
  uint64_t twins = 0;    // There twice, or made anew by a replay.

  JournalFigures& operator+=(const JournalFigures& other) {
    acks += other.acks;
    replays += other.replays;
    lost += other.lost;
    changed += other.changed;
    half += other.half;
    twins += other.twins;
    return *this;
  }
};

class Journal {
 public:
  Journal(std::string entity, uint64_t seed) : entity_(std::move(entity)), random_(seed) {}

  std::string path() const { return "entity/" + entity_ + "/records"; }
  const JournalFigures& figures() const { return figures_; }
  size_t records() const { return held_.size(); }

  // Writes until an answer is lost, or `stop`.
  void Write(client::Client& client, const std::atomic<bool>& stop) {
    while (!stop && !create_ && !import_ && !correct_) {
      const uint64_t dice = random_() % 10;
      if (dice < 4 || held_.empty()) {
        Create(client);
      } else if (dice < 6) {
        Import(client);
      } else if (dice < 9) {
        Correct(client);
      } else {
        ReplayAcknowledged(client);
      }
      if (refused_) return;
    }
  }

  // Compares the node with the journal, settles the call whose answer was lost by making it
  // again, and compares once more.
  void Check(client::Client& client) {
    Records found = List(client);
    Records more = Compare(found);
    SettleCorrect(found);
    SettleCreate(client, more);
    SettleImport(client, more);
    figures_.twins += more.size();  // Nobody asked for these.
    found = List(client);
    figures_.twins += Compare(found).size();
  }

 private:
  using Records = std::map<std::string, pb::CaseRecord>;  // By name.
  struct Correction {
    std::string name;
    pb::CorrectCaseRecordRequest request;
  };

  // False when the answer was lost. Any other refusal is a fault.
  bool Answered(const Status& status) {
    if (status.ok()) return true;
    if (!IsLost(status)) {
      ADD_FAILURE() << entity_ << ": " << status.ToString();
      refused_ = true;
    }
    return false;
  }

  void Create(client::Client& client) {
    pb::CreateCaseRecordRequest request;
    *request.mutable_case_record() = SomeRecord(random_);
    request.set_request_id(RandomUuid(random_));
    create_ = request;
    const auto made = CallCases<pb::CaseRecord>(client, "CreateCaseRecord", request);
    if (!Answered(made.status())) return;
    create_.reset();
    ++figures_.acks;
    EXPECT_EQ(ContentOf(*made), ContentOf(request.case_record()));
    held_[made->name()] = *made;
    acknowledged_.emplace_back(request, made->name());
  }

  void Import(client::Client& client) {
    pb::ImportCaseRecordsRequest request;
    request.set_batch_id(RandomHex(random_));
    request.set_format("ctdc-kanon-2020");
    const uint64_t rows = 1 + random_() % 20;
    for (uint64_t number = 1; number <= rows; ++number) {
      auto& row = *request.add_rows();
      row.set_row(number);
      *row.mutable_case_record() = SomeRecord(random_);
      if (random_() % 2 == 0) row.set_source_key(RandomHex(random_));
    }
    import_ = request;
    const auto stored =
        CallCases<pb::ImportCaseRecordsResponse>(client, "ImportCaseRecords", request);
    if (!Answered(stored.status())) return;
    import_.reset();
    ++figures_.acks;
    for (int i = 0; i < stored->results_size(); ++i) {
      EXPECT_EQ(stored->results(i).outcome(), pb::RowResult::ACCEPTED);
      // The answer names the record; the next comparison learns the rest of its bytes.
      pb::CaseRecord& record = held_[stored->results(i).name()];
      record = request.rows(i).case_record();
    }
  }

  void Correct(client::Client& client) {
    auto it = held_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_() % held_.size()));
    Correction correction{it->first, {}};
    *correction.request.mutable_case_record() = SomeRecord(random_);
    correction.request.mutable_case_record()->set_name(it->first);
    correction.request.set_etag(it->second.etag().empty() ? "r1" : it->second.etag());
    correction.request.set_reason(1);
    correct_ = correction;
    const auto changed = CallCases<pb::CaseRecord>(client, "CorrectCaseRecord", correction.request);
    if (!Answered(changed.status())) return;
    correct_.reset();
    ++figures_.acks;
    held_[it->first] = *changed;
  }

  void ReplayAcknowledged(client::Client& client) {
    if (acknowledged_.empty()) return;
    const auto& [request, name] = acknowledged_[random_() % acknowledged_.size()];
    const auto again = CallCases<pb::CaseRecord>(client, "CreateCaseRecord", request);
    if (!again.ok()) {
      if (!IsLost(again.status())) refused_ = true;
      EXPECT_TRUE(IsLost(again.status())) << again.status().ToString();
      return;
    }
    ++figures_.replays;
    if (again->name() != name) {
      ++figures_.twins;
    } else if (again->SerializeAsString() != held_[name].SerializeAsString()) {
      ++figures_.changed;
    }
  }

  Records List(client::Client& client) {
    Records records;
    pb::ListCaseRecordsRequest request;
    request.set_page_size(1000);
    const Status listed = client::ForEachPage<pb::ListCaseRecordsResponse>(
        client, std::string(kCases) + "ListCaseRecords", request, [&](const auto& page) {
          for (const pb::CaseRecord& record : page.case_records()) {
            if (!records.emplace(record.name(), record).second) ++figures_.twins;
          }
          return true;
        });
    EXPECT_TRUE(listed.ok()) << listed.ToString();
    return records;
  }

  // Counts what is lost or changed; returns what is there and not in the journal.
  Records Compare(const Records& found) {
    Records more = found;
    for (auto& [name, record] : held_) {
      const auto there = found.find(name);
      more.erase(name);
      if (there == found.end()) {
        ++figures_.lost;
      } else if (record.name().empty() && ContentOf(record) == ContentOf(there->second) &&
                 there->second.revision() == 1) {
        record = there->second;  // Imported: now the rest of its bytes is known.
      } else if (record.SerializeAsString() != there->second.SerializeAsString() &&
                 (!correct_ || correct_->name != name)) {
        ++figures_.changed;
      }
    }
    return more;
  }

  // The record is as it was, or as it was to become.
  void SettleCorrect(const Records& found) {
    if (!correct_) return;
    pb::CaseRecord& record = held_[correct_->name];
    const auto there = found.find(correct_->name);
    if (there != found.end() && there->second.SerializeAsString() != record.SerializeAsString()) {
      const uint32_t revision = std::max(record.revision(), 1U);
      const bool as_before = record.name().empty() && there->second.revision() == revision &&
                             ContentOf(there->second) == ContentOf(record);
      const bool whole = there->second.revision() == revision + 1 &&
                         ContentOf(there->second) == ContentOf(correct_->request.case_record());
      if (!whole && !as_before) ++figures_.half;
      record = there->second;
    }
    correct_.reset();
  }

  void SettleCreate(client::Client& client, Records& more) {
    if (!create_) return;
    const auto again = CallCases<pb::CaseRecord>(client, "CreateCaseRecord", *create_);
    EXPECT_TRUE(again.ok()) << again.status().ToString();
    if (again.ok()) {
      ++figures_.replays;
      if (ContentOf(*again) != ContentOf(create_->case_record())) ++figures_.half;
      held_[again->name()] = *again;
      acknowledged_.emplace_back(*create_, again->name());
      more.erase(again->name());
    }
    create_.reset();
  }

  // All of its rows are there, or none.
  void SettleImport(client::Client& client, Records& more) {
    if (!import_) return;
    const bool happened = !more.empty();
    if (happened && more.size() != static_cast<size_t>(import_->rows_size())) ++figures_.half;
    const auto again =
        CallCases<pb::ImportCaseRecordsResponse>(client, "ImportCaseRecords", *import_);
    EXPECT_TRUE(again.ok()) << again.status().ToString();
    if (again.ok()) {
      ++figures_.replays;
      for (int i = 0; i < again->results_size(); ++i) {
        const pb::RowResult& result = again->results(i);
        if (happened != (result.outcome() == pb::RowResult::UNCHANGED)) ++figures_.half;
        held_[result.name()] = import_->rows(i).case_record();
        more.erase(result.name());
      }
    }
    import_.reset();
  }

  const std::string entity_;
  std::mt19937_64 random_;
  JournalFigures figures_;
  Records held_;  // As acknowledged; without a name while only its content is known.
  std::vector<std::pair<pb::CreateCaseRecordRequest, std::string>> acknowledged_;
  // The call under way; at most one, and left when its answer was lost.
  std::optional<pb::CreateCaseRecordRequest> create_;
  std::optional<pb::ImportCaseRecordsRequest> import_;
  std::optional<Correction> correct_;
  bool refused_ = false;
};

}  // namespace enlace::testing
