#include "node/transport/peer_verifier.h"

#include "node/crypto/hash.h"

namespace enlace::transport {
namespace {

Hash KeyOf(std::string_view leaf_pem, std::string_view intermediates_pem, crypto::Purpose purpose) {
  crypto::Sha256Stream stream;
  std::string head(1, purpose == crypto::Purpose::kClient ? 'c' : 's');
  AppendU64(head, leaf_pem.size());
  stream.Update(head);
  stream.Update(leaf_pem);
  stream.Update(intermediates_pem);
  return stream.Finish();
}

}  // namespace

StatusOr<trust::Identity> PeerVerifier::Verify(std::string_view leaf_pem,
                                               std::string_view intermediates_pem,
                                               crypto::Purpose purpose) {
  if (leaf_pem.empty()) {
    return Error(Reason::IDENTITY_MISSING, "expected a certificate, seen none");
  }
  const Hash key = KeyOf(leaf_pem, intermediates_pem, purpose);
  std::shared_ptr<const trust::TrustBundles> bundles;
  {
    const MutexLock lock(mutex_);
    const auto known = believed_.find(key);
    if (known != believed_.end() && clock_.SteadyMs() < known->second.until_steady_ms) {
      return known->second.identity;
    }
    bundles = bundles_;
  }
  ENLACE_ASSIGN_OR_RETURN(
      trust::Identity identity,
      bundles->Verify(leaf_pem, intermediates_pem, purpose, clock_.NowMs() / 1000));
  const MutexLock lock(mutex_);
  // An answer of bundles that were replaced meanwhile is good for this once only.
  if (bundles != bundles_) return identity;
  // Only holders of valid certificates get this far, so the map fills slowly; starting
  // again costs each of them one verification.
  if (believed_.size() >= kRememberedMax) believed_.clear();
  believed_[key] = {identity, clock_.SteadyMs() + kBelievedMs};
  return identity;
}

void PeerVerifier::Replace(std::shared_ptr<const trust::TrustBundles> bundles) {
  const MutexLock lock(mutex_);
  bundles_ = std::move(bundles);
  believed_.clear();
}

}  // namespace enlace::transport
