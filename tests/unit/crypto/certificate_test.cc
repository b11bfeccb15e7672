#include "node/crypto/certificate.h"

#include <gtest/gtest.h>

#include "tests/testing/test_ca.h"

namespace enlace::crypto {
namespace {

using testing::CertificateSpec;
using testing::IssuedCertificate;
using testing::KeyType;
using testing::TestCa;

constexpr int64_t kNow = 1767225600;  // 2026-01-01
constexpr char kUri[] = "spiffe://arg.demo/node";

CertificateSpec Spec() {
  CertificateSpec spec;
  spec.uris = {kUri};
  return spec;
}

Status Verify(const IssuedCertificate& leaf, const std::string& anchors,
              Purpose purpose = Purpose::kClient, const std::string& crls = "",
              int64_t now = kNow) {
  return VerifyChain(leaf.certificate_pem, leaf.intermediates_pem, anchors, crls, purpose, now);
}

void ExpectRefused(const Status& status, Reason reason = Reason::IDENTITY_UNTRUSTED) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ReasonOf(status), reason) << MessageOf(status);
}

TEST(ReadCertificateTest, ReadsNamesDatesAndKey) {
  CertificateSpec spec = Spec();
  spec.uris.push_back("spiffe://arg.demo/person/ana");
  spec.dns_names = {"node.example"};
  spec.subject = "one node";
  const TestCa ca;
  const IssuedCertificate leaf = ca.Issue(spec);
  const auto info = ReadCertificate(leaf.certificate_pem);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->uris, spec.uris);
  EXPECT_EQ(info->subject, "CN=one node");
  EXPECT_EQ(info->not_before, testing::kValidFrom);
  EXPECT_EQ(info->not_after, testing::kValidUntil);
  EXPECT_FALSE(info->is_ca);
  EXPECT_TRUE(ReadCertificate(ca.anchor_pem())->is_ca);
  EXPECT_NE(info->spki_fingerprint, ReadCertificate(ca.anchor_pem())->spki_fingerprint);
}

TEST(ReadCertificateTest, KeepsBytesOfAUriAsWritten) {
  CertificateSpec spec = Spec();
  spec.uris = {std::string("spiffe://arg.demo/no\0de", 23)};
  const auto info = ReadCertificate(TestCa().Issue(spec).certificate_pem);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->uris, spec.uris);
}

TEST(ReadCertificateTest, RefusesWhatIsNoCertificate) {
  const std::string pem = TestCa().Issue(kUri).certificate_pem;
  const std::string oversized((1 << 20) + 1, ' ');
  for (const std::string& bad :
       {std::string(), std::string("text"), pem.substr(0, pem.size() / 2),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + std::string(),
        oversized}) {
    const auto info = ReadCertificate(bad);
    ASSERT_FALSE(info.ok());
    EXPECT_EQ(ReasonOf(info.status()), Reason::KEY_INVALID);
  }
}

TEST(VerifyChainTest, AcceptsALeafUnderItsAnchorForBothPurposes) {
  const TestCa ca;
  const IssuedCertificate leaf = ca.Issue(kUri);
  EXPECT_EQ(Verify(leaf, ca.anchor_pem()), absl::OkStatus());
  EXPECT_EQ(Verify(leaf, ca.anchor_pem(), Purpose::kServer), absl::OkStatus());
}

TEST(VerifyChainTest, AcceptsEachKeyTypeThatIsStrongEnough) {
  for (const KeyType key : {KeyType::kEcP256, KeyType::kEd25519, KeyType::kRsa2048}) {
    const TestCa ca({.key = key});
    CertificateSpec spec = Spec();
    spec.key = key;
    EXPECT_EQ(Verify(ca.Issue(spec), ca.anchor_pem()), absl::OkStatus());
  }
}

TEST(VerifyChainTest, RefusesWeakKeysAndWeakHashes) {
  const TestCa ca;
  CertificateSpec weak_key = Spec();
  weak_key.key = KeyType::kRsa1024;
  ExpectRefused(Verify(ca.Issue(weak_key), ca.anchor_pem()));
  CertificateSpec weak_hash = Spec();
  weak_hash.sha1 = true;
  ExpectRefused(Verify(ca.Issue(weak_hash), ca.anchor_pem()));
  const TestCa weak_ca({.key = KeyType::kRsa1024});
  ExpectRefused(Verify(weak_ca.Issue(kUri), weak_ca.anchor_pem()));
}

