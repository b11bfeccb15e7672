#include <cstdio>
#include <optional>
#include <string>

#include "node/app/backup.h"
#include "node/app/commands/commands.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  std::string from;
};

int Restore(const Options& options) {
  SystemClock clock;
  const auto report = RestoreNode(options.config, options.from, clock);
  if (!report.ok()) return Fail(report.status());
  std::printf("restored commit %lu of the backup of %s\n", report->restored.commit_sequence,
              FormatTime(report->manifest.time_ms).c_str());
  PrintCounts(report->contents);
  PrintFindings(report->contents);
  const std::optional<uint64_t>& given_up = report->restored.commits_given_up;
  if (given_up != 0U) {
    std::printf(
        "What was acknowledged after the backup is given up (%s): have agencies deliver again "
        "what they hold receipts for, and repeat the erasures made since then\n",
        given_up.has_value() ? (std::to_string(*given_up) + " commits").c_str()
                             : "no anchor told how much that is");
  }
  PrintSigningClosed(report->restored.own_sizes, options.config);
  return 0;
}

}  // namespace

void AddRestore(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "restore",
      "Makes the data directory out of a backup, which is checked byte by byte and only read; what "
      "was acknowledged after it is given up, and the node's channels are not signed until it is "
      "confirmed that no peer holds more of them");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The node's YAML file")->required();
  command->add_option("--from", options->from, "The folder that `backup` made")->required();
  command->callback([options, &run] { run = [options] { return Restore(*options); }; });
}

}  // namespace enlace::app
