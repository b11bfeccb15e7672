#include "node/model/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "node/model/observation.h"

namespace enlace::model {
namespace {

constexpr size_t kNetworkIdMax = 32;
constexpr size_t kResourceIdMax = 63;
constexpr size_t kReferenceDigits = 32;
constexpr size_t kNameBytesMax = 256;
constexpr size_t kAudienceMembersMax = 64;
constexpr std::array<std::string_view, 5> kOwnKinds = {"directory", "training", "statistics",
                                                       "workplan", "regional"};
constexpr std::array<std::string_view, 2> kPeerKinds = {"cases", "requests"};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A small letter first, then small letters, digits and hyphens, no hyphen last.
bool IsDashedId(std::string_view text, size_t length_max) {
  return !text.empty() && text.size() <= length_max && IsLower(text.front()) &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return IsLower(c) || IsDigit(c) || c == '-';
         });
}

bool IsReferenceHex(std::string_view text) {
  return text.size() == kReferenceDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f');
         });
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t from = 0;;) {
    const size_t at = text.find(separator, from);
    parts.push_back(text.substr(from, at == std::string_view::npos ? at : at - from));
    if (at == std::string_view::npos) return parts;
    from = at + 1;
  }
}

template <size_t N>
bool Contains(const std::array<std::string_view, N>& kinds, std::string_view kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool IsIdOf(std::string_view collection, std::string_view id) {
  if (collection == "cases" || collection == "releases") return IsReferenceHex(id);
  if (collection == "observations") return ParseFigureKey(id).ok();
  return IsResourceId(id);
}

}  // namespace

bool IsJurisdiction(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool IsNetworkId(std::string_view text) { return IsDashedId(text, kNetworkIdMax); }

bool IsResourceId(std::string_view text) { return IsDashedId(text, kResourceIdMax); }

std::string ResourceName::ToString() const {
  return fmt::format("jurisdictions/{}/{}/{}", jurisdiction, collection, id);
}

StatusOr<ResourceName> ResourceName::Parse(std::string_view text, std::string_view collection) {
  const std::vector<std::string_view> parts =
      text.size() <= kNameBytesMax ? Split(text, '/') : std::vector<std::string_view>();
  if (parts.size() != 4 || parts[0] != "jurisdictions" || !IsJurisdiction(parts[1]) ||
      parts[2] != collection || !IsIdOf(collection, parts[3])) {
    return Error(Reason::NAME_INVALID,
                 fmt::format("expected a name like jurisdictions/ARG/{}/<id>", collection));
  }
  return ResourceName{std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
}

std::string ChannelOrigin::ToString() const {
  std::string text = fmt::format("{}/{}/{}", network, jurisdiction, kind);
  if (!peer.empty()) text += "/" + peer;
  return text;
}

StatusOr<ChannelOrigin> ChannelOrigin::Parse(std::string_view text) {
  const std::vector<std::string_view> parts =
      text.size() <= kNameBytesMax ? Split(text, '/') : std::vector<std::string_view>();
  const bool own = parts.size() == 3 && Contains(kOwnKinds, parts[2]);
  const bool with_peer = parts.size() == 4 && Contains(kPeerKinds, parts[2]) &&
                         IsJurisdiction(parts[3]) && parts[3] != parts[1];
  if (!(own || with_peer) || !IsNetworkId(parts[0]) || !IsJurisdiction(parts[1])) {
    return Error(Reason::NAME_INVALID,
                 "expected a channel like demo/ARG/training or demo/ARG/cases/BRA");
  }
  return ChannelOrigin{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                       with_peer ? std::string(parts[3]) : std::string()};
}

Audience Audience::Network() {
  Audience audience;
  audience.network_ = true;
  return audience;
}

StatusOr<Audience> Audience::Parse(std::string_view text) {
  if (text.empty()) return Nobody();
  if (text == "network") return Network();
  Audience audience;
  // Cheap bound first: more than this cannot be a valid text.
  if (text.size() > kAudienceMembersMax * 4) {
    return Error(Reason::NAME_INVALID,
                 fmt::format("expected an audience of at most {} members", kAudienceMembersMax));
  }
  for (const std::string_view member : Split(text, ',')) {
    if (!IsJurisdiction(member)) {
      return Error(Reason::NAME_INVALID,
                   "expected an audience: empty, network, or alpha-3 codes with commas");
    }
    audience.members_.emplace_back(member);
  }
  std::sort(audience.members_.begin(), audience.members_.end());
  audience.members_.erase(std::unique(audience.members_.begin(), audience.members_.end()),
                          audience.members_.end());
  return audience;
}

std::string Audience::ToString() const {
  return network_ ? "network" : fmt::format("{}", fmt::join(members_, ","));
}

bool Audience::Includes(std::string_view jurisdiction) const {
  if (network_) return IsJurisdiction(jurisdiction);
  return std::find(members_.begin(), members_.end(), jurisdiction) != members_.end();
}

}  // namespace enlace::model
