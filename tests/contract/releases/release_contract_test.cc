#include <gmock/gmock.h>

#include "node/channel/checkpoint.h"
#include "node/model/attributes.h"
#include "node/release/content.h"
#include "node/store/case_table.h"
#include "tests/contract/release_node.h"

namespace enlace::testing {
namespace {

using pb::ReleaseView;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kRequestId[] = "0f8fad5b-d9cb-469f-a165-70867728950e";

const channel::v1::Figure* FindFigure(const ReleaseView& view, const model::FigureKey& key) {
  for (const auto& figure : view.content().figures()) {
    if (release::KeyOf(figure) == key) return &figure;
  }
  return nullptr;
}

class ReleaseContractTest : public ::testing::Test {
 protected:
  ReleaseContractTest() {
    node_.PutYear(2021);
    node_.PutYear(2022);
  }
  ReleaseView Prepared() { return *node_.Prepare(); }
  StatusOr<ReleaseView> Get(const authz::Caller& caller, const std::string& name) {
    pb::GetReleaseRequest request;
    request.set_name(name);
    return node_.Call<ReleaseView>(caller, std::string(kReleases) + "GetRelease", request);
  }
  StatusOr<pb::ListReleasesResponse> List(int32_t size, const std::string& token = "") {
    pb::ListReleasesRequest request;
    request.set_page_size(size);
    request.set_page_token(token);
    return node_.Call<pb::ListReleasesResponse>(node_.preparer,
                                                std::string(kReleases) + "ListReleases", request);
  }
  static model::CaseContent Case() {
    model::CaseContent content;
    content.registration_year = 2020;
    content.singles[model::kSex] = {1, model::Missing::kNone};
    return content;
  }
  void PutCases(const std::string& entity, int count, const model::CaseContent& content = Case()) {
    node_.db.Commit([&](store::Transaction& transaction) {
      for (int i = 0; i < count; ++i) {
        ASSERT_TRUE(store::AddCase(transaction, entity, content, std::ref(node_.random)).ok());
      }
    });
  }
  static pb::PrepareReleaseRequest OfCases() {
    pb::PrepareReleaseRequest request;
    request.set_source(pb::PrepareReleaseRequest::CASE_RECORDS);
    return request;
  }
  StatusOr<ReleaseView> Prepare(const pb::PrepareReleaseRequest& request) {
    return node_.Call<ReleaseView>(node_.preparer, std::string(kReleases) + "PrepareRelease",
                                   request);
  }
  uint64_t AuditLength() { return *store::VerifyAuditChain(*node_.db.store->Read()); }

  ReleaseNode node_;
};

// --- Prepare

TEST_F(ReleaseContractTest, PrepareShowsTheFiguresThatWouldGoOut) {
  const auto view = node_.Prepare();
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->state(), ReleaseView::PREPARED);
  EXPECT_EQ(view->preparer(), "spiffe://arg.demo/person/ana");
  EXPECT_EQ(view->content().year_from(), 2021u);
  EXPECT_EQ(view->content().year_to(), 2022u);
  EXPECT_EQ(view->content().threshold(), 5u);
  EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(2022))->value(), 20u);
  EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(2022, 2))->status(), channel::v1::SUPPRESSED);
  EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(2022, 1))->status(), channel::v1::SUPPRESSED);
  EXPECT_EQ(view->suppressed_primary(), 2u);
  EXPECT_EQ(view->suppressed_complementary(), 2u);
  EXPECT_EQ(view->figures_with_value(), 2u);
  EXPECT_EQ(view->content_hash(),
            AsView(release::ContentHash(release::ContentBytes(view->content()))));
}

TEST_F(ReleaseContractTest, NothingLeavesTheNodeByPreparing) {
  Prepared();
  EXPECT_EQ(node_.ChannelSize("statistics"), 0u);
}

TEST_F(ReleaseContractTest, PrepareTakesOnlyTheYearsAskedFor) {
  const auto view = node_.Prepare(2022, 2022);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_THAT(view->content().figures(), SizeIs(3));
  EXPECT_THAT(view->warnings(), Contains(HasSubstr("Only 2022")));
}

