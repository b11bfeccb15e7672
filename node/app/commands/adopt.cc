#include <algorithm>
#include <charconv>
#include <cstdio>

#include <fmt/format.h>

#include "node/app/commands/commands.h"
#include "node/app/init.h"
#include "node/app/preflight.h"
#include "node/store/adopt.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  std::vector<std::string> sizes;  // "demo/ARG/training=12"
};

// REQUEST_INVALID for a text that is not CHANNEL=SIZE.
StatusOr<store::ChannelSizes> ParseSizes(const std::vector<std::string>& texts) {
  store::ChannelSizes sizes;
  for (const std::string& text : texts) {
    const size_t equals = std::min(text.find('='), text.size());
    const char* const end = text.data() + text.size();
    const char* const begin = std::min(text.data() + equals + 1, end);
    uint64_t size = 0;
    const auto parsed = std::from_chars(begin, end, size);
    const bool fits = parsed.ec == std::errc() && parsed.ptr == end;
    if (!fits || !sizes.emplace(text.substr(0, equals), size).second) {
      return Error(
          Reason::REQUEST_INVALID,
          fmt::format("expected each channel once, as in demo/ARG/training=12, found {}", text));
    }
  }
  return sizes;
}

Status CheckIsOurs(const store::Reader& reader, const config::NodeConfig& config) {
  ENLACE_ASSIGN_OR_RETURN(const NodeIdentity identity, LoadIdentity(reader));
  return CheckIdentity(identity, config);
}

int Adopt(const Options& options, const config::NodeConfig& config) {
  const auto adopted = store::AdoptDatabase(
      StoreOptionsOf(config),
      [&config](const store::Reader& reader) { return CheckIsOurs(reader, config); });
  if (!adopted.ok()) return Fail(adopted.status());
  std::printf("adopted at commit %lu\n", adopted->commit_sequence);
  if (!adopted->evidence.empty()) {
    std::printf(
        "the database as it was is kept in %s, with whatever this one lacks of it; it "
        "holds rows: remove it once looked at\n",
        adopted->evidence.c_str());
  }
  if (!adopted->signing_closed) return 0;
  PrintSigningClosed(adopted->own_sizes, options.config);
  return 0;
}

int Confirm(const Options& options, const config::NodeConfig& config, Clock& clock) {
  const auto sizes = ParseSizes(options.sizes);
  if (!sizes.ok()) return Fail(sizes.status());
  const auto store = store::Store::Open(StoreOptionsOf(config), clock);
  if (!store.ok()) return Fail(store.status());
  const Status ours = CheckIsOurs(*(*store)->Read(), config);
  if (!ours.ok()) return Fail(ours);
  const Status confirmed = store::ConfirmChannelSizes(**store, *sizes);
  if (!confirmed.ok()) return Fail(confirmed);
  std::printf("the node signs its channels\n");
  return 0;
}

}  // namespace

void PrintSigningClosed(const store::ChannelSizes& own_sizes, const std::string& config_path) {
  std::printf(
      "The node signs no entry of its channels until it is confirmed that no peer holds more of "
      "them than this database:\n");
  std::string example;
  for (const auto& [origin, size] : own_sizes) {
    std::printf("  %s: %lu entries here\n", origin.c_str(), size);
    example += (example.empty() ? "" : ",") + origin + "=SIZE";
  }
  std::printf(
      "Start the node: it asks its peers, and signs again once all have answered and none holds "
      "more. Where that cannot be, ask their operators, and tell the largest number of each:\n"
      "  enlaced adopt --config %s --confirm-sizes %s\n",
      config_path.c_str(), example.c_str());
}

void AddAdopt(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "adopt",
      "Accepts the present database as the truth and writes a new anchor for it, after an old copy "
      "was put in place or the anchor was lost; what was acknowledged after its state is given up, "
      "and the "
      "node's channels are not signed until --confirm-sizes");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The node's YAML file")->required();
  command
      ->add_option("--confirm-sizes", options->sizes,
                   "After adopting: the largest size of each own channel that any peer holds, as "
                   "CHANNEL=SIZE,...; opens signing if this node holds no less")
      ->delimiter(',');
  command->callback([options, &run] {
    run = [options] {
      SystemClock clock;
      const auto inputs = LoadInputs(options->config, clock);
      if (!inputs.ok()) return Fail(inputs.status());
      return options->sizes.empty() ? Adopt(*options, inputs->config)
                                    : Confirm(*options, inputs->config, clock);
    };
  });
}

}  // namespace enlace::app
