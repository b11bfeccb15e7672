#include <gtest/gtest.h>

#include "enlace/storage/v1/records.pb.h"
#include "node/peer/visit.h"
#include "node/store/signing.h"
#include "tests/testing/federation_node.h"

// What a node tells its peers, asked through the dispatcher.
namespace enlace {
namespace {

namespace pb = enlace::federation::v1;
using channel_entry = enlace::channel::v1::Entry;
using service::FederationService;
using testing::FederationNode;

constexpr char kList[] = "/enlace.federation.v1.FederationService/ListPeerChannels";
constexpr char kPull[] = "/enlace.federation.v1.FederationService/PullEntries";
constexpr char kBrazil[] = "spiffe://bra.demo/node";
constexpr char kChile[] = "spiffe://chl.demo/node";
constexpr char kOrigin[] = "demo/ARG/training";

class FederationServiceTest : public ::testing::Test {
 protected:
  StatusOr<pb::ListPeerChannelsResponse> List(const std::string& caller) {
    return node_.Call<pb::ListPeerChannelsResponse>(caller, kList, pb::ListPeerChannelsRequest());
  }
  StatusOr<pb::PullEntriesResponse> Pull(const std::string& caller, const std::string& origin,
                                         uint64_t from = 0, uint32_t limit = 0,
                                         uint64_t checkpoint_size = 0,
                                         const std::string& checkpoint = "") {
    pb::PullEntriesRequest request;
    request.set_origin(origin);
    request.set_from_sequence(from);
    request.set_limit(limit);
    request.set_checkpoint_size(checkpoint_size);
    request.set_checkpoint(checkpoint);
    return node_.Call<pb::PullEntriesResponse>(caller, kPull, request);
  }

  // What every store of a real node says of itself.
  static void AddMeta(FederationNode& node) {
    storage::v1::StoreMeta meta;
    meta.set_instance_id(std::string(16, 'i'));
    ASSERT_TRUE(node.store()
                    .Write([&](store::Transaction& transaction) {
                      transaction.Put(store::Table::kMeta, "store", meta.SerializeAsString());
                      return absl::OkStatus();
                    })
                    .ok());
  }
  static bool MaySign(FederationNode& node) {
    return store::CheckSigningOpen(*node.store().Read()).ok();
  }
  static std::string Head(FederationNode& node, const std::string& origin) {
    return store::LoadChannel(*node.store().Read(), origin)->checkpoint;
  }
  // `visitor` pulls what `host` offers.
  peer::VisitResult Visit(FederationNode& visitor, FederationNode& host) {
    std::string uri = "spiffe://" + visitor.jurisdiction() + ".demo/node";
    for (char& c : uri) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    testing::LoopbackCaller caller(host, uri);
    const peer::PeerIdentity identity{"demo", visitor.jurisdiction(), host.jurisdiction(),
                                      host.public_key(), visitor.public_key()};
    return peer::Visit(visitor.store(), clock_, identity, {}, caller).Run();
  }