TEST_F(ReleaseContractTest, PrepareRefusesBadInput) {
  pb::PrepareReleaseRequest request;
  const auto reason = [&] {
    return ReasonOf(
        node_.Call<ReleaseView>(node_.preparer, std::string(kReleases) + "PrepareRelease", request)
            .status());
  };
  EXPECT_EQ(reason(), Reason::REQUEST_INVALID);  // No source.
  request.set_source(pb::PrepareReleaseRequest::OBSERVATIONS);
  request.set_threshold(4);
  EXPECT_EQ(reason(), Reason::REQUEST_INVALID);
  request.set_threshold(101);
  EXPECT_EQ(reason(), Reason::REQUEST_INVALID);
  request.clear_threshold();
  request.set_year_from(2022);
  request.set_year_to(2021);
  EXPECT_EQ(reason(), Reason::REQUEST_INVALID);
  request.set_year_to(4'000'000'000);
  EXPECT_EQ(reason(), Reason::REQUEST_INVALID);
  request.set_year_to(0);
  request.set_request_id("mine");
  EXPECT_EQ(reason(), Reason::REQUEST_INVALID);
  request.clear_request_id();
  request.set_supersedes("nonsense");
  EXPECT_EQ(reason(), Reason::NAME_INVALID);
  request.set_supersedes("jurisdictions/ARG/releases/" + std::string(32, 'f'));
  EXPECT_EQ(reason(), Reason::RELEASE_NOT_FOUND);
}

TEST_F(ReleaseContractTest, PrepareRefusesYearsThatHaveNotBegun) {
  for (const auto& [from, to, field] :
       {std::tuple(2022u, 2050u, "year_to"), std::tuple(2022u, 2027u, "year_to")}) {
    const Status refused = node_.Prepare(from, to).status();
    EXPECT_EQ(ReasonOf(refused), Reason::REQUEST_INVALID);
    EXPECT_EQ(ViolationsOf(refused).at(0).field, field);
  }
  PutCases("police", 6);
  auto request = OfCases();
  request.set_year_from(2050);
  const Status refused = Prepare(request).status();
  EXPECT_EQ(ReasonOf(refused), Reason::REQUEST_INVALID);
  EXPECT_EQ(ViolationsOf(refused).at(0).field, "year_from");
  EXPECT_TRUE(node_.Prepare(2022, 2026).ok());
}

TEST_F(ReleaseContractTest, PrepareWithoutFiguresIsRefused) {
  EXPECT_EQ(ReasonOf(node_.Prepare(2010, 2011).status()), Reason::RELEASE_EMPTY);
}

TEST_F(ReleaseContractTest, PrepareAgainWithTheSameRequestIdReturnsTheSameRelease) {
  const auto first = node_.Prepare(0, 0, "", kRequestId);
  ASSERT_TRUE(first.ok()) << first.status();
  const uint64_t audit = AuditLength();
  EXPECT_EQ(node_.Prepare(0, 0, "", kRequestId)->name(), first->name());
  EXPECT_EQ(AuditLength(), audit);
  EXPECT_EQ(ReasonOf(node_.Prepare(2022, 0, "", kRequestId).status()), Reason::REQUEST_ID_REUSED);
}

TEST_F(ReleaseContractTest, CasesOfAllEntitiesAreCounted) {
  PutCases("police", 4);
  PutCases("shelter", 3);
  node_.db.Commit([&](store::Transaction& transaction) {
    const auto gone = store::AddCase(transaction, "police", Case(), std::ref(node_.random));
    ASSERT_TRUE(store::WithdrawCase(transaction, gone->reference, 1).ok());
  });
  auto request = OfCases();
  request.set_entities_apart(true);
  const auto view = Prepare(request);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(2020))->value(), 7u);
  EXPECT_NE(view->content().counting_basis(), Prepared().content().counting_basis());
  EXPECT_THAT(view->content().entities(), ElementsAre("police", "shelter"));
  EXPECT_THAT(view->warnings(), Contains(HasSubstr("police, shelter are counted together")));
}

