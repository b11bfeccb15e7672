#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"

// Identifiers and resource names: parsed at the edge, so that the inside never re-checks.
namespace enlace::model {

// ISO 3166 alpha-3 or "OAS": three capital letters.
bool IsJurisdiction(std::string_view text);
// ^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$, such as "demo" or "oas-tip".
bool IsNetworkId(std::string_view text);
// ^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$, for ids chosen by users.
bool IsResourceId(std::string_view text);

// jurisdictions/ARG/cases/<32 hex>, .../releases/<32 hex>, .../programmes/<id>,
// .../observations/<key>.
struct ResourceName {
  std::string jurisdiction;
  std::string collection;
  std::string id;

  std::string ToString() const;
  // NAME_INVALID unless the text has this form with this collection.
  static StatusOr<ResourceName> Parse(std::string_view text, std::string_view collection);
};

// demo/ARG/training, demo/ARG/cases/BRA.
struct ChannelOrigin {
  std::string network;
  std::string jurisdiction;
  std::string kind;  // directory, training, statistics, workplan, cases, requests, regional.
  std::string peer;  // Only for cases and requests.

  std::string ToString() const;
  static StatusOr<ChannelOrigin> Parse(std::string_view text);
  bool operator==(const ChannelOrigin&) const = default;
};

// Who may have a payload: nobody, the network, or named jurisdictions.
class Audience {
 public:
  static Audience Nobody() { return Audience(); }
  static Audience Network();
  // Accepts "", "network" and alpha-3 codes separated by commas in any order.
  static StatusOr<Audience> Parse(std::string_view text);
  // Canonical: sorted, each once.
  std::string ToString() const;
  bool Includes(std::string_view jurisdiction) const;

 private:
  bool network_ = false;
  std::vector<std::string> members_;
};

}  // namespace enlace::model
