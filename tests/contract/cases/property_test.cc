#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "client/lib/tabulation.h"
#include "tests/contract/cases/case_fixture.h"

// Random lives of records against an oracle that knows nothing of tables, hashes or
// columns: it keeps every revision in a plain list and answers by walking through it.
namespace enlace::testing {
namespace {

struct Revision {
  int64_t time_ms = 0;
  pb::CaseRecord::State state = pb::CaseRecord::ACTIVE;
  pb::CaseRecord content;  // As handed in; empty when erased.
};

struct Person {
  std::string name;
  std::string entity;
  std::vector<Revision> revisions;
  const Revision& last() const { return revisions.back(); }
};

// What a batch row was when it was stored.
struct Row {
  std::string bytes;  // Content and source key; nothing of it is compared after erasure.
  size_t person = 0;
};

class Oracle {
 public:
  std::vector<Person> people;                   // In order of first commit.
  std::map<std::string, Row> rows;              // entity/batch/row.
  std::map<std::string, size_t> source_keys;    // entity/key.
  std::map<std::string, std::string> named_by;  // entity/key to the last batch with it.

  size_t Add(const std::string& entity, int64_t now, const pb::CaseRecord& content) {
    people.push_back({"", entity, {{now, pb::CaseRecord::ACTIVE, content}}});
    return people.size() - 1;
  }
  void Erase(size_t person, int64_t now) {
    Person& erased = people[person];
    for (Revision& revision : erased.revisions) {
      revision.state = pb::CaseRecord::ERASED;
      revision.content.Clear();
    }
    erased.revisions.push_back({now, pb::CaseRecord::ERASED, {}});
  }
  // Null when there was no revision yet.
  static const Revision* At(const Person& person, int64_t as_of) {
    const Revision* found = nullptr;
    for (const Revision& revision : person.revisions) {
      if (as_of == 0 || revision.time_ms <= as_of) found = &revision;
    }
    return found;
  }
  // Count by code of sex.
  std::map<uint32_t, uint64_t> BySex(const std::string& entity, int64_t as_of) const {
    std::map<uint32_t, uint64_t> counts;
    for (const Person& person : people) {
      const Revision* revision = At(person, as_of);
      if (person.entity == entity && revision != nullptr &&
          revision->state == pb::CaseRecord::ACTIVE) {
        ++counts[revision->content.singles(0).code()];
      }
    }
    return counts;
  }
};

class CaseLives : public CaseContractTest {
 protected:
  uint32_t Below(uint32_t limit) {
    return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_);
  }
  const authz::Caller& CallerOfEntity(const std::string& entity) {
    return entity == "police" ? node_.police : node_.shelter;
  }
  pb::CaseRecord RandomContent() { return ValidRecord(2018 + Below(3), 1 + Below(3)); }

  // One call of import, predicted row by row on a copy that is kept when the call succeeds.
  void Import() {
    const std::string entity = Below(2) == 0 ? "police" : "shelter";
    auto request = Batch(Below(2) == 0 ? kBatch : kOtherBatch);
    std::vector<uint64_t> numbers = {1, 2, 3, 4, 5, 6, 7, 8};
    std::shuffle(numbers.begin(), numbers.end(), random_);
    numbers.resize(1 + Below(4));
    for (const uint64_t number : numbers) {
      auto content = RandomContent();
      if (Below(8) == 0) content.set_registration_year(1800);
      // Known rows mostly come again as they were.
      const auto known = oracle_.rows.find(RowName(entity, request.batch_id(), number));
      std::string key = Below(2) == 0 ? "" : "key-" + std::to_string(Below(4));
      if (known != oracle_.rows.end() && Below(10) != 0) {
        ASSERT_TRUE(content.ParseFromString(known->second.bytes.substr(6)));
        key = known->second.bytes.substr(0, known->second.bytes.find(' '));  // May be empty.
      }
      AddRow(request, number, content, key);
    }
    Oracle next = oracle_;
    std::vector<std::pair<int, size_t>> expected;  // Outcome, person.
    const bool conflict = !Predict(entity, request, next, expected);
    const auto response =
        Call<pb::ImportCaseRecordsResponse>(CallerOfEntity(entity), "ImportCaseRecords", request);
    if (conflict) {
      ASSERT_EQ(ReasonOf(response.status()), Reason::BATCH_CONFLICT);
      return;
    }
    ASSERT_TRUE(response.ok()) << response.status();
    for (int i = 0; i < response->results_size(); ++i) {
      const auto& [outcome, person] = expected[static_cast<size_t>(i)];
      ASSERT_EQ(response->results(i).outcome(), outcome) << response->results(i).DebugString();
      if (outcome == pb::RowResult::QUARANTINED) continue;
      std::string& name = next.people[person].name;
      if (name.empty()) name = response->results(i).name();
      ASSERT_EQ(response->results(i).name(), name);
    }
    oracle_ = next;
  }

