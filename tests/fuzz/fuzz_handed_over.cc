// The headers in which a front hands over a certificate: any text, and any bytes in base64, so
// that what lies behind the decoder is reached too.
#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/bytes.h"
#include "node/base/check.h"
#include "node/crypto/certificate.h"
#include "node/transport/handed_over.h"

using enlace::transport::ReadHandedOver;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)ReadHandedOver({input}, {input});
  const size_t half = size / 2;
  const std::string leaf = enlace::Base64Encode(input.substr(0, half));
  const std::string chain = enlace::Base64Encode(input.substr(half));
  const auto read = ReadHandedOver({leaf}, {chain});
  if (!read.ok()) return 0;
  // What is accepted is one block for the leaf, and says again what it was made from.
  ENLACE_CHECK(read->leaf_pem.find("BEGIN", 11) == std::string::npos);
  std::string text;
  for (const char c : read->leaf_pem.substr(28, read->leaf_pem.size() - 28 - 26)) {
    if (c != '\n') text += c;
  }
  ENLACE_CHECK(text == leaf);
  (void)enlace::crypto::ReadCertificate(read->leaf_pem);
  (void)enlace::crypto::ReadCertificate(read->intermediates_pem);
  return 0;
}
