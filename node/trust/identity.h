#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/base/error.h"
#include "node/crypto/certificate.h"

// Who is who. An identity is exactly one SPIFFE URI, and a certificate speaks only for
// the trust domain whose authority issued it. Pure but for the X.509 check.
namespace enlace::trust {

// spiffe://<jurisdiction>.<network>/<path>, all lower case: spiffe://arg.demo/node,
// /entity/<id>/<system>, /person/<id>, /partner/<id>.
struct SpiffeId {
  enum class Kind { kNode, kEntity, kPerson, kPartner };
  std::string uri;           // As in the certificate.
  std::string trust_domain;  // "arg.demo"
  std::string jurisdiction;  // "ARG"
  std::string network;       // "demo"
  Kind kind = Kind::kNode;
  std::string id;      // Entity, person or partner id; empty for a node.
  std::string system;  // Only for entities.

  // IDENTITY_INVALID for anything else: upper case, escapes, empty or dot segments, ports,
  // queries, more than 255 bytes.
  static StatusOr<SpiffeId> Parse(std::string_view uri);
};

// "arg.demo".
std::string TrustDomain(std::string_view jurisdiction, std::string_view network);

struct Identity {
  SpiffeId id;
  Hash key_fingerprint{};  // SHA-256 of the certificate's public key.
};

// Anchors (and optional revocation lists) by trust domain. Immutable; replace it whole.
class TrustBundles {
 public:
  // One network only: identities of another network are refused.
  explicit TrustBundles(std::string network) : network_(std::move(network)) {}
  void Add(std::string_view jurisdiction, std::string anchors_pem, std::string crls_pem = {});

  // The identity, if the leaf carries exactly one valid SPIFFE URI of this network and its
  // chain leads to that URI's own domain. IDENTITY_INVALID, IDENTITY_UNTRUSTED.
  StatusOr<Identity> Verify(std::string_view leaf_pem, std::string_view intermediates_pem,
                            crypto::Purpose purpose, int64_t now) const;

 private:
  struct Bundle {
    std::string anchors_pem;
    std::string crls_pem;
  };
  std::string network_;
  std::map<std::string, Bundle> bundles_;
};

}  // namespace enlace::trust
