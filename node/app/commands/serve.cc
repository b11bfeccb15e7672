#include <csignal>
#include <cstdio>
#include <filesystem>

#include "node/app/commands/commands.h"
#include "node/app/node.h"
#include "node/app/node_keys.h"
#include "node/base/log.h"
#include "node/rpc/server.h"

namespace enlace::app {
namespace {

struct Options {
  std::string config;
  std::string ready_file;
};

LogLevel LevelOf(const std::string& text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "warning") return LogLevel::kWarning;
  if (text == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

// Blocked before any thread is made, so that only sigwait() sees them.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Written when the node takes calls, removed when it stops.
class AddressFiles {
 public:
  AddressFiles(std::string endpoint_file, std::string ready_file)
      : endpoint_file_(std::move(endpoint_file)), ready_file_(std::move(ready_file)) {}
  ~AddressFiles() {
    std::error_code ignored;
    std::filesystem::remove(endpoint_file_, ignored);
    if (!ready_file_.empty()) std::filesystem::remove(ready_file_, ignored);
  }
  Status Write(const std::string& address) const {
    ENLACE_RETURN_IF_ERROR(ReplaceFile(endpoint_file_, address + "\n"));
    return ready_file_.empty() ? absl::OkStatus() : ReplaceFile(ready_file_, address + "\n");
  }

 private:
  const std::string endpoint_file_;
  const std::string ready_file_;
};

int Serve(const Options& options) {
  const sigset_t signals = BlockEndSignals();
  SystemClock clock;
  auto inputs = LoadInputs(options.config, clock);
  if (!inputs.ok()) return Fail(inputs.status());
  SetLogLevel(LevelOf(inputs->config.log_level));
  const std::string jurisdiction = inputs->config.jurisdiction;
  const std::string network = inputs->config.network;
  const DataLayout layout(inputs->config.data_dir);

  auto node = Node::Start(*std::move(inputs), clock);
  if (!node.ok()) return Fail(node.status());
  const AddressFiles files(layout.endpoint_file, options.ready_file);
  const Status written = files.Write((*node)->listen_address());
  if (!written.ok()) return Fail(written);
  const Status ready = (*node)->Readiness();
  std::printf("enlaced: %s in network %s is %s at %s\n", jurisdiction.c_str(), network.c_str(),
              ready.ok() ? "ready" : "up but takes no writes (see the log)",
              (*node)->listen_address().c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&signals, &signal);
  LogInfo("stopping", {{"signal", std::to_string(signal)}});
  const bool drained = (*node)->Stop(rpc::kDrainMs);
  node->reset();  // Frees the store: who reads "stopped" may open it.
  LogInfo("stopped", {{"drained", drained ? "true" : "false"}});
  return 0;
}

}  // namespace

void AddServe(CLI::App& parser, Run& run) {
  CLI::App* command = parser.add_subcommand("serve", "Runs the node until SIGTERM");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "The node's YAML file")->required();
  command->add_option("--ready-file", options->ready_file,
                      "Written with the listening address once calls are taken");
  command->callback([options, &run] { run = [options] { return Serve(*options); }; });
}

}  // namespace enlace::app
