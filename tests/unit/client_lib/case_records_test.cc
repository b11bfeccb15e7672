#include "client/lib/case_records.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace enlace::client {
namespace {

namespace pb = exchange::v1;

void FillSingle(std::mt19937& random, pb::SingleValue& single) {
  if (random() % 3 == 0) {
    single.set_missing(static_cast<pb::Missing>(1 + random() % 3));
  } else {
    single.set_code(1 + static_cast<uint32_t>(random() % 900));
  }
}

void FillSet(std::mt19937& random, pb::SetValue& set) {
  for (uint32_t code = 1; code < 200; code += 1 + static_cast<uint32_t>(random() % 60)) {
    (random() % 2 == 0 ? set.mutable_affirmed() : set.mutable_denied())->Add(code);
  }
  set.set_rest(static_cast<pb::Missing>(random() % 4));
}

pb::CaseRecord AnyRecord(std::mt19937& random) {
  pb::CaseRecord record;
  record.set_name("jurisdictions/ARG/cases/" + std::to_string(random()));
  record.set_entity(random() % 2 == 0 ? "police" : "");
  record.set_codelist_version(1);
  record.set_registration_year(1990 + static_cast<uint32_t>(random() % 40));
  for (uint32_t attribute = 1; attribute < 40; ++attribute) {
    switch (random() % 3) {
      case 0: {
        auto& single = *record.add_singles();
        single.set_attribute(attribute);
        FillSingle(random, single);
        break;
      }
      case 1: {
        auto& set = *record.add_sets();
        set.set_attribute(attribute);
        FillSet(random, set);
        break;
      }
      default:
        break;
    }
  }
  record.set_state(pb::CaseRecord::ACTIVE);
  record.set_revision(static_cast<uint32_t>(random()));
  record.set_etag("W/1");
  return record;
}

pb::ListCaseRecordsResponse AnyPage(std::mt19937& random, int records) {
  pb::ListCaseRecordsResponse page;
  for (int i = 0; i < records; ++i) *page.add_case_records() = AnyRecord(random);
  page.set_next_page_token("further");
  return page;
}

void ExpectSame(const CaseRecordView& view, const pb::CaseRecord& record) {
  EXPECT_EQ(view.name(), record.name());
  EXPECT_EQ(view.entity(), record.entity());
  EXPECT_EQ(view.registration_year(), record.registration_year());
  EXPECT_EQ(view.revision(), record.revision());
  EXPECT_EQ(view.bytes(), record.SerializeAsString());
  EXPECT_EQ(view.ToMessage().value().SerializeAsString(), record.SerializeAsString());
  std::map<uint32_t, CaseRecordView::Single> singles;
  for (const auto& single : record.singles()) {
    singles[single.attribute()] = {single.code(), single.missing()};
  }
  std::map<uint32_t, CaseRecordView::Set> sets;
  for (const auto& set : record.sets()) {
    sets[set.attribute()] = {{set.affirmed().begin(), set.affirmed().end()},
                             {set.denied().begin(), set.denied().end()},
                             set.rest()};
  }
  for (uint32_t attribute = 0; attribute < 42; ++attribute) {
    const auto single = singles.find(attribute);
    EXPECT_EQ(view.FindSingle(attribute).value(),
              single == singles.end() ? std::nullopt : std::optional(single->second))
        << attribute;
    const auto set = sets.find(attribute);
    EXPECT_EQ(view.FindSet(attribute).value(),
              set == sets.end() ? std::nullopt : std::optional(set->second))
        << attribute;
  }
}

TEST(CaseRecordsTest, SayWhatTheMessageSays) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto page = AnyPage(random, static_cast<int>(seed % 8));
    const auto records = CaseRecords::Read(page.SerializeAsString());
    ASSERT_TRUE(records.ok());
    EXPECT_EQ(records->next_page_token(), "further");
    ASSERT_EQ(records->records().size(), static_cast<size_t>(page.case_records_size()));
    for (int i = 0; i < page.case_records_size(); ++i) {
      ExpectSame(records->records()[static_cast<size_t>(i)], page.case_records(i));
    }
  }
}

TEST(CaseRecordsTest, StayWhereTheyAreWhenMoved) {
  std::mt19937 random(1);
  pb::ListCaseRecordsResponse page;  // So short that a string would hold it within itself.
  page.add_case_records()->set_entity("a");
  auto read = CaseRecords::Read(page.SerializeAsString());
  ASSERT_TRUE(read.ok());
  const CaseRecordView view = read->records()[0];
  const CaseRecords moved = *std::move(read);
  read = CaseRecords::Read(AnyPage(random, 3).SerializeAsString());
  EXPECT_EQ(view.entity(), "a");
  EXPECT_EQ(moved.records()[0].entity(), "a");
}

TEST(CaseRecordsTest, PassOverFieldsOfALaterVersion) {
  std::mt19937 random(2);
  auto page = AnyPage(random, 1);
  const pb::CaseRecord plain = page.case_records(0);
  auto& record = *page.mutable_case_records(0);
  record.GetReflection()->MutableUnknownFields(&record)->AddVarint(900, 7);
  record.GetReflection()->MutableUnknownFields(&record)->AddLengthDelimited(901, "new");
  page.GetReflection()->MutableUnknownFields(&page)->AddFixed64(902, 9);
  const auto read = CaseRecords::Read(page.SerializeAsString());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->records()[0].name(), plain.name());
  EXPECT_EQ(read->records()[0].bytes(), record.SerializeAsString());
}

