#include <cstdio>

#include "node/app/commands/commands.h"
#include "node/app/verify.h"

namespace enlace::app {

void AddVerify(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "verify", "Reads everything stored again while the node is stopped, and checks it");
  auto path = std::make_shared<std::string>();
  command->add_option("--config", *path, "The node's YAML file")->required();
  command->callback([path, &run] {
    run = [path] {
      SystemClock clock;
      const auto report = VerifyOffline(*path, clock);
      if (!report.ok()) return Fail(report.status());
      std::printf("rows: %lu\naudit records: %lu\nchannels: %lu\nentries: %lu\npayloads: %lu\n",
                  report->rows, report->audit_records, report->channels, report->entries,
                  report->payloads);
      for (const std::string& finding : report->findings) {
        std::printf("DOES NOT HOLD: %s\n", finding.c_str());
      }
      std::printf(report->findings.empty() ? "all holds\n" : "%lu findings\n",
                  report->findings.size());
      return report->findings.empty() ? 0 : 1;
    };
  });
}

}  // namespace enlace::app
