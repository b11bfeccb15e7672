#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "node/base/error.h"

// Where the program connects to and how it answers. Each setting comes from the first of
// flag, environment, profile file, default that has it.
namespace enlace::cli {

enum class Output { kTable, kJson, kCsv };

struct Settings {
  std::string endpoint;
  std::string certificate;
  std::string private_key;
  std::string trust_bundle;
  std::string node_uri;
  std::string admin_socket = "/run/enlace/admin.sock";
  std::string jurisdiction;  // Alpha-3; else taken from node_uri.
  std::string config_dir;    // Holds codelists/ and mappings/.
  Output output = Output::kTable;
  std::string language = "en";
  int64_t timeout_ms = 30'000;
  bool quiet = false;
  bool yes = false;
};

// One setting's names; the table drives flags, environment, profile and docs/CLI.md.
struct SettingName {
  const char* flag;         // "--endpoint"
  const char* environment;  // "ENLACE_ENDPOINT"; "" for none.
  const char* key;          // In the profile; "" for none.
  const char* help;
};
const std::vector<SettingName>& SettingNames();

// Values of flags by flag name; absent ones were not given.
using FlagValues = std::function<std::optional<std::string>(const std::string& flag)>;
// Values of environment variables.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// CONFIG_INVALID (with the name of the setting), FILE_UNREADABLE. `executable` is the
// program's own path, next to which the installed configuration is looked for.
StatusOr<Settings> ResolveSettings(const FlagValues& flags, const Environment& environment,
                                   const std::string& executable);

// The connection to the network listener; CONFIG_INVALID names what is missing.
StatusOr<client::ClientOptions> NodeConnection(const Settings& settings);
// The connection to the admin socket.
client::ClientOptions AdminConnection(const Settings& settings);

}  // namespace enlace::cli