  ManualClock clock_;
  FederationNode node_{"ARG", {"BRA", "CHL"}, clock_};
};

TEST_F(FederationServiceTest, ListsOwnChannelsWithSignedCheckpoints) {
  ASSERT_TRUE(node_.Publish("training", 3).ok());
  ASSERT_TRUE(node_.Publish("directory", 1).ok());
  const auto list = List(kBrazil);
  ASSERT_TRUE(list.ok()) << MessageOf(list.status());
  ASSERT_EQ(list->channels_size(), 2);
  EXPECT_EQ(list->channels(0).origin(), "demo/ARG/directory");
  EXPECT_EQ(list->channels(1).origin(), kOrigin);
  const auto checkpoint =
      channel::OpenCheckpoint(list->channels(1).checkpoint(), kOrigin, node_.public_key());
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->size, 3U);
}

TEST_F(FederationServiceTest, OnlyNodesOfMembersMayAsk) {
  ASSERT_TRUE(node_.Publish("training", 1).ok());
  for (const std::string caller :
       {"spiffe://per.demo/node", "spiffe://arg.demo/entity/police/importer",
        "spiffe://bra.demo/person/coordinator", "spiffe://bra.demo/partner/unodc"}) {
    EXPECT_EQ(ReasonOf(List(caller).status()), Reason::PERMISSION_DENIED) << caller;
    EXPECT_EQ(ReasonOf(Pull(caller, kOrigin).status()), Reason::PERMISSION_DENIED) << caller;
    EXPECT_EQ(ReasonOf(Pull(caller, "demo/ARG/statistics").status()), Reason::PERMISSION_DENIED);
  }
}

TEST_F(FederationServiceTest, AChannelForOnePeerExistsForNobodyElse) {
  ASSERT_TRUE(node_.Publish("cases/BRA", 2, "BRA").ok());
  EXPECT_EQ(List(kBrazil)->channels_size(), 1);
  EXPECT_EQ(List(kChile)->channels_size(), 0);
  EXPECT_TRUE(Pull(kBrazil, "demo/ARG/cases/BRA").ok());
  const auto hidden = Pull(kChile, "demo/ARG/cases/BRA");
  const auto absent = Pull(kChile, "demo/ARG/requests/BRA");
  EXPECT_EQ(ReasonOf(hidden.status()), Reason::CHANNEL_NOT_FOUND);
  EXPECT_EQ(MessageOf(hidden.status()), MessageOf(absent.status()));
}

TEST_F(FederationServiceTest, AMirrorIsNotPassedOn) {
  ASSERT_TRUE(node_.store()
                  .Write([&](store::Transaction& transaction) {
                    store::ChannelHead before;
                    before.origin = "demo/BRA/training";
                    store::ChannelHead after = before;
                    after.checkpoint = channel::SignCheckpoint(
                        {before.origin, 0, channel::EmptyRoot()}, testing::KeyOf("BRA"));
                    return store::ApplyMirrorPage(transaction, before, after, {});
                  })
                  .ok());
  EXPECT_EQ(List(kChile)->channels_size(), 0);
  EXPECT_EQ(ReasonOf(Pull(kChile, "demo/BRA/training").status()), Reason::CHANNEL_NOT_FOUND);
}

TEST_F(FederationServiceTest, UnknownAndMalformedOriginsAreNotFound) {
  for (const std::string origin : {"", "demo/ARG/training", "demo/ARG", "other/ARG/training",
                                   "demo/ARG/training/BRA", "demo/ARG/secrets", "../etc"}) {
    EXPECT_EQ(ReasonOf(Pull(kBrazil, origin).status()), Reason::CHANNEL_NOT_FOUND) << origin;
  }
}

// The test that a build which ignores audiences fails.
TEST_F(FederationServiceTest, PayloadsGoOnlyToTheirAudienceHeadersToAll) {
  ASSERT_TRUE(node_.Publish("training", 1, "network").ok());
  ASSERT_TRUE(node_.Publish("training", 1, "BRA,OAS").ok());
  ASSERT_TRUE(node_.Publish("training", 1, "").ok());
  const auto brazil = Pull(kBrazil, kOrigin);
  const auto chile = Pull(kChile, kOrigin);
  ASSERT_TRUE(brazil.ok() && chile.ok());
  ASSERT_EQ(brazil->entries_size(), 3);
  ASSERT_EQ(chile->entries_size(), 3);
  const std::vector<channel_entry::PayloadState> for_brazil = {
      channel_entry::PRESENT, channel_entry::PRESENT, channel_entry::WITHHELD};
  const std::vector<channel_entry::PayloadState> for_chile = {
      channel_entry::PRESENT, channel_entry::WITHHELD, channel_entry::WITHHELD};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(brazil->entries(i).header(), chile->entries(i).header());
    EXPECT_EQ(brazil->entries(i).payload_state(), for_brazil[static_cast<size_t>(i)]) << i;
    EXPECT_EQ(chile->entries(i).payload_state(), for_chile[static_cast<size_t>(i)]) << i;
    if (chile->entries(i).payload_state() == channel_entry::WITHHELD) {
      EXPECT_EQ(chile->entries(i).payload(), "");
      EXPECT_EQ(chile->entries(i).opening(), "");
    }
  }
}