TEST(VerifyChainTest, ChecksTheDatesAtTheGivenTime) {
  const TestCa ca;
  CertificateSpec spec = Spec();
  spec.not_before = kNow;
  spec.not_after = kNow + 100;
  const IssuedCertificate leaf = ca.Issue(spec);
  EXPECT_EQ(Verify(leaf, ca.anchor_pem(), Purpose::kClient, "", kNow + 50), absl::OkStatus());
  ExpectRefused(Verify(leaf, ca.anchor_pem(), Purpose::kClient, "", kNow - 1));
  ExpectRefused(Verify(leaf, ca.anchor_pem(), Purpose::kClient, "", kNow + 101));
}

TEST(VerifyChainTest, RefusesAnExpiredAuthority) {
  const TestCa ca({.not_after = kNow - 1});
  ExpectRefused(Verify(ca.Issue(kUri), ca.anchor_pem()));
}

TEST(VerifyChainTest, RefusesAnotherPurposeAndAnUnstatedOne) {
  const TestCa ca;
  CertificateSpec server_only = Spec();
  server_only.client = false;
  ExpectRefused(Verify(ca.Issue(server_only), ca.anchor_pem(), Purpose::kClient));
  EXPECT_EQ(Verify(ca.Issue(server_only), ca.anchor_pem(), Purpose::kServer), absl::OkStatus());
  CertificateSpec client_only = Spec();
  client_only.server = false;
  ExpectRefused(Verify(ca.Issue(client_only), ca.anchor_pem(), Purpose::kServer));
  CertificateSpec unstated = Spec();
  unstated.extended_usage = false;
  ExpectRefused(Verify(ca.Issue(unstated), ca.anchor_pem()));
}

TEST(VerifyChainTest, RefusesALeafThatIsAnAuthority) {
  const TestCa ca;
  CertificateSpec spec = Spec();
  spec.is_ca = true;
  ExpectRefused(Verify(ca.Issue(spec), ca.anchor_pem()));
  spec.may_sign = false;
  ExpectRefused(Verify(ca.Issue(spec), ca.anchor_pem()));
}

TEST(VerifyChainTest, FollowsIntermediatesAndNeedsThem) {
  const TestCa root;
  const TestCa middle = root.Intermediate({.subject = "middle"});
  IssuedCertificate leaf = middle.Issue(kUri);
  EXPECT_EQ(Verify(leaf, root.anchor_pem()), absl::OkStatus());
  leaf.intermediates_pem.clear();
  ExpectRefused(Verify(leaf, root.anchor_pem()));
}

TEST(VerifyChainTest, IgnoresForeignCertificatesBesideTheChain) {
  const TestCa ca;
  const TestCa foreign;
  IssuedCertificate leaf = ca.Issue(kUri);
  leaf.intermediates_pem = foreign.anchor_pem();
  EXPECT_EQ(Verify(leaf, ca.anchor_pem()), absl::OkStatus());
}

TEST(VerifyChainTest, DoesNotTrustAPresentedRoot) {
  const TestCa ca;
  const TestCa attacker;
  IssuedCertificate leaf = attacker.Issue(kUri);
  leaf.intermediates_pem = attacker.anchor_pem();
  ExpectRefused(Verify(leaf, ca.anchor_pem()));
}

TEST(VerifyChainTest, RefusesALeafThatActsAsAuthority) {
  // The entity's certificate is good, but it may issue nothing.
  const TestCa ca;
  const TestCa limited = ca.Intermediate({.subject = "limited", .path_length = 0});
  const TestCa below = limited.Intermediate({.subject = "below"});
  ExpectRefused(Verify(below.Issue(kUri), ca.anchor_pem()));
}

TEST(VerifyChainTest, RefusesAnIntermediateAloneAsAnchor) {
  const TestCa root;
  const TestCa middle = root.Intermediate({.subject = "middle"});
  const IssuedCertificate leaf = middle.Issue(kUri);
  ExpectRefused(Verify(leaf, middle.Issue(kUri).intermediates_pem));
}

