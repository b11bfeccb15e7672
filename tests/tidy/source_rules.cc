#include "tests/tidy/source_rules.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include <fmt/format.h>

namespace enlace::tidy {
namespace {

namespace fs = std::filesystem;
constexpr size_t kColumnsMax = 100;
constexpr size_t kFileBytesMax = 4 << 20;

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Position of `word` as a whole word; npos when it is not there.
size_t FindWord(std::string_view line, std::string_view word, size_t from = 0) {
  for (size_t at = line.find(word, from); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool opens = at == 0 || !IsWordCharacter(line[at - 1]) || !IsWordCharacter(word[0]);
    const bool closes =
        end == line.size() || !IsWordCharacter(line[end]) || !IsWordCharacter(word.back());
    if (opens && closes) return at;
  }
  return std::string_view::npos;
}

// True for a call of a free function: `name(` that is no member access.
bool HasCall(std::string_view line, std::string_view name) {
  for (size_t at = FindWord(line, name); at != std::string_view::npos;
       at = FindWord(line, name, at + 1)) {
    const size_t end = at + name.size();
    const bool called = end < line.size() && line[end] == '(';
    const bool member = at > 0 && (line[at - 1] == '.' || line[at - 1] == '>');
    if (called && !member) return true;
  }
  return false;
}

struct Ban {
  std::string_view what;
  bool call;                              // A free function, or else a word.
  std::vector<std::string_view> where;    // Path prefixes; empty is everywhere.
  std::vector<std::string_view> allowed;  // Path prefixes that may.
  std::string_view instead;
};

const std::vector<Ban>& Bans() {
  static const std::vector<Ban> bans = {
      {"rand", true, {}, {}, "randomness comes from crypto/hash.h, in tests from a printed seed"},
      {"srand", true, {}, {}, "randomness comes from crypto/hash.h, in tests from a printed seed"},
      {"random_device", false, {"node/", "client/"}, {}, "randomness comes from crypto/hash.h"},
      {"mt19937", false, {"node/", "client/"}, {}, "randomness comes from crypto/hash.h"},
      // Invented sample data must be the same on every machine, so it comes from a fixed seed.
      {"mt19937_64",
       false,
       {"node/", "client/"},
       {"client/intake/sample."},
       "randomness comes from crypto/hash.h"},
      {"time", true, {}, {}, "time comes from a Clock"},
      {"gettimeofday", true, {}, {}, "time comes from a Clock"},
      // gRPC takes its deadlines as points of the system clock.
      {"system_clock",
       false,
       {"node/", "client/"},
       {"node/base/clock.", "node/transport/deadline."},
       "time comes from a Clock"},
      {"steady_clock",
       false,
       {"node/", "client/"},
       {"node/base/clock."},
       "time comes from a Clock"},
      {"sleep", true, {}, {}, "wait for an event, or move a ManualClock"},
      {"usleep", true, {}, {}, "wait for an event, or move a ManualClock"},
      {"nanosleep", true, {}, {}, "wait for an event, or move a ManualClock"},
      {"sleep_for",
       false,
       {},
       {"client/lib/", "tests/e2e/"},
       "wait for an event, or move a ManualClock"},
      {"sleep_until", false, {}, {}, "wait for an event, or move a ManualClock"},
      {"system", true, {}, {}, "no shell from a program"},
      {"popen", true, {}, {"tests/e2e/"}, "no shell from a program"},
      {"std::views", false, {}, {}, "clang 14 cannot compile ranges views"},
      {"std::ranges::views", false, {}, {}, "clang 14 cannot compile ranges views"},
      {"std::format", false, {}, {}, "g++ 12 has none; use fmt::format"},
      {"absl::string_view",
       false,
       {},
       {"node/base/error."},
       "only base/error touches absl's string types"},
      {"absl::Mutex", false, {}, {}, "use node/base/mutex.h"},
  };
  return bans;
}

bool AnyPrefix(std::string_view path, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return StartsWith(path, prefix); });
}