TEST_F(FederationServiceTest, ErasedIsNotWithheld) {
  ASSERT_TRUE(node_.Publish("training", 2).ok());
  ASSERT_TRUE(node_.store()
                  .Write([&](store::Transaction& transaction) {
                    return store::ErasePayload(transaction, kOrigin, 0);
                  })
                  .ok());
  const auto page = Pull(kBrazil, kOrigin);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries(0).payload_state(), channel_entry::ERASED);
  EXPECT_EQ(page->entries(0).opening(), "");
  EXPECT_EQ(page->entries(1).payload_state(), channel_entry::PRESENT);
}

TEST_F(FederationServiceTest, PagesVerifyAtEveryCut) {
  ASSERT_TRUE(node_.Publish("training", 150).ok());
  for (const uint32_t limit : {1U, 7U, 64U, 149U}) {
    channel::MirrorHead head;
    uint64_t seen = 0;
    while (head.range.size() < 150) {
      const auto response = Pull(kBrazil, kOrigin, head.range.size(), limit, seen);
      ASSERT_TRUE(response.ok());
      channel::Page page;
      for (const auto& entry : response->entries()) {
        page.entries.push_back({entry.sequence(), entry.header(),
                                static_cast<uint32_t>(entry.payload_state()), entry.payload(),
                                entry.opening()});
      }
      page.checkpoint = response->checkpoint();
      page.consistency_proof.assign(response->consistency_proof().begin(),
                                    response->consistency_proof().end());
      page.checkpoint_proof.assign(response->checkpoint_proof().begin(),
                                   response->checkpoint_proof().end());
      EXPECT_LE(page.consistency_proof.size(), 16U);
      const auto verified = channel::VerifyPage(kOrigin, node_.public_key(), head, page);
      ASSERT_TRUE(verified.ok()) << MessageOf(verified.status());
      head = verified->head;
      seen = verified->checkpoint_size;
    }
  }
}

TEST_F(FederationServiceTest, PagesAreBoundedInCount) {
  ASSERT_TRUE(node_.Publish("training", 1100).ok());
  EXPECT_EQ(Pull(kBrazil, kOrigin)->entries_size(), 500);
  EXPECT_EQ(Pull(kBrazil, kOrigin, 0, 3)->entries_size(), 3);
  EXPECT_EQ(Pull(kBrazil, kOrigin, 0, 5000)->entries_size(), 1000);
  EXPECT_EQ(Pull(kBrazil, kOrigin, 1090, 5000)->entries_size(), 10);
  EXPECT_EQ(Pull(kBrazil, kOrigin, 1100)->entries_size(), 0);
}

