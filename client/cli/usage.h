#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/settings.h"
#include "node/base/error.h"

// What is wrong with a command line, and what would have been right. Pure.
namespace enlace::cli {

// The words of one command; noun is empty for a command of one word.
struct CommandWords {
  std::string noun;
  std::string verb;
};

// The value of `flag` ("--output", or its short form "-o") in a command line that did not
// parse; the last one counts.
std::optional<std::string> RawFlag(const std::vector<std::string>& arguments,
                                   const std::string& flag);

// REQUEST_INVALID for a command line that `fault` (the parser's own words) says is wrong.
// Names a command's word or an option that does not exist, and suggests the nearest command,
// also for reversed words. Values are never named: they may be a case's.
Status UsageError(const std::vector<CommandWords>& commands,
                  const std::vector<std::string>& arguments, const std::string& fault);

}  // namespace enlace::cli