TEST_F(ReleaseContractTest, RecordsOfEntitiesThatMayShareAPersonAreNotAdded) {
  PutCases("police", 6);
  PutCases("shelter", 9);
  const auto refused = Prepare(OfCases());
  EXPECT_EQ(ReasonOf(refused.status()), Reason::REQUEST_INVALID);
  auto request = OfCases();
  request.set_entity("shelter");
  const auto view = Prepare(request);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(2020))->value(), 9u);
  EXPECT_THAT(view->content().entities(), ElementsAre("shelter"));
  request.set_source(pb::PrepareReleaseRequest::OBSERVATIONS);
  EXPECT_EQ(ReasonOf(Prepare(request).status()), Reason::REQUEST_INVALID);
}

TEST_F(ReleaseContractTest, PresumedVictimsAreLeftOutAndSaidToBe) {
  PutCases("police", 6);
  auto presumed = Case();
  presumed.singles[model::kVictimStatus] = {1, model::Missing::kNone};
  PutCases("shelter", 8, presumed);
  const auto view = Prepare(OfCases());
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(2020))->value(), 6u);
  EXPECT_THAT(view->content().entities(), ElementsAre("police"));
  EXPECT_THAT(view->warnings(), Contains(HasSubstr("presumed victims")));
}

TEST_F(ReleaseContractTest, YearsAskedForWithoutRecordsGoOutAsZeroAndAreNamed) {
  PutCases("police", 6);
  auto request = OfCases();
  request.set_year_from(2019);
  request.set_year_to(2021);
  const auto view = Prepare(request);
  ASSERT_TRUE(view.ok()) << view.status();
  for (const uint32_t year : {2019u, 2021u}) {
    ASSERT_NE(FindFigure(*view, ReleaseNode::Victims(year)), nullptr);
    EXPECT_EQ(FindFigure(*view, ReleaseNode::Victims(year))->status(), channel::v1::VALUE);
  }
  EXPECT_THAT(view->warnings(), Contains(HasSubstr("no such record of 2019, 2021")));
}

TEST_F(ReleaseContractTest, APayloadOverTheLimitNamesTheYearsToSplitBy) {
  node_.db.Commit([](store::Transaction& transaction) {
    model::Observation observation;
    observation.entity = "police";
    observation.value = 1'000'000;
    for (uint32_t year = 2000; year < 2020; ++year) {
      for (uint32_t category = 1; category < 3000; ++category) {
        observation.key = {1, 4, category, 0, 0, year};
        store::PutFigure(transaction, {observation, 0});
      }
    }
  });
  const auto view = node_.Prepare();
  EXPECT_EQ(ReasonOf(view.status()), Reason::REQUEST_TOO_LARGE);
  EXPECT_THAT(MessageOf(view.status()), HasSubstr("2000 to 2011 and 2012 to 2022"));
}

// --- Two people

TEST_F(ReleaseContractTest, AnotherPersonWithAnotherKeyApproves) {
  const auto approved = node_.Approve(node_.approver, Prepared());
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(approved->state(), ReleaseView::APPROVED);
  EXPECT_EQ(approved->approver(), "spiffe://arg.demo/person/bruno");
}

TEST_F(ReleaseContractTest, ThePreparerCannotApprove) {
  auto both = node_.preparer;
  both.roles.insert(authz::Role::kApprover);
  EXPECT_EQ(ReasonOf(node_.Approve(both, Prepared()).status()), Reason::RELEASE_SAME_PERSON);
  // Another key does not make another person ...
  both.identity.key_fingerprint.fill('z');
  EXPECT_EQ(ReasonOf(node_.Approve(both, Prepared()).status()), Reason::RELEASE_SAME_PERSON);
}

