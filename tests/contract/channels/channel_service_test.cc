#include <gtest/gtest.h>

#include "node/store/channel_keys.h"
#include "tests/testing/channel_log.h"
#include "tests/testing/federation_node.h"

// What a node tells its own people about the channels it holds.
namespace enlace {
namespace {

namespace pb = enlace::exchange::v1;
using testing::FederationNode;

constexpr char kAnalyst[] = "spiffe://arg.demo/person/analyst";
constexpr char kPartner[] = "spiffe://arg.demo/partner/unodc";
constexpr char kOrigin[] = "demo/ARG/training";

class ChannelServiceTest : public ::testing::Test {
 protected:
  template <typename Response, typename Request>
  StatusOr<Response> Call(const std::string& method, const Request& request,
                          const std::string& caller = kAnalyst) {
    return node_.Call<Response>(caller, "/enlace.exchange.v1.ChannelService/" + method, request);
  }
  StatusOr<pb::Channel> Get(const std::string& origin, const std::string& caller = kAnalyst) {
    pb::GetChannelRequest request;
    request.set_origin(origin);
    return Call<pb::Channel>("GetChannel", request, caller);
  }
  StatusOr<pb::ListChannelEntriesResponse> Entries(const std::string& origin, int32_t page_size = 0,
                                                   const std::string& token = "",
                                                   const std::string& caller = kAnalyst) {
    pb::ListChannelEntriesRequest request;
    request.set_origin(origin);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call<pb::ListChannelEntriesResponse>("ListChannelEntries", request, caller);
  }
  StatusOr<pb::VerifyChannelResponse> Verify(const std::string& origin) {
    pb::VerifyChannelRequest request;
    request.set_origin(origin);
    return Call<pb::VerifyChannelResponse>("VerifyChannel", request);
  }
  // A mirror of the whole log, with the page changed by `change` before it is verified.
  void Mirror(
      const testing::ChannelLog& log,
      const std::function<void(channel::Page&)>& change = [](channel::Page&) {}) {
    channel::Page page = log.MakePage(0, log.size(), log.size());
    change(page);
    const auto verified = channel::VerifyPage(log.origin(), log.key().public_key(), {}, page);
    ASSERT_TRUE(verified.ok()) << MessageOf(verified.status());
    store::ChannelHead before;
    before.origin = log.origin();
    store::ChannelHead after = before;
    after.range = verified->head.range;
    after.checkpoint = verified->head.checkpoint;
    after.checkpoint_size = verified->checkpoint_size;
    after.last_pull_time_ms = 4711;
    ASSERT_TRUE(node_.store()
                    .Write([&](store::Transaction& transaction) {
                      return store::ApplyMirrorPage(transaction, before, after, verified->entries);
                    })
                    .ok());
  }

