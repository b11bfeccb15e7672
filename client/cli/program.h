#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/context.h"

// The program: `enlace <noun> <verb>`. This is the door to CLI11, which only parses.
namespace enlace::cli {

// Declares the words of one command. Targets must live as long as the program.
class Arguments {
 public:
  virtual ~Arguments() = default;
  virtual void Positional(const std::string& name, std::string& target, const std::string& help,
                          bool required = true) = 0;
  virtual void Text(const std::string& flag, std::string& target, const std::string& help,
                    bool required = false) = 0;
  virtual void Texts(const std::string& flag, std::vector<std::string>& target,
                     const std::string& help) = 0;  // May be given several times.
  virtual void Number(const std::string& flag, uint32_t& target, const std::string& help) = 0;
  virtual void Flag(const std::string& flag, bool& target, const std::string& help) = 0;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual void Declare(Arguments& arguments) { static_cast<void>(arguments); }
  // OK with kExitOk or kExitFindings: what was printed goes to stdout.
  virtual StatusOr<ExitCode> Run(Context& context) = 0;
};

struct CommandEntry {
  std::string noun;  // Empty for a command of one word.
  std::string verb;
  std::string help;
  std::array<std::string, 2> examples;
  std::unique_ptr<Command> command;
};

class Program {
 public:
  template <typename T>
  void Add(std::string noun, std::string verb, std::string help,
           std::array<std::string, 2> examples) {
    entries_.push_back({std::move(noun), std::move(verb), std::move(help), std::move(examples),
                        std::make_unique<T>()});
  }

  const std::vector<CommandEntry>& entries() const { return entries_; }

  // Parses `arguments` (without the program's name), runs the command, prints, and returns
  // the exit code. Never throws.
  int Run(const std::vector<std::string>& arguments, World& world);

 private:
  std::vector<CommandEntry> entries_;
};

// Every command there is, each group from its own file.
Program MakeProgram();

void AddCases(Program& program);
void AddCaseChanges(Program& program);
void AddStatistics(Program& program);
void AddIntake(Program& program);
void AddProgrammes(Program& program);
void AddReleases(Program& program);
void AddReports(Program& program);
void AddChannels(Program& program);
void AddNode(Program& program);
void AddCodes(Program& program);

}  // namespace enlace::cli