TEST_F(ReleaseContractTest, AnotherNameOnTheSameKeyCannotApprove) {
  auto same_key = node_.approver;
  same_key.identity.key_fingerprint = node_.preparer.identity.key_fingerprint;
  EXPECT_EQ(ReasonOf(node_.Approve(same_key, Prepared()).status()), Reason::RELEASE_SAME_PERSON);
}

TEST_F(ReleaseContractTest, SystemsAndTheAdminDoorNeitherPrepareNorApprove) {
  const ReleaseView prepared = Prepared();
  auto system = WithRoles("spiffe://arg.demo/entity/police/records", 'e',
                          {authz::Role::kCoordinator, authz::Role::kApprover});
  EXPECT_EQ(ReasonOf(node_.Approve(system, prepared).status()), Reason::PERMISSION_DENIED);
  auto admin = node_.approver;
  admin.door = authz::Door::kAdmin;
  EXPECT_EQ(ReasonOf(node_.Approve(admin, prepared).status()), Reason::PERMISSION_DENIED);
  // Also when the policy table is not in the way.
  rpc::CallContext call{admin, std::string(kReleases) + "PrepareRelease", "id"};
  pb::PrepareReleaseRequest request;
  request.set_source(pb::PrepareReleaseRequest::OBSERVATIONS);
  EXPECT_EQ(ReasonOf(node_.releases.PrepareRelease(call, request).status()),
            Reason::PERMISSION_DENIED);
}

TEST_F(ReleaseContractTest, ApprovalBindsThePreviewedBytes) {
  ReleaseView other = Prepared();
  other.mutable_content_hash()->back() ^= 1;
  EXPECT_EQ(ReasonOf(node_.Approve(node_.approver, other).status()),
            Reason::RELEASE_PREVIEW_CHANGED);
  other.clear_content_hash();
  EXPECT_EQ(ReasonOf(node_.Approve(node_.approver, other).status()),
            Reason::RELEASE_PREVIEW_CHANGED);
}

TEST_F(ReleaseContractTest, ApprovingAgainIsANoOp) {
  const ReleaseView prepared = Prepared();
  ASSERT_TRUE(node_.Approve(node_.approver, prepared).ok());
  const uint64_t audit = AuditLength();
  EXPECT_TRUE(node_.Approve(node_.approver, prepared).ok());
  EXPECT_EQ(AuditLength(), audit);
}

// --- Publish

TEST_F(ReleaseContractTest, PublishAppendsTheApprovedBytesToTheChannel) {
  const ReleaseView prepared = Prepared();
  ASSERT_TRUE(node_.Approve(node_.approver, prepared).ok());
  // What agencies hand in afterwards is not part of it.
  node_.PutFigure(ReleaseNode::Victims(2022), 99);
  const auto published = node_.Publish(prepared.name());
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(published->state(), ReleaseView::PUBLISHED);
  EXPECT_EQ(published->released_on(), "2026-01-01");
  EXPECT_EQ(published->sequence(), 0u);

  const auto reader = node_.db.store->Read();
  std::vector<store::StoredEntry> entries;
  ASSERT_TRUE(store::ScanEntries(*reader, "demo/ARG/statistics", 0, 10, [&](const auto& entry) {
                entries.push_back(entry);
                return true;
              }).ok());
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].header.kind, "statistics.release");
  channel::v1::Release payload;
  ASSERT_TRUE(payload.ParseFromString(entries[0].payload));
  EXPECT_EQ(payload.content_hash(), prepared.content_hash());
  EXPECT_EQ(payload.preparer_fingerprint(), std::string(32, 'a'));
  EXPECT_EQ(payload.approver_fingerprint(), std::string(32, 'b'));
  EXPECT_TRUE(release::OpenRelease(payload).ok());
}