TEST(CaseRecordsTest, TakeCodesThatAreNotPacked) {
  // Attribute 3, affirmed 5 and 6 in fields of their own, rest UNKNOWN.
  const std::string set("\x08\x03\x10\x05\x10\x06\x20\x01");
  std::string record = "\x3a";
  record += static_cast<char>(set.size());
  record += set;
  std::string answer = "\x0a";
  answer += static_cast<char>(record.size());
  answer += record;
  const auto read = CaseRecords::Read(answer);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->records()[0].FindSet(3).value(),
            (CaseRecordView::Set{{5, 6}, {}, pb::MISSING_UNKNOWN}));
}

TEST(CaseRecordsTest, RefuseBytesThatAreCutOff) {
  std::mt19937 random(3);
  const std::string answer = AnyPage(random, 2).SerializeAsString();
  int whole = 0;
  for (size_t size = 0; size < answer.size(); ++size) {
    const auto read = CaseRecords::Read(answer.substr(0, size));
    if (read.ok()) {
      ++whole;
    } else {
      EXPECT_EQ(ReasonOf(read.status()), Reason::REQUEST_MALFORMED) << size;
    }
  }
  EXPECT_EQ(whole, 3) << "only where a record ends";
}

TEST(CaseRecordsTest, RefuseABrokenAttributeWhenItIsLookedAt) {
  // A single value whose code is cut off, within a record that is whole.
  const std::string answer("\x0a\x05\x32\x03\x08\x03\x10");
  const auto read = CaseRecords::Read(answer);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(ReasonOf(read->records()[0].FindSingle(3).status()), Reason::REQUEST_MALFORMED);
  EXPECT_EQ(ReasonOf(read->records()[0].ToMessage().status()), Reason::REQUEST_MALFORMED);
}

TEST(CaseRecordsTest, RefuseMoreThanAreEverAskedFor) {
  pb::ListCaseRecordsResponse page;
  for (size_t i = 0; i < CaseRecords::kRecordsMax; ++i) page.add_case_records();
  EXPECT_TRUE(CaseRecords::Read(page.SerializeAsString()).ok());
  page.add_case_records();
  EXPECT_EQ(ReasonOf(CaseRecords::Read(page.SerializeAsString()).status()),
            Reason::REQUEST_TOO_LARGE);
}

// Answers each call with the same bytes.
class OneAnswer final : public Client {
 public:
  explicit OneAnswer(StatusOr<std::string> answer) : answer_(std::move(answer)) {}
  Status CallRaw(std::string_view, const google::protobuf::Message&,
                 google::protobuf::Message&) override {
    return Error(Reason::INTERNAL, "nobody asked for a message");
  }
  StatusOr<std::string> CallForBytes(std::string_view method,
                                     const google::protobuf::Message&) override {
    called = method;
    return answer_;
  }
  std::unique_ptr<Stream> OpenStream(std::string_view) override { return nullptr; }
  std::string called;

 private:
  const StatusOr<std::string> answer_;
};

TEST(CaseRecordsTest, AreAskedForByTheirMethods) {
  std::mt19937 random(4);
  OneAnswer client(AnyPage(random, 2).SerializeAsString());
  EXPECT_EQ(CaseRecords::List(client, {}).value().records().size(), 2u);
  EXPECT_EQ(client.called, "/enlace.exchange.v1.CaseService/ListCaseRecords");
  EXPECT_EQ(CaseRecords::BatchGet(client, {}).value().records().size(), 2u);
  EXPECT_EQ(client.called, "/enlace.exchange.v1.CaseService/BatchGetCaseRecords");
}

// Answers each question with the same bytes.
class OneAnswerStream final : public Stream {
 public:
  explicit OneAnswerStream(StatusOr<std::string> answer) : answer_(std::move(answer)) {}
  Status AskRaw(const google::protobuf::Message&, google::protobuf::Message&) override {
    return Error(Reason::INTERNAL, "nobody asked for a message");
  }
  StatusOr<std::string> AskForBytes(const google::protobuf::Message&) override { return answer_; }

 private:
  const StatusOr<std::string> answer_;
};

TEST(CaseRecordsTest, OneIsTakenFromAStream) {
  std::mt19937 random(5);
  const auto page = AnyPage(random, 1);
  OneAnswerStream stream(page.case_records(0).SerializeAsString());
  const auto one = CaseRecords::AskForOne(stream, pb::GetCaseRecordRequest());
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_EQ(one->records().size(), 1u);
  EXPECT_EQ(one->records()[0].name(), page.case_records(0).name());
  EXPECT_EQ(one->records()[0].ToMessage()->SerializeAsString(),
            page.case_records(0).SerializeAsString());
  OneAnswerStream refused(Error(Reason::CASE_NOT_FOUND, "no such record"));
  EXPECT_EQ(ReasonOf(CaseRecords::AskForOne(refused, pb::GetCaseRecordRequest()).status()),
            Reason::CASE_NOT_FOUND);
}

TEST(CaseRecordsTest, OneOfOtherBytesIsRefused) {
  for (const std::string bytes : {"", "\x0a", "\x0a\x05x", "\x18\x01"}) {
    EXPECT_EQ(ReasonOf(CaseRecords::ReadOne(bytes).status()), Reason::REQUEST_MALFORMED);
  }
}

TEST(CaseRecordsTest, ARefusedCallIsTold) {
  OneAnswer client(Error(Reason::CASE_NOT_FOUND, "no such record"));
  EXPECT_EQ(ReasonOf(CaseRecords::BatchGet(client, {}).status()), Reason::CASE_NOT_FOUND);
}

}  // namespace
}  // namespace enlace::client
