#include "node/transport/credentials.h"

#include <functional>
#include <utility>

#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "node/base/log.h"
#include "node/transport/once_per_second.h"

namespace enlace::transport {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::TlsCustomVerificationCheckRequest;

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

grpc::Status Refused(const Status& status) {
  return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, MessageOf(status));
}

class CallerCheck final : public ExternalCertificateVerifier {
 public:
  CallerCheck(PeerVerifier& verifier, metrics::Metrics& metrics, MayConnect may_connect)
      : verifier_(verifier), metrics_(metrics), may_connect_(std::move(may_connect)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const auto identity =
        verifier_.Verify(View(request->peer_cert()), View(request->peer_cert_full_chain()),
                         crypto::Purpose::kClient);
    const bool shut_out = identity.ok() && may_connect_ && !may_connect_(*identity);
    metrics_.CountHandshake(identity.ok() && !shut_out);
    if (!identity.ok()) {
      if (may_log_.Now()) {
        LogWarning("handshake_refused",
                   {{"reason", std::string(ReasonName(ReasonOf(identity.status())))},
                    {"text", MessageOf(identity.status())}});
      }
      *sync_status = Refused(identity.status());
    } else if (shut_out) {
      *sync_status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "shut out for a while");
    }
    return true;  // Done at once.
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  PeerVerifier& verifier_;
  metrics::Metrics& metrics_;
  OncePerSecond may_log_;
  const MayConnect may_connect_;
};

class NodeCheck final : public ExternalCertificateVerifier {
 public:
  NodeCheck(std::shared_ptr<PeerVerifier> verifier, std::string expected_uri,
            std::shared_ptr<LastRefusal> refusal)
      : verifier_(std::move(verifier)),
        expected_uri_(std::move(expected_uri)),
        refusal_(std::move(refusal)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    Status status = Check(*request);
    if (!status.ok()) *sync_status = Refused(status);
    refusal_->Set(std::move(status));
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  Status Check(const TlsCustomVerificationCheckRequest& request) const {
    ENLACE_ASSIGN_OR_RETURN(
        const trust::Identity identity,
        verifier_->Verify(View(request.peer_cert()), View(request.peer_cert_full_chain()),
                          crypto::Purpose::kServer));
    if (identity.id.uri == expected_uri_) return Status();
    return Error(
        Reason::IDENTITY_UNTRUSTED,
        "expected the node " + expected_uri_ + ", seen " + identity.id.uri + "; check the address",
        {{"expected", expected_uri_}, {"seen", identity.id.uri}});
  }

  const std::shared_ptr<PeerVerifier> verifier_;
  const std::string expected_uri_;
  const std::shared_ptr<LastRefusal> refusal_;
};

std::string Property(const grpc::AuthContext& context, const char* name) {
  const std::vector<grpc::string_ref> values = context.FindPropertyValues(name);
  return values.size() == 1 ? std::string(View(values.front())) : std::string();
}

}  // namespace

void LastRefusal::Set(Status status) {
  const MutexLock lock(mutex_);
  status_ = std::move(status);
}

Status LastRefusal::Get() const {
  const MutexLock lock(mutex_);
  return status_;
}

std::shared_ptr<grpc::ServerCredentials> ServerTls(const OwnIdentity& identity,
                                                   PeerVerifier& verifier,
                                                   metrics::Metrics& metrics,
                                                   MayConnect may_connect) {
  grpc::experimental::TlsServerCredentialsOptions options(identity.Provider());
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<CallerCheck>(verifier, metrics, std::move(may_connect)));
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ClientTls(const OwnIdentity& identity,
                                                    std::shared_ptr<PeerVerifier> verifier,
                                                    std::string expected_uri,
                                                    std::shared_ptr<LastRefusal> refusal) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(identity.Provider());
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<NodeCheck>(
      std::move(verifier), std::move(expected_uri), std::move(refusal)));
  return grpc::experimental::TlsCredentials(options);
}

StatusOr<trust::Identity> CallerIdentity(const grpc::AuthContext& context, PeerVerifier& verifier) {
  const std::string leaf = Property(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  ENLACE_ASSIGN_OR_RETURN(
      trust::Identity identity,
      verifier.Verify(leaf, Property(context, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME),
                      crypto::Purpose::kClient));
  // gRPC reads the same URI on its own; two readings that differ are one too many.
  if (Property(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME) != identity.id.uri) {
    return Error(Reason::IDENTITY_INVALID, "the certificate's identity is ambiguous");
  }
  return identity;
}

}  // namespace enlace::transport
