#include "node/trust/identity.h"

#include <algorithm>
#include <vector>

#include "node/model/names.h"

namespace enlace::trust {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kUriBytesMax = 255;
constexpr size_t kSegmentBytesMax = 63;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Begins and ends with a letter or digit, so that "." and ".." are none.
bool IsSegment(std::string_view text) {
  if (text.empty() || text.size() > kSegmentBytesMax) return false;
  if (!IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The URI itself is not repeated: it came from outside and may be of any length.
Status Invalid(std::string_view what) {
  return Error(Reason::IDENTITY_INVALID,
               "the identity is refused, expected spiffe://<jurisdiction>.<network>/ followed by "
               "node, entity/<id>/<system>, person/<id> or partner/<id> in lower case: " +
                   std::string(what));
}

Status ParseDomain(std::string_view domain, SpiffeId& id) {
  const size_t dot = domain.find('.');
  if (dot == std::string_view::npos) return Invalid("the trust domain has no network");
  std::string jurisdiction(domain.substr(0, dot));
  if (std::any_of(jurisdiction.begin(), jurisdiction.end(), [](char c) { return Lower(c) != c; })) {
    return Invalid("the trust domain has upper case");
  }
  std::transform(jurisdiction.begin(), jurisdiction.end(), jurisdiction.begin(), Upper);
  if (!model::IsJurisdiction(jurisdiction)) return Invalid("the trust domain has no jurisdiction");
  if (!model::IsNetworkId(domain.substr(dot + 1))) return Invalid("the network is not an id");
  id.trust_domain = std::string(domain);
  id.jurisdiction = std::move(jurisdiction);
  id.network = std::string(domain.substr(dot + 1));
  return absl::OkStatus();
}

Status ParsePath(std::string_view path, SpiffeId& id) {
  const std::vector<std::string_view> segments = Split(path, '/');
  for (const std::string_view segment : segments) {
    if (!IsSegment(segment)) return Invalid("a path segment is not a plain lower-case id");
  }
  const std::string_view kind = segments.front();
  const size_t count = segments.size();
  if (kind == "node" && count == 1) {
    id.kind = SpiffeId::Kind::kNode;
  } else if (kind == "entity" && count == 3) {
    id.kind = SpiffeId::Kind::kEntity;
    id.system = std::string(segments[2]);
  } else if (kind == "person" && count == 2) {
    id.kind = SpiffeId::Kind::kPerson;
  } else if (kind == "partner" && count == 2) {
    id.kind = SpiffeId::Kind::kPartner;
  } else {
    return Invalid("the path is none of these");
  }
  if (count > 1) id.id = std::string(segments[1]);
  return absl::OkStatus();
}

}  // namespace

StatusOr<SpiffeId> SpiffeId::Parse(std::string_view uri) {
  if (uri.size() > kUriBytesMax) return Invalid("it is longer than 255 bytes");
  if (!uri.starts_with(kScheme)) return Invalid("it is no SPIFFE URI");
  const std::string_view rest = uri.substr(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return Invalid("it has no path");
  SpiffeId id;
  id.uri = std::string(uri);
  ENLACE_RETURN_IF_ERROR(ParseDomain(rest.substr(0, slash), id));
  ENLACE_RETURN_IF_ERROR(ParsePath(rest.substr(slash + 1), id));
  return id;
}

std::string TrustDomain(std::string_view jurisdiction, std::string_view network) {
  std::string domain(jurisdiction);
  std::transform(domain.begin(), domain.end(), domain.begin(), Lower);
  return domain + "." + std::string(network);
}

void TrustBundles::Add(std::string_view jurisdiction, std::string anchors_pem,
                       std::string crls_pem) {
  bundles_[TrustDomain(jurisdiction, network_)] = {std::move(anchors_pem), std::move(crls_pem)};
}

StatusOr<Identity> TrustBundles::Verify(std::string_view leaf_pem,
                                        std::string_view intermediates_pem, crypto::Purpose purpose,
                                        int64_t now) const {
  const auto info = crypto::ReadCertificate(leaf_pem);
  if (!info.ok()) return Error(Reason::IDENTITY_INVALID, MessageOf(info.status()));
  if (info->uris.size() != 1) {
    return Error(Reason::IDENTITY_INVALID, "the certificate has " +
                                               std::to_string(info->uris.size()) +
                                               " URI names, expected exactly one");
  }
  ENLACE_ASSIGN_OR_RETURN(SpiffeId id, SpiffeId::Parse(info->uris.front()));
  if (id.network != network_) {
    return Error(Reason::IDENTITY_INVALID, "the identity is of another network than " + network_);
  }
  const auto bundle = bundles_.find(id.trust_domain);
  if (bundle == bundles_.end()) {
    return Error(Reason::IDENTITY_UNTRUSTED, "no authority is known for " + id.trust_domain);
  }
#ifdef ENLACE_BREAK_UNION_BUNDLES
  std::string anchors_pem;
  for (const auto& [domain, other] : bundles_) anchors_pem += other.anchors_pem;
#else
  const std::string& anchors_pem = bundle->second.anchors_pem;
#endif
  const Status chain = crypto::VerifyChain(leaf_pem, intermediates_pem, anchors_pem,
                                           bundle->second.crls_pem, purpose, now);
  if (!chain.ok()) {
    return Error(Reason::IDENTITY_UNTRUSTED, id.trust_domain + ": " + MessageOf(chain));
  }
  return Identity{std::move(id), info->spki_fingerprint};
}

}  // namespace enlace::trust
