#include "client/cli/program.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "client/cli/error_text.h"
#include "client/cli/usage.h"

namespace enlace::cli {
namespace {

constexpr const char* kDescription =
    "Enlace: case records, official figures, programmes and releases of one node.";

class CliArguments final : public Arguments {
 public:
  explicit CliArguments(CLI::App& app) : app_(app) {}

  void Positional(const std::string& name, std::string& target, const std::string& help,
                  bool required) override {
    app_.add_option(name, target, help)->required(required);
  }
  void Text(const std::string& flag, std::string& target, const std::string& help,
            bool required) override {
    app_.add_option(flag, target, help)->required(required);
  }
  void Texts(const std::string& flag, std::vector<std::string>& target,
             const std::string& help) override {
    // Without a limit CLI11 would also take the words after the value.
    app_.add_option(flag, target, help)->allow_extra_args(false);
  }
  void Number(const std::string& flag, uint32_t& target, const std::string& help) override {
    app_.add_option(flag, target, help);
  }
  void Flag(const std::string& flag, bool& target, const std::string& help) override {
    app_.add_flag(flag, target, help);
  }

 private:
  CLI::App& app_;
};

std::string Footer(const std::array<std::string, 2>& examples) {
  return fmt::format("Examples:\n  {}\n  {}", examples[0], examples[1]);
}

// The options that every command takes, and what was given of them.
class GlobalOptions {
 public:
  void Declare(CLI::App& app) {
    for (const SettingName& name : SettingNames()) {
      std::string flags = name.flag;
      if (flags == "--output") flags = "-o,--output";
      options_[name.flag] = app.add_option(flags, values_[name.flag], name.help);
    }
    app.add_flag("-q,--quiet", quiet, "No notes and no progress on stderr");
    app.add_flag("-y,--yes", yes, "Do not ask before what cannot be undone");
  }
  std::optional<std::string> Given(const std::string& flag) const {
    const auto option = options_.find(flag);
    if (option == options_.end() || option->second->count() == 0) return std::nullopt;
    return values_.at(flag);
  }

  bool quiet = false;
  bool yes = false;

 private:
  std::map<std::string, std::string> values_;
  std::map<std::string, CLI::Option*> options_;
};

// All commands as CLI11 sees them.
class Parser {
 public:
  explicit Parser(const std::vector<CommandEntry>& entries) : app_(kDescription, "enlace") {
    globals_.Declare(app_);
    app_.set_version_flag("--version", "enlace " ENLACE_VERSION);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(Footer(
        {"enlace intake check figures.csv --jurisdiction ARG", "enlace cases list --output json"}));
    for (const CommandEntry& entry : entries) Add(entry);
  }

  CLI::App& app() { return app_; }
  const GlobalOptions& globals() const { return globals_; }
  // The command that was named. REQUIRES: parsing succeeded.
  Command* Chosen() const {
    for (const auto& [command, app] : leaves_) {
      if (app->parsed()) return command;
    }
    return nullptr;
  }

 private:
  void Add(const CommandEntry& entry) {
    CLI::App* parent = &app_;
    if (!entry.noun.empty()) {
      CLI::App*& noun = nouns_[entry.noun];
      if (noun == nullptr) {
        noun = app_.add_subcommand(entry.noun, "Commands on " + entry.noun);
        noun->require_subcommand(1);
        noun->fallthrough();
        noun->footer(Footer(entry.examples));
      }
      parent = noun;
    }
    CLI::App* leaf = parent->add_subcommand(entry.verb, entry.help);
    leaf->fallthrough();
    leaf->footer(Footer(entry.examples));
    CliArguments arguments(*leaf);
    entry.command->Declare(arguments);
    leaves_.emplace_back(entry.command.get(), leaf);
  }

  CLI::App app_;
  GlobalOptions globals_;
  std::map<std::string, CLI::App*> nouns_;
  std::vector<std::pair<Command*, CLI::App*>> leaves_;
};

// Whether errors are wanted as JSON, as far as that can be known of settings with faults.
bool WantsJson(const std::vector<std::string>& arguments, const World& world) {
  const auto output = RawFlag(arguments, "--output");
  if (output) return *output == "json";
  const auto settings =
      ResolveSettings([&](const std::string& flag) { return RawFlag(arguments, flag); },
                      world.environment, world.executable);
  if (settings.ok()) return settings->output == Output::kJson;
  return world.environment("ENLACE_OUTPUT") == "json";
}

std::vector<CommandWords> WordsOf(const std::vector<CommandEntry>& entries) {
  std::vector<CommandWords> out;
  for (const CommandEntry& entry : entries) out.push_back({entry.noun, entry.verb});
  return out;
}

// Nothing when parsing succeeded, else how it ended; help goes to stdout.
std::optional<Status> Parse(Parser& parser, const std::vector<CommandEntry>& entries,
                            const std::vector<std::string>& arguments, World& world) {
  try {
    // As CLI11 wants a vector.
    parser.app().parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    std::ostringstream help;
    std::ostringstream fault;
    // CLI11's own codes from 100 on say nothing to a shell; all of them are usage.
    if (parser.app().exit(error, help, fault) != 0) {
      return UsageError(WordsOf(entries), arguments, error.what());
    }
    world.out << help.str();
    return Status();
  }
}

}  // namespace

int Program::Run(const std::vector<std::string>& arguments, World& world) {
  Parser parser(entries_);
  const auto fail = [&](const Status& status, bool json) {
    world.err << ErrorText(status, json);
    return static_cast<int>(ExitCodeOf(status));
  };
  if (const auto ended = Parse(parser, entries_, arguments, world)) {
    return ended->ok() ? static_cast<int>(kExitOk) : fail(*ended, WantsJson(arguments, world));
  }
  const GlobalOptions& globals = parser.globals();
  auto settings = ResolveSettings([&](const std::string& flag) { return globals.Given(flag); },
                                  world.environment, world.executable);
  if (!settings.ok()) return fail(settings.status(), WantsJson(arguments, world));
  settings->quiet = globals.quiet;
  settings->yes = globals.yes;
  const bool json = settings->output == Output::kJson;
  Context context(world, *std::move(settings));
  context.SayOnInterrupt(
      "interrupted; a change that the node had not yet acknowledged may have been made or not");
  const StatusOr<ExitCode> ended = parser.Chosen()->Run(context);
  if (!ended.ok()) return fail(ended.status(), json);
  world.out << context.printed() << std::flush;
  if (!world.out) {
    fail(Error(Reason::FILE_UNWRITABLE, "the output cannot be written"), json);
    return kExitFailed;
  }
  return *ended;
}

Program MakeProgram() {
  Program program;
  AddCases(program);
  AddCaseChanges(program);
  AddStatistics(program);
  AddIntake(program);
  AddProgrammes(program);
  AddReleases(program);
  AddReports(program);
  AddChannels(program);
  AddNode(program);
  AddCodes(program);
  return program;
}

}  // namespace enlace::cli
