// Pages of a listing, which are made of stored bytes and chosen from a directory.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "node/model/case_wire.h"
#include "node/service/case_answer.h"
#include "node/service/case_convert.h"
#include "node/store/case_marks.h"
#include "node/store/case_table.h"
#include "tests/contract/cases/case_fixture.h"

namespace enlace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CasePages : public CaseContractTest {
 protected:
  static std::vector<std::string> Bytes(const pb::ListCaseRecordsResponse& page) {
    std::vector<std::string> bytes;
    for (const auto& record : page.case_records()) bytes.push_back(record.SerializeAsString());
    return bytes;
  }
  // All pages of a listing.
  std::vector<std::string> All(const authz::Caller& caller, uint32_t year, int page_size) {
    std::vector<std::string> bytes;
    pb::ListCaseRecordsRequest request;
    request.set_registration_year(year);
    request.set_page_size(page_size);
    do {
      const auto page = TryList(caller, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      const auto more = Bytes(*page);
      bytes.insert(bytes.end(), more.begin(), more.end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return bytes;
  }
  void StopDirectory() {
    node_.columns->list().Stop(Error(Reason::STORE_CORRUPT, "stopped by a test"));
  }
};

TEST_F(CasePages, AreOfStoredBytesThatEqualTheMessageOfEachRecord) {
  const auto first = Create(ValidRecord(2020));
  const auto second = Create(ValidRecord(2021));
  const auto third = Create(ValidRecord(2022));
  node_.db.clock.AdvanceMs(1000);
  auto changed = second;
  changed.clear_sets();
  const auto corrected = Correct(node_.police, changed, second.etag());
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  const auto erased = Erase(node_.police, third.name());
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_THAT(Bytes(List(node_.police)),
              ElementsAre(first.SerializeAsString(), corrected->SerializeAsString(),
                          erased->SerializeAsString()));
}

TEST_F(CasePages, FollowTheYearOfTheLastRevision) {
  const auto record = Create(ValidRecord(2020));
  auto changed = record;
  changed.set_registration_year(2021);
  ASSERT_TRUE(Correct(node_.police, changed, record.etag()).ok());
  EXPECT_THAT(All(node_.police, 2020, 10), IsEmpty());
  EXPECT_EQ(All(node_.police, 2021, 10).size(), 1U);
  ASSERT_TRUE(Withdraw(node_.police, record.name()).ok());
  EXPECT_EQ(All(node_.police, 2021, 10).size(), 1U);
  ASSERT_TRUE(Erase(node_.police, record.name()).ok());
  EXPECT_THAT(All(node_.police, 2021, 10), IsEmpty());
  EXPECT_EQ(All(node_.police, 0, 10).size(), 1U);
}

// Records of both entities with and without later revisions; every page size; the directory
// that followed the writes, one that read them all at a start, and going through the rows.
TEST_F(CasePages, EqualWhatGoingThroughTheRowsFinds) {
  constexpr uint64_t kSeed = 20260131;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  std::vector<pb::CaseRecord> records;
  for (int i = 0; i < 150; ++i) {
    node_.db.clock.AdvanceMs(7);
    const auto& caller = random() % 4 == 0 ? node_.shelter : node_.police;
    const auto content = ValidRecord(2018 + static_cast<uint32_t>(random() % 3));
    if (records.empty() || random() % 3 != 0) {
      auto created = TryCreate(caller, content);
      ASSERT_TRUE(created.ok()) << created.status();
      records.push_back(*created);
    } else {
      auto& record = records[random() % records.size()];
      const auto& owner = record.entity() == "police" ? node_.police : node_.shelter;
      auto sent = content;
      sent.set_name(record.name());
      const uint64_t what = random() % 8;
      // Of some the life is over already.
      if (what == 0) Erase(owner, record.name()).IgnoreError();
      if (what == 1) Withdraw(owner, record.name()).IgnoreError();
      if (what > 1) {
        const auto now = Get(owner, record.name());
        ASSERT_TRUE(now.ok()) << now.status();
        Correct(owner, sent, now->etag()).IgnoreError();
      }
    }
    if (random() % 10 == 0) List(node_.police);
  }
  std::map<std::string, std::vector<std::string>> followed;
  const auto visit = [&](const auto& take) {
    for (const auto* caller : {&node_.police, &node_.shelter}) {
      for (const uint32_t year : {0U, 2018U, 2019U}) {
        for (const int size : {1, 7, 1000}) {
          take(caller->entity + std::to_string(year) + "/" + std::to_string(size),
               All(*caller, year, size));
        }
      }
    }
  };
  visit([&](const std::string& at, auto pages) { followed[at] = std::move(pages); });
  EXPECT_GT(followed["police0/7"].size(), 50U);
  auto restarted = service::CaseColumns::Load(*node_.db.store, ShippedCodesPtr());
  ASSERT_TRUE(restarted.ok()) << restarted.status();
  for (const auto* caller : {&node_.police, &node_.shelter}) {
    const auto page = (*restarted)->list().Choose(caller->entity, 0, "", 1000);
    const auto here = node_.columns->list().Choose(caller->entity, 0, "", 1000);
    ASSERT_TRUE(page.ok() && here.ok()) << page.status() << here.status();
    EXPECT_EQ(page->cases, here->cases);
  }
  StopDirectory();
  visit([&](const std::string& at, const auto& pages) { EXPECT_EQ(pages, followed[at]) << at; });
}

TEST_F(CasePages, ARowThatIsNotTheOneThatWasNamedStopsTheDirectoryAndNotTheListing) {
  const auto record = Create(ValidRecord(2020));
  ASSERT_EQ(List(node_.police).case_records_size(), 1);
  // The directory follows further rows alone, so that it does not see this.
  std::string key;
  std::string bytes;
  ASSERT_TRUE(node_.db.store->Read()
                  ->Scan(store::Table::kCaseRevision, {},
                         [&](std::string_view at, std::string_view row) {
                           key = at;
                           bytes = row;
                           return true;
                         })
                  .ok());
  const size_t entity = bytes.find("police");
  ASSERT_NE(entity, std::string::npos);
  bytes.replace(entity, 6, "others");
  node_.db.Commit([&](store::Transaction& transaction) {
    transaction.Put(store::Table::kCaseRevision, key, bytes);
  });
  EXPECT_EQ(List(node_.police).case_records_size(), 0) << "a record of others";
  EXPECT_FALSE(node_.columns->list().Choose("police", 0, "", 1).ok());
  Create(ValidRecord(2021));
  EXPECT_EQ(List(node_.police).case_records_size(), 1);
}

TEST_F(CasePages, EndWhenTheCallDoes) {
  Create(ValidRecord());
  rpc::CallContext call{.caller = node_.police, .method = "m", .request_id = "r"};
  call.cancelled = [] { return true; };
  EXPECT_EQ(ReasonOf(node_.cases.ListCaseRecords(call, {}).status()), Reason::CALL_CANCELLED);
  pb::BatchGetCaseRecordsRequest request;
  request.add_names(List(node_.police).case_records(0).name());
  EXPECT_EQ(ReasonOf(node_.cases.BatchGetCaseRecords(call, request).status()),
            Reason::CALL_CANCELLED);
  EXPECT_TRUE(node_.columns->list().Choose("police", 0, "", 1).ok()) << "it goes on for others";
}

// Handlers of commits that follow each other may end in any order; whoever pages meanwhile misses
// nothing that was answered before the first page, and sees nothing twice.
TEST_F(CasePages, MissNothingWhileOthersWrite) {
  constexpr int kWriters = 3;
  constexpr int kRecords = 100;
  std::atomic<size_t> answered = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      for (int record = 0; record < kRecords; ++record) {
        if (TryCreate(node_.police, ValidRecord()).ok()) ++answered;
      }
    });
  }
  for (size_t before = 0; before < kWriters * kRecords;) {
    before = answered;
    const std::vector<std::string> listed = All(node_.police, 2020, 7);
    EXPECT_EQ(std::set<std::string>(listed.begin(), listed.end()).size(), listed.size());
    EXPECT_GE(listed.size(), before);
    if (HasFailure()) break;
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(answered, size_t{kWriters} * kRecords);
}

// Any record at all, as the answer writes it and as the message of the same record does.
TEST(CaseAnswer, HasTheBytesOfTheMessages) {
  constexpr uint64_t kSeed = 20260131;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 300; ++round) {
    const size_t count = random() % 5;
    std::vector<size_t> places;
    for (size_t i = 0; i < count; ++i) places.push_back(i);
    if (random() % 2 == 0) std::shuffle(places.begin(), places.end(), random);
    std::vector<model::CaseRecord> records(count);
    service::CaseAnswer answer("ARG", count);
    for (const size_t place : places) {
      model::CaseRecord& record = records[place];
      for (int i = 0; i < 16; ++i) record.reference.push_back(static_cast<char>(random()));
      record.entity = std::string(random() % 3 == 0 ? 0 : 1 + random() % 200, 'e');
      record.state = static_cast<model::CaseState>(1 + random() % 3);
      record.revision = static_cast<uint32_t>(random() >> (random() % 33 + 31));
      record.create_time_ms = static_cast<int64_t>(random() >> (random() % 63));
      record.update_time_ms = random() % 9 == 0 ? 0 : record.create_time_ms;
      if (random() % 4 != 0) {
        record.content.registration_year = 2020;
        record.content.singles[model::kSex] = {1, model::Missing::kNone};
        record.content.sets[model::kMeans] = {random() & 0x7FFFE, 0, model::Missing::kUnknown};
      }
      const std::string content = model::ContentWire(record.content);
      store::StoredCaseView view;
      view.reference = record.reference;
      view.entity = record.entity;
      view.content = content;
      view.state = record.state;
      view.revision = record.revision;
      view.create_time_ms = record.create_time_ms;
      view.update_time_ms = record.update_time_ms;
      answer.Add(place, view);
    }
    pb::ListCaseRecordsResponse message;
    for (const auto& record : records) {
      *message.add_case_records() = service::CaseToProto(record, "ARG");
    }
    if (random() % 2 == 0) message.set_next_page_token(std::string(random() % 300, 't'));
    std::string bytes = answer.Take();
    service::AppendNextPageToken(message.next_page_token(), bytes);
    ASSERT_EQ(bytes, message.SerializeAsString()) << "round " << round;
  }
}

}  // namespace
}  // namespace enlace::testing
