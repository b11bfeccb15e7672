#include "node/transport/own_identity.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/base/clock.h"
#include "node/transport/peer_verifier.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_ca.h"

namespace enlace::transport {
namespace {

using testing::CertificateFiles;
using testing::CertificateSpec;
using testing::TempDir;
using testing::TestCa;

constexpr int64_t kNow = 1767225600;  // 2026-01-01
constexpr char kUri[] = "spiffe://arg.demo/node";

class OwnIdentityTest : public ::testing::Test {
 protected:
  Reason Refusal(const CertificateFiles& files, int64_t now = kNow) {
    const auto identity = OwnIdentity::Load(files.certificate_file, files.private_key_file, now);
    EXPECT_FALSE(identity.ok());
    return ReasonOf(identity.status());
  }
  TempDir dir_;
  TestCa ca_;
  CertificateFiles files_ = testing::WriteFiles(ca_.Issue(kUri), dir_.path(), "node");
};

TEST_F(OwnIdentityTest, LoadsAPairThatBelongsTogether) {
  const auto identity = OwnIdentity::Load(files_.certificate_file, files_.private_key_file, kNow);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->uri(), kUri);
  EXPECT_EQ(identity->not_after(), testing::kValidUntil);
  EXPECT_NE(identity->Provider(), nullptr);
}

TEST_F(OwnIdentityTest, RefusesTheKeyOfAnother) {
  const auto other = testing::WriteFiles(ca_.Issue(kUri), dir_.path(), "other");
  EXPECT_EQ(Refusal({files_.certificate_file, other.private_key_file}), Reason::KEY_INVALID);
}

TEST_F(OwnIdentityTest, RefusesAKeyThatOthersCanRead) {
  std::filesystem::permissions(files_.private_key_file, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(Refusal(files_), Reason::KEY_INVALID);
}

TEST_F(OwnIdentityTest, RefusesAMissingFile) {
  EXPECT_EQ(Refusal({dir_.path("none"), files_.private_key_file}), Reason::FILE_UNREADABLE);
  EXPECT_EQ(Refusal({files_.certificate_file, dir_.path("none")}), Reason::FILE_UNREADABLE);
}

TEST_F(OwnIdentityTest, RefusesWhatIsNoCertificateAndRepeatsNothingOfIt) {
  dir_.Write("node.crt", "SECRET");
  const auto identity = OwnIdentity::Load(files_.certificate_file, files_.private_key_file, kNow);
  ASSERT_FALSE(identity.ok());
  EXPECT_EQ(ReasonOf(identity.status()), Reason::KEY_INVALID);
  EXPECT_EQ(identity.status().ToString().find("SECRET"), std::string::npos);
}

TEST_F(OwnIdentityTest, RefusesDatesThatAreNotNow) {
  EXPECT_EQ(Refusal(files_, testing::kValidFrom - 1), Reason::KEY_INVALID);
  EXPECT_EQ(Refusal(files_, testing::kValidUntil + 1), Reason::KEY_INVALID);
}

TEST_F(OwnIdentityTest, RefusesNoneOrTwoUris) {
  CertificateSpec spec;
  EXPECT_EQ(Refusal(testing::WriteFiles(ca_.Issue(spec), dir_.path(), "none")),
            Reason::KEY_INVALID);
  spec.uris = {kUri, "spiffe://arg.demo/person/ana"};
  EXPECT_EQ(Refusal(testing::WriteFiles(ca_.Issue(spec), dir_.path(), "two")), Reason::KEY_INVALID);
}

class PeerVerifierTest : public ::testing::Test {
 protected:
  std::shared_ptr<trust::TrustBundles> Bundles(std::string crl = "") {
    auto bundles = std::make_shared<trust::TrustBundles>("demo");
    bundles->Add("ARG", ca_.anchor_pem(), std::move(crl));
    return bundles;
  }
  Status Verify(const testing::IssuedCertificate& certificate,
                crypto::Purpose purpose = crypto::Purpose::kClient) {
    return verifier_.Verify(certificate.certificate_pem, certificate.intermediates_pem, purpose)
        .status();
  }
  TestCa ca_;
  ManualClock clock_;
  PeerVerifier verifier_{Bundles(), clock_};
};

TEST_F(PeerVerifierTest, TellsWhoItIs) {
  const auto certificate = ca_.Issue(kUri);
  const auto identity = verifier_.Verify(certificate.certificate_pem, "", crypto::Purpose::kClient);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->id.uri, kUri);
}

TEST_F(PeerVerifierTest, NoCertificateIsNoIdentity) {
  EXPECT_EQ(ReasonOf(verifier_.Verify("", "", crypto::Purpose::kClient).status()),
            Reason::IDENTITY_MISSING);
}

TEST_F(PeerVerifierTest, AnAcceptedCertificateIsNotAcceptedForAnotherPurpose) {
  CertificateSpec spec;
  spec.uris = {kUri};
  spec.server = false;
  const auto certificate = ca_.Issue(spec);
  EXPECT_TRUE(Verify(certificate).ok());
  EXPECT_EQ(ReasonOf(Verify(certificate, crypto::Purpose::kServer)), Reason::IDENTITY_UNTRUSTED);
}

TEST_F(PeerVerifierTest, AnExpiredCertificateLosesItsMemory) {
  CertificateSpec spec;
  spec.uris = {kUri};
  spec.not_after = clock_.NowMs() / 1000 + 10;
  const auto certificate = ca_.Issue(spec);
  EXPECT_TRUE(Verify(certificate).ok());
  clock_.AdvanceMs(PeerVerifier::kBelievedMs - 1);
  EXPECT_TRUE(Verify(certificate).ok());  // Believed for a while.
  clock_.AdvanceMs(1);
  EXPECT_EQ(ReasonOf(Verify(certificate)), Reason::IDENTITY_UNTRUSTED);
}

TEST_F(PeerVerifierTest, ARevokedCertificateIsRefusedAtOnceWhenTheListArrives) {
  const auto certificate = ca_.Issue(kUri);
  EXPECT_TRUE(Verify(certificate).ok());
  verifier_.Replace(Bundles(ca_.Crl({certificate.serial})));
  EXPECT_EQ(ReasonOf(Verify(certificate)), Reason::IDENTITY_UNTRUSTED);
}

TEST_F(PeerVerifierTest, GoesOnAboveTheNumberItRemembers) {
  const auto certificate = ca_.Issue(kUri);
  for (size_t i = 0; i <= PeerVerifier::kRememberedMax; ++i) {
    // A comment before a PEM block is no part of the certificate, but another memory.
    ASSERT_TRUE(
        verifier_
            .Verify(certificate.certificate_pem, "# " + std::to_string(i), crypto::Purpose::kClient)
            .ok());
  }
}

}  // namespace
}  // namespace enlace::transport
