#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/lib/paging.h"
#include "node/store/case_table.h"
#include "tests/e2e/node_kill/real_node.h"

// Records of one agency that are erased one after the other, and the comparison of a node with
// what was acknowledged of that.
namespace enlace::testing {

struct EraseFigures {
  uint64_t kills = 0, acks = 0;
  uint64_t done = 0;    // Not acknowledged, and erased all the same.
  uint64_t undone = 0;  // Not acknowledged, and there as before.
  uint64_t lost = 0;    // Acknowledged, and there again.
  uint64_t half = 0;    // Neither wholly there nor wholly erased.
};

class Erasable {
 public:
  static constexpr char kPath[] = "entity/police/records";

  explicit Erasable(std::mt19937_64& random) : random_(random) {}
  const EraseFigures& figures() const { return figures_; }
  EraseFigures& figures() { return figures_; }
  size_t count() const { return records_.size(); }

  // Delivers `count` records in one batch, each under a key of its source, and corrects some.
  void Deliver(client::Client& client, size_t count) {
    delivery_.set_batch_id(RandomHex(random_));
    delivery_.set_format("ctdc-kanon-2020");
    for (size_t i = 0; i < count; ++i) {
      auto& row = *delivery_.add_rows();
      row.set_row(i + 1);
      *row.mutable_case_record() = SomeRecord(random_);
      row.set_source_key(RandomHex(random_));
    }
    const auto stored = Import(client, delivery_);
    ASSERT_TRUE(stored.ok()) << stored.status();
    for (const pb::RowResult& result : stored->results()) {
      Record record{{Get(client, result.name()).value()}, ""};
      for (size_t corrections = random_() % 3; corrections > 0; --corrections) {
        record.revisions.push_back(Correct(client, record.revisions.back()).value());
      }
      records_.push_back(std::move(record));
    }
  }

  // Notes an acknowledgement. An answer that was lost is for Check to settle.
  Status Erase(client::Client& client, size_t which) {
    pb::EraseCaseRecordRequest request;
    request.set_name(records_[which].name());
    request.set_reason(5);
    const auto erased = CallCases<pb::CaseRecord>(client, "EraseCaseRecord", request);
    if (!erased.ok()) return erased.status();
    std::string& tombstone = records_[which].tombstone;
    if (tombstone.empty()) {
      ++figures_.acks;
      tombstone = erased->SerializeAsString();
    }
    EXPECT_EQ(erased->SerializeAsString(), tombstone);
    EXPECT_TRUE(SaysNothing(*erased));
    return absl::OkStatus();
  }

  // That lists, batches, counts and the past say the same of all records; then `victim` and some
  // others one by one, and what was not acknowledged of `victim` is asked for again.
  void Check(client::Client& client, size_t victim) {
    const std::map<std::string, pb::CaseRecord> listed = List(client);
    EXPECT_EQ(listed.size(), records_.size());
    uint64_t alive = 0;
    for (const Record& record : records_) {
      const auto found = listed.find(record.name());
      ASSERT_NE(found, listed.end());
      const bool erased = found->second.state() == pb::CaseRecord::ERASED;
      if (!erased) ++alive;
      if (!erased && !record.tombstone.empty()) ++figures_.lost;
    }
    CheckCounts(client, alive);
    CheckBatch(client, listed);
    for (int i = 0; i < kOthers; ++i)
      CheckOne(client, records_[random_() % records_.size()], listed);
    Record& under_way = records_[victim];
    CheckOne(client, under_way, listed);
    if (under_way.tombstone.empty()) {
      const bool erased = listed.at(under_way.name()).state() == pb::CaseRecord::ERASED;
      ++(erased ? figures_.done : figures_.undone);
      // Erased, though nobody was told: the tombstone is that one.
      if (erased) under_way.tombstone = listed.at(under_way.name()).SerializeAsString();
    }
    for (int time = 0; time < 2; ++time) {
      const Status again = Erase(client, victim);
      EXPECT_TRUE(again.ok()) << again;
    }
    CheckOne(client, under_way, List(client));
  }

  // What the rows of the stopped node's store say: all revisions of each record, or none, are
  // erased, and those hold nothing.
  void CheckRows(const store::Reader& reader) {
    std::map<std::string, std::pair<uint64_t, uint64_t>> revisions;  // By reference: all, erased.
    const Status scanned = store::ScanCaseRevisions(reader, [&](const model::CaseRecord& revision) {
      auto& [all, erased] = revisions[revision.reference];
      ++all;
      if (revision.state != model::CaseState::kErased) return true;
      ++erased;
      const model::CaseContent& content = revision.content;
      if (content.registration_year != 0 || content.registration_quarter != 0 ||
          !content.singles.empty() || !content.sets.empty()) {
        ++figures_.half;
      }
      return true;
    });
    EXPECT_TRUE(scanned.ok()) << scanned;
    for (const Record& record : records_) {
      const std::string name = record.name();
      const auto [all, erased] =
          revisions[HexDecode(name.substr(name.rfind('/') + 1)).value_or("")];
      const bool whole = all == record.revisions.size() && erased == 0;
      const bool gone = all == record.revisions.size() + 1 && erased == all;
      if (!(record.tombstone.empty() ? whole || gone : gone)) ++figures_.half;
    }
  }

