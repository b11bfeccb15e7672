// Good and bad certificates through real handshakes, on both sides.
#include <string>
#include <vector>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "tests/contract/tls/bad_certificates.h"
#include "tests/contract/tls/raw_tls_client.h"
#include "tests/testing/rpc_world.h"

namespace enlace::testing {
namespace {

using Record = RpcWorld::Record;
constexpr int64_t kTimeoutMs = 10'000;

class CertificateMatrix : public ::testing::Test {
 protected:
  std::vector<BadCertificate> Bad(const std::string& uri, void (*other_purpose)(CertificateSpec&)) {
    return BadCertificates(world_.arg_ca_, world_.bra_ca_, uri, other_purpose);
  }

  Entry Show(const IssuedCertificate& certificate, int version) {
    RawTlsClient caller(world_.network_->address(), version);
    caller.Show(certificate);
    return caller.Connect();
  }
  // ARG's authority with this revocation list, from now on.
  void Trust(const std::string& crl) {
    auto bundles = std::make_shared<trust::TrustBundles>("demo");
    bundles->Add("ARG", world_.arg_ca_.anchor_pem(), crl);
    world_.verifier_->Replace(bundles);
  }

  RpcWorld world_;
};

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

TEST_F(CertificateMatrix, TheServerLetsGoodCallersIn) {
  const TestCa below = world_.arg_ca_.Intermediate();
  for (const int version : kVersions) {
    EXPECT_EQ(Show(world_.arg_ca_.Issue(kArgAgency), version), Entry::kLetIn);
    EXPECT_EQ(Show(below.Issue(kArgAgency), version), Entry::kLetIn);
  }
}

TEST_F(CertificateMatrix, TheServerShowsBadCallersOut) {
  for (const BadCertificate& bad :
       Bad(kArgAgency, [](CertificateSpec& spec) { spec.client = false; })) {
    for (const int version : kVersions) {
      EXPECT_EQ(Show(bad.certificate, version), Entry::kShownOut) << bad.name;
    }
  }
}

TEST_F(CertificateMatrix, TheServerShowsACallerWithoutCertificateOut) {
  for (const int version : kVersions) {
    EXPECT_EQ(RawTlsClient(world_.network_->address(), version).Connect(), Entry::kShownOut);
  }
}

TEST_F(CertificateMatrix, OlderVersionsOfTlsAreNotSpoken) {
  RawTlsClient caller(world_.network_->address(), TLS1_1_VERSION);
  caller.Show(world_.arg_ca_.Issue(kArgAgency));
  EXPECT_EQ(caller.Connect(), Entry::kShownOut);
}

TEST_F(CertificateMatrix, ForeignIntermediatesNeitherHinderNorHelp) {
  IssuedCertificate certificate = world_.arg_ca_.Issue(kArgAgency);
  certificate.intermediates_pem = world_.bra_ca_.anchor_pem();
  EXPECT_EQ(Show(certificate, TLS1_3_VERSION), Entry::kLetIn);
  IssuedCertificate forged = world_.bra_ca_.Issue(kArgAgency);
  forged.intermediates_pem = world_.bra_ca_.anchor_pem() + world_.arg_ca_.anchor_pem();
  EXPECT_EQ(Show(forged, TLS1_3_VERSION), Entry::kShownOut);
}

TEST_F(CertificateMatrix, ACallLearnsWhoItsConnectionIsEvenBelowAnIntermediate) {
  const TestCa below = world_.arg_ca_.Intermediate();
  Record record;
  const auto caller = world_.Caller(world_.Identity(below.Issue(kArgAgency)));
  EXPECT_TRUE(caller->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
}

TEST_F(CertificateMatrix, ARevokedCertificateLosesItsOpenConnection) {
  const IssuedCertificate certificate = world_.arg_ca_.Issue(kArgAgency);
  const auto caller = world_.Caller(world_.Identity(certificate));
  Record record;
  ASSERT_TRUE(caller->Call(kGetCase, GetCase(), record, kTimeoutMs).ok());
  Trust(world_.arg_ca_.Crl({certificate.serial}));
  EXPECT_THAT(caller->Call(kGetCase, GetCase(), record, kTimeoutMs),
              IsReason(Reason::IDENTITY_UNTRUSTED));
}

// A resumed session shows no certificate again; our check must be made all the same.
TEST_F(CertificateMatrix, AResumedSessionOfARevokedCertificateIsShownOut) {
  for (const int version : kVersions) {
    Trust("");
    const IssuedCertificate certificate = world_.arg_ca_.Issue(kArgAgency);
    RawTlsClient caller(world_.network_->address(), version);
    caller.Show(certificate);
    ASSERT_EQ(caller.Connect(), Entry::kLetIn);
    const SslSession session(SSL_SESSION_dup(caller.session()));
    EXPECT_EQ(caller.Connect(session.get()), Entry::kLetIn);
    EXPECT_TRUE(caller.resumed());  // Else this test would prove nothing.
    Trust(world_.arg_ca_.Crl({certificate.serial}));
    EXPECT_EQ(caller.Connect(session.get()), Entry::kShownOut);
    EXPECT_TRUE(caller.resumed());
  }
}

// The session holds the caller's certificate, but not what it brought to prove it. It has to
// shake hands anew: closed rather than open.
TEST_F(CertificateMatrix, AResumedSessionWithoutItsIntermediateIsShownOut) {
  const TestCa below = world_.arg_ca_.Intermediate();
  for (const int version : kVersions) {
    RawTlsClient caller(world_.network_->address(), version);
    caller.Show(below.Issue(kArgAgency));
    ASSERT_EQ(caller.Connect(), Entry::kLetIn);
    const SslSession session(SSL_SESSION_dup(caller.session()));
    EXPECT_EQ(caller.Connect(session.get()), Entry::kShownOut);
    EXPECT_EQ(caller.Connect(), Entry::kLetIn);
  }
}

// -- the other side: whom a caller accepts as a node

// A gRPC server that shows whatever certificate it is given, and has no method.
class AnyServer {
 public:
  explicit AnyServer(const IssuedCertificate& certificate) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({certificate.private_key_pem, certificate.ChainPem()});
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(&service_);
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port_);
    server_ = builder.BuildAndStart();
  }
  ~AnyServer() { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  grpc::CallbackGenericService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class NodeMatrix : public CertificateMatrix {
 protected:
  // How a call of ARG's agency to a node with this certificate ends.
  Status CallNodeWith(const IssuedCertificate& certificate) {
    const AnyServer server(certificate);
    const auto caller = transport::RemoteNode::OverTls(
        server.address(), world_.Identity(world_.arg_ca_, kArgAgency), world_.verifier_, kArgNode);
    Record record;
    return caller->Call(kGetCase, GetCase(), record, kTimeoutMs);
  }
};

TEST_F(NodeMatrix, AcceptsTheExpectedNode) {
  // It has no such method, and so it was reached.
  EXPECT_THAT(CallNodeWith(world_.arg_ca_.Issue(kArgNode)), IsReason(Reason::METHOD_UNKNOWN));
  const TestCa below = world_.arg_ca_.Intermediate();
  EXPECT_THAT(CallNodeWith(below.Issue(kArgNode)), IsReason(Reason::METHOD_UNKNOWN));
}

TEST_F(NodeMatrix, RefusesBadNodesAndSaysWhy) {
  for (const BadCertificate& bad :
       Bad(kArgNode, [](CertificateSpec& spec) { spec.server = false; })) {
    const Status status = CallNodeWith(bad.certificate);
    EXPECT_THAT(status, ::testing::AnyOf(IsReason(Reason::IDENTITY_INVALID),
                                         IsReason(Reason::IDENTITY_UNTRUSTED)))
        << bad.name;
  }
}

TEST_F(NodeMatrix, RefusesAnotherNodeAndAnAgencyThatPosesAsOne) {
  EXPECT_THAT(CallNodeWith(world_.bra_ca_.Issue("spiffe://bra.demo/node")),
              IsReason(Reason::IDENTITY_UNTRUSTED));
  EXPECT_THAT(CallNodeWith(world_.arg_ca_.Issue(kArgAgency)), IsReason(Reason::IDENTITY_UNTRUSTED));
}

TEST_F(NodeMatrix, ANameInDnsIsNoIdentity) {
  CertificateSpec spec;
  spec.dns_names = {"127.0.0.1", "localhost"};
  EXPECT_THAT(CallNodeWith(world_.arg_ca_.Issue(spec)), IsReason(Reason::IDENTITY_INVALID));
}

}  // namespace
}  // namespace enlace::testing
