// enlace: the command line of an agency, a coordinator, an analyst or an operator.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "client/cli/program.h"
#include "node/base/clock.h"
#include "node/base/core_files.h"

namespace {

// Every command stops wherever it is: what a node has acknowledged is safe there, and an
// import goes on from its state file.
void OnInterrupt(int) { _exit(enlace::cli::kExitInterrupted); }

std::string OwnPath(const char* name) {
  std::error_code failed;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? name : path.string();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, OnInterrupt);
  // A reader that stops reading (`| head`) makes the write fail, not the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (const enlace::Status forbidden = enlace::ForbidCoreFiles(); !forbidden.ok()) {
    std::cerr << "enlace: " << enlace::MessageOf(forbidden) << "\n";
    return EXIT_FAILURE;
  }
  const enlace::SystemClock clock;
  enlace::cli::World world{std::cout,
                           std::cerr,
                           std::cin,
                           ::isatty(STDIN_FILENO) == 1,
                           ::isatty(STDERR_FILENO) == 1,
                           [](const std::string& name) -> std::optional<std::string> {
                             const char* value = std::getenv(name.c_str());
                             if (value == nullptr) return std::nullopt;
                             return value;
                           },
                           OwnPath(argv[0]),
                           enlace::client::Client::Make,
                           clock};
  enlace::cli::Program program = enlace::cli::MakeProgram();
  return program.Run({argv + 1, argv + argc}, world);
}
