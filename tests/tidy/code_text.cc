// Which part of a line is code: comments and the insides of literals are blanked.
#include "tests/tidy/source_rules.h"

namespace enlace::tidy {
namespace {

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Blanks comments and literals of one file; knows raw strings with an empty delimiter
// and block comments over lines.
class Blanker {
 public:
  std::string Line(std::string_view line) {
    std::string out(line);
    for (size_t at = 0; at < line.size(); ++at) at = Step(line, at, out);
    if (state_ == State::kString || state_ == State::kCharacter) state_ = State::kCode;
    return out;
  }

 private:
  enum class State { kCode, kBlock, kString, kCharacter, kRaw };

  // Handles the character at `at`; returns the last position it consumed.
  size_t Step(std::string_view line, size_t at, std::string& out) {
    const std::string_view rest = line.substr(at);
    switch (state_) {
      case State::kCode:
        return Code(line, at, out);
      case State::kBlock:
        out[at] = ' ';
        if (!StartsWith(rest, "*/")) return at;
        out[at + 1] = ' ';
        state_ = State::kCode;
        return at + 1;
      case State::kRaw:
        if (StartsWith(rest, ")\"")) {
          state_ = State::kCode;
          return at + 1;
        }
        out[at] = ' ';
        return at;
      default:
        break;
    }
    const char close = state_ == State::kString ? '"' : '\'';
    if (line[at] == close) {
      state_ = State::kCode;
      return at;
    }
    out[at] = ' ';
    if (line[at] != '\\' || at + 1 == line.size()) return at;
    out[at + 1] = ' ';
    return at + 1;
  }

  size_t Code(std::string_view line, size_t at, std::string& out) {
    const std::string_view rest = line.substr(at);
    if (StartsWith(rest, "//")) {
      for (size_t i = at; i < line.size(); ++i) out[i] = ' ';
      return line.size();
    }
    if (StartsWith(rest, "/*")) {
      state_ = State::kBlock;
      out[at] = ' ';
    } else if (StartsWith(rest, "R\"(")) {
      state_ = State::kRaw;
      return at + 2;
    } else if (line[at] == '"') {
      state_ = State::kString;
    } else if (line[at] == '\'' && (at == 0 || !IsWordCharacter(line[at - 1]))) {
      state_ = State::kCharacter;  // Not the separator of 1'000.
    }
    return at;
  }

  State state_ = State::kCode;
};

}  // namespace

std::vector<std::string> CodeOf(const SourceFile& file) {
  std::vector<std::string> out;
  Blanker blanker;
  for (const std::string& line : file.lines) out.push_back(blanker.Line(line));
  return out;
}

}  // namespace enlace::tidy