TEST_F(FederationServiceTest, PagesAreBoundedInBytes) {
  ASSERT_TRUE(node_.Publish("training", 12, "network", 200'000).ok());
  const auto page = Pull(kBrazil, kOrigin);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries_size(), 5);
  EXPECT_LE(page->ByteSizeLong(), FederationService::kPageBytesMax + 20'000);
  // Withheld payloads take no room.
  ASSERT_TRUE(node_.Publish("statistics", 12, "BRA", 200'000).ok());
  EXPECT_EQ(Pull(kChile, "demo/ARG/statistics")->entries_size(), 12);
}

TEST_F(FederationServiceTest, ASingleLargeEntryStillTravels) {
  ASSERT_TRUE(node_.Publish("training", 2, "network", channel::kPayloadBytesMax).ok());
  EXPECT_EQ(Pull(kBrazil, kOrigin)->entries_size(), 1);
  EXPECT_EQ(Pull(kBrazil, kOrigin, 1)->entries_size(), 1);
}

TEST_F(FederationServiceTest, ACallerThatHoldsMoreIsTold) {
  ASSERT_TRUE(node_.Publish("training", 3).ok());
  EXPECT_EQ(ReasonOf(Pull(kBrazil, kOrigin, 4).status()), Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(Pull(kBrazil, kOrigin, 3, 0, 4).status()), Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(Pull(kBrazil, kOrigin, UINT64_MAX).status()), Reason::REQUEST_INVALID);
}

TEST_F(FederationServiceTest, ANumberAloneOrAForeignSignatureClosesNothing) {
  AddMeta(node_);
  ASSERT_TRUE(node_.Publish("training", 3).ok());
  FederationNode other("BRA", {"ARG"}, clock_);
  ASSERT_TRUE(other.Publish("training", 9).ok());
  const std::string foreign = Head(other, "demo/BRA/training");
  const std::string own = Head(node_, kOrigin);
  for (const std::string& note : {std::string(), std::string("x"), foreign, own}) {
    EXPECT_EQ(ReasonOf(Pull(kBrazil, kOrigin, 9, 0, 9, note).status()), Reason::REQUEST_INVALID);
    EXPECT_TRUE(MaySign(node_)) << "any peer could silence this node";
  }
  EXPECT_TRUE(node_.Publish("training", 1).ok());
}

TEST_F(FederationServiceTest, ItsOwnSignatureOfMoreThanItHoldsClosesSigning) {
  // The same node in another life, in which it wrote more.
  FederationNode earlier("ARG", {"BRA"}, clock_);
  ASSERT_TRUE(earlier.Publish("training", 5).ok());
  AddMeta(node_);
  ASSERT_TRUE(node_.Publish("training", 3).ok());
  const std::string note = Head(earlier, kOrigin);
  EXPECT_EQ(ReasonOf(Pull(kBrazil, kOrigin, 5, 0, 5, note).status()), Reason::REQUEST_INVALID);
  EXPECT_EQ(ReasonOf(node_.Publish("training", 1)), Reason::CHANNEL_STOPPED);
  EXPECT_EQ(ReasonOf(Pull(kBrazil, kOrigin, 5, 0, 5, note).status()), Reason::REQUEST_INVALID);
}

TEST_F(FederationServiceTest, WhatAPeerHoldsIsComparedAtEachVisit) {
  FederationNode brazil("BRA", {"ARG", "CHL"}, clock_);
  FederationNode chile("CHL", {"BRA"}, clock_);
  AddMeta(node_);
  ASSERT_TRUE(node_.Publish("training", 2).ok());
  ASSERT_TRUE(chile.Publish("training", 1).ok());
  ASSERT_TRUE(Visit(brazil, chile).status.ok());
  ASSERT_TRUE(Visit(brazil, node_).status.ok());
  ASSERT_TRUE(Visit(node_, brazil).status.ok());
  EXPECT_TRUE(MaySign(node_)) << "it holds what it signed";

  const auto held = brazil.Call<pb::ListPeerChannelsResponse>("spiffe://arg.demo/node", kList,
                                                              pb::ListPeerChannelsRequest());
  ASSERT_TRUE(held.ok()) << held.status();
  ASSERT_EQ(held->held_size(), 1) << "what it holds of others is not told";
  EXPECT_EQ(held->held(0).origin(), kOrigin);
  EXPECT_EQ(held->held(0).checkpoint(), Head(node_, kOrigin));

  // The same number of other entries: it wrote on after it had forgotten.
  FederationNode forgot("ARG", {"BRA"}, clock_);
  AddMeta(forgot);
  ASSERT_TRUE(forgot.Publish("training", 2).ok());
  ASSERT_TRUE(Visit(forgot, brazil).status.ok());
  EXPECT_FALSE(MaySign(forgot));
}

TEST_F(FederationServiceTest, TheAlarmOfBeingBehindIsNotRepeatedAtEachCall) {
  ASSERT_TRUE(node_.Publish("training", 3).ok());
  const auto alarms = [this](const std::string& caller, uint64_t from) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(ReasonOf(Pull(caller, kOrigin, from).status()), Reason::REQUEST_INVALID);
    const std::string text = ::testing::internal::GetCapturedStderr();
    return text.find("own_channel_behind_peer") != std::string::npos;
  };
  EXPECT_TRUE(alarms(kBrazil, 9));
  EXPECT_FALSE(alarms(kBrazil, 9));
  EXPECT_FALSE(alarms(kBrazil, 10)) << "the peer must not choose how much is logged";
  EXPECT_TRUE(alarms(kChile, 9));
  ASSERT_TRUE(node_.Publish("training", 1).ok());
  EXPECT_TRUE(alarms(kBrazil, 9)) << "this node signed again";
}

}  // namespace
}  // namespace enlace