  static std::string RowName(const std::string& entity, const std::string& batch, uint64_t row) {
    return entity + "/" + batch + "/" + std::to_string(row);
  }

  // False when the call must conflict.
  bool Predict(const std::string& entity, const pb::ImportCaseRecordsRequest& request, Oracle& next,
               std::vector<std::pair<int, size_t>>& expected) {
    const int64_t now = node_.db.clock.NowMs();
    for (const auto& row : request.rows()) {
      const std::string row_name = RowName(entity, request.batch_id(), row.row());
      // Six characters of key, so that the content begins at a fixed place.
      std::string key = row.source_key();
      key.resize(5, ' ');
      const std::string bytes = key + " " + row.case_record().SerializeAsString();
      const auto known = next.rows.find(row_name);
      const bool valid = row.case_record().registration_year() != 1800;
      if (known != next.rows.end()) {
        const bool erased =
            next.people[known->second.person].last().state == pb::CaseRecord::ERASED;
        if (!valid || (!erased && known->second.bytes != bytes)) return false;
        expected.emplace_back(pb::RowResult::UNCHANGED, known->second.person);
        continue;
      }
      if (!valid) {
        expected.emplace_back(pb::RowResult::QUARANTINED, 0);
        continue;
      }
      const std::string source = entity + "/" + row.source_key();
      const auto person = next.source_keys.find(source);
      if (row.source_key().empty() || person == next.source_keys.end()) {
        const size_t added = next.Add(entity, now, row.case_record());
        if (!row.source_key().empty()) {
          next.source_keys[source] = added;
          next.named_by[source] = request.batch_id();
        }
        next.rows[row_name] = {bytes, added};
        expected.emplace_back(pb::RowResult::ACCEPTED, added);
        continue;
      }
      Person& before = next.people[person->second];
      if (before.last().state != pb::CaseRecord::ACTIVE) {
        expected.emplace_back(pb::RowResult::QUARANTINED, 0);
        continue;
      }
      const bool same =
          before.last().content.SerializeAsString() == row.case_record().SerializeAsString();
      if (!same && next.named_by[source] == request.batch_id()) {
        expected.emplace_back(pb::RowResult::QUARANTINED, 0);
        continue;
      }
      next.named_by[source] = request.batch_id();
      next.rows[row_name] = {bytes, person->second};
      if (same) {
        expected.emplace_back(pb::RowResult::UNCHANGED, person->second);
        continue;
      }
      before.revisions.push_back({now, pb::CaseRecord::ACTIVE, row.case_record()});
      expected.emplace_back(pb::RowResult::REPLACED, person->second);
    }
    return true;
  }