// The name inside "..." or <...> of an include line; empty for other lines.
std::string IncludeOf(std::string_view line) {
  size_t at = line.find_first_not_of(' ');
  if (at == std::string_view::npos || line[at] != '#') return "";
  at = line.find("include", at);
  if (at == std::string_view::npos) return "";
  const size_t open = line.find_first_of("\"<", at);
  if (open == std::string_view::npos) return "";
  const size_t close = line.find_first_of("\">", open + 1);
  if (close == std::string_view::npos) return "";
  return std::string(line.substr(open + 1, close - open - 1));
}

std::vector<std::string> Words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

bool IsTextName(const std::string& name) {
  for (const char* suffix : {".cc", ".h", ".inc", ".proto", ".sh", ".py", ".txt", ".md", ".yaml",
                             ".yml", ".json", ".csv", ".key", ".pem", ".crt", ".service"}) {
    if (EndsWith(name, suffix)) return true;
  }
  return name.find('.') == std::string::npos || name == ".gitignore" || name == ".clang-format";
}

}  // namespace

std::string Show(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += fmt::format("\n  {}:{}: {}", finding.path, finding.line, finding.text);
  }
  return out;
}

SourceFile MakeSource(std::string path, std::string_view content) {
  SourceFile file{std::move(path), {}};
  while (!content.empty()) {
    const size_t end = std::min(content.find('\n'), content.size());
    file.lines.emplace_back(content.substr(0, end));
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return file;
}

std::vector<SourceFile> LoadTree(const std::string& root) {
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::end(it); ++it) {
    const std::string name = it->path().filename().string();
    if (it->is_directory()) {
      // build/ is ours; a dot folder belongs to git or to an editor.
      const bool skip = (it.depth() == 0 && name == "build") || name == "__pycache__" ||
                        (name.front() == '.' && name != ".ci");
      if (skip) it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file() || !IsTextName(name) || it->file_size() > kFileBytesMax) continue;
    std::ifstream stream(it->path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream),
                              std::istreambuf_iterator<char>()};
    files.push_back(MakeSource(it->path().lexically_relative(root).string(), content));
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

bool IsCpp(const SourceFile& file) {
  return EndsWith(file.path, ".cc") || EndsWith(file.path, ".h");
}

IncludeRules ParseIncludeRules(const SourceFile& file) {
  IncludeRules rules;
  for (const std::string& line : file.lines) {
    const std::string text = line.substr(0, line.find('#'));
    if (StartsWith(text, "door ")) {
      const size_t equals = text.find('=');
      const std::vector<std::string> modules = Words(text.substr(equals + 1));
      rules.doors.emplace_back(Words(text.substr(5, equals - 5)).at(0),
                               std::set<std::string>(modules.begin(), modules.end()));
    } else if (const size_t colon = text.find(':'); colon != std::string::npos) {
      const std::vector<std::string> modules = Words(text.substr(colon + 1));
      rules.modules[text.substr(0, colon)] = {modules.begin(), modules.end()};
    }
  }
  return rules;
}

std::string ModuleOf(std::string_view path) {
  if (StartsWith(path, "node/")) {
    const size_t end = path.find('/', 5);
    return end == std::string_view::npos ? "" : std::string(path.substr(5, end - 5));
  }
  if (StartsWith(path, "client/")) {
    const size_t end = path.find('/', 7);
    return end == std::string_view::npos ? "" : std::string(path.substr(0, end));
  }
  return "";
}

std::vector<Finding> CheckIncludes(const SourceFile& file, const IncludeRules& rules) {
  std::vector<Finding> findings;
  const std::string module = ModuleOf(file.path);
  if (module.empty() || !IsCpp(file)) return findings;
  const auto row = rules.modules.find(module);
  if (row == rules.modules.end()) {
    return {{file.path, 0, "module " + module + " has no row in tests/tidy/includes.txt"}};
  }
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string include = IncludeOf(file.lines[i]);
    if (include.empty()) continue;
    const std::string target = ModuleOf(include);
    if (!target.empty() && target != module && target != "base" && !row->second.contains(target) &&
        !row->second.contains("*")) {
      findings.push_back({file.path, i + 1, module + " may not include " + target});
    }
    for (const auto& [prefix, modules] : rules.doors) {
      if (StartsWith(include, prefix) && !modules.contains(module)) {
        findings.push_back({file.path, i + 1, module + " is no door to " + prefix});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckCalls(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!IsCpp(file)) return findings;
  const std::vector<std::string> code = CodeOf(file);
  for (const Ban& ban : Bans()) {
    if (!ban.where.empty() && !AnyPrefix(file.path, ban.where)) continue;
    if (AnyPrefix(file.path, ban.allowed)) continue;
    for (size_t i = 0; i < code.size(); ++i) {
      const bool found =
          ban.call ? HasCall(code[i], ban.what) : FindWord(code[i], ban.what) != std::string::npos;
      if (found) {
        findings.push_back({file.path, i + 1, fmt::format("{}: {}", ban.what, ban.instead)});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckText(const SourceFile& file) {
  // In pieces, so that this file does not find itself.
  static const std::vector<std::string> kNever = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X",
      "/wo"
      "rk",
      "/tmp"
      "/wt"};
  std::vector<Finding> findings;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    for (const std::string& word : kNever) {
      const std::string& line = file.lines[i];
      if (FindWord(line, word) != std::string::npos) {
        findings.push_back({file.path, i + 1, "\"" + word + "\" may not stand here"});
      }
    }
  }
  return findings;
}

std::vector<Finding> CheckLineLength(const SourceFile& file) {
  std::vector<Finding> findings;
  if (!IsCpp(file) && !EndsWith(file.path, ".proto") && !EndsWith(file.path, ".sh")) {
    return findings;
  }
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // One for each UTF-8 character.
    });
    if (static_cast<size_t>(columns) > kColumnsMax) {
      findings.push_back({file.path, i + 1, fmt::format("{} columns", columns)});
    }
  }
  return findings;
}

std::vector<Finding> CheckNoPrivateKey(const SourceFile& file) {
  static const std::string kMark = std::string("PRIVATE") + " KEY-----";
  std::vector<Finding> findings;
  if (EndsWith(file.path, ".key") || EndsWith(file.path, ".pem")) {
    findings.push_back({file.path, 0, "keys and certificates are generated, never kept"});
  }
  for (size_t i = 0; i < file.lines.size(); ++i) {
    if (StartsWith(file.lines[i], "-----BEGIN") && file.lines[i].find(kMark) != std::string::npos) {
      findings.push_back({file.path, i + 1, "a private key"});
    }
  }
  return findings;
}

std::set<std::string> EventsOf(const SourceFile& file) {
  std::string text;
  for (const std::string& line : file.lines) text += line + "\n";
  static const std::regex call(R"re(\bLog(Debug|Info|Warning|Error)?\([^";{]*"([a-z_]+)")re");
  std::set<std::string> events;
  for (std::sregex_iterator at(text.begin(), text.end(), call), end; at != end; ++at) {
    events.insert((*at)[2]);
  }
  return events;
}

bool HasWord(const SourceFile& file, std::string_view word) {
  return std::any_of(file.lines.begin(), file.lines.end(), [&](const std::string& line) {
    return FindWord(line, word) != std::string::npos;
  });
}

std::vector<FunctionSize> FunctionsOf(const SourceFile& file) {
  std::vector<FunctionSize> functions;
  if (!IsCpp(file)) return functions;
  const std::vector<std::string> code = CodeOf(file);
  size_t head = 0;  // Where the present statement of column 0 or 2 began.
  for (size_t i = 0; i < code.size(); ++i) {
    const std::string& line = code[i];
    const size_t column = line.find_first_not_of(' ');
    if (column == std::string::npos) continue;
    if (column <= 2) head = i;
    if (!EndsWith(line, "{") || head > i) continue;
    const std::string& first = code[head];
    const size_t start = first.find_first_not_of(' ');
    if (first.find('(') == std::string::npos || start > 2) continue;
    for (const char* word : {"if", "for", "while", "switch", "namespace"}) {
      if (FindWord(first, word) == start) head = code.size();
    }
    if (head == code.size()) continue;
    const std::string close = std::string(start, ' ') + "}";
    size_t end = i + 1;
    while (end < code.size() && !StartsWith(code[end], close)) ++end;
    functions.push_back({file.path, head + 1, end - head + 1});
    i = end;
  }
  return functions;
}

}  // namespace enlace::tidy
