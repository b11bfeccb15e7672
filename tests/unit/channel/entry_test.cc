#include "node/channel/entry.h"

#include <gtest/gtest.h>

#include "enlace/channel/v1/entry.pb.h"

namespace enlace::channel {
namespace {

constexpr int64_t kNow = 1767225600000;

std::string Opening() { return std::string(kOpeningBytes, 'o'); }

NewEntry Some(const std::string& payload = "payload") {
  return {"training.programme", "jurisdictions/ARG/programmes/guide", model::Audience::Network(),
          payload};
}

StatusOr<Header> Make(const NewEntry& entry, int64_t now_ms = kNow) {
  return MakeHeader(entry, Opening(), "key", now_ms);
}

void ExpectInvalid(const Status& status) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ReasonOf(status), Reason::ENTRY_INVALID) << MessageOf(status);
}

v1::EntryHeader Message() {
  v1::EntryHeader header;
  EXPECT_TRUE(header.ParseFromString(Make(Some())->raw));
  return header;
}

TEST(MakeHeaderTest, HoldsWhatWasGivenAndHidesTheSubject) {
  const auto header = Make(Some());
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->schema_version, kHeaderVersion);
  EXPECT_EQ(header->kind, "training.programme");
  EXPECT_EQ(header->audience, "network");
  EXPECT_EQ(header->commitment, Commit(Opening(), "payload"));
  EXPECT_EQ(header->subject_tag, SubjectTag("key", "jurisdictions/ARG/programmes/guide"));
  EXPECT_EQ(header->raw.find("guide"), std::string::npos);
  EXPECT_EQ(header->raw.find("payload"), std::string::npos);
}

TEST(MakeHeaderTest, GivesSubjectsOfOneNameOneTagOnlyUnderOneKey) {
  EXPECT_EQ(SubjectTag("key", "subject"), SubjectTag("key", "subject"));
  EXPECT_NE(SubjectTag("key", "subject"), SubjectTag("another", "subject"));
  EXPECT_NE(SubjectTag("key", "subject"), SubjectTag("key", "other"));
  EXPECT_EQ(SubjectTag("key", "subject").size(), kSubjectTagBytes);
}

TEST(MakeHeaderTest, RoundsSizesUpToPowersOfTwo) {
  const std::vector<std::pair<size_t, uint32_t>> classes = {
      {0, 0}, {1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {1024, 10}, {1025, 11}, {900'000, 20}};
  for (const auto& [size, expected] : classes) {
    const auto header = Make(Some(std::string(size, 'x')));
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->payload_size_class, expected) << size;
  }
}

TEST(MakeHeaderTest, TruncatesTheTimeToTheHour) {
  EXPECT_EQ(Make(Some(), kNow + 3'599'999)->coarse_time, kNow / 1000);
  EXPECT_EQ(Make(Some(), kNow + 3'600'000)->coarse_time, kNow / 1000 + 3600);
  EXPECT_EQ(Make(Some(), -1)->coarse_time, -3600);
}

TEST(MakeHeaderTest, RefusesWhatIsOverALimit) {
  ExpectInvalid(Make(Some(std::string(kPayloadBytesMax + 1, 'x'))).status());
  NewEntry entry = Some();
  entry.subject = std::string(kSubjectBytesMax + 1, 's');
  ExpectInvalid(Make(entry).status());
  for (const std::string& kind : {std::string(), std::string("Upper"), std::string("with space"),
                                  std::string("line\n"), std::string(kKindBytesMax + 1, 'k')}) {
    entry = Some();
    entry.kind = kind;
    ExpectInvalid(Make(entry).status());
  }
}

TEST(ParseHeaderTest, KeepsTheBytesVerbatim) {
  const auto made = Make(Some());
  // A field that this version does not know, behind and in front.
  v1::EntryHeader unknown;
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddLengthDelimited(900, "new");
  for (const std::string& raw : {made->raw, made->raw + unknown.SerializeAsString(),
                                 unknown.SerializeAsString() + made->raw}) {
    const auto parsed = ParseHeader(raw);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->raw, raw);
    EXPECT_EQ(parsed->commitment, made->commitment);
  }
}

TEST(ParseHeaderTest, KeepsVersionsThatItDoesNotUnderstand) {
  v1::EntryHeader header = Message();
  header.set_schema_version(7);
  header.set_kind("Something New");
  header.set_audience("some new rule");
  header.set_subject_tag("other length");
  const auto parsed = ParseHeader(header.SerializeAsString());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->schema_version, 7U);
}

TEST(ParseHeaderTest, RefusesWhatIsNoHeader) {
  ExpectInvalid(ParseHeader("").status());
  ExpectInvalid(ParseHeader("no message").status());
  const std::string raw = Make(Some())->raw;
  for (size_t size = 0; size < raw.size(); ++size) {
    ExpectInvalid(ParseHeader(raw.substr(0, size)).status());
  }
}

TEST(ParseHeaderTest, RefusesWrongFields) {
  const std::vector<std::function<void(v1::EntryHeader&)>> changes = {
      [](auto& h) { h.set_schema_version(0); },
      [](auto& h) { h.set_commitment("short"); },
      [](auto& h) { h.clear_commitment(); },
      [](auto& h) { h.set_subject_tag("short"); },
      [](auto& h) { h.set_kind("Not Lower"); },
      [](auto& h) { h.set_audience("OAS,BRA"); },  // Not sorted: a second text for one audience.
      [](auto& h) { h.set_audience("everybody"); },
      [](auto& h) { h.set_payload_size_class(21); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::EntryHeader header = Message();
    changes[i](header);
    SCOPED_TRACE(i);
    ExpectInvalid(ParseHeader(header.SerializeAsString()).status());
  }
}

TEST(ParseHeaderTest, RefusesAHeaderThatIsTooLarge) {
  v1::EntryHeader header = Message();
  header.set_schema_version(2);
  header.set_kind(std::string(kHeaderBytesMax, 'k'));
  ExpectInvalid(ParseHeader(header.SerializeAsString()).status());
}

TEST(CheckPayloadTest, AcceptsOnlyTheCommittedBytes) {
  const auto header = Make(Some());
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(CheckPayload(*header, Opening(), "payload"), absl::OkStatus());
  ExpectInvalid(CheckPayload(*header, Opening(), "Payload"));
  ExpectInvalid(CheckPayload(*header, Opening(), ""));
  ExpectInvalid(CheckPayload(*header, std::string(kOpeningBytes, 'x'), "payload"));
  // The border between opening and payload must not move.
  ExpectInvalid(CheckPayload(*header, Opening() + "p", "ayload"));
  ExpectInvalid(CheckPayload(*header, Opening().substr(1), "opayload"));
  ExpectInvalid(CheckPayload(*header, Opening(), std::string(kPayloadBytesMax + 1, 'x')));
}

}  // namespace
}  // namespace enlace::channel