TEST_F(ReleaseContractTest, NoSuppressedFigureIsInTheChannel) {
  node_.Release();
  node_.PutFigure(ReleaseNode::Victims(2021, 2), 3);
  const auto reader = node_.db.store->Read();
  ASSERT_TRUE(store::ScanEntries(*reader, "demo/ARG/statistics", 0, 10, [](const auto& entry) {
                channel::v1::Release payload;
                EXPECT_TRUE(payload.ParseFromString(entry.payload));
                const auto content = release::ParseContent(payload.content());
                for (const auto& figure : content->figures()) {
                  EXPECT_FALSE(figure.status() != channel::v1::VALUE && figure.value() != 0);
                  EXPECT_FALSE(figure.status() == channel::v1::VALUE && figure.value() == 3);
                  EXPECT_FALSE(figure.status() == channel::v1::VALUE && figure.value() == 17);
                }
                return true;
              }).ok());
}

TEST_F(ReleaseContractTest, OnlyApprovedReleasesArePublished) {
  const ReleaseView prepared = Prepared();
  EXPECT_EQ(ReasonOf(node_.Publish(prepared.name()).status()), Reason::RELEASE_STATE);
  EXPECT_EQ(node_.ChannelSize("statistics"), 0u);
}

TEST_F(ReleaseContractTest, PublishingAgainAppendsNothing) {
  const ReleaseView published = node_.Release();
  EXPECT_EQ(node_.Publish(published.name())->sequence(), published.sequence());
  EXPECT_EQ(node_.ChannelSize("statistics"), 1u);
}

TEST(ReleaseNetworkTest, OnlyDemoNetworksPublish) {
  for (const auto& [network, allowed] : std::map<std::string, bool>{
           {"demo", true}, {"demo-south", true}, {"oas-tip", false}, {"demonstration", false}}) {
    SCOPED_TRACE(network);
    ReleaseNode node(network);
    node.PutYear(2022);
    const auto prepared = node.Prepare();
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    ASSERT_TRUE(node.Approve(node.approver, *prepared).ok());
    const auto published = node.Publish(prepared->name());
    EXPECT_EQ(published.ok(), allowed);
    if (allowed) continue;
    EXPECT_EQ(ReasonOf(published.status()), Reason::RELEASE_NETWORK_REFUSED);
    EXPECT_THAT(MessageOf(published.status()), HasSubstr("audit of linked tables"));
    EXPECT_EQ(node.ChannelSize("statistics"), 0u);
  }
}

// --- One population, one release

TEST_F(ReleaseContractTest, ASecondReleaseOfTheSameYearsIsRefused) {
  node_.Release();
  EXPECT_EQ(ReasonOf(node_.Prepare(2022, 2022).status()), Reason::RELEASE_METHOD_TAKEN);
  pb::PrepareReleaseRequest cases;
  cases.set_source(pb::PrepareReleaseRequest::CASE_RECORDS);
  model::CaseContent content;
  content.registration_year = 2021;
  node_.db.Commit([&](store::Transaction& transaction) {
    ASSERT_TRUE(store::AddCase(transaction, "police", content, std::ref(node_.random)).ok());
  });
  EXPECT_EQ(
      ReasonOf(
          node_.Call<ReleaseView>(node_.preparer, std::string(kReleases) + "PrepareRelease", cases)
              .status()),
      Reason::RELEASE_METHOD_TAKEN);
}

TEST_F(ReleaseContractTest, OfTwoPreparedReleasesOneIsApproved) {
  const ReleaseView first = Prepared();
  const ReleaseView second = Prepared();
  ASSERT_TRUE(node_.Approve(node_.approver, first).ok());
  EXPECT_EQ(ReasonOf(node_.Approve(node_.approver, second).status()), Reason::RELEASE_METHOD_TAKEN);
}

TEST_F(ReleaseContractTest, ASupersedingReleaseTakesThePlaceOfTheOldOne) {
  const ReleaseView old = node_.Release();
  node_.PutFigure(ReleaseNode::Victims(2022), 30);
  const ReleaseView fresh = node_.Release(0, 0, old.name());
  EXPECT_EQ(fresh.content().supersedes(), old.name());
  EXPECT_EQ(Get(node_.preparer, old.name())->state(), ReleaseView::SUPERSEDED);
  EXPECT_EQ(ReasonOf(node_.Withdraw(old.name()).status()), Reason::RELEASE_STATE);
  EXPECT_EQ(node_.ChannelSize("statistics"), 2u);
}