TEST(VerifyChainTest, RefusesChainsThatAreTooLong) {
  TestCa ca;
  const std::string anchor = ca.anchor_pem();
  TestCa last = ca.Intermediate({.subject = "level 1"});
  for (int level = 2; level <= 4; ++level) {
    last = last.Intermediate({.subject = "level " + std::to_string(level)});
  }
  EXPECT_EQ(Verify(last.Issue(kUri), anchor), absl::OkStatus());
  last = last.Intermediate({.subject = "level 5"});
  ExpectRefused(Verify(last.Issue(kUri), anchor));
}

TEST(VerifyChainTest, RefusesSelfSignedAndUnknown) {
  const TestCa ca;
  ExpectRefused(Verify(testing::SelfSigned(Spec()), ca.anchor_pem()));
  ExpectRefused(Verify(TestCa().Issue(kUri), ca.anchor_pem()));
  ExpectRefused(Verify(ca.Issue(kUri), ""));
}

TEST(VerifyChainTest, TellsTwoAuthoritiesWithOneSubjectNameApart) {
  const TestCa honest({.subject = "Autoridad Nacional"});
  const TestCa twin({.subject = "Autoridad Nacional"});
  ExpectRefused(Verify(twin.Issue(kUri), honest.anchor_pem()));
  // Both in one bundle, as during the change of an authority's key: each finds its own.
  const std::string both = honest.anchor_pem() + twin.anchor_pem();
  EXPECT_EQ(Verify(twin.Issue(kUri), both), absl::OkStatus());
  EXPECT_EQ(Verify(honest.Issue(kUri), both), absl::OkStatus());
}

TEST(VerifyChainTest, ObeysARevocationList) {
  const TestCa ca;
  const IssuedCertificate good = ca.Issue(kUri);
  const IssuedCertificate revoked = ca.Issue(kUri);
  const std::string crl = ca.Crl({revoked.serial});
  EXPECT_EQ(Verify(good, ca.anchor_pem(), Purpose::kClient, crl), absl::OkStatus());
  ExpectRefused(Verify(revoked, ca.anchor_pem(), Purpose::kClient, crl));
}

TEST(VerifyChainTest, FailsClosedWithoutACurrentRevocationList) {
  const TestCa ca;
  const IssuedCertificate leaf = ca.Issue(kUri);
  const std::string stale = ca.Crl({}, kNow - 200, kNow - 100);
  ExpectRefused(Verify(leaf, ca.anchor_pem(), Purpose::kClient, stale));
  const std::string foreign = TestCa({.subject = "another"}).Crl({});
  ExpectRefused(Verify(leaf, ca.anchor_pem(), Purpose::kClient, foreign));
  const TestCa middle = ca.Intermediate({.subject = "middle"});
  ExpectRefused(Verify(middle.Issue(kUri), ca.anchor_pem(), Purpose::kClient, ca.Crl({})));
  EXPECT_EQ(
      Verify(middle.Issue(kUri), ca.anchor_pem(), Purpose::kClient, ca.Crl({}) + middle.Crl({})),
      absl::OkStatus());
}

TEST(VerifyChainTest, NamesFilesThatCannotBeRead) {
  const TestCa ca;
  const IssuedCertificate leaf = ca.Issue(kUri);
  const std::string cut = ca.anchor_pem().substr(0, 200);
  ExpectRefused(Verify(leaf, cut), Reason::KEY_INVALID);
  ExpectRefused(Verify(leaf, ca.anchor_pem(), Purpose::kClient, ca.Crl({}).substr(0, 100)),
                Reason::KEY_INVALID);
  std::string many;
  for (int i = 0; i < 65; ++i) many += ca.anchor_pem();
  ExpectRefused(Verify(leaf, many), Reason::KEY_INVALID);
}

TEST(CheckKeyPairTest, KnowsWhetherAKeyBelongsToACertificate) {
  const TestCa ca;
  const IssuedCertificate one = ca.Issue(kUri);
  const IssuedCertificate two = ca.Issue(kUri);
  EXPECT_EQ(CheckKeyPair(one.certificate_pem, one.private_key_pem), absl::OkStatus());
  ExpectRefused(CheckKeyPair(one.certificate_pem, two.private_key_pem), Reason::KEY_INVALID);
  ExpectRefused(CheckKeyPair(one.certificate_pem, "no key"), Reason::KEY_INVALID);
  ExpectRefused(CheckKeyPair("no certificate", one.private_key_pem), Reason::KEY_INVALID);
}

}  // namespace
}  // namespace enlace::crypto
