#include "node/transport/handed_over.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "node/base/bytes.h"

namespace enlace::transport {
namespace {

constexpr size_t kPemLine = 64;
constexpr unsigned kSequence = 0x30;

Status Invalid(std::string_view name, const std::string& what) {
  return Error(
      Reason::IDENTITY_INVALID,
      fmt::format("the front's header {} {}; look at the front's configuration", name, what),
      {{"header", std::string(name)}});
}

// Its bytes; empty when the header is absent or has no value.
StatusOr<std::string> Decode(std::string_view name, const std::vector<std::string_view>& values) {
  if (values.empty()) return std::string();
  if (values.size() > 1) {
    return Invalid(name, fmt::format("stands {} times, expected once", values.size()));
  }
  if (values.front().size() > kHandedOverBytesMax) {
    return Invalid(name, fmt::format("has {} bytes, expected at most {}", values.front().size(),
                                     kHandedOverBytesMax));
  }
  std::optional<std::string> bytes = Base64Decode(values.front());
  if (!bytes.has_value()) return Invalid(name, "is not base64");
  return *std::move(bytes);
}

// Takes the first DER sequence off `bytes`; nothing when it does not begin with a whole one.
// More than two bytes of length cannot come: the header's own bound is below 64 KiB.
std::optional<std::string_view> TakeSequence(std::string_view& bytes) {
  const auto at = [&bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() < 2 || at(0) != kSequence) return std::nullopt;
  size_t head = 2;
  size_t length = at(1);
  if (length >= 0x80) {
    const size_t octets = length & 0x7F;
    head += octets;
    if (octets < 1 || octets > 2 || bytes.size() < head) return std::nullopt;
    length = octets == 1 ? at(2) : static_cast<size_t>(at(2)) << 8 | at(3);
    if (length < (octets == 1 ? 0x80U : 0x100U)) return std::nullopt;  // A shorter form exists.
  }
  if (bytes.size() - head < length) return std::nullopt;
  const std::string_view sequence = bytes.substr(0, head + length);
  bytes.remove_prefix(head + length);
  return sequence;
}

void AppendPem(std::string& out, std::string_view der) {
  const std::string text = Base64Encode(der);
  out += "-----BEGIN CERTIFICATE-----\n";
  for (size_t at = 0; at < text.size(); at += kPemLine) {
    out.append(text, at, kPemLine);
    out += '\n';
  }
  out += "-----END CERTIFICATE-----\n";
}

}  // namespace

StatusOr<HandedOver> ReadHandedOver(const std::vector<std::string_view>& leaf_values,
                                    const std::vector<std::string_view>& chain_values) {
  ENLACE_ASSIGN_OR_RETURN(const std::string leaf, Decode(kLeafHeader, leaf_values));
  ENLACE_ASSIGN_OR_RETURN(const std::string chain, Decode(kChainHeader, chain_values));
  if (leaf.empty()) {
    return Error(
        Reason::IDENTITY_MISSING,
        fmt::format("the front handed over no certificate, expected one in {}", kLeafHeader));
  }
  HandedOver out;
  std::string_view rest = leaf;
  const auto only = TakeSequence(rest);
  if (!only.has_value() || !rest.empty()) {
    return Invalid(kLeafHeader, "is not exactly one certificate");
  }
  AppendPem(out.leaf_pem, *only);
  rest = chain;
  for (size_t count = 0; !rest.empty(); ++count) {
    if (count == kHandedOverChainMax) {
      return Invalid(kChainHeader,
                     fmt::format("has more than {} certificates", kHandedOverChainMax));
    }
    const auto next = TakeSequence(rest);
    if (!next.has_value()) return Invalid(kChainHeader, "is not a row of whole certificates");
    AppendPem(out.intermediates_pem, *next);
  }
  return out;
}

}  // namespace enlace::transport
