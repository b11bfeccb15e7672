#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"

// The node's configuration as plain values. One option table (options.h) drives the
// loader, config/node.example.yaml and docs/CONFIG.md; a test keeps the three equal.
namespace enlace::config {

inline constexpr size_t kJurisdictionsMax = 100;  // Of trust, peers and roster, each.
inline constexpr size_t kTextBytesMax = 200;
inline constexpr size_t kSocketPathBytesMax = 107;  // What the system takes for a socket.

// Whose certificates are believed, and by which anchors.
struct TrustEntry {
  std::string jurisdiction;
  std::string bundle_file;
  std::string crl_file;  // Empty for none.
};

// A node whose channels this one mirrors.
struct PeerEntry {
  std::string jurisdiction;
  std::string endpoint;     // host:port
  std::string channel_key;  // Base64 of its 32-byte Ed25519 key, as `enlaced init` prints it.
};

// All paths are absolute or relative to the working directory once loaded from a file.
struct NodeConfig {
  std::string network;
  std::string jurisdiction;
  std::string data_dir;
  std::string anchor_path;
  int64_t low_water_mib = 0;
  int64_t reserve_mib = 0;
  int64_t cache_mib = 0;
  std::string listen;
  std::string public_endpoint;  // Empty: the address of `listen`.
  std::string institution_en;   // Names for the node's card; empty is missing.
  std::string institution_es;
  std::string institution_fr;
  std::string institution_pt;
  std::string admin_socket;
  std::string front_socket;  // Empty for none; then front_user is empty too.
  std::string front_user;
  std::string certificate_file;
  std::string private_key_file;
  std::vector<TrustEntry> trust;
  std::vector<PeerEntry> peers;
  std::string secretariat;
  std::vector<std::string> roster;
  std::string codelists_dir;
  std::string policy_file;
  int64_t release_threshold = 0;
  int64_t pull_interval_ms = 0;
  int64_t workers = 0;
  int64_t waiting_calls_max = 0;
  int64_t connections_max = 0;
  int64_t uncertified_connections_max = 0;
  int64_t address_connections_max = 0;
  int64_t identity_streams_max = 0;
  int64_t streams_max = 0;
  int64_t watchdog_interval_ms = 0;
  std::string metrics_listen;  // Empty for none.
  std::string log_level;
};

// Reads and checks values; touches no file. Relative paths are put below `base_dir`
// (unless it is empty). CONFIG_INVALID lists all faults, each with its path.
StatusOr<NodeConfig> ParseNodeConfig(std::string_view yaml, const std::string& base_dir);

// Checks that every named input file is there and that key files are closed to group and
// others. CONFIG_INVALID lists all faults.
Status CheckFiles(const NodeConfig& config);

// `init` runs before certificates are there.
enum class Files { kCheck, kIgnore };
// Both of the above for a file, all faults in one status. FILE_UNREADABLE when the file
// itself cannot be read.
StatusOr<NodeConfig> LoadNodeConfig(const std::string& path, Files files = Files::kCheck);

// A file as far as it could be read, and every fault of it and of the files it names.
struct CheckedConfig {
  NodeConfig config;
  std::vector<FieldViolation> faults;
};
// FILE_UNREADABLE; CONFIG_INVALID when the text is not YAML at all.
StatusOr<CheckedConfig> CheckNodeConfig(const std::string& path);

// "host:port" or "[v6]:port" taken apart; false for anything else. Port 0 is accepted.
bool SplitAddress(std::string_view address, std::string& host, uint16_t& port);

}  // namespace enlace::config
