#include <gmock/gmock.h>

#include <set>

#include "node/model/public_text.h"
#include "node/service/node_card.h"
#include "tests/contract/release_node.h"

namespace enlace::testing {
namespace {

using channel::v1::LocalizedText;
using channel::v1::Programme;
using pb::CatalogueProgramme;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kRequestId[] = "0f8fad5b-d9cb-469f-a165-70867728950e";

void AddText(LocalizedText* texts, const std::string& language, const std::string& text) {
  auto& added = *texts->add_texts();
  added.set_language(language);
  added.set_text(text);
  added.set_translation(LocalizedText::Text::ORIGINAL);
}

Programme ValidProgramme() {
  Programme programme;
  programme.set_codelist_version(1);
  AddText(programme.mutable_title(), "es", "Trata de personas para policía de frontera");
  AddText(programme.mutable_title(), "pt", "Tráfico de pessoas para polícia de fronteira");
  AddText(programme.mutable_summary(), "es", "Curso básico 2025-2026, 40 horas.");
  programme.add_topics(1);
  programme.add_audiences(2);
  programme.set_depth(1);
  programme.add_delivery_modes(1);
  programme.add_languages("es");
  programme.set_hours(40);
  programme.set_contact_role("Unidad de capacitación");
  programme.set_valid_from("2026-01-31");
  return programme;
}

class ProgrammeContractTest : public ::testing::Test {
 protected:
  StatusOr<CatalogueProgramme> Create(const std::string& id, const Programme& programme,
                                      const std::string& audience = "network",
                                      const std::string& request_id = "") {
    pb::CreateProgrammeRequest request;
    request.set_programme_id(id);
    *request.mutable_programme() = programme;
    request.set_audience(audience);
    request.set_request_id(request_id);
    return node_.Call<CatalogueProgramme>(node_.preparer,
                                          std::string(kProgrammes) + "CreateProgramme", request);
  }
  StatusOr<CatalogueProgramme> Update(const Programme& programme, const std::string& etag) {
    pb::UpdateProgrammeRequest request;
    *request.mutable_programme() = programme;
    request.set_etag(etag);
    return node_.Call<CatalogueProgramme>(node_.preparer,
                                          std::string(kProgrammes) + "UpdateProgramme", request);
  }
  StatusOr<CatalogueProgramme> Withdraw(const std::string& name, const std::string& etag,
                                        uint32_t reason = 9) {
    pb::WithdrawProgrammeRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_reason(reason);
    return node_.Call<CatalogueProgramme>(node_.preparer,
                                          std::string(kProgrammes) + "WithdrawProgramme", request);
  }
  StatusOr<CatalogueProgramme> Get(const std::string& name) {
    pb::GetProgrammeRequest request;
    request.set_name(name);
    return node_.Call<CatalogueProgramme>(node_.analyst, std::string(kProgrammes) + "GetProgramme",
                                          request);
  }
  StatusOr<pb::ListProgrammesResponse> List(const pb::ListProgrammesRequest& request) {
    return node_.Call<pb::ListProgrammesResponse>(
        node_.analyst, std::string(kProgrammes) + "ListProgrammes", request);
  }
  Reason ReasonOfCreating(const Programme& programme) {
    return ReasonOf(Create("x", programme).status());
  }

  ReleaseNode node_;
};

TEST_F(ProgrammeContractTest, CreatePublishesOnTheTrainingChannel) {
  const auto created = Create("border-police", ValidProgramme());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->programme().name(), "jurisdictions/ARG/programmes/border-police");
  EXPECT_EQ(created->programme().revision(), 1u);
  EXPECT_EQ(created->channel(), "demo/ARG/training");
  EXPECT_EQ(created->audience(), "network");
  EXPECT_EQ(node_.ChannelSize("training"), 1u);
  EXPECT_EQ(Get(created->programme().name())->etag(), created->etag());
}

TEST_F(ProgrammeContractTest, CreateAgainWithTheSameRequestIdPublishesOnce) {
  const auto first = Create("a", ValidProgramme(), "network", kRequestId);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Create("a", ValidProgramme(), "network", kRequestId)->etag(), first->etag());
  EXPECT_EQ(node_.ChannelSize("training"), 1u);
  auto other = ValidProgramme();
  other.set_hours(41);
  EXPECT_EQ(ReasonOf(Create("a", other, "network", kRequestId).status()),
            Reason::REQUEST_ID_REUSED);
}

TEST_F(ProgrammeContractTest, ATakenIdIsRefused) {
  ASSERT_TRUE(Create("a", ValidProgramme()).ok());
  EXPECT_EQ(ReasonOf(Create("a", ValidProgramme()).status()), Reason::ETAG_MISMATCH);
}

