#include <cstdio>
#include <optional>

#include "node/app/commands/commands.h"
#include "node/app/init.h"
#include "node/app/preflight.h"
#include "node/base/bytes.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  std::string secretariat_key;
  bool pinned_later = false;
};

// Base64, or nothing when it is pinned later.
StatusOr<std::optional<std::string>> KeyToPin(const Options& options,
                                              const config::NodeConfig& config) {
  if (options.pinned_later) return std::optional<std::string>();
  if (config.jurisdiction != config.secretariat && options.secretariat_key.empty()) {
    return Error(Reason::KEY_INVALID,
                 "no key of " + config.secretariat +
                     ", the secretariat, to pin: ask its operator for it on a second way and give "
                     "it with --secretariat-key, or say --pin-secretariat-later; nothing was made");
  }
  return std::optional<std::string>(options.secretariat_key);
}

int Init(const Options& options) {
  const auto config = config::LoadNodeConfig(options.config, config::Files::kIgnore);
  if (!config.ok()) return Fail(config.status());
  if (const Status known = CheckJurisdictions(*config); !known.ok()) return Fail(known);
  const auto pinned = KeyToPin(options, *config);
  if (!pinned.ok()) return Fail(pinned.status());
  SystemClock clock;
  const auto made = InitNode(*config, *pinned, clock);
  if (!made.ok()) return Fail(made.status());
  if (made->identity.secretariat_key.empty()) {
    std::fprintf(stderr,
                 "enlaced: warning: no key of %s, the secretariat, is pinned; the first `enlaced "
                 "serve` whose configuration names it under peers pins the one it finds there\n",
                 config->secretariat.c_str());
  }
  const std::string key(made->channel_key.begin(), made->channel_key.end());
  std::printf("node of %s in network %s, made in %s\n", config->jurisdiction.c_str(),
              config->network.c_str(), config->data_dir.c_str());
  std::printf("instance: %s\n", made->identity.instance_id.c_str());
  std::printf("channel_key: %s\n", Base64Encode(key).c_str());
  std::printf("secretariat_key: %s\n", made->identity.secretariat_key.empty()
                                           ? "none pinned"
                                           : Base64Encode(made->identity.secretariat_key).c_str());
  std::printf("verifier keys of the channels (C2SP):\n");
  for (const std::string& text : made->verifier_keys) std::printf("  %s\n", text.c_str());
  std::printf(
      "Tell the channel key to the operators of your peers on a second way, "
      "such as by telephone.\n");
  return 0;
}

}  // namespace

void AddInit(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "init", "Makes the data directory with its keys and empty, signed channels");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The node's YAML file")->required();
  CLI::Option* key = command->add_option("--secretariat-key", options->secretariat_key,
                                         "Channel key of the secretariat, base64, to be pinned for "
                                         "good; required but for the secretariat itself");
  command
      ->add_flag("--pin-secretariat-later", options->pinned_later,
                 "Pins no key now; the first `serve` whose peers name the secretariat pins theirs")
      ->excludes(key);
  command->callback([options, &run] { run = [options] { return Init(*options); }; });
}

}  // namespace enlace::app
