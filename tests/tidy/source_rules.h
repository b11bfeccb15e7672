#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Rules about source files as pure functions, so that each is tested on a bad example.
namespace enlace::tidy {

struct SourceFile {
  std::string path;  // From the repository root.
  std::vector<std::string> lines;
};

struct Finding {
  std::string path;
  size_t line = 0;  // From 1; 0 when the whole file is meant.
  std::string text;
  bool operator==(const Finding&) const = default;
};
std::string Show(const std::vector<Finding>& findings);

SourceFile MakeSource(std::string path, std::string_view content);
// All text files of the repository, without build/ and dot folders other than .ci.
std::vector<SourceFile> LoadTree(const std::string& root);

bool IsCpp(const SourceFile& file);
// The lines with comments and the insides of literals blanked, columns kept.
std::vector<std::string> CodeOf(const SourceFile& file);

// tests/tidy/includes.txt.
struct IncludeRules {
  std::map<std::string, std::set<std::string>> modules;              // "*" allows all.
  std::vector<std::pair<std::string, std::set<std::string>>> doors;  // Prefix, modules.
};
IncludeRules ParseIncludeRules(const SourceFile& file);
// "store" for node/store/x.h, "client/lib" for client/lib/x.h, "" for anything else.
std::string ModuleOf(std::string_view path);

std::vector<Finding> CheckIncludes(const SourceFile& file, const IncludeRules& rules);
std::vector<Finding> CheckCalls(const SourceFile& file);
std::vector<Finding> CheckText(const SourceFile& file);
std::vector<Finding> CheckLineLength(const SourceFile& file);
std::vector<Finding> CheckNoPrivateKey(const SourceFile& file);

// The names of the events that the file logs, Log...("name", ...).
std::set<std::string> EventsOf(const SourceFile& file);

// True when the word stands in the file between characters that are no part of a word.
bool HasWord(const SourceFile& file, std::string_view word);

struct FunctionSize {
  std::string path;
  size_t line = 0;
  size_t lines = 0;
};
// Functions by clang-format's shape: a head that ends in "{" and the next "}" of its column.
std::vector<FunctionSize> FunctionsOf(const SourceFile& file);

}  // namespace enlace::tidy
