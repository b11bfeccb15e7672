#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"

// The certificate of a caller as a front that ended TLS for us hands it over: in two headers
// of each request. That the caller holds the key is the front's word; whose certificate it is,
// PeerVerifier decides as at our own TLS. Pure.
namespace enlace::transport {

// Base64 of the leaf in DER, and of the certificates that were presented beside it in DER, one
// after the other. deploy/haproxy/make-config.sh writes the same names.
inline constexpr std::string_view kLeafHeader = "x-enlace-certificate";
inline constexpr std::string_view kChainHeader = "x-enlace-certificate-chain";

inline constexpr size_t kHandedOverBytesMax = 16 << 10;  // Of each header.
inline constexpr size_t kHandedOverChainMax = 8;         // Certificates beside the leaf.

struct HandedOver {
  std::string leaf_pem;
  std::string intermediates_pem;  // Empty for none.
};

// From all values that a request has under the two names. IDENTITY_MISSING without a leaf;
// IDENTITY_INVALID when a header stands twice, is too long, or is not what it should be. No
// text repeats a value. What is accepted has the shape of certificates and nothing more.
StatusOr<HandedOver> ReadHandedOver(const std::vector<std::string_view>& leaf_values,
                                    const std::vector<std::string_view>& chain_values);

}  // namespace enlace::transport
