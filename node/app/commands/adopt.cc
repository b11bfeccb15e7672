#include <cstdio>

#include "node/app/commands/commands.h"
#include "node/app/init.h"
#include "node/app/preflight.h"
#include "node/store/recovery.h"

namespace enlace::app {

void AddAdopt(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand(
      "adopt",
      "Accepts the present database as the truth and writes a new anchor for it, after a restore "
      "or the loss of the anchor; what was acknowledged after its state is given up");
  auto path = std::make_shared<std::string>();
  command->add_option("--config", *path, "The node's YAML file")->required();
  command->callback([path, &run] {
    run = [path] {
      SystemClock clock;
      const auto inputs = LoadInputs(*path, clock);
      if (!inputs.ok()) return Fail(inputs.status());
      const auto sequence = store::AdoptDatabase(StoreOptionsOf(inputs->config));
      if (!sequence.ok()) return Fail(sequence.status());
      std::printf("adopted at commit %lu\n", *sequence);
      return 0;
    };
  });
}

}  // namespace enlace::app
