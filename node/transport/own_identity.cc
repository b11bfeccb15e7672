#include "node/transport/own_identity.h"

#include <sys/stat.h>

#include <utility>

#include "node/config/yaml.h"
#include "node/crypto/certificate.h"

namespace enlace::transport {
namespace {

Status Unusable(const std::string& file, const std::string& what) {
  return Error(Reason::KEY_INVALID, file + ": " + what, {{"path", file}});
}

Status CheckClosed(const std::string& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) {
    return Error(Reason::FILE_UNREADABLE, "cannot read " + file, {{"path", file}});
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Unusable(file, "expected a private key that only its owner can read; chmod 600");
  }
  return Status();
}

}  // namespace

StatusOr<OwnIdentity> OwnIdentity::Load(const std::string& certificate_file,
                                        const std::string& private_key_file, int64_t now) {
  OwnIdentity identity;
  ENLACE_ASSIGN_OR_RETURN(identity.chain_pem_, config::ReadFile(certificate_file));
  ENLACE_ASSIGN_OR_RETURN(identity.private_key_pem_, config::ReadFile(private_key_file));
  ENLACE_RETURN_IF_ERROR(CheckClosed(private_key_file));
  const auto leaf = crypto::ReadCertificate(identity.chain_pem_);
  if (!leaf.ok()) return WithContext(leaf.status(), certificate_file);
  const Status pair = crypto::CheckKeyPair(identity.chain_pem_, identity.private_key_pem_);
  if (!pair.ok()) return WithContext(pair, private_key_file);
  if (leaf->uris.size() != 1) {
    return Unusable(certificate_file, "expected a certificate with exactly one URI");
  }
  if (now < leaf->not_before || now > leaf->not_after) {
    return Unusable(certificate_file,
                    "the certificate is outside its dates; renew it, or set the clock");
  }
  identity.uri_ = leaf->uris.front();
  identity.not_after_ = leaf->not_after;
  return identity;
}

std::shared_ptr<grpc::experimental::CertificateProviderInterface> OwnIdentity::Provider() const {
  grpc::experimental::IdentityKeyCertPair pair;
  pair.private_key = private_key_pem_;
  pair.certificate_chain = chain_pem_;
  return std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
      std::vector<grpc::experimental::IdentityKeyCertPair>{std::move(pair)});
}

}  // namespace enlace::transport
