#include <cstdio>

#include "node/app/commands/commands.h"
#include "node/app/preflight.h"

namespace enlace::app {

void AddCheckConfig(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "check-config", "Reads the configuration and every file it names; lists all faults");
  auto path = std::make_shared<std::string>();
  command->add_option("--config", *path, "The node's YAML file")->required();
  command->callback([path, &run] {
    run = [path] {
      SystemClock clock;
      const auto loaded = LoadInputs(*path, clock);
      if (!loaded.ok()) return Fail(loaded.status());
      for (const std::string& warning : Warnings(loaded->config)) {
        std::fprintf(stderr, "enlaced: warning: %s\n", warning.c_str());
      }
      std::printf("%s: no faults\n", path->c_str());
      return 0;
    };
  });
}

}  // namespace enlace::app
