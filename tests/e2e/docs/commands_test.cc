// The commands that the documents tell people to type are commands of the programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

#include "tests/testing/process.h"

namespace enlace::testing {
namespace {

constexpr const char* kDocuments[] = {
    "README.md",      "docs/OPERATIONS.md", "docs/CONFIG.md",         "docs/CLI.md",
    "docs/ERRORS.md", "docs/INTAKE.md",     "docs/STORAGE_FORMAT.md", "config/node.example.yaml"};

// A command line as a document shows it: the program, the words that name a command, options.
struct Shown {
  std::string program;
  std::vector<std::string> words;
  std::set<std::string> options;
  bool operator<(const Shown& other) const {
    return std::tie(program, words, options) < std::tie(other.program, other.words, other.options);
  }
};

// Words of a command are small letters; a file or a value in its place is none.
bool IsWord(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

// Nothing when the line is no command of ours.
std::optional<Shown> Parse(const std::string& line) {
  std::istringstream stream(line);
  Shown shown;
  stream >> shown.program;
  if (shown.program == "$enlace") shown.program = "enlace";
  const size_t words_max = shown.program == "enlace" ? 2 : 1;
  const bool script = shown.program.ends_with(".sh");
  if (shown.program != "enlace" && shown.program != "enlaced" && !script) return std::nullopt;
  bool words_end = script;
  for (std::string part; stream >> part;) {
    if (part == "#" || part == "|" || part == "&&") break;
    if (part.starts_with("--")) {
      shown.options.insert(part.substr(0, part.find('=')));
      // Before the command's words every option has a value.
      if (shown.words.empty() && !script) stream >> part;
    } else if (!words_end && shown.words.size() < words_max && IsWord(part)) {
      shown.words.push_back(part);
    } else {
      words_end = true;
    }
  }
  return shown;
}

std::string WithoutCommentMarks(const std::string& text) {
  return std::regex_replace(text, std::regex("\n *# ?"), "\n");
}

// What stands in fences, line by line with continuations joined, and between backticks.
std::vector<std::string> CodeOf(std::string text) {
  std::vector<std::string> code;
  static const std::regex fence("```[a-z]*\n([^`]*)```");
  static const std::regex span("`([^`]+)`");
  for (std::smatch found; std::regex_search(text, found, fence);) {
    const std::string block = std::regex_replace(found[1].str(), std::regex("\\\\\n *"), " ");
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line);) code.push_back(line);
    text = found.prefix().str() + found.suffix().str();
  }
  for (std::sregex_iterator at(text.begin(), text.end(), span), end; at != end; ++at) {
    code.push_back((*at)[1]);
  }
  return code;
}

std::map<Shown, std::string> AllShown() {
  std::map<Shown, std::string> all;  // To the document.
  for (const char* document : kDocuments) {
    std::string text = TempDir::Read(std::string(ENLACE_SOURCE_DIR) + "/" + document);
    EXPECT_NE(text, "") << document;
    if (std::string(document).ends_with(".yaml")) text = WithoutCommentMarks(text);
    for (const std::string& line : CodeOf(text)) {
      const auto shown = Parse(line);
      if (shown.has_value()) all.emplace(*shown, std::string(document) + ": " + line);
    }
  }
  return all;
}

class DocumentedCommandsTest : public ::testing::Test {
 protected:
  // What `--help` says after these words.
  std::string Help(const std::string& program, std::vector<std::string> words) {
    words.push_back("--help");
    Process process(std::string(ENLACE_BINARY_DIR) + "/bin/" + program, words,
                    logs_.path(std::to_string(runs_++)));
    EXPECT_EQ(process.Wait(), 0) << process.Output();
    return process.Output();
  }
  // After words that are no command, `--help` explains what there is instead.
  static bool IsHelpOf(const std::string& help, const std::string& program,
                       const std::vector<std::string>& words) {
    std::string usage = "Usage: " + program;
    for (const std::string& word : words) usage += " " + word;
    return help.find(usage + " [") != std::string::npos;
  }

  void ExpectKnown(const Shown& shown, const std::string& where) {
    if (shown.words.empty()) return;  // The program's name alone, or a placeholder.
    const std::string help = Help(shown.program, shown.words);
    EXPECT_TRUE(IsHelpOf(help, shown.program, shown.words)) << where << "\n" << help;
    const std::string all = help + Help(shown.program, {});
    for (const std::string& option : shown.options) {
      EXPECT_TRUE(std::regex_search(all, std::regex(option + "[ ,\n]")))
          << where << "\n  no option " << option;
    }
  }

  static void ExpectScript(const Shown& shown, const std::string& where) {
    const std::string text = TempDir::Read(std::string(ENLACE_SOURCE_DIR) + "/" + shown.program);
    EXPECT_NE(text, "") << where << "\n  no such script";
    for (const std::string& option : shown.options) {
      EXPECT_TRUE(std::regex_search(text, std::regex(option + "[)|]")))
          << where << "\n  no option " << option;
    }
  }

  TempDir logs_;
  int runs_ = 0;
};

TEST(DocumentedCommandsReaderTest, FindsProgramWordsAndOptions) {
  const auto code = CodeOf(
      "See `enlace cases\nlist`.\n```\nenlaced adopt --config a.yaml \\\n  --confirm-sizes x=1\n"
      "$enlace --profile p.yaml cases list --lang es  # comment --none\n```\n");
  ASSERT_EQ(code.size(), 3U);
  const Shown adopt = Parse(code[0]).value();
  EXPECT_EQ(adopt.program, "enlaced");
  EXPECT_EQ(adopt.words, (std::vector<std::string>{"adopt"}));
  EXPECT_EQ(adopt.options, (std::set<std::string>{"--config", "--confirm-sizes"}));
  const Shown list = Parse(code[1]).value();
  EXPECT_EQ(list.words, (std::vector<std::string>{"cases", "list"}));
  EXPECT_EQ(list.options, (std::set<std::string>{"--profile", "--lang"}));
  EXPECT_EQ(Parse(code[2]).value().words, (std::vector<std::string>{"cases", "list"}));
  EXPECT_FALSE(Parse("cmake --preset release").has_value());
  EXPECT_TRUE(Parse("enlace <noun> <verb>").value().words.empty());
}

TEST_F(DocumentedCommandsTest, AWrongCommandIsNoticed) {
  const auto known = [this](const std::string& program, const std::vector<std::string>& words) {
    return IsHelpOf(Help(program, words), program, words);
  };
  EXPECT_TRUE(known("enlace", {"channels", "list"}));
  EXPECT_FALSE(known("enlace", {"channel", "list"}));
  EXPECT_FALSE(known("enlace", {"channels", "lists"}));
  EXPECT_FALSE(known("enlaced", {"restart"}));
}

TEST_F(DocumentedCommandsTest, AreKnownToTheProgramsWithTheirOptions) {
  const auto all = AllShown();
  EXPECT_GT(all.size(), 25U);
  for (const auto& [shown, where] : all) {
    if (shown.program.ends_with(".sh")) {
      ExpectScript(shown, where);
    } else {
      ExpectKnown(shown, where);
    }
  }
}

}  // namespace
}  // namespace enlace::testing