  // Corrects, withdraws or erases one of the people, whatever their state.
  void Change() {
    if (oracle_.people.empty()) return;
    const size_t index = Below(static_cast<uint32_t>(oracle_.people.size()));
    Person& person = oracle_.people[index];
    const auto& caller = CallerOfEntity(person.entity);
    const bool active = person.last().state == pb::CaseRecord::ACTIVE;
    const int64_t now = node_.db.clock.NowMs();
    switch (Below(8)) {
      case 0: {
        ASSERT_TRUE(Erase(caller, person.name).ok());
        if (person.last().state != pb::CaseRecord::ERASED) oracle_.Erase(index, now);
        break;
      }
      case 1: {
        ASSERT_EQ(Withdraw(caller, person.name).ok(), active);
        if (active) {
          person.revisions.push_back({now, pb::CaseRecord::WITHDRAWN, person.last().content});
        }
        break;
      }
      default: {
        auto content = RandomContent();
        auto sent = content;
        sent.set_name(person.name);
        const std::string etag = Get(caller, person.name)->etag();
        ASSERT_EQ(Correct(caller, sent, etag).ok(), active);
        if (active) person.revisions.push_back({now, pb::CaseRecord::ACTIVE, content});
      }
    }
  }

  static void ExpectSame(const pb::CaseRecord& record, const Person& person,
                         const Revision& revision) {
    ASSERT_EQ(record.name(), person.name);
    ASSERT_EQ(record.entity(), person.entity);
    ASSERT_EQ(record.state(), revision.state);
    ASSERT_EQ(record.update_time_ms(), revision.time_ms);
    ASSERT_EQ(record.registration_year(), revision.content.registration_year());
    ASSERT_EQ(record.singles_size(), revision.content.singles_size());
    if (record.singles_size() > 0) {
      ASSERT_EQ(record.singles(0).code(), revision.content.singles(0).code());
    }
    ASSERT_EQ(record.sets_size(), revision.content.sets_size());
  }

  void Compare() {
    for (const std::string entity : {"police", "shelter"}) {
      const auto& caller = CallerOfEntity(entity);
      const auto listed = List(caller);
      int at = 0;
      for (const Person& person : oracle_.people) {
        if (person.entity != entity) continue;
        ASSERT_LT(at, listed.case_records_size());
        ExpectSame(listed.case_records(at++), person, person.last());
      }
      ASSERT_EQ(at, listed.case_records_size());
      const int64_t as_of = Below(3) == 0 ? 0 : 1767225600000 + int64_t{Below(60'000)};
      CompareTable(entity, as_of);
      for (const Person& person : oracle_.people) {
        if (person.entity != entity || as_of == 0) continue;
        const Revision* revision = Oracle::At(person, as_of);
        const auto record = Get(caller, person.name, as_of);
        ASSERT_EQ(record.ok(), revision != nullptr) << record.status();
        if (record.ok()) ExpectSame(*record, person, *revision);
      }
    }
  }

  void CompareTable(const std::string& entity, int64_t as_of) {
    pb::TabulateCaseRecordsRequest request;
    request.add_attributes(model::kSex);
    request.set_as_of_ms(as_of);
    const auto table = Call<pb::TabulateCaseRecordsResponse>(CallerOfEntity(entity),
                                                             "TabulateCaseRecords", request);
    ASSERT_TRUE(table.ok()) << table.status();
    std::map<uint32_t, uint64_t> counts;
    ASSERT_TRUE(client::ForEachCell(*table, [&](const client::TabulationCell& cell) {
                  counts[cell.coordinates[0].code] = cell.count;
                }).ok());
    ASSERT_EQ(counts, oracle_.BySex(entity, as_of)) << "as of " << as_of;
  }

  void Live(uint64_t seed) {
    std::cout << "seed " << seed << '\n';
    random_.seed(seed);
    for (int step = 0; step < 120; ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
      node_.db.clock.AdvanceMs(Below(3) * 300);
      Below(3) == 0 ? Import() : Change();
      if (HasFatalFailure()) return;
      if (step % 10 == 9) Compare();
      if (HasFatalFailure()) return;
    }
  }

  std::mt19937_64 random_;
  Oracle oracle_;
};

TEST_F(CaseLives, FollowTheOracleWithAFixedSeed) { Live(20260101); }

// ENLACE_TEST_SEED repeats a run.
TEST_F(CaseLives, FollowTheOracleWithANewSeed) {
  const char* given = std::getenv("ENLACE_TEST_SEED");
  Live(given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()());
}

}  // namespace
}  // namespace enlace::testing
