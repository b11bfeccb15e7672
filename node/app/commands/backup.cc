#include "node/app/backup.h"

#include <cstdio>
#include <filesystem>

#include "node/app/commands/commands.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  BackupOrder order;
};

int Backup(const Options& options) {
  SystemClock clock;
  BackupOrder order = options.order;
  // The node has a working folder of its own.
  std::error_code code;
  const auto absolute = std::filesystem::absolute(order.folder, code);
  if (!code) order.folder = absolute.lexically_normal().string();
  while (order.folder.size() > 1 && order.folder.back() == '/') order.folder.pop_back();
  const auto made = BackUpNode(options.config, order, clock);
  if (!made.ok()) return Fail(made.status());
  std::printf("backup in %s, made by %s\n", order.folder.c_str(),
              made->online ? "the running node" : "this command, since the node is stopped");
  std::printf("commit: %lu\nrows: %lu\nchannels: %lu\nfiles: %lu\nbytes: %lu\n",
              made->commit_sequence, made->rows, made->channels, made->files, made->bytes);
  std::printf(order.with_keys
                  ? "It holds the keys that sign this node's channels: keep it as safely as the "
                    "node.\n"
                  : "It does not hold the keys (keys/ in the data directory): keep a copy of them "
                    "apart, without them it cannot be restored.\n");
  return 0;
}

}  // namespace

void AddBackup(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "backup",
      "Copies all rows, as they are at one moment, into a new folder with a signed manifest; asks "
      "the node when it runs, whose writes go on meanwhile, and opens the store when it does not");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The node's YAML file")->required();
  command
      ->add_option("--to", options->order.folder,
                   "The folder to make, where the node's user may write; it must not exist")
      ->required();
  command->add_flag("--with-keys", options->order.with_keys,
                    "Puts the keys that sign the channels into the backup too");
  command->callback([options, &run] { run = [options] { return Backup(*options); }; });
}

}  // namespace enlace::app
