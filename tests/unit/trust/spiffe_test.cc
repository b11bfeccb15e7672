#include <gtest/gtest.h>

#include "node/trust/identity.h"

namespace enlace::trust {
namespace {

TEST(SpiffeIdTest, ReadsEachKind) {
  const auto node = SpiffeId::Parse("spiffe://arg.demo/node");
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(node->kind, SpiffeId::Kind::kNode);
  EXPECT_EQ(node->uri, "spiffe://arg.demo/node");
  EXPECT_EQ(node->trust_domain, "arg.demo");
  EXPECT_EQ(node->jurisdiction, "ARG");
  EXPECT_EQ(node->network, "demo");
  EXPECT_EQ(node->id, "");
  EXPECT_EQ(node->system, "");

  const auto entity = SpiffeId::Parse("spiffe://bra.oas-tip/entity/policia-federal/importer_2");
  ASSERT_TRUE(entity.ok());
  EXPECT_EQ(entity->kind, SpiffeId::Kind::kEntity);
  EXPECT_EQ(entity->jurisdiction, "BRA");
  EXPECT_EQ(entity->network, "oas-tip");
  EXPECT_EQ(entity->id, "policia-federal");
  EXPECT_EQ(entity->system, "importer_2");

  const auto person = SpiffeId::Parse("spiffe://oas.demo/person/ana.maria");
  ASSERT_TRUE(person.ok());
  EXPECT_EQ(person->kind, SpiffeId::Kind::kPerson);
  EXPECT_EQ(person->jurisdiction, "OAS");
  EXPECT_EQ(person->id, "ana.maria");

  const auto partner = SpiffeId::Parse("spiffe://arg.demo/partner/unodc");
  ASSERT_TRUE(partner.ok());
  EXPECT_EQ(partner->kind, SpiffeId::Kind::kPartner);
}

TEST(SpiffeIdTest, RefusesEverythingElse) {
  const std::string table[] = {
      "",
      "spiffe://",
      "spiffe:///node",
      "spiffe://arg.demo",
      "spiffe://arg.demo/",
      "SPIFFE://arg.demo/node",
      "Spiffe://arg.demo/node",
      "https://arg.demo/node",
      " spiffe://arg.demo/node",
      "spiffe://arg.demo/node ",
      "spiffe://arg.demo/node\n",
      "spiffe://ARG.demo/node",
      "spiffe://Arg.demo/node",
      "spiffe://arg.Demo/node",
      "spiffe://arg/node",
      "spiffe://arg./node",
      "spiffe://.demo/node",
      "spiffe://ar.demo/node",
      "spiffe://arge.demo/node",
      "spiffe://a1g.demo/node",
      "spiffe://arg.demo.org/node",
      "spiffe://arg.demo./node",
      "spiffe://arg.demo:443/node",
      "spiffe://user@arg.demo/node",
      "spiffe://arg.-demo/node",
      "spiffe://arg%2edemo/node",
      "spiffe://arg.demo/Node",
      "spiffe://arg.demo/nodes",
      "spiffe://arg.demo/node/",
      "spiffe://arg.demo//node",
      "spiffe://arg.demo/node/1",
      "spiffe://arg.demo/./node",
      "spiffe://arg.demo/entity/../node",
      "spiffe://arg.demo/node?x=1",
      "spiffe://arg.demo/node#x",
      "spiffe://arg.demo/n%6fde",
      "spiffe://arg.demo/person",
      "spiffe://arg.demo/person/",
      "spiffe://arg.demo/person/.",
      "spiffe://arg.demo/person/..",
      "spiffe://arg.demo/person/-ana",
      "spiffe://arg.demo/person/ana.",
      "spiffe://arg.demo/person/Ana",
      "spiffe://arg.demo/person/ana/x",
      "spiffe://arg.demo/person/ana%20",
      "spiffe://arg.demo/person/a*a",
      "spiffe://arg.demo/person/*",
      "spiffe://arg.demo/person/a\xC3\xB1o",
      "spiffe://arg.demo/entity/police",
      "spiffe://arg.demo/entity/police/",
      "spiffe://arg.demo/entity//system",
      "spiffe://arg.demo/entity/police/system/x",
      "spiffe://arg.demo/partner",
      "spiffe://arg.demo/secretariat/x",
      std::string("spiffe://arg.demo/no\0de", 23),
      std::string("spiffe://arg.demo/node\0", 23),
      "spiffe://arg.demo/person/" + std::string(64, 'a'),
      "spiffe://arg.demo/person/" + std::string(4096, 'a'),
  };
  for (const std::string& uri : table) {
    const auto id = SpiffeId::Parse(uri);
    ASSERT_FALSE(id.ok()) << uri;
    EXPECT_EQ(ReasonOf(id.status()), Reason::IDENTITY_INVALID);
  }
}

TEST(SpiffeIdTest, TakesTheLongestIdAndNoLongerOne) {
  EXPECT_TRUE(SpiffeId::Parse("spiffe://arg.demo/person/" + std::string(63, 'a')).ok());
  EXPECT_FALSE(SpiffeId::Parse("spiffe://arg.demo/person/" + std::string(64, 'a')).ok());
}

TEST(SpiffeIdTest, DoesNotEchoWhatItRefuses) {
  const auto id = SpiffeId::Parse("spiffe://arg.demo/person/Juana Perez");
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(MessageOf(id.status()).find("Perez"), std::string::npos);
}

TEST(TrustDomainTest, IsLowerCase) { EXPECT_EQ(TrustDomain("ARG", "oas-tip"), "arg.oas-tip"); }

}  // namespace
}  // namespace enlace::trust