TEST_F(ProgrammeContractTest, CreateRefusesBadNamesAndAudiences) {
  EXPECT_EQ(ReasonOf(Create("Border", ValidProgramme()).status()), Reason::NAME_INVALID);
  EXPECT_FALSE(Create("a", ValidProgramme(), "brazil").ok());
  auto named = ValidProgramme();
  named.set_name("jurisdictions/ARG/programmes/a");
  EXPECT_EQ(ReasonOf(Create("a", named).status()), Reason::REQUEST_INVALID);
  EXPECT_EQ(node_.ChannelSize("training"), 0u);
}

TEST_F(ProgrammeContractTest, NobodyIsNotAnAudience) {
  const auto created = Create("a", ValidProgramme(), "");
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(ReasonOf(created.status()), Reason::REQUEST_INVALID);
  EXPECT_EQ(ViolationsOf(created.status()).at(0).field, "audience");
  EXPECT_EQ(node_.ChannelSize("training"), 0u);
}

TEST_F(ProgrammeContractTest, PartnersSeeWhatIsForTheWholeNetwork) {
  const auto narrow = Create("a", ValidProgramme(), "ARG,BRA");
  const auto wide = Create("b", ValidProgramme());
  ASSERT_TRUE(narrow.ok() && wide.ok());
  const auto partner = WithRoles("spiffe://arg.demo/partner/unodc", 'u', {authz::Role::kPartner});
  const auto list = node_.Call<pb::ListProgrammesResponse>(
      partner, std::string(kProgrammes) + "ListProgrammes", pb::ListProgrammesRequest());
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_THAT(list->programmes(), SizeIs(1));
  EXPECT_EQ(list->programmes(0).programme().name(), wide->programme().name());
  const auto get = [&](const std::string& name) {
    pb::GetProgrammeRequest request;
    request.set_name(name);
    return node_.Call<CatalogueProgramme>(partner, std::string(kProgrammes) + "GetProgramme",
                                          request);
  };
  EXPECT_TRUE(get(wide->programme().name()).ok());
  EXPECT_EQ(ReasonOf(get(narrow->programme().name()).status()), Reason::PROGRAMME_NOT_FOUND);
  EXPECT_THAT(List({})->programmes(), SizeIs(2)) << "others go on to see both";
}

TEST_F(ProgrammeContractTest, AudienceIsKeptInCanonicalForm) {
  EXPECT_EQ(Create("a", ValidProgramme(), "OAS,BRA")->audience(), "BRA,OAS");
}

