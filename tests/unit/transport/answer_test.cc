#include "node/transport/answer.h"

#include <gtest/gtest.h>

#include "enlace/channel/v1/training.pb.h"
#include "enlace/federation/v1/federation_service.pb.h"

namespace enlace::transport {
namespace {

namespace pb = enlace::federation::v1;
const std::string kTaken = "taken";

std::string Repeat(std::string_view bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += bytes;
  return text;
}

template <typename Message>
std::string ReasonOfParsing(std::string_view bytes, const AnswerLimits& limits = kPeerAnswers) {
  Message message;
  const Status parsed = ParseAnswer(bytes, limits, message);
  EXPECT_EQ(message.ByteSizeLong() == 0, !parsed.ok() || bytes.empty());
  return parsed.ok() ? kTaken : std::string(ReasonName(ReasonOf(parsed)));
}

TEST(AnswerTest, ManyEmptyMessagesAreRefusedBeforeTheyBecomeObjects) {
  const std::string_view empty("\x0a\x00", 2);
  const std::string whole = Repeat(empty, 8 << 20);  // 16 MiB.
  EXPECT_EQ(ReasonOfParsing<pb::ListPeerChannelsResponse>(whole), "REQUEST_TOO_LARGE");
  EXPECT_EQ(ReasonOfParsing<pb::PullEntriesResponse>(whole), "REQUEST_TOO_LARGE");
  const std::string few = Repeat(empty, 20'001);  // Within the bytes.
  EXPECT_EQ(ReasonOfParsing<pb::ListPeerChannelsResponse>(few), "REQUEST_TOO_LARGE");
  EXPECT_EQ(ReasonOfParsing<pb::PullEntriesResponse>(few), "REQUEST_TOO_LARGE");
  EXPECT_EQ(ReasonOfParsing<pb::PullEntriesResponse>(Repeat(empty, 20'000)), kTaken);
}

TEST(AnswerTest, UnknownFieldsAreKeptAndCounted) {
  const std::string unknown = "\xa2\x06\x03new";  // Field 100.
  pb::PullEntriesResponse message;
  ASSERT_TRUE(ParseAnswer(unknown, kPeerAnswers, message).ok());
  EXPECT_EQ(message.SerializeAsString(), unknown);
  EXPECT_EQ(ReasonOfParsing<pb::PullEntriesResponse>(Repeat(unknown, 20'001)), "REQUEST_TOO_LARGE");
}

TEST(AnswerTest, MembersOfPackedFieldsAreCounted) {
  channel::v1::Programme programme;
  for (int i = 0; i < 30; ++i) programme.add_topics(1000);
  const std::string bytes = programme.SerializeAsString();
  EXPECT_EQ(ReasonOfParsing<channel::v1::Programme>(bytes, {1000, 31}), kTaken);
  EXPECT_EQ(ReasonOfParsing<channel::v1::Programme>(bytes, {1000, 30}), "REQUEST_TOO_LARGE");
}

TEST(AnswerTest, BytesThatAreNoMessageAreMalformed) {
  for (const std::string& bytes :
       {std::string("\x0a"), std::string("\x0a\x05"), std::string("\x0b"), std::string("\xff"),
        std::string("\x0d\x01"), std::string("\x00\x00", 2), std::string(11, '\xff')}) {
    EXPECT_EQ(ReasonOfParsing<pb::PullEntriesResponse>(bytes), "REQUEST_MALFORMED");
  }
}

TEST(AnswerTest, TheLargestHonestPageIsTaken) {
  pb::PullEntriesResponse page;
  for (uint64_t i = 0; i < 1000; ++i) {
    auto& entry = *page.add_entries();
    entry.set_sequence(1'000'000 + i);
    entry.set_header(std::string(1000, 'h'));
    entry.set_payload_state(enlace::channel::v1::Entry::PRESENT);
    entry.set_payload("p");
    entry.set_opening(std::string(32, 'o'));
  }
  page.mutable_entries(0)->set_payload(std::string(900'000, 'p'));
  for (int i = 0; i < 64; ++i) {
    page.add_consistency_proof(std::string(32, 'c'));
    page.add_checkpoint_proof(std::string(32, 'c'));
  }
  pb::PullEntriesResponse taken;
  ASSERT_TRUE(ParseAnswer(page.SerializeAsString(), kPeerAnswers, taken).ok());
  EXPECT_EQ(taken.entries_size(), 1000);
}

}  // namespace
}  // namespace enlace::transport
