#include <cstdio>

#include "node/app/commands/commands.h"
#include "node/app/init.h"
#include "node/base/bytes.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  std::string secretariat_key;
};

int Init(const Options& options) {
  const auto config = config::LoadNodeConfig(options.config, config::Files::kIgnore);
  if (!config.ok()) return Fail(config.status());
  SystemClock clock;
  const auto made = InitNode(*config, options.secretariat_key, clock);
  if (!made.ok()) return Fail(made.status());
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
  command->add_option("--secretariat-key", options->secretariat_key,
                      "Channel key of the secretariat, base64, to be pinned for good");
  command->callback([options, &run] { run = [options] { return Init(*options); }; });
}

}  // namespace enlace::app