TEST_F(ProgrammeContractTest, EveryFieldIsChecked) {
  const std::vector<std::pair<Reason, std::function<void(Programme&)>>> faults = {
      {Reason::REQUEST_INVALID, [](auto& p) { p.clear_title(); }},
      {Reason::REQUEST_INVALID, [](auto& p) { p.set_codelist_version(0); }},
      {Reason::REQUEST_INVALID, [](auto& p) { p.set_codelist_version(99); }},
      {Reason::REQUEST_INVALID, [](auto& p) { AddText(p.mutable_title(), "es", "otra"); }},
      {Reason::REQUEST_INVALID, [](auto& p) { AddText(p.mutable_title(), "de", "Kurs"); }},
      {Reason::REQUEST_INVALID,
       [](auto& p) { p.mutable_title()->mutable_texts(0)->clear_translation(); }},
      {Reason::TEXT_INVALID, [](auto& p) { AddText(p.mutable_title(), "en", ""); }},
      {Reason::TEXT_INVALID,
       [](auto& p) { AddText(p.mutable_title(), "en", std::string(201, 'a')); }},
      {Reason::CODE_UNKNOWN, [](auto& p) { p.add_topics(9999); }},
      {Reason::CODE_UNKNOWN, [](auto& p) { p.add_audiences(9999); }},
      {Reason::CODE_UNKNOWN, [](auto& p) { p.add_delivery_modes(9999); }},
      {Reason::CODE_UNKNOWN, [](auto& p) { p.set_depth(9999); }},
      {Reason::CODE_UNKNOWN, [](auto& p) { p.set_protocol_area(9999); }},
      {Reason::REQUEST_INVALID, [](auto& p) { p.add_languages("Spanish"); }},
      {Reason::REQUEST_INVALID, [](auto& p) { p.set_hours(10'001); }},
      {Reason::REQUEST_INVALID, [](auto& p) { p.set_valid_from("2026-02-30"); }},
      {Reason::REQUEST_INVALID, [](auto& p) { p.set_valid_to("2025-12-31"); }},
      {Reason::REQUEST_INVALID,
       [](auto& p) {
         for (int i = 0; i < 51; ++i) p.add_topics(1);
       }},
  };
  for (size_t index = 0; index < faults.size(); ++index) {
    SCOPED_TRACE(index);
    auto programme = ValidProgramme();
    faults[index].second(programme);
    EXPECT_EQ(ReasonOfCreating(programme), faults[index].first);
  }
}

TEST_F(ProgrammeContractTest, TextsThatLookLikeAPersonsDataAreRefusedWithoutEcho) {
  for (const std::string text :
       {"maria.gomez@example.org", "Llame al +54 11 4321-9876", "DNI 30.123.456",
        "Ｔel ５５５１２３４５６７", "Documento 12345678"}) {
    SCOPED_TRACE(text);
    for (int field = 0; field < 3; ++field) {
      auto programme = ValidProgramme();
      if (field == 0) programme.mutable_title()->mutable_texts(0)->set_text(text);
      if (field == 1) programme.mutable_summary()->mutable_texts(0)->set_text(text);
      if (field == 2) programme.set_contact_role(text);
      const auto created = Create("a", programme);
      EXPECT_EQ(ReasonOf(created.status()), Reason::TEXT_INVALID);
      EXPECT_THAT(created.status().ToString(), Not(HasSubstr(text)));
      EXPECT_THAT(ViolationsOf(created.status()), SizeIs(1));
    }
  }
}

TEST(PublicTextTest, WhatIsFineAndWhatIsNot) {
  for (const char* good : {"Curso 2024-2026", "Del 2026-01-31 al 2026-12-31", "40 horas, 3 módulos",
                           "Formação «básica»", "Palermo Protocol, art. 3(a), 2000"}) {
    EXPECT_EQ(model::CheckPublicText(good, 100), "") << good;
  }
  for (const std::string bad :
       {"a\nb", "a\tb", "\x7f", "a\xC2\x85", "\xEF\xBF\xBD", "\xff", "a\xE2\x80\xAE",
        "a\xE2\x80\x8B", "a\xE2\x81\xA6", "   ", "x@y.org", "123 4567", "(011) 4321-987"}) {
    EXPECT_NE(model::CheckPublicText(bad, 100), "") << HexEncode(bad);
  }
  EXPECT_EQ(model::CheckPublicText("ñññ", 3), "");
  EXPECT_NE(model::CheckPublicText("ññññ", 3), "");
}

TEST_F(ProgrammeContractTest, UpdateMakesTheNextRevision) {
  const auto created = Create("a", ValidProgramme(), "BRA");
  auto changed = created->programme();
  changed.set_hours(60);
  const auto updated = Update(changed, created->etag());
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->programme().revision(), 2u);
  EXPECT_EQ(updated->programme().hours(), 60u);
  EXPECT_EQ(updated->audience(), "BRA");
  EXPECT_NE(updated->etag(), created->etag());
  EXPECT_EQ(node_.ChannelSize("training"), 2u);
}

TEST_F(ProgrammeContractTest, AStaleEtagChangesNothing) {
  const auto created = Create("a", ValidProgramme());
  ASSERT_TRUE(Update(created->programme(), created->etag()).ok());
  EXPECT_EQ(ReasonOf(Update(created->programme(), created->etag()).status()),
            Reason::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Update(created->programme(), "").status()), Reason::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(Withdraw(created->programme().name(), created->etag()).status()),
            Reason::ETAG_MISMATCH);
  EXPECT_EQ(node_.ChannelSize("training"), 2u);
}

TEST_F(ProgrammeContractTest, AWithdrawnProgrammeIsShownOnlyByName) {
  const auto created = Create("a", ValidProgramme());
  const std::string name = created->programme().name();
  const auto withdrawn = Withdraw(name, created->etag());
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_TRUE(withdrawn->withdrawn());
  EXPECT_TRUE(Get(name)->withdrawn());
  EXPECT_THAT(List({})->programmes(), SizeIs(0));
  EXPECT_EQ(ReasonOf(Update(created->programme(), withdrawn->etag()).status()),
            Reason::PROGRAMME_WITHDRAWN);
  EXPECT_EQ(ReasonOf(Withdraw(name, withdrawn->etag()).status()), Reason::PROGRAMME_WITHDRAWN);
}

TEST_F(ProgrammeContractTest, WithdrawNeedsAReasonOfTheList) {
  const auto created = Create("a", ValidProgramme());
  EXPECT_EQ(ReasonOf(Withdraw(created->programme().name(), created->etag(), 0).status()),
            Reason::CODE_UNKNOWN);
}

TEST_F(ProgrammeContractTest, UnknownProgrammesAreNotFound) {
  const std::string name = "jurisdictions/ARG/programmes/none";
  EXPECT_EQ(ReasonOf(Get(name).status()), Reason::PROGRAMME_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Get("jurisdictions/BRA/programmes/none").status()),
            Reason::PROGRAMME_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Get("none").status()), Reason::NAME_INVALID);
  auto programme = ValidProgramme();
  programme.set_name(name);
  EXPECT_EQ(ReasonOf(Update(programme, "1").status()), Reason::PROGRAMME_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Withdraw(name, "1").status()), Reason::PROGRAMME_NOT_FOUND);
}