  ManualClock clock_;
  FederationNode node_{"ARG", {"BRA"}, clock_};
};

TEST_F(ChannelServiceTest, ListsOwnChannelsAndMirrors) {
  ASSERT_TRUE(node_.Publish("training", 3).ok());
  const testing::ChannelLog log("demo/BRA/training", 5);
  Mirror(log);
  const auto list = Call<pb::ListChannelsResponse>("ListChannels", pb::ListChannelsRequest());
  ASSERT_TRUE(list.ok()) << MessageOf(list.status());
  ASSERT_EQ(list->channels_size(), 2);
  EXPECT_EQ(list->channels(0).origin(), kOrigin);
  EXPECT_TRUE(list->channels(0).own());
  EXPECT_EQ(list->channels(0).size(), 3U);
  EXPECT_EQ(list->channels(1).origin(), "demo/BRA/training");
  EXPECT_FALSE(list->channels(1).own());
  EXPECT_EQ(list->channels(1).size(), 5U);
  EXPECT_EQ(list->channels(1).checkpoint(), log.CheckpointAt(5));
  EXPECT_EQ(list->channels(1).last_pull_time_ms(), 4711);
}

TEST_F(ChannelServiceTest, ShowsTroubleAndEvidence) {
  ASSERT_TRUE(node_.Publish("training", 1).ok());
  Mirror(testing::ChannelLog("demo/BRA/training", 5));
  node_.trouble_of = [](const std::string&) { return std::string("PEER_UNREACHABLE"); };
  EXPECT_EQ(Get("demo/BRA/training")->trouble(), "PEER_UNREACHABLE");
  EXPECT_EQ(Get(kOrigin)->trouble(), "");
  ASSERT_TRUE(node_.store()
                  .Write([&](store::Transaction& transaction) {
                    return store::StopChannel(transaction, "demo/BRA/training", {"one", "two"});
                  })
                  .ok());
  const auto stopped = Get("demo/BRA/training");
  EXPECT_TRUE(stopped->stopped());
  EXPECT_EQ(stopped->trouble(), "CHANNEL_STOPPED");
}

TEST_F(ChannelServiceTest, AStoppedChannelIsSaidToProveNothing) {
  const testing::ChannelLog log("demo/BRA/training", 5);
  Mirror(log);
  node_.key_of = [&log](const std::string&) { return log.key().public_key(); };
  EXPECT_FALSE(Verify(log.origin())->stopped());
  ASSERT_TRUE(node_.store()
                  .Write([&](store::Transaction& transaction) {
                    return store::StopChannel(transaction, log.origin(), {"one", "two"});
                  })
                  .ok());
  const auto stopped = Verify(log.origin());
  ASSERT_TRUE(stopped.ok()) << MessageOf(stopped.status());
  EXPECT_TRUE(stopped->stopped());
}

TEST_F(ChannelServiceTest, APartnerDoesNotLearnOfChannelsBetweenTwo) {
  ASSERT_TRUE(node_.Publish("cases/BRA", 1, "BRA").ok());
  ASSERT_TRUE(node_.Publish("training", 1).ok());
  const auto list =
      Call<pb::ListChannelsResponse>("ListChannels", pb::ListChannelsRequest(), kPartner);
  ASSERT_TRUE(list.ok()) << MessageOf(list.status());
  ASSERT_EQ(list->channels_size(), 1);
  EXPECT_EQ(list->channels(0).origin(), kOrigin);
  const auto hidden = Get("demo/ARG/cases/BRA", kPartner);
  const auto absent = Get("demo/ARG/cases/CHL", kPartner);
  EXPECT_EQ(ReasonOf(hidden.status()), Reason::CHANNEL_NOT_FOUND);
  EXPECT_EQ(MessageOf(hidden.status()), MessageOf(absent.status()));
  EXPECT_EQ(ReasonOf(Entries("demo/ARG/cases/BRA", 0, "", kPartner).status()),
            Reason::CHANNEL_NOT_FOUND);
  EXPECT_TRUE(Get("demo/ARG/cases/BRA").ok());
}

TEST_F(ChannelServiceTest, StrangersLearnNothing) {
  ASSERT_TRUE(node_.Publish("training", 1).ok());
  for (const std::string caller : {"spiffe://bra.demo/person/analyst", "spiffe://bra.demo/node",
                                   "spiffe://arg.demo/person/nobody"}) {
    EXPECT_EQ(ReasonOf(Get(kOrigin, caller).status()), Reason::PERMISSION_DENIED) << caller;
  }
}

TEST_F(ChannelServiceTest, PagesThroughTheHeaders) {
  ASSERT_TRUE(node_.Publish("training", 250).ok());
  std::string token;
  uint64_t expected = 0;
  int pages = 0;
  do {
    const auto page = Entries(kOrigin, 0, token);
    ASSERT_TRUE(page.ok()) << MessageOf(page.status());
    for (const auto& entry : page->entries()) EXPECT_EQ(entry.sequence(), expected++);
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(expected, 250U);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(Entries(kOrigin, 5000)->entries_size(), 250);
  EXPECT_EQ(Entries(kOrigin, 250)->next_page_token(), "");
}

TEST_F(ChannelServiceTest, AnEntryTellsNoPayload) {
  ASSERT_TRUE(node_.Publish("training", 1, "BRA").ok());
  const auto page = Entries(kOrigin);
  ASSERT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->entries(0).kind(), "training.programme");
  EXPECT_EQ(page->entries(0).audience(), "BRA");
  EXPECT_EQ(page->entries(0).payload_state(), "present");
  EXPECT_EQ(page->entries(0).leaf_hash().size(), 32U);
  EXPECT_EQ(page->SerializeAsString().find("ARG 0"), std::string::npos);
}

TEST_F(ChannelServiceTest, TellsTheStatesApart) {
  const testing::ChannelLog log("demo/BRA/training", 4);
  Mirror(log, [](channel::Page& page) {
    page.entries[1].state = 2;
    page.entries[1].payload = page.entries[1].opening = "";
    page.entries[2].state = 3;
    page.entries[2].payload = page.entries[2].opening = "";
  });
  const auto page = Entries("demo/BRA/training");
  EXPECT_EQ(page->entries(0).payload_state(), "present");
  EXPECT_EQ(page->entries(1).payload_state(), "withheld");
  EXPECT_EQ(page->entries(2).payload_state(), "erased");
  // A kind of a later version.
  ASSERT_TRUE(node_.store()
                  .Write([&](store::Transaction& transaction) {
                    return store::AppendEntries(
                               transaction, "demo/ARG/workplan",
                               {{"workplan.answer", "x", model::Audience::Nobody(), "payload"}},
                               node_.keys())
                        .status();
                  })
                  .ok());
  EXPECT_EQ(Entries("demo/ARG/workplan")->entries(0).payload_state(), "not understood");
}

TEST_F(ChannelServiceTest, RefusesWrongPages) {
  ASSERT_TRUE(node_.Publish("training", 5).ok());
  ASSERT_TRUE(node_.Publish("statistics", 5).ok());
  EXPECT_EQ(ReasonOf(Entries(kOrigin, -1).status()), Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(Entries(kOrigin, 2, "forged").status()), Reason::PAGE_TOKEN_INVALID);
  const std::string token = Entries(kOrigin, 2)->next_page_token();
  EXPECT_EQ(ReasonOf(Entries("demo/ARG/statistics", 2, token).status()),
            Reason::PAGE_TOKEN_INVALID);
  EXPECT_EQ(ReasonOf(Entries("demo/ARG/workplan").status()), Reason::CHANNEL_NOT_FOUND);
}

TEST_F(ChannelServiceTest, VerifiesAChannelFromItsStoredBytes) {
  ASSERT_TRUE(node_.Publish("training", 70).ok());
  const auto verified = Verify(kOrigin);
  ASSERT_TRUE(verified.ok()) << MessageOf(verified.status());
  EXPECT_EQ(verified->entries_checked(), 70U);
  EXPECT_EQ(verified->payloads_checked(), 70U);
  const auto checkpoint =
      channel::OpenCheckpoint(Get(kOrigin)->checkpoint(), kOrigin, node_.public_key());
  EXPECT_EQ(verified->root(), std::string(AsView(checkpoint->root)));

  ASSERT_TRUE(node_.store()
                  .Write([&](store::Transaction& transaction) {
                    transaction.Put(
                        store::Table::kEntryHeader, store::ChannelKey(kOrigin, 3),
                        *transaction.Get(store::Table::kEntryHeader, store::ChannelKey(kOrigin, 4))
                             .value());
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(ReasonOf(Verify(kOrigin).status()), Reason::ENTRY_INVALID);
}

TEST_F(ChannelServiceTest, CannotVerifyWithoutTheOwnersKey) {
  Mirror(testing::ChannelLog("demo/BRA/training", 5));
  node_.key_of = [](const std::string&) { return std::nullopt; };
  EXPECT_EQ(ReasonOf(Verify("demo/BRA/training").status()), Reason::PEER_UNKNOWN);
  node_.key_of = [](const std::string&) { return testing::KeyOf("CHL").public_key(); };
  EXPECT_EQ(ReasonOf(Verify("demo/BRA/training").status()), Reason::CHECKPOINT_INVALID);
  EXPECT_EQ(ReasonOf(Verify("demo/BRA/statistics").status()), Reason::CHANNEL_NOT_FOUND);
}

}  // namespace
}  // namespace enlace
