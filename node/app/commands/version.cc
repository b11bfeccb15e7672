#include <cstdio>

#include "node/app/commands/commands.h"
#include "node/app/version.h"

namespace enlace::app {

void AddVersion(CLI::App& parser, Run& run) {
  parser.add_subcommand("version", "Prints the version")->callback([&run] {
    run = [] {
      std::printf("enlaced %s\n", kVersion);
      return 0;
    };
  });
}

}  // namespace enlace::app
