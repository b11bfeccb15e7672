// enlace: the command line of an agency, a coordinator, an analyst or an operator.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "client/cli/program.h"
#include "node/base/clock.h"
#include "node/base/core_files.h"

namespace {

// What a command has said about an interruption. Two texts: the handler may come while one is
// being written.
struct LastWords {
  std::array<char, 4096> bytes;
  size_t size = 0;
};
std::array<LastWords, 2> last_words;
std::atomic<const LastWords*> said = nullptr;

void SayOnInterrupt(std::string_view text) {
  LastWords& next = last_words[said.load() == &last_words[0] ? 1 : 0];
  next.size = std::min(text.size(), next.bytes.size());
  std::copy_n(text.begin(), next.size, next.bytes.begin());
  said = &next;
}

// Every command stops wherever it is: what a node has acknowledged is safe there, and an
// import goes on from its state file.
void OnInterrupt(int) {
  if (const LastWords* words = said.load(); words != nullptr) {
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, words->bytes.data(), words->size);
  }
  _exit(enlace::cli::kExitInterrupted);
}

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
                           clock,
                           SayOnInterrupt};
  enlace::cli::Program program = enlace::cli::MakeProgram();
  return program.Run({argv + 1, argv + argc}, world);
}
