#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "node/base/clock.h"
#include "node/base/mutex.h"
#include "node/crypto/certificate.h"
#include "node/trust/identity.h"

// Asks trust::TrustBundles who the other side of a connection is, and remembers the answer
// for a short while: it is asked at the handshake and again for every call, so that a
// certificate that was revoked or has expired loses its open connections too. Thread-safe.
namespace enlace::transport {

class PeerVerifier {
 public:
  // How long an accepted certificate is believed without a new look.
  static constexpr int64_t kBelievedMs = 30'000;
  static constexpr size_t kRememberedMax = 1024;

  PeerVerifier(std::shared_ptr<const trust::TrustBundles> bundles, const Clock& clock)
      : clock_(clock), bundles_(std::move(bundles)) {}

  // IDENTITY_INVALID, IDENTITY_UNTRUSTED; IDENTITY_MISSING for an empty certificate.
  // Refusals are not remembered.
  StatusOr<trust::Identity> Verify(std::string_view leaf_pem, std::string_view intermediates_pem,
                                   crypto::Purpose purpose);

  // From now on these anchors and revocation lists decide, for open connections too.
  void Replace(std::shared_ptr<const trust::TrustBundles> bundles);

 private:
  struct Believed {
    trust::Identity identity;
    int64_t until_steady_ms = 0;
  };

  const Clock& clock_;
  Mutex mutex_;
  std::shared_ptr<const trust::TrustBundles> bundles_ ENLACE_GUARDED_BY(mutex_);
  std::map<Hash, Believed> believed_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::transport
