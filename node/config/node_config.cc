#include "node/config/node_config.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "node/base/bytes.h"
#include "node/config/options.h"
#include "node/config/yaml.h"

namespace enlace::config {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kWhat = "configuration";

bool IsThreeCapitals(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool IsNetwork(std::string_view text) {
  if (text.empty() || text.size() > 32 || text.front() < 'a' || text.front() > 'z') return false;
  return text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool IsOneLine(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool IsUserName(std::string_view text) {
  if (text.empty() || text.size() > 32 || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool IsPathType(OptionType type) {
  return type == OptionType::kPath || type == OptionType::kSocketPath ||
         type == OptionType::kFile || type == OptionType::kSecretFile ||
         type == OptionType::kFolder;
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == ':' || c == '_';
}

// Empty, or what was expected.
std::string_view FaultOf(const OptionInfo& info, const std::string& value) {
  std::string host;
  uint16_t port = 0;
  switch (info.type) {
    case OptionType::kNetwork:
      return IsNetwork(value) ? "" : "expected 1 to 32 of a-z, 0-9 and -, beginning with a letter";
    case OptionType::kJurisdiction:
      return IsThreeCapitals(value) ? "" : "expected three capital letters, such as ARG";
    case OptionType::kAddress:
      return SplitAddress(value, host, port) ? "" : "expected host:port, port from 0 to 65535";
    case OptionType::kLoopback:
      return SplitAddress(value, host, port) && (host == "127.0.0.1" || host == "::1")
                 ? ""
                 : "expected a loopback address, 127.0.0.1:port or [::1]:port";
    case OptionType::kChannelKey:
      return Base64Decode(value).value_or("").size() == 32 ? "" : "expected base64 of 32 bytes";
    case OptionType::kUser:
      return IsUserName(value) ? "" : "expected the name of a user: 1 to 32 of a-z, 0-9, _ and -";
    case OptionType::kText:
      return value.size() <= kTextBytesMax && IsOneLine(value)
                 ? ""
                 : "expected one line of at most 200 bytes";
    case OptionType::kLogLevel:
      return value == "debug" || value == "info" || value == "warning" || value == "error"
                 ? ""
                 : "expected debug, info, warning or error";
    default:
      return value.empty() ? "expected a path" : "";
  }
}

std::string Below(const std::string& base_dir, const std::string& path) {
  if (base_dir.empty() || path.empty() || path.front() == '/') return path;
  return (fs::path(base_dir) / path).lexically_normal().string();
}

template <typename T>
void ReadOption(MapReader& reader, const Option<T>& option, const std::string& base_dir, T& out) {
  const OptionInfo& info = option.info;
  const std::string key(info.path.substr(info.path.find_last_of('.') + 1));
  if (const auto* number = std::get_if<int64_t T::*>(&option.member)) {
    out.** number = reader.Int(key, info.min, info.max, std::stoll(std::string(*info.fallback)));
    return;
  }
  std::optional<std::string> fallback;
  if (info.fallback.has_value()) fallback = std::string(*info.fallback);
  std::string value = reader.String(key, fallback);
  const bool left_out = value.empty() && reader.Member(key) == nullptr;
  // A required one that is absent was reported by the reader.
  if (!left_out) {
    const std::string_view fault = FaultOf(info, value);
    if (!fault.empty()) reader.Fault(key, fault);
  }
  if (IsPathType(info.type)) value = Below(base_dir, value);
  if (info.type == OptionType::kSocketPath && value.size() > kSocketPathBytesMax) {
    reader.Fault(key, fmt::format("a socket path has at most {} bytes; this one has {}",
                                  kSocketPathBytesMax, value.size()));
  }
  out.*std::get<std::string T::*>(option.member) = std::move(value);
}

template <typename T>
std::vector<T> ReadList(MapReader& root, std::string_view name,
                        const std::vector<Option<T>>& options, const std::string& base_dir,
                        Faults& faults) {
  std::vector<T> out;
  const Yaml* list = root.Member(name);
  if (list != nullptr && list->items().size() > kJurisdictionsMax) {
    root.Fault(name, fmt::format("at most {} entries", kJurisdictionsMax));
    return out;
  }
  std::set<std::string> seen;
  ForEachMap(list, std::string(name), faults, [&](MapReader& reader) {
    T item;
    for (const Option<T>& option : options) ReadOption(reader, option, base_dir, item);
    if (!item.jurisdiction.empty() && !seen.insert(item.jurisdiction).second) {
      reader.Fault("jurisdiction", "stands twice in this list");
    }
    out.push_back(std::move(item));
  });
  return out;
}

std::vector<std::string> ReadRoster(MapReader& root) {
  std::vector<std::string> roster = root.Strings("roster");
  if (roster.size() > kJurisdictionsMax) {
    root.Fault("roster", fmt::format("at most {} entries", kJurisdictionsMax));
  }
  for (const std::string& member : roster) {
    if (!IsThreeCapitals(member)) root.Fault("roster", "expected three capital letters each");
  }
  std::sort(roster.begin(), roster.end());
  if (std::adjacent_find(roster.begin(), roster.end()) != roster.end()) {
    root.Fault("roster", "a jurisdiction stands twice");
  }
  return roster;
}

bool IsInside(const std::string& path, const std::string& folder) {
  const std::string relative = fs::path(path)
                                   .lexically_normal()
                                   .lexically_relative(fs::path(folder).lexically_normal())
                                   .string();
  return !relative.empty() && relative != "." && relative.rfind("..", 0) != 0;
}

// What one option alone cannot show.
void CheckRelations(MapReader& root, const NodeConfig& config) {
  if (!config.data_dir.empty() &&
      (config.anchor_path == config.data_dir || IsInside(config.anchor_path, config.data_dir))) {
    root.Fault("anchor_path", "must lie outside data_dir, or it would be lost with it");
  }
  const auto trusts = [&](const std::string& jurisdiction) {
    return std::any_of(config.trust.begin(), config.trust.end(),
                       [&](const TrustEntry& entry) { return entry.jurisdiction == jurisdiction; });
  };
  if (!config.jurisdiction.empty() && !trusts(config.jurisdiction)) {
    root.Fault("trust", "expected an entry for the own jurisdiction");
  }
  if (config.front_socket.empty() != config.front_user.empty()) {
    root.Fault("front", "expected both socket and user, or neither");
  }
  if (!config.front_socket.empty() && config.public_endpoint.empty()) {
    root.Fault("public_endpoint", "expected the front's address, by which other nodes come");
  }
  for (const PeerEntry& peer : config.peers) {
    if (peer.jurisdiction.empty()) continue;
    if (peer.jurisdiction == config.jurisdiction) {
      root.Fault("peers", "the own jurisdiction is no peer");
    } else if (!trusts(peer.jurisdiction)) {
      root.Fault("peers", "no entry under trust for peer " + peer.jurisdiction);
    }
  }
}

NodeConfig Read(const Yaml& yaml, const std::string& base_dir, Faults& faults) {
  NodeConfig config;
  MapReader root(&yaml, "", faults);
  std::map<std::string, MapReader> groups;
  for (const Option<NodeConfig>& option : NodeOptions()) {
    const size_t dot = option.info.path.find('.');
    if (dot == std::string_view::npos) {
      ReadOption(root, option, base_dir, config);
      continue;
    }
    const std::string group(option.info.path.substr(0, dot));
    auto found = groups.find(group);
    if (found == groups.end()) {
      found = groups.emplace(group, MapReader(root.Member(group), group, faults)).first;
    }
    ReadOption(found->second, option, base_dir, config);
  }
  config.trust = ReadList(root, "trust", TrustOptions(), base_dir, faults);
  config.peers = ReadList(root, "peers", PeerOptions(), base_dir, faults);
  config.roster = ReadRoster(root);
  CheckRelations(root, config);
  for (auto& [name, reader] : groups) reader.Finish();
  root.Finish();
  return config;
}

void CheckFile(const OptionInfo& info, const std::string& path, const std::string& field,
               Faults& faults) {
  if (path.empty()) return;  // Left out, or reported as missing.
  struct stat status {};
  const bool there = stat(path.c_str(), &status) == 0;
  switch (info.type) {
    case OptionType::kFolder:
      if (!there || !S_ISDIR(status.st_mode)) faults.Add(field, 0, "no such folder: " + path);
      break;
    case OptionType::kFile:
    case OptionType::kSecretFile:
      if (!there || !S_ISREG(status.st_mode)) {
        faults.Add(field, 0, "no such file: " + path);
      } else if (info.type == OptionType::kSecretFile && (status.st_mode & 077) != 0) {
        faults.Add(field, 0, "group or others may use this key; chmod 600 " + path);
      }
      break;
    default:
      break;
  }
}

template <typename T>
void CheckFilesOf(const std::vector<Option<T>>& options, const T& values, int index,
                  Faults& faults) {
  for (const Option<T>& option : options) {
    const auto* text = std::get_if<std::string T::*>(&option.member);
    if (text == nullptr) continue;
    std::string field(option.info.path);
    const size_t bracket = field.find("[]");
    if (bracket != std::string::npos) field.insert(bracket + 1, std::to_string(index));
    CheckFile(option.info, values.**text, field, faults);
  }
}

void CheckAllFiles(const NodeConfig& config, Faults& faults) {
  CheckFilesOf(NodeOptions(), config, 0, faults);
  int index = 0;
  for (const TrustEntry& entry : config.trust) {
    CheckFilesOf(TrustOptions(), entry, index++, faults);
  }
}

}  // namespace

bool SplitAddress(std::string_view address, std::string& host, uint16_t& port) {
  const size_t colon = address.find_last_of(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view name = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  const bool bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  if (bracketed) name = name.substr(1, name.size() - 2);
  if (!bracketed && name.find(':') != std::string_view::npos) return false;
  if (!std::all_of(name.begin(), name.end(), IsHostCharacter)) return false;
  if (digits.empty() || digits.size() > 5) return false;
  uint32_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  if (number > 65535) return false;
  host = name;
  port = static_cast<uint16_t>(number);
  return true;
}

StatusOr<NodeConfig> ParseNodeConfig(std::string_view yaml, const std::string& base_dir) {
  ENLACE_ASSIGN_OR_RETURN(const Yaml document, Yaml::Parse(yaml));
  Faults faults;
  NodeConfig config = Read(document, base_dir, faults);
  ENLACE_RETURN_IF_ERROR(faults.ToStatus(Reason::CONFIG_INVALID, kWhat));
  return config;
}

Status CheckFiles(const NodeConfig& config) {
  Faults faults;
  CheckAllFiles(config, faults);
  return faults.ToStatus(Reason::CONFIG_INVALID, kWhat);
}

StatusOr<NodeConfig> LoadNodeConfig(const std::string& path, Files files) {
  ENLACE_ASSIGN_OR_RETURN(const Yaml document, Yaml::LoadFile(path));
  Faults faults;
  NodeConfig config = Read(document, fs::path(path).parent_path().string(), faults);
  if (files == Files::kCheck) CheckAllFiles(config, faults);
  ENLACE_RETURN_IF_ERROR(faults.ToStatus(Reason::CONFIG_INVALID, path));
  return config;
}

StatusOr<CheckedConfig> CheckNodeConfig(const std::string& path) {
  ENLACE_ASSIGN_OR_RETURN(const Yaml document, Yaml::LoadFile(path));
  Faults faults;
  NodeConfig config = Read(document, fs::path(path).parent_path().string(), faults);
  CheckAllFiles(config, faults);
  return CheckedConfig{std::move(config), faults.list()};
}

}  // namespace enlace::config
