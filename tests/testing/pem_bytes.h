#pragma once

#include <string>
#include <string_view>

#include "node/base/bytes.h"

namespace enlace::testing {

// The DER bytes of all PEM blocks of a text, one after the other, as a front hands them over.
inline std::string DerOf(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::string der;
  for (size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at)) {
    at += kBegin.size();
    std::string text;
    for (const char c : pem.substr(at, pem.find(kEnd, at) - at)) {
      if (c != '\n') text += c;
    }
    der += Base64Decode(text).value();
  }
  return der;
}

}  // namespace enlace::testing