TEST_F(ProgrammeContractTest, OnlyCoordinatorsOfThisStatePublish) {
  pb::CreateProgrammeRequest request;
  request.set_programme_id("a");
  *request.mutable_programme() = ValidProgramme();
  const auto foreign = WithRoles("spiffe://bra.demo/person/x", 'x', {authz::Role::kCoordinator});
  for (const authz::Caller& caller : {node_.analyst, foreign}) {
    EXPECT_EQ(ReasonOf(node_
                           .Call<CatalogueProgramme>(
                               caller, std::string(kProgrammes) + "CreateProgramme", request)
                           .status()),
              Reason::PERMISSION_DENIED);
  }
}

TEST_F(ProgrammeContractTest, ListFiltersAndPagesInNameOrder) {
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(Create(id, ValidProgramme()).ok());
  auto french = ValidProgramme();
  french.clear_languages();
  french.add_languages("fr");
  french.clear_topics();
  french.add_topics(2);
  ASSERT_TRUE(Create("d", french).ok());

  pb::ListProgrammesRequest request;
  request.set_page_size(3);
  const auto page = List(request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->programmes(), SizeIs(3));
  EXPECT_EQ(page->programmes(0).programme().name(), "jurisdictions/ARG/programmes/a");
  request.set_page_token(page->next_page_token());
  const auto rest = List(request);
  ASSERT_THAT(rest->programmes(), SizeIs(1));
  EXPECT_EQ(rest->next_page_token(), "");

  pb::ListProgrammesRequest filter;
  filter.set_topic(2);
  EXPECT_THAT(List(filter)->programmes(), SizeIs(1));
  filter.set_topic(1);
  filter.set_language("fr");
  EXPECT_THAT(List(filter)->programmes(), SizeIs(0));
  filter = {};
  filter.set_audience(2);
  filter.set_jurisdiction("ARG");
  EXPECT_THAT(List(filter)->programmes(), SizeIs(4));
  filter.set_jurisdiction("BRA");
  EXPECT_THAT(List(filter)->programmes(), SizeIs(0));
}

TEST_F(ProgrammeContractTest, APageIsBoundedByItsBytes) {
  auto large = ValidProgramme();
  large.clear_summary();
  for (const char* language : {"en", "es", "fr", "pt"}) {
    AddText(large.mutable_summary(), language, std::string(2000, 'a'));
  }
  constexpr int kProgrammesMade = 200;  // Some 1.7 MB.
  for (int i = 0; i < kProgrammesMade; ++i) {
    ASSERT_TRUE(Create("p" + std::to_string(i), large).ok());
  }
  pb::ListProgrammesRequest request;
  request.set_page_size(1000);
  std::set<std::string> seen;
  int pages = 0;
  do {
    const auto page = List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->ByteSizeLong(), service::ProgrammeService::kPageBytesMax + 1000);
    for (const auto& item : page->programmes()) seen.insert(item.programme().name());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 2);
  EXPECT_THAT(seen, SizeIs(kProgrammesMade));
}

TEST_F(ProgrammeContractTest, ListRefusesBadFilters) {
  pb::ListProgrammesRequest request;
  request.set_topic(9999);
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::CODE_UNKNOWN);
  request = {};
  request.set_audience(9999);
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::CODE_UNKNOWN);
  request = {};
  request.set_jurisdiction("argentina");
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::NAME_INVALID);
  request = {};
  request.set_page_token("forged");
  EXPECT_EQ(ReasonOf(List(request).status()), Reason::PAGE_TOKEN_INVALID);
}

TEST_F(ProgrammeContractTest, TheNodesCardIsPublishedOnceAndAgainWhenItChanges) {
  channel::v1::NodeCard card;
  card.set_jurisdiction("ARG");
  card.add_endpoints("node.example:8443");
  ASSERT_TRUE(service::EnsureNodeCard(*node_.db.store, node_.keys, "demo", card).ok());
  ASSERT_TRUE(service::EnsureNodeCard(*node_.db.store, node_.keys, "demo", card).ok());
  EXPECT_EQ(node_.ChannelSize("directory"), 1u);
  card.set_software_version("0.2.0");
  ASSERT_TRUE(service::EnsureNodeCard(*node_.db.store, node_.keys, "demo", card).ok());
  EXPECT_EQ(node_.ChannelSize("directory"), 2u);
}

}  // namespace
}  // namespace enlace::testing
