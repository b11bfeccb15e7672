#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/bytes.h"
#include "node/base/error.h"

// X.509 as far as Enlace needs it: read names and keys, and verify a chain against one
// bundle of trust anchors. Thread-safe.
namespace enlace::crypto {

struct CertificateInfo {
  std::vector<std::string> uris;  // All URI names, as written.
  std::string subject;            // RFC 2253 text, for messages only.
  Hash spki_fingerprint{};        // SHA-256 of the SubjectPublicKeyInfo.
  int64_t not_before = 0;         // Seconds since 1970.
  int64_t not_after = 0;
  bool is_ca = false;
};
// Of the first certificate in `pem`. KEY_INVALID when there is none or it is not whole.
StatusOr<CertificateInfo> ReadCertificate(std::string_view pem);

enum class Purpose { kClient, kServer };

// Verifies `leaf_pem` with `intermediates_pem` (may be empty or hold foreign ones) against
// `anchors_pem` alone, for `purpose`, at `now` (seconds since 1970), with strict checks:
// no partial chains, CA flags and key usage obeyed, path length limited to 4, RSA of at
// least 2048 bits, no SHA-1; a leaf that is itself a CA is refused. `crls_pem` may be
// empty; when given, every certificate of the chain is checked for revocation.
// IDENTITY_UNTRUSTED with OpenSSL's reason otherwise.
Status VerifyChain(std::string_view leaf_pem, std::string_view intermediates_pem,
                   std::string_view anchors_pem, std::string_view crls_pem, Purpose purpose,
                   int64_t now);

// OK when the private key belongs to the first certificate. KEY_INVALID otherwise.
Status CheckKeyPair(std::string_view certificate_pem, std::string_view private_key_pem);

}  // namespace enlace::crypto
