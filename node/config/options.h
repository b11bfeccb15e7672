#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "node/config/node_config.h"

// The one table of options. Whoever adds an option adds a row here and nothing else:
// loader, example file and manual follow. Pure.
namespace enlace::config {

enum class OptionType {
  kNetwork,       // Lower-case id of a network.
  kJurisdiction,  // Three capital letters.
  kAddress,       // host:port
  kLoopback,      // The same, of this very machine.
  kPath,          // A path that the node makes.
  kSocketPath,    // As kPath, and short enough for a Unix socket.
  kFile,          // A file that must be there.
  kSecretFile,    // As kFile, closed to group and others.
  kFolder,        // A folder that must be there.
  kChannelKey,    // Base64 of 32 bytes.
  kUser,          // Name of a user of this machine.
  kText,          // One line for people, at most kTextBytesMax.
  kLogLevel,      // debug, info, warning, error.
  kInteger,
};

struct OptionInfo {
  std::string_view path;  // "tls.certificate_file", "peers[].endpoint"
  OptionType type;
  std::optional<std::string_view> fallback;  // Nothing: required. "": may be left out.
  std::string_view unit;                     // Of integers.
  int64_t min = 0;
  int64_t max = 0;
  std::string_view example;  // In config/node.example.yaml.
  std::string_view meaning;
};

// An option of T (NodeConfig itself, or an item of one of its lists).
template <typename T>
struct Option {
  OptionInfo info;
  std::variant<std::string T::*, int64_t T::*> member;
};

const std::vector<Option<NodeConfig>>& NodeOptions();
const std::vector<Option<TrustEntry>>& TrustOptions();  // Items of list "trust".
const std::vector<Option<PeerEntry>>& PeerOptions();    // Items of list "peers".
inline constexpr std::string_view kRosterMeaning =
    "Jurisdictions that a regional report expects; one that has released nothing is shown as "
    "missing. Left out: own jurisdiction and peers, without the secretariat.";

std::string_view TypeName(OptionType type);

// The text of config/node.example.yaml and docs/CONFIG.md.
std::string ExampleYaml();
std::string Manual();

}  // namespace enlace::config
