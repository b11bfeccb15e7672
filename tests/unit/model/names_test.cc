#include "node/model/names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace enlace::model {
namespace {

constexpr char kHex[] = "000102030405060708090a0b0c0d0e0f";

TEST(IdentifiersTest, AJurisdictionIsThreeCapitals) {
  for (const char* text : {"ARG", "OAS", "TTO"}) EXPECT_TRUE(IsJurisdiction(text));
  for (const char* text : {"", "AR", "ARGE", "arg", "A1G", "AR ", "ÁRG"}) {
    EXPECT_FALSE(IsJurisdiction(text)) << text;
  }
}

TEST(IdentifiersTest, IdsAreSmallLettersDigitsAndInnerHyphens) {
  for (const char* text : {"a", "demo", "oas-tip", "a1", "a--b"}) {
    EXPECT_TRUE(IsNetworkId(text)) << text;
    EXPECT_TRUE(IsResourceId(text)) << text;
  }
  for (const char* text : {"", "1a", "-a", "a-", "A", "a_b", "a.b", "a/b", "ñ", "a b"}) {
    EXPECT_FALSE(IsNetworkId(text)) << text;
    EXPECT_FALSE(IsResourceId(text)) << text;
  }
}

TEST(IdentifiersTest, LengthsAreLimited) {
  EXPECT_TRUE(IsNetworkId(std::string(32, 'a')));
  EXPECT_FALSE(IsNetworkId(std::string(33, 'a')));
  EXPECT_TRUE(IsResourceId(std::string(63, 'a')));
  EXPECT_FALSE(IsResourceId(std::string(64, 'a')));
}

TEST(ResourceNameTest, EachCollectionIsReadBack) {
  for (const auto& [collection, id] :
       std::vector<std::pair<std::string, std::string>>{{"cases", kHex},
                                                        {"releases", kHex},
                                                        {"programmes", "border-police-basics"},
                                                        {"observations", "1-2-32-0-0-2022"}}) {
    const std::string text = "jurisdictions/ARG/" + collection + "/" + id;
    const auto name = ResourceName::Parse(text, collection);
    ASSERT_TRUE(name.ok()) << text;
    EXPECT_EQ(name->jurisdiction, "ARG");
    EXPECT_EQ(name->collection, collection);
    EXPECT_EQ(name->id, id);
    EXPECT_EQ(name->ToString(), text);
  }
}

TEST(ResourceNameTest, EachCollectionHasItsOwnIds) {
  for (const auto& [collection, id] : std::vector<std::pair<std::string, std::string>>{
           {"cases", "border-police-basics"},
           {"cases", "000102030405060708090A0B0C0D0E0F"},
           {"cases", "000102030405060708090a0b0c0d0e0"},
           {"releases", ""},
           {"programmes", "Basics"},
           {"observations", "1-2-32-0-0"}}) {
    const auto name = ResourceName::Parse("jurisdictions/ARG/" + collection + "/" + id, collection);
    EXPECT_EQ(ReasonOf(name.status()), Reason::NAME_INVALID) << collection << " " << id;
  }
}

TEST(ResourceNameTest, OtherFormsAreRefused) {
  const std::string id = kHex;
  for (const std::string& text : std::vector<std::string>{
           "", "jurisdictions/ARG/cases", "jurisdictions/arg/cases/" + id,
           "/jurisdictions/ARG/cases/" + id, "jurisdictions/ARG/cases/" + id + "/",
           "jurisdictions/ARG/releases/" + id, "jurisdiction/ARG/cases/" + id,
           "jurisdictions//cases/" + id, "jurisdictions/ARG/cases/" + id + "/x",
           std::string(100000, '/')}) {
    EXPECT_EQ(ReasonOf(ResourceName::Parse(text, "cases").status()), Reason::NAME_INVALID);
  }
}

TEST(ChannelOriginTest, OwnChannelsHaveNoPeer) {
  for (const char* text : {"demo/ARG/directory", "demo/ARG/training", "demo/ARG/statistics",
                           "oas-tip/ARG/workplan", "demo/OAS/regional"}) {
    const auto origin = ChannelOrigin::Parse(text);
    ASSERT_TRUE(origin.ok()) << text;
    EXPECT_TRUE(origin->peer.empty());
    EXPECT_EQ(origin->ToString(), text);
  }
}

TEST(ChannelOriginTest, BilateralChannelsNameTheOtherParty) {
  for (const char* text : {"demo/ARG/cases/BRA", "demo/ARG/requests/OAS"}) {
    const auto origin = ChannelOrigin::Parse(text);
    ASSERT_TRUE(origin.ok()) << text;
    EXPECT_EQ(origin->peer.size(), 3U);
    EXPECT_EQ(origin->ToString(), text);
  }
}

TEST(ChannelOriginTest, OtherFormsAreRefused) {
  for (const char* text :
       {"", "demo", "demo/ARG", "demo/ARG/cases", "demo/ARG/requests/ARG", "demo/ARG/cases/bra",
        "demo/ARG/training/BRA", "demo/ARG/gossip", "demo/arg/training", "Demo/ARG/training",
        "demo/ARG/training/", "/demo/ARG/training", "demo/ARG/cases/BRA/x", "demo//training"}) {
    EXPECT_EQ(ReasonOf(ChannelOrigin::Parse(text).status()), Reason::NAME_INVALID) << text;
  }
}

TEST(AudienceTest, TheEmptyTextIsNobody) {
  const Audience audience = *Audience::Parse("");
  EXPECT_FALSE(audience.Includes("ARG"));
  EXPECT_FALSE(audience.Includes(""));
  EXPECT_EQ(audience.ToString(), "");
}

TEST(AudienceTest, TheNetworkIsEveryJurisdiction) {
  const Audience audience = *Audience::Parse("network");
  EXPECT_TRUE(audience.Includes("ARG"));
  EXPECT_TRUE(audience.Includes("OAS"));
  EXPECT_FALSE(audience.Includes("network"));
  EXPECT_EQ(audience.ToString(), "network");
}

TEST(AudienceTest, MembersAreSortedAndStandOnce) {
  const Audience audience = *Audience::Parse("OAS,ARG,BRA,ARG");
  EXPECT_EQ(audience.ToString(), "ARG,BRA,OAS");
  EXPECT_TRUE(audience.Includes("BRA"));
  EXPECT_FALSE(audience.Includes("URY"));
}

TEST(AudienceTest, OtherFormsAreRefused) {
  for (const char* text : {",", "ARG,", ",ARG", "ARG, BRA", "arg", "ARG;BRA", "network,ARG",
                           "ARG,network", "Network", "ARG,,BRA"}) {
    EXPECT_EQ(ReasonOf(Audience::Parse(text).status()), Reason::NAME_INVALID) << text;
  }
}

TEST(AudienceTest, MembersAreLimited) {
  std::string text;
  for (int i = 0; i < 64; ++i) {
    if (i > 0) text += ",";
    text += {'A', static_cast<char>('A' + i / 26), static_cast<char>('A' + i % 26)};
  }
  EXPECT_TRUE(Audience::Parse(text).ok());
  EXPECT_EQ(ReasonOf(Audience::Parse(text + ",ZZZ").status()), Reason::NAME_INVALID);
}

}  // namespace
}  // namespace enlace::model
