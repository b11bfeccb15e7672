#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "grpcpp/security/tls_certificate_provider.h"
#include "node/base/error.h"

// The certificate and key that this process shows. gRPC starts happily with a key that does
// not fit, and then refuses every handshake; so we read and check the files ourselves.
namespace enlace::transport {

class OwnIdentity {
 public:
  // FILE_UNREADABLE. KEY_INVALID: not PEM, key and certificate do not belong together, the
  // key file is open to group or others, not exactly one URI, or outside its dates at `now`
  // (seconds since 1970). No text repeats anything out of a file.
  static StatusOr<OwnIdentity> Load(const std::string& certificate_file,
                                    const std::string& private_key_file, int64_t now);

  const std::string& uri() const { return uri_; }
  int64_t not_after() const { return not_after_; }
  const std::string& chain_pem() const { return chain_pem_; }  // Leaf first.
  // What gRPC asks for the files' content at each new connection.
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> Provider() const;

 private:
  OwnIdentity() = default;
  std::string chain_pem_;
  std::string private_key_pem_;
  std::string uri_;
  int64_t not_after_ = 0;
};

}  // namespace enlace::transport