TEST_F(ReleaseContractTest, WhatTheOldReleaseShowedIsWarnedOf) {
  const ReleaseView old = node_.Release();
  node_.PutFigure(ReleaseNode::Victims(2022, 2), 8);
  node_.PutFigure(ReleaseNode::Victims(2022), 25);
  const auto fresh = node_.Prepare(0, 0, old.name());
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_THAT(fresh->warnings(), Contains(HasSubstr("shown now that the replaced release hides")));
}

TEST_F(ReleaseContractTest, ADifferenceOfAFewPersonsToTheOldReleaseIsWarnedOf) {
  const ReleaseView old = node_.Release();
  node_.PutFigure(ReleaseNode::Victims(2022, 1), 17 + 4);
  node_.PutFigure(ReleaseNode::Victims(2022), 20 + 4);
  EXPECT_THAT(node_.Prepare(0, 0, old.name())->warnings(),
              Contains(HasSubstr("by less than the threshold of 5")));
  node_.PutFigure(ReleaseNode::Victims(2022, 1), 17 + 5);
  node_.PutFigure(ReleaseNode::Victims(2022), 20 + 5);
  EXPECT_THAT(node_.Prepare(0, 0, old.name())->warnings(),
              Not(Contains(HasSubstr("by less than the threshold"))));
}

TEST_F(ReleaseContractTest, WhatWasWithdrawnIsNotLetOutAgainFromAnotherSource) {
  const ReleaseView old = node_.Release();
  ASSERT_TRUE(node_.Withdraw(old.name()).ok());
  auto content = Case();
  content.registration_year = 2022;
  PutCases("police", 7, content);
  EXPECT_EQ(ReasonOf(Prepare(OfCases()).status()), Reason::RELEASE_METHOD_TAKEN);
  auto superseding = OfCases();
  const auto again = node_.Release();
  superseding.set_supersedes(again.name());
  EXPECT_EQ(ReasonOf(Prepare(superseding).status()), Reason::RELEASE_METHOD_TAKEN);
}

TEST_F(ReleaseContractTest, WhatAWithdrawnReleaseShowedIsWarnedOf) {
  const ReleaseView old = node_.Release();
  ASSERT_TRUE(node_.Withdraw(old.name()).ok());
  const auto same = node_.Prepare();
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_THAT(same->warnings(), Contains(HasSubstr(old.name() + " was published")));
  node_.PutFigure(ReleaseNode::Victims(2022, 2), 8);
  node_.PutFigure(ReleaseNode::Victims(2022), 25);
  EXPECT_THAT(node_.Prepare()->warnings(), Contains(HasSubstr("shown now that " + old.name())));
}

TEST_F(ReleaseContractTest, AReleaseThatWasPreparedBeforeAnotherWasTakenBackIsPreparedAnew) {
  const ReleaseView early = Prepared();
  ASSERT_TRUE(node_.Withdraw(node_.Release().name()).ok());
  EXPECT_EQ(ReasonOf(node_.Approve(node_.approver, early).status()), Reason::RELEASE_METHOD_TAKEN);
  EXPECT_TRUE(node_.Approve(node_.approver, Prepared()).ok());
}

// --- Withdraw

TEST_F(ReleaseContractTest, BeforePublicationWithdrawingEndsItQuietly) {
  const ReleaseView prepared = Prepared();
  EXPECT_EQ(node_.Withdraw(prepared.name())->state(), ReleaseView::WITHDRAWN);
  EXPECT_EQ(node_.ChannelSize("statistics"), 0u);
  EXPECT_EQ(ReasonOf(node_.Approve(node_.approver, prepared).status()), Reason::RELEASE_STATE);
}

