// The example file and the manual, made from the option table.
#include <fmt/format.h>

#include "node/config/options.h"

namespace enlace::config {
namespace {

constexpr size_t kWidth = 92;

// Comment lines of at most kWidth characters.
std::string Comment(std::string_view text, std::string_view indent) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += fmt::format("{}#{}\n", indent, line);
    line.clear();
  };
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (indent.size() + line.size() + word.size() + 2 > kWidth) flush();
    line += fmt::format(" {}", word);
    at = end + 1;
  }
  flush();
  return out;
}

std::string Expectation(const OptionInfo& info) {
  if (info.type == OptionType::kInteger) {
    return fmt::format("{} to {} {}", info.min, info.max, info.unit);
  }
  if (info.type == OptionType::kLogLevel) return "debug, info, warning or error";
  return std::string(TypeName(info.type));
}

std::string Default(const OptionInfo& info) {
  if (!info.fallback.has_value()) return "required";
  return info.fallback->empty() ? "none" : std::string(*info.fallback);
}

std::string LastPart(std::string_view path) {
  return std::string(path.substr(path.find_last_of('.') + 1));
}

void AppendOption(std::string& out, const OptionInfo& info, std::string_view indent,
                  std::string_view dash = "") {
  const std::string inner = std::string(indent) + std::string(dash.size(), ' ');
  out += Comment(
      fmt::format("{} ({}; default: {})", info.meaning, Expectation(info), Default(info)), inner);
  out += fmt::format("{}{}{}: {}\n", indent, dash, LastPart(info.path), info.example);
}

template <typename T>
void AppendList(std::string& out, std::string_view name, const std::vector<Option<T>>& options) {
  out += fmt::format("\n{}:\n", name);
  bool first = true;
  for (const Option<T>& option : options) {
    // YAML wants the dash on the first line that is not a comment.
    AppendOption(out, option.info, first ? "  " : "    ", first ? "- " : "");
    first = false;
  }
}

template <typename T>
void AppendRows(std::string& out, const std::vector<Option<T>>& options) {
  for (const Option<T>& option : options) {
    const OptionInfo& info = option.info;
    out += fmt::format("| `{}` | {} | {} | {} |\n", info.path, Expectation(info),
                       info.fallback.has_value() && !info.fallback->empty()
                           ? fmt::format("`{}`", *info.fallback)
                           : Default(info),
                       info.meaning);
  }
}

}  // namespace

std::string ExampleYaml() {
  std::string out =
      "# Every option of a node. Copy it, keep what you need, and try it with\n"
      "# `enlaced check-config --config FILE`. Relative paths start at this file's folder.\n"
      "# This file is made from the option table in node/config/options.cc.\n";
  std::string group;
  for (const Option<NodeConfig>& option : NodeOptions()) {
    const std::string_view path = option.info.path;
    const size_t dot = path.find('.');
    const std::string own(dot == std::string_view::npos ? "" : path.substr(0, dot));
    if (own != group || own.empty()) out += '\n';
    if (own != group && !own.empty()) out += own + ":\n";
    group = own;
    AppendOption(out, option.info, own.empty() ? "" : "  ");
  }
  AppendList(out, "trust", TrustOptions());
  // A peer needs trust of its own.
  out += "  - jurisdiction: OAS\n    bundle_file: /etc/enlace/trust/oas.crt\n";
  AppendList(out, "peers", PeerOptions());
  out += "\n" + Comment(kRosterMeaning, "") + "roster: [ARG, BRA, TTO]\n";
  return out;
}

std::string Manual() {
  std::string out =
      "# Configuration of a node\n\n"
      "One YAML file, given as `--config FILE`. An unknown key is an error, every value is "
      "checked, and all\nfaults are reported together, each with its path: "
      "`enlaced check-config --config FILE`. Relative paths\nstart at the file's folder. "
      "Secrets are only named by path; a key file that group or others may read\nis refused. "
      "`config/node.example.yaml` holds every option.\n\n"
      "Nothing is reloaded while the node runs: restart it after a change.\n\n"
      "| option | expected | default | meaning |\n|---|---|---|---|\n";
  AppendRows(out, NodeOptions());
  AppendRows(out, TrustOptions());
  AppendRows(out, PeerOptions());
  out += fmt::format("| `roster` | list of jurisdictions | none | {} |\n", kRosterMeaning);
  out += fmt::format(
      "\nBesides: `anchor_path` must lie outside `data_dir`; each of trust, peers and roster "
      "takes at most {}\nentries and each jurisdiction once; a peer is never the own "
      "jurisdiction; a socket path has at most\n{} bytes; a front needs both its options, and "
      "`public_endpoint`.\n",
      kJurisdictionsMax, kSocketPathBytesMax);
  out +=
      "\nUp to eight connections of the node's own machine (those that come from the very address "
      "that they\ngo to, such as 127.0.0.1) are counted as `own` in `enlace_connections` and are "
      "beside\n`limits.connections_max`, `limits.uncertified_connections_max` and "
      "`limits.address_connections_max`:\nthe watchdog and the operator get in however full the "
      "node is. Further ones count as all others. So\nthese limits cannot be tried out from the "
      "same machine with fewer than nine connections.\n";
  return out;
}

}  // namespace enlace::config
