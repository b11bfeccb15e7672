#include "node/trust/identity.h"

#include <gtest/gtest.h>

#include "tests/testing/test_ca.h"

// Which certificate may speak for whom: the matrix at the level where it is decided.
namespace enlace::trust {
namespace {

using crypto::Purpose;
using testing::CertificateSpec;
using testing::IssuedCertificate;
using testing::TestCa;

constexpr int64_t kNow = 1767225600;  // 2026-01-01

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() {
    bundles_.Add("ARG", arg_.anchor_pem());
    bundles_.Add("BRA", bra_.anchor_pem());
  }

  static CertificateSpec Spec(std::vector<std::string> uris) {
    CertificateSpec spec;
    spec.uris = std::move(uris);
    return spec;
  }
  StatusOr<Identity> Verify(const IssuedCertificate& certificate,
                            Purpose purpose = Purpose::kClient, int64_t now = kNow) const {
    return bundles_.Verify(certificate.certificate_pem, certificate.intermediates_pem, purpose,
                           now);
  }
  void ExpectRefused(const IssuedCertificate& certificate, Reason reason,
                     Purpose purpose = Purpose::kClient) const {
    const auto identity = Verify(certificate, purpose);
    ASSERT_FALSE(identity.ok());
    EXPECT_EQ(ReasonOf(identity.status()), reason) << MessageOf(identity.status());
  }

  // One subject name for both: the name must decide nothing.
  TestCa arg_{{.subject = "National Authority"}};
  TestCa bra_{{.subject = "National Authority"}};
  TrustBundles bundles_{"demo"};
};

TEST_F(IdentityTest, KnowsACertificateOfItsOwnDomain) {
  const IssuedCertificate certificate = arg_.Issue("spiffe://arg.demo/entity/police/importer");
  const auto identity = Verify(certificate);
  ASSERT_TRUE(identity.ok()) << MessageOf(identity.status());
  EXPECT_EQ(identity->id.jurisdiction, "ARG");
  EXPECT_EQ(identity->id.id, "police");
  EXPECT_EQ(identity->key_fingerprint,
            crypto::ReadCertificate(certificate.certificate_pem)->spki_fingerprint);
  EXPECT_TRUE(Verify(bra_.Issue("spiffe://bra.demo/node"), Purpose::kServer).ok());
}

// The test that a build which trusts the union of all bundles fails.
TEST_F(IdentityTest, DoesNotLetOneAuthoritySpeakForAnotherDomain) {
  ExpectRefused(arg_.Issue("spiffe://bra.demo/node"), Reason::IDENTITY_UNTRUSTED);
  ExpectRefused(bra_.Issue("spiffe://arg.demo/node"), Reason::IDENTITY_UNTRUSTED);
  ExpectRefused(arg_.Issue("spiffe://bra.demo/node"), Reason::IDENTITY_UNTRUSTED, Purpose::kServer);
}

TEST_F(IdentityTest, DoesNotLetAnIntermediateOfAnotherDomainSpeak) {
  const TestCa middle = arg_.Intermediate({.subject = "Ministry"});
  EXPECT_TRUE(Verify(middle.Issue("spiffe://arg.demo/node")).ok());
  ExpectRefused(middle.Issue("spiffe://bra.demo/node"), Reason::IDENTITY_UNTRUSTED);
  // The foreign chain brought along in full changes nothing.
  IssuedCertificate certificate = middle.Issue("spiffe://bra.demo/node");
  certificate.intermediates_pem += arg_.anchor_pem() + bra_.anchor_pem();
  ExpectRefused(certificate, Reason::IDENTITY_UNTRUSTED);
}

TEST_F(IdentityTest, RefusesDomainsWithoutAnAuthority) {
  ExpectRefused(arg_.Issue("spiffe://chl.demo/node"), Reason::IDENTITY_UNTRUSTED);
}

TEST_F(IdentityTest, RefusesAnotherNetwork) {
  ExpectRefused(arg_.Issue("spiffe://arg.oas-tip/node"), Reason::IDENTITY_INVALID);
}

TEST_F(IdentityTest, WantsExactlyOneUri) {
  ExpectRefused(arg_.Issue(Spec({})), Reason::IDENTITY_INVALID);
  ExpectRefused(arg_.Issue(Spec({"spiffe://arg.demo/node", "spiffe://arg.demo/person/ana"})),
                Reason::IDENTITY_INVALID);
  ExpectRefused(arg_.Issue(Spec({"spiffe://arg.demo/node", "https://arg.example"})),
                Reason::IDENTITY_INVALID);
  ExpectRefused(arg_.Issue(Spec({"https://arg.example"})), Reason::IDENTITY_INVALID);
}

TEST_F(IdentityTest, IgnoresOtherNames) {
  CertificateSpec spec = Spec({"spiffe://arg.demo/node"});
  spec.dns_names = {"bra.example"};
  spec.subject = "spiffe://bra.demo/node";
  const auto identity = Verify(arg_.Issue(spec));
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->id.jurisdiction, "ARG");
  spec.uris = {};
  spec.dns_names = {"arg.demo"};
  spec.subject = "spiffe://arg.demo/node";
  ExpectRefused(arg_.Issue(spec), Reason::IDENTITY_INVALID);
}