TEST_F(ReleaseContractTest, AfterPublicationAWithdrawalTravelsOnce) {
  const ReleaseView published = node_.Release();
  EXPECT_EQ(node_.Withdraw(published.name())->state(), ReleaseView::WITHDRAWN);
  EXPECT_EQ(node_.ChannelSize("statistics"), 2u);
  EXPECT_TRUE(node_.Withdraw(published.name()).ok());
  EXPECT_EQ(node_.ChannelSize("statistics"), 2u);
  EXPECT_TRUE(node_.Prepare().ok());  // Its years are free again.
}

TEST_F(ReleaseContractTest, WithdrawNeedsAReasonOfTheList) {
  const ReleaseView prepared = Prepared();
  EXPECT_EQ(ReasonOf(node_.Withdraw(prepared.name(), 0).status()), Reason::CODE_UNKNOWN);
  EXPECT_EQ(ReasonOf(node_.Withdraw(prepared.name(), 999).status()), Reason::CODE_UNKNOWN);
}

// --- Reading, permission, audit

TEST_F(ReleaseContractTest, GetKnowsOnlyReleasesOfThisNode) {
  const ReleaseView prepared = Prepared();
  EXPECT_EQ(Get(node_.auditor, prepared.name())->content_hash(), prepared.content_hash());
  const std::string unknown(32, '0');
  EXPECT_EQ(ReasonOf(Get(node_.auditor, "jurisdictions/ARG/releases/" + unknown).status()),
            Reason::RELEASE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Get(node_.auditor, "jurisdictions/BRA/releases/" + unknown).status()),
            Reason::RELEASE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Get(node_.auditor, "releases").status()), Reason::NAME_INVALID);
}

TEST_F(ReleaseContractTest, ListPagesInTheOrderOfPreparationWithoutFigures) {
  const ReleaseView first = Prepared();
  const ReleaseView second = Prepared();
  const auto page = List(1);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->releases(), SizeIs(1));
  EXPECT_EQ(page->releases(0).name(), first.name());
  EXPECT_THAT(page->releases(0).content().figures(), SizeIs(0));
  EXPECT_EQ(page->releases(0).figures_with_value(), 2u);
  const auto next = List(1, page->next_page_token());
  ASSERT_THAT(next->releases(), SizeIs(1));
  EXPECT_EQ(next->releases(0).name(), second.name());
  EXPECT_EQ(next->next_page_token(), "");
  EXPECT_EQ(ReasonOf(List(1, "forged").status()), Reason::PAGE_TOKEN_INVALID);
  EXPECT_EQ(ReasonOf(List(-1).status()), Reason::REQUEST_INVALID);
}

TEST_F(ReleaseContractTest, EveryStepIsForItsRoles) {
  const ReleaseView prepared = Prepared();
  EXPECT_EQ(ReasonOf(node_.Approve(node_.preparer, prepared).status()), Reason::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(Get(node_.analyst, prepared.name()).status()), Reason::PERMISSION_DENIED);
  const auto foreign = WithRoles("spiffe://bra.demo/person/x", 'x',
                                 {authz::Role::kCoordinator, authz::Role::kApprover});
  EXPECT_EQ(ReasonOf(node_.Approve(foreign, prepared).status()), Reason::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(Get(foreign, prepared.name()).status()), Reason::PERMISSION_DENIED);
}

TEST_F(ReleaseContractTest, EachStepLeavesOneAuditRecord) {
  uint64_t before = AuditLength();
  const ReleaseView prepared = Prepared();
  EXPECT_EQ(AuditLength(), ++before);
  ASSERT_TRUE(node_.Approve(node_.approver, prepared).ok());
  EXPECT_EQ(AuditLength(), ++before);
  ASSERT_TRUE(node_.Publish(prepared.name()).ok());
  EXPECT_EQ(AuditLength(), ++before);
  ASSERT_TRUE(node_.Withdraw(prepared.name()).ok());
  EXPECT_EQ(AuditLength(), ++before);
}

}  // namespace
}  // namespace enlace::testing
