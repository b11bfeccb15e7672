// enlaced: the node of one jurisdiction.
#include <cstdio>
#include <exception>

#include "node/app/commands/commands.h"
#include "node/base/core_files.h"

namespace enlace::app {

int Fail(const Status& status) {
  std::fprintf(stderr, "enlaced: %s: %s\n", std::string(ReasonName(ReasonOf(status))).c_str(),
               MessageOf(status).c_str());
  return 1;
}

int Main(int argc, char** argv) {
  if (const Status forbidden = ForbidCoreFiles(); !forbidden.ok()) return Fail(forbidden);
  CLI::App parser("Enlace: the node of one jurisdiction", "enlaced");
  parser.require_subcommand(1);
  Run run;
  AddInit(parser, run);
  AddServe(parser, run);
  AddCheckConfig(parser, run);
  AddBackup(parser, run);
  AddRestore(parser, run);
  AddVerify(parser, run);
  AddAdopt(parser, run);
  AddVersion(parser, run);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.exit(error) == 0 ? 0 : 2;
  }
  return run();
}

}  // namespace enlace::app

int main(int argc, char** argv) {
  try {
    return enlace::app::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "enlaced: INTERNAL: %s\n", error.what());
    return 1;
  }
}
