#include "client/cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "node/codes/registry.h"
#include "node/config/yaml.h"
#include "node/model/names.h"

namespace enlace::cli {
namespace {

constexpr int64_t kTimeoutMsMin = 1;
constexpr int64_t kTimeoutMsMax = 3'600'000;

using Profile = std::map<std::string, std::string>;

Status Wrong(std::string_view setting, std::string_view expected) {
  return Error(Reason::CONFIG_INVALID, fmt::format("{}: expected {}", setting, expected),
               {{"setting", std::string(setting)}});
}

// "1500ms" are milliseconds, "30s" seconds, "2m" minutes. A bare number is none of them: people
// mean seconds by it where programs mean milliseconds.
std::optional<int64_t> ParseDuration(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  int64_t factor = 1;
  if (unit == "s")
    factor = 1000;
  else if (unit == "m")
    factor = 60'000;
  else if (unit != "ms")
    return std::nullopt;
  if (error != std::errc() || value < kTimeoutMsMin || value > kTimeoutMsMax / factor) {
    return std::nullopt;
  }
  return value * factor;
}

StatusOr<Profile> LoadProfile(const std::string& path, bool must_exist) {
  std::error_code ignored;
  if (path.empty() || (!must_exist && !std::filesystem::exists(path, ignored))) return Profile();
  ENLACE_ASSIGN_OR_RETURN(const config::Yaml document, config::Yaml::LoadFile(path));
  config::Faults faults;
  config::MapReader reader(document.kind() == config::Yaml::Kind::kNull ? nullptr : &document, "",
                           faults);
  Profile out;
  for (const SettingName& name : SettingNames()) {
    if (name.key[0] == '\0' || document.Find(name.key) == nullptr) continue;
    out[name.key] = reader.String(name.key);
  }
  reader.Finish();
  ENLACE_RETURN_IF_ERROR(faults.ToStatus(Reason::CONFIG_INVALID, path));
  return out;
}

// The installed folder, or for a developer's build the source tree's.
std::string DefaultConfigDir(const std::string& executable) {
  std::error_code ignored;
  const std::filesystem::path installed =
      std::filesystem::path(executable).parent_path().parent_path() / "share" / "enlace";
  if (std::filesystem::is_directory(installed / "codelists", ignored)) return installed.string();
#ifdef ENLACE_DEFAULT_CONFIG_DIR
  return ENLACE_DEFAULT_CONFIG_DIR;
#else
  return installed.string();
#endif
}

// "ARG" out of "spiffe://arg.demo/node"; empty when it has another form.
std::string JurisdictionOf(std::string_view node_uri) {
  constexpr std::string_view kScheme = "spiffe://";
  if (node_uri.substr(0, kScheme.size()) != kScheme || node_uri.size() < kScheme.size() + 4 ||
      node_uri[kScheme.size() + 3] != '.') {
    return "";
  }
  std::string out(node_uri.substr(kScheme.size(), 3));
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return model::IsJurisdiction(out) ? out : "";
}

Status ReadOutput(const std::string& text, Output& out) {
  if (text == "table")
    out = Output::kTable;
  else if (text == "json")
    out = Output::kJson;
  else if (text == "csv")
    out = Output::kCsv;
  else
    return Wrong("--output", "table, json or csv");
  return absl::OkStatus();
}

}  // namespace

const std::vector<SettingName>& SettingNames() {
  static const std::vector<SettingName> kNames = {
      {"--endpoint", "ENLACE_ENDPOINT", "endpoint", "The node's network listener, host:port"},
      {"--certificate", "ENLACE_CERTIFICATE", "certificate", "Own certificate chain, leaf first"},
      {"--private-key", "ENLACE_PRIVATE_KEY", "private_key", "Private key of the certificate"},
      {"--trust-bundle", "ENLACE_TRUST_BUNDLE", "trust_bundle",
       "Certificates of the authority of the node's jurisdiction"},
      {"--node-uri", "ENLACE_NODE_URI", "node_uri",
       "Identity that the node must prove, such as spiffe://arg.demo/node"},
      {"--admin-socket", "ENLACE_ADMIN_SOCKET", "admin_socket",
       "The node's admin socket (default /run/enlace/admin.sock)"},
      {"--jurisdiction", "ENLACE_JURISDICTION", "jurisdiction",
       "Own jurisdiction, alpha-3 (default: that of --node-uri)"},
      {"--config-dir", "ENLACE_CONFIG_DIR", "config_dir", "Folder with codelists/ and mappings/"},
      {"--output", "ENLACE_OUTPUT", "output", "table, json or csv (default table)"},
      {"--lang", "ENLACE_LANG", "lang", "Language of labels: en, es, fr or pt (default en)"},
      {"--timeout", "ENLACE_TIMEOUT", "timeout",
       "Of one call, with its unit: 500ms, 30s, 2m (default 30s)"},
      {"--profile", "ENLACE_PROFILE", "",
       "File with these settings (default ~/.config/enlace/profile.yaml)"},
  };
  return kNames;
}

StatusOr<Settings> ResolveSettings(const FlagValues& flags, const Environment& environment,
                                   const std::string& executable) {
  const auto outside = [&](const SettingName& name) -> std::optional<std::string> {
    if (const auto flag = flags(name.flag)) return flag;
    if (const auto variable = environment(name.environment); variable && !variable->empty()) {
      return variable;
    }
    return std::nullopt;
  };
  std::optional<std::string> profile_path = outside(SettingNames().back());
  const bool named = profile_path.has_value();
  if (!named) {
    if (const auto home = environment("HOME")) {
      profile_path = *home + "/.config/enlace/profile.yaml";
    }
  }
  ENLACE_ASSIGN_OR_RETURN(const Profile profile, LoadProfile(profile_path.value_or(""), named));
  const auto get = [&](std::string_view flag, std::string fallback) {
    for (const SettingName& name : SettingNames()) {
      if (flag != name.flag) continue;
      if (const auto value = outside(name)) return *value;
      const auto found = profile.find(name.key);
      if (found != profile.end()) return found->second;
    }
    return fallback;
  };
  Settings out;
  out.endpoint = get("--endpoint", "");
  out.certificate = get("--certificate", "");
  out.private_key = get("--private-key", "");
  out.trust_bundle = get("--trust-bundle", "");
  out.node_uri = get("--node-uri", "");
  out.admin_socket = get("--admin-socket", out.admin_socket);
  out.jurisdiction = get("--jurisdiction", JurisdictionOf(out.node_uri));
  out.config_dir = get("--config-dir", DefaultConfigDir(executable));
  out.language = get("--lang", out.language);
  ENLACE_RETURN_IF_ERROR(ReadOutput(get("--output", "table"), out.output));
  if (std::find(std::begin(codes::kLanguages), std::end(codes::kLanguages), out.language) ==
      std::end(codes::kLanguages)) {
    return Wrong("--lang", "en, es, fr or pt");
  }
  const auto timeout = ParseDuration(get("--timeout", "30s"));
  if (!timeout)
    return Wrong("--timeout", "a number with its unit, such as 500ms, 30s or 2m, and at most 60m");
  out.timeout_ms = *timeout;
  if (!out.jurisdiction.empty() && !model::IsJurisdiction(out.jurisdiction)) {
    return Wrong("--jurisdiction", "three capital letters such as ARG");
  }
  return out;
}

StatusOr<client::ClientOptions> NodeConnection(const Settings& settings) {
  client::ClientOptions out;
  out.endpoint = settings.endpoint;
  out.certificate_file = settings.certificate;
  out.private_key_file = settings.private_key;
  out.trust_bundle_file = settings.trust_bundle;
  out.node_uri = settings.node_uri;
  out.timeout_ms = settings.timeout_ms;
  const std::pair<const char*, const std::string*> needed[] = {
      {"--endpoint", &out.endpoint},
      {"--certificate", &out.certificate_file},
      {"--private-key", &out.private_key_file},
      {"--trust-bundle", &out.trust_bundle_file},
      {"--node-uri", &out.node_uri}};
  for (const auto& [flag, value] : needed) {
    if (!value->empty()) continue;
    return Error(Reason::CONFIG_INVALID,
                 fmt::format("{} is not set; give the flag, its environment variable, or the key "
                             "in the profile file",
                             flag),
                 {{"setting", flag}});
  }
  return out;
}

client::ClientOptions AdminConnection(const Settings& settings) {
  client::ClientOptions out;
  out.endpoint = "unix:" + settings.admin_socket;
  out.timeout_ms = settings.timeout_ms;
  return out;
}

}  // namespace enlace::cli