  // The same file again, and a later one with the same people: neither brings an erased one back.
  void DeliverAgain(client::Client& client) {
    const auto again = Import(client, delivery_);
    ASSERT_TRUE(again.ok()) << again.status();
    for (size_t i = 0; i < records_.size(); ++i) {
      const pb::RowResult& result = again->results(static_cast<int>(i));
      EXPECT_EQ(result.outcome(), pb::RowResult::UNCHANGED);
      EXPECT_EQ(result.name(), records_[i].name());
    }
    pb::ImportCaseRecordsRequest later = delivery_;
    later.set_batch_id(RandomHex(random_));
    later.set_validate_only(true);
    const auto judged = Import(client, later);
    ASSERT_TRUE(judged.ok()) << judged.status();
    for (size_t i = 0; i < records_.size(); ++i) {
      const bool aside =
          judged->results(static_cast<int>(i)).outcome() == pb::RowResult::QUARANTINED;
      EXPECT_EQ(aside, !records_[i].tombstone.empty()) << i;
    }
  }

 private:
  static constexpr int kOthers = 3;  // Looked at closely beside the victim.

  struct Record {
    std::vector<pb::CaseRecord> revisions;  // As acknowledged, oldest first.
    std::string tombstone;                  // Empty: not known to be erased.
    const std::string& name() const { return revisions.front().name(); }
  };
  using Listed = std::map<std::string, pb::CaseRecord>;

  static bool SaysNothing(const pb::CaseRecord& record) {
    return record.state() == pb::CaseRecord::ERASED && record.singles_size() == 0 &&
           record.sets_size() == 0 && record.registration_year() == 0 &&
           record.registration_quarter() == 0;
  }

  static StatusOr<pb::ImportCaseRecordsResponse> Import(
      client::Client& client, const pb::ImportCaseRecordsRequest& request) {
    return CallCases<pb::ImportCaseRecordsResponse>(client, "ImportCaseRecords", request);
  }
  static StatusOr<pb::CaseRecord> Get(client::Client& client, const std::string& name,
                                      int64_t as_of_ms = 0) {
    pb::GetCaseRecordRequest request;
    request.set_name(name);
    request.set_as_of_ms(as_of_ms);
    return CallCases<pb::CaseRecord>(client, "GetCaseRecord", request);
  }
  StatusOr<pb::CaseRecord> Correct(client::Client& client, const pb::CaseRecord& before) {
    pb::CorrectCaseRecordRequest request;
    *request.mutable_case_record() = SomeRecord(random_);
    request.mutable_case_record()->set_name(before.name());
    request.set_etag(before.etag());
    request.set_reason(1);
    return CallCases<pb::CaseRecord>(client, "CorrectCaseRecord", request);
  }
  static Listed List(client::Client& client) {
    Listed listed;
    pb::ListCaseRecordsRequest request;
    request.set_page_size(1000);
    const Status status = client::ForEachPage<pb::ListCaseRecordsResponse>(
        client, std::string(kCases) + "ListCaseRecords", request, [&](const auto& page) {
          for (const pb::CaseRecord& record : page.case_records()) {
            EXPECT_TRUE(listed.emplace(record.name(), record).second);
          }
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return listed;
  }

  // Now, and as of the time when all of them were alive.
  void CheckCounts(client::Client& client, uint64_t alive) {
    int64_t all_there_ms = 0;
    for (const Record& record : records_) {
      all_there_ms = std::max(all_there_ms, record.revisions.back().update_time_ms());
    }
    for (const int64_t as_of_ms : {int64_t{0}, all_there_ms}) {
      pb::TabulateCaseRecordsRequest request;
      request.add_attributes(model::kSex);
      request.set_as_of_ms(as_of_ms);
      const auto table =
          CallCases<pb::TabulateCaseRecordsResponse>(client, "TabulateCaseRecords", request);
      ASSERT_TRUE(table.ok()) << table.status();
      EXPECT_EQ(table->records(), alive) << "as of " << as_of_ms;
    }
  }
  void CheckBatch(client::Client& client, const Listed& listed) {
    pb::BatchGetCaseRecordsRequest request;
    for (const Record& record : records_) request.add_names(record.name());
    const auto got =
        CallCases<pb::BatchGetCaseRecordsResponse>(client, "BatchGetCaseRecords", request);
    ASSERT_TRUE(got.ok()) << got.status();
    for (const pb::CaseRecord& record : got->case_records()) {
      EXPECT_EQ(record.SerializeAsString(), listed.at(record.name()).SerializeAsString());
    }
  }

  // By its name, now and at the time of each of its revisions.
  void CheckOne(client::Client& client, const Record& record, const Listed& listed) {
    const pb::CaseRecord& there = listed.at(record.name());
    const bool erased = there.state() == pb::CaseRecord::ERASED;
    const auto now = Get(client, record.name());
    ASSERT_TRUE(now.ok()) << now.status();
    EXPECT_EQ(now->SerializeAsString(), there.SerializeAsString());
    bool whole = erased ? SaysNothing(there) && there.revision() == record.revisions.size() + 1
                        : IsSame(there, record.revisions.back());
    if (!record.tombstone.empty() && there.SerializeAsString() != record.tombstone) whole = false;
    for (size_t i = 0; i < record.revisions.size(); ++i) {
      const int64_t at_ms = record.revisions[i].update_time_ms();
      size_t last = i;  // Of those made within one millisecond, the last was there then.
      while (last + 1 < record.revisions.size() &&
             record.revisions[last + 1].update_time_ms() == at_ms) {
        ++last;
      }
      const auto then = Get(client, record.name(), at_ms);
      ASSERT_TRUE(then.ok()) << then.status();
      if (!(erased ? SaysNothing(*then) : IsSame(*then, record.revisions[last]))) whole = false;
    }
    EXPECT_TRUE(whole) << there.ShortDebugString();
    if (!whole) ++figures_.half;
  }
  static bool IsSame(const pb::CaseRecord& one, const pb::CaseRecord& other) {
    return one.SerializeAsString() == other.SerializeAsString();
  }

  std::mt19937_64& random_;
  pb::ImportCaseRecordsRequest delivery_;
  std::vector<Record> records_;
  EraseFigures figures_;
};

}  // namespace enlace::testing