TEST_F(IdentityTest, RefusesOddIdentities) {
  for (const std::string& uri :
       {std::string("spiffe://ARG.demo/node"), std::string("spiffe://arg.demo//node"),
        std::string("spiffe://arg%2edemo/node"), std::string("spiffe://arg.demo./node"),
        std::string("spiffe://arg.demo/no\0de", 23), std::string("spiffe://arg.demo/a\xC3\xB1o"),
        "spiffe://arg.demo/person/" + std::string(4096, 'a')}) {
    ExpectRefused(arg_.Issue(Spec({uri})), Reason::IDENTITY_INVALID);
  }
}

TEST_F(IdentityTest, ObeysDates) {
  CertificateSpec spec = Spec({"spiffe://arg.demo/node"});
  spec.not_after = kNow - 1;
  ExpectRefused(arg_.Issue(spec), Reason::IDENTITY_UNTRUSTED);
  spec.not_before = kNow + 1;
  spec.not_after = kNow + 100;
  ExpectRefused(arg_.Issue(spec), Reason::IDENTITY_UNTRUSTED);
}

TEST_F(IdentityTest, ObeysThePurpose) {
  CertificateSpec spec = Spec({"spiffe://arg.demo/node"});
  spec.client = false;
  ExpectRefused(arg_.Issue(spec), Reason::IDENTITY_UNTRUSTED, Purpose::kClient);
  EXPECT_TRUE(Verify(arg_.Issue(spec), Purpose::kServer).ok());
}

TEST_F(IdentityTest, RefusesAuthoritiesSelfSignedAndWeakOnes) {
  CertificateSpec spec = Spec({"spiffe://arg.demo/node"});
  ExpectRefused(testing::SelfSigned(spec), Reason::IDENTITY_UNTRUSTED);
  spec.is_ca = true;
  ExpectRefused(arg_.Issue(spec), Reason::IDENTITY_UNTRUSTED);
  spec.is_ca = false;
  spec.key = testing::KeyType::kRsa1024;
  ExpectRefused(arg_.Issue(spec), Reason::IDENTITY_UNTRUSTED);
}

TEST_F(IdentityTest, RefusesWhatIsNoCertificate) {
  EXPECT_EQ(ReasonOf(bundles_.Verify("", "", Purpose::kClient, kNow).status()),
            Reason::IDENTITY_INVALID);
  EXPECT_EQ(ReasonOf(bundles_.Verify("text", "", Purpose::kClient, kNow).status()),
            Reason::IDENTITY_INVALID);
}

TEST_F(IdentityTest, ObeysRevocationOfTheOwnDomainOnly) {
  const IssuedCertificate certificate = arg_.Issue("spiffe://arg.demo/node");
  TrustBundles bundles("demo");
  bundles.Add("ARG", arg_.anchor_pem(), arg_.Crl({certificate.serial}));
  bundles.Add("BRA", bra_.anchor_pem());
  EXPECT_EQ(
      ReasonOf(bundles.Verify(certificate.certificate_pem, "", Purpose::kClient, kNow).status()),
      Reason::IDENTITY_UNTRUSTED);
  const IssuedCertificate other = bra_.Issue("spiffe://bra.demo/node");
  EXPECT_TRUE(bundles.Verify(other.certificate_pem, "", Purpose::kClient, kNow).ok());
}

TEST_F(IdentityTest, ReplacesABundleWhole) {
  const TestCa next({.subject = "National Authority"});
  bundles_.Add("ARG", next.anchor_pem());
  ExpectRefused(arg_.Issue("spiffe://arg.demo/node"), Reason::IDENTITY_UNTRUSTED);
  EXPECT_TRUE(Verify(next.Issue("spiffe://arg.demo/node")).ok());
}

}  // namespace
}  // namespace enlace::trust
