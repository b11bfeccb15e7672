#include "client/cli/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace enlace::cli {
namespace {

constexpr size_t kNearMax = 2;        // Letters that a word may be off.
constexpr size_t kWordShownMax = 40;  // A longer word is no slip in a command's name.

bool IsOption(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

std::string FlagOf(const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return name == "-o" ? "--output" : name;
}

// The next word is the option's value.
bool TakesNext(const std::string& word) {
  if (word.find('=') != std::string::npos) return false;
  const auto& settings = SettingNames();
  return std::any_of(settings.begin(), settings.end(),
                     [&](const SettingName& setting) { return FlagOf(word) == setting.flag; });
}

// The words that are neither an option nor the value of a global one.
std::vector<std::string> PlainWords(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!IsOption(arguments[i]))
      out.push_back(arguments[i]);
    else if (TakesNext(arguments[i]))
      ++i;
  }
  return out;
}

// Insertions, deletions and exchanges that lead from one word to the other.
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t exchanged = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({exchanged, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string Name(const CommandWords& command) {
  return command.noun.empty() ? command.verb : command.noun + " " + command.verb;
}

const std::string& First(const CommandWords& command) {
  return command.noun.empty() ? command.verb : command.noun;
}

// The one command that is nearest to both words, in this or the other order.
const CommandWords* Nearest(const std::vector<CommandWords>& commands, const std::string& first,
                            const std::string& second) {
  const CommandWords* found = nullptr;
  constexpr size_t kFar = 2 * kNearMax + 1;
  size_t best = kFar;
  bool alone = false;
  for (const CommandWords& command : commands) {
    size_t distance = kFar;
    const auto compare = [&](const std::string& noun, const std::string& verb) {
      const size_t of_noun = Distance(noun, command.noun);
      const size_t of_verb = Distance(verb, command.verb);
      if (of_noun <= kNearMax && of_verb <= kNearMax) {
        distance = std::min(distance, of_noun + of_verb);
      }
    };
    if (command.noun.empty()) {
      if (const size_t own = Distance(first, command.verb); own <= kNearMax) distance = own;
    } else {
      compare(first, second);
      compare(second, first);
    }
    if (distance == kFar || distance > best) continue;
    alone = distance < best;
    best = distance;
    found = &command;
  }
  return alone ? found : nullptr;
}

std::string FirstWords(const std::vector<CommandWords>& commands) {
  std::vector<std::string> words;
  for (const CommandWords& command : commands) {
    if (std::find(words.begin(), words.end(), First(command)) == words.end()) {
      words.push_back(First(command));
    }
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string VerbsOf(const std::vector<CommandWords>& commands, const std::string& noun) {
  std::vector<std::string> verbs;
  for (const CommandWords& command : commands) {
    if (command.noun == noun) verbs.push_back(command.verb);
  }
  return fmt::format("{}", fmt::join(verbs, ", "));
}

std::string Shown(const std::string& word) {
  return word.size() <= kWordShownMax ? fmt::format("\"{}\"", word) : "the word given";
}

Status Usage(std::string message) {
  return Error(Reason::REQUEST_INVALID, "the command line: " + std::move(message));
}

// What is wrong with the words that should name a command.
Status CommandError(const std::vector<CommandWords>& commands, const std::string& first,
                    const std::string& second) {
  const bool known_noun = std::any_of(commands.begin(), commands.end(), [&](const auto& command) {
    return !command.noun.empty() && command.noun == first;
  });
  std::string message;
  if (first.empty()) {
    message = "expected a command: " + FirstWords(commands);
  } else if (!known_noun) {
    message = fmt::format("there is no command {}; expected one of {}", Shown(first),
                          FirstWords(commands));
  } else if (second.empty()) {
    message = fmt::format("expected a word after {}: {}", first, VerbsOf(commands, first));
  } else {
    message = fmt::format("there is no {} after {}; expected one of {}", Shown(second), first,
                          VerbsOf(commands, first));
  }
  if (const CommandWords* near = Nearest(commands, first, second); !first.empty() && near) {
    message += fmt::format("; did you mean `enlace {}`?", Name(*near));
  } else {
    message += known_noun ? fmt::format("; `enlace {} --help` explains them", first)
                          : "; `enlace --help` explains them";
  }
  return Usage(std::move(message));
}

// The parser's words without values and without the words that it did not expect.
std::string WithoutValues(const std::string& fault, const CommandWords& command,
                          const std::vector<std::string>& arguments) {
  constexpr std::string_view kConvert = "Could not convert: ";
  if (fault.rfind(kConvert, 0) == 0) {
    const size_t end = fault.find(" = ", kConvert.size());
    return fault.substr(kConvert.size(), end - kConvert.size()) + ": expected a whole number";
  }
  if (fault.find("expected: ") == std::string::npos) return fault;
  // The unexpected words come after the colon, in any order: options are named.
  const std::string words = " " + fault.substr(fault.find("expected: ") + 9) + " ";
  for (const std::string& argument : arguments) {
    if (IsOption(argument) && words.find(" " + argument + " ") != std::string::npos) {
      return fmt::format("`enlace {}` has no option {}", Name(command),
                         Shown(argument.substr(0, argument.find('='))));
    }
  }
  return fmt::format("`enlace {}` takes no further word without an option before it",
                     Name(command));
}

}  // namespace

std::optional<std::string> RawFlag(const std::vector<std::string>& arguments,
                                   const std::string& flag) {
  std::optional<std::string> out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!IsOption(arguments[i]) || FlagOf(arguments[i]) != flag) continue;
    const size_t equals = arguments[i].find('=');
    if (equals != std::string::npos)
      out = arguments[i].substr(equals + 1);
    else if (i + 1 < arguments.size())
      out = arguments[i + 1];
  }
  return out;
}

Status UsageError(const std::vector<CommandWords>& commands,
                  const std::vector<std::string>& arguments, const std::string& fault) {
  const std::vector<std::string> words = PlainWords(arguments);
  const std::string first = words.empty() ? "" : words[0];
  const std::string second = words.size() < 2 ? "" : words[1];
  for (const CommandWords& command : commands) {
    const bool named = command.noun.empty() ? command.verb == first
                                            : command.noun == first && command.verb == second;
    if (!named) continue;
    return Usage(fmt::format("{}; `enlace {} --help` explains it",
                             WithoutValues(fault, command, arguments), Name(command)));
  }
  return CommandError(commands, first, second);
}

}  // namespace enlace::cli
