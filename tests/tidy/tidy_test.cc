// Holds the sources to the rules of the house. Each rule is first tried on a bad example.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "google/protobuf/descriptor.pb.h"
#include "node/base/error.h"
#include "tests/tidy/proto_rules.h"
#include "tests/tidy/source_rules.h"

namespace enlace::tidy {
namespace {

constexpr size_t kFunctionLinesWanted = 50;
constexpr size_t kFileLinesWanted = 300;

const std::vector<SourceFile>& Tree() {
  static const std::vector<SourceFile> tree = LoadTree(ENLACE_SOURCE_DIR);
  return tree;
}

const SourceFile* FindFile(std::string_view path) {
  for (const SourceFile& file : Tree()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

IncludeRules SmallRules() {
  return ParseIncludeRules(MakeSource("includes.txt",
                                      "# a comment\nbase:\nkv: metrics\nstore: kv model\napp: *\n"
                                      "client/cli: client/lib\ndoor rocksdb/ = kv\n"));
}

size_t Includes(const std::string& path, const std::string& line) {
  return CheckIncludes(MakeSource(path, line), SmallRules()).size();
}

size_t Calls(const std::string& path, const std::string& text) {
  return CheckCalls(MakeSource(path, text)).size();
}

TEST(RulesTest, IncludesFollowTheTable) {
  EXPECT_EQ(Includes("node/store/a.cc", "#include \"node/kv/engine.h\""), 0U);
  EXPECT_EQ(Includes("node/store/a.cc", "#include \"node/store/b.h\""), 0U);
  EXPECT_EQ(Includes("node/kv/a.cc", "#include \"node/base/error.h\""), 0U);
  EXPECT_EQ(Includes("node/app/a.cc", "#include \"node/store/b.h\""), 0U);
  EXPECT_EQ(Includes("client/cli/a.cc", "#include \"client/lib/client.h\""), 0U);
  EXPECT_EQ(Includes("node/kv/a.cc", "#include \"node/store/store.h\""), 1U);
  EXPECT_EQ(Includes("node/kv/a.h", "  #  include \"node/store/store.h\""), 1U);
  EXPECT_EQ(Includes("client/cli/a.cc", "#include \"node/store/store.h\""), 1U);
  EXPECT_EQ(Includes("node/store/a.cc", "#include \"client/lib/client.h\""), 1U);
  EXPECT_EQ(Includes("node/surprise/a.cc", "int x;"), 1U);
  EXPECT_EQ(Includes("tests/unit/kv/a_test.cc", "#include \"node/store/store.h\""), 0U);
}

TEST(RulesTest, EachDependencyHasOneDoor) {
  EXPECT_EQ(Includes("node/kv/a.cc", "#include <rocksdb/db.h>"), 0U);
  EXPECT_EQ(Includes("node/store/a.cc", "#include <rocksdb/db.h>"), 1U);
  EXPECT_EQ(Includes("node/store/a.cc", "#include \"rocksdb/db.h\""), 1U);
  EXPECT_EQ(Includes("node/app/a.cc", "#include <rocksdb/db.h>"), 1U);
}

TEST(RulesTest, FindsBannedCalls) {
  EXPECT_EQ(Calls("node/a/a.cc", "int x = std::rand();"), 1U);
  EXPECT_EQ(Calls("node/a/a.cc", "auto t = time(nullptr);"), 1U);
  EXPECT_EQ(Calls("node/a/a.cc", "system(\"ls\");"), 1U);
  EXPECT_EQ(Calls("tests/unit/a/a_test.cc", "sleep(1);"), 1U);
  EXPECT_EQ(Calls("tests/unit/a/a_test.cc", "std::this_thread::sleep_for(1s);"), 1U);
  EXPECT_EQ(Calls("client/lib/a.cc", "std::this_thread::sleep_for(pause);"), 0U);
  EXPECT_EQ(Calls("node/a/a.cc", "std::chrono::system_clock::now();"), 1U);
  EXPECT_EQ(Calls("node/base/clock.cc", "std::chrono::system_clock::now();"), 0U);
  EXPECT_EQ(Calls("node/a/a.cc", "for (int i : v | std::views::reverse) {}"), 1U);
  EXPECT_EQ(Calls("node/a/a.cc", "void F(absl::string_view text);"), 1U);
  EXPECT_EQ(Calls("node/base/error.cc", "void F(absl::string_view text);"), 0U);
  EXPECT_EQ(Calls("node/a/a.cc", "std::mt19937 random(7);"), 1U);
  EXPECT_EQ(Calls("tests/unit/a/a_test.cc", "std::mt19937 random(7);"), 0U);
}

TEST(RulesTest, LooksAtCodeOnly) {
  EXPECT_EQ(Calls("node/a/a.cc", "// time() is banned"), 0U);
  EXPECT_EQ(Calls("node/a/a.cc", "/* one\n time(0)\n*/ int x;"), 0U);
  EXPECT_EQ(Calls("node/a/a.cc", "Log(\"system(1) said \\\" time(0)\");"), 0U);
  EXPECT_EQ(Calls("node/a/a.cc", "auto x = R\"(\n time(0)\n)\"; time(0);"), 1U);
  EXPECT_EQ(Calls("node/a/a.cc", "int x = 1'000; time(0);"), 1U);
  EXPECT_EQ(Calls("node/a/a.cc", "entry.time(); entry->time(); coarse_time(); uptime();"), 0U);
}

TEST(RulesTest, FindsNotesToSelfAndMachinePaths) {
  const auto count = [](const std::string& text) {
    return CheckText(MakeSource("docs/A.md", text)).size();
  };
  EXPECT_EQ(count(std::string("a // TO") + "DO later"), 1U);
  EXPECT_EQ(count(std::string("a # FIX") + "ME"), 1U);
  EXPECT_EQ(count(std::string("see /wo") + "rk/main"), 1U);
  EXPECT_EQ(count(std::string("see /tmp/") + "wt/x"), 1U);
  EXPECT_EQ(count("demo/ARG/workplan and /workplan, mktemp -t x.XXXXXX"), 0U);
}

TEST(RulesTest, MeasuresColumnsNotBytes) {
  const auto count = [](const std::string& text) {
    return CheckLineLength(MakeSource("node/a/a.cc", text)).size();
  };
  EXPECT_EQ(count(std::string(100, 'a')), 0U);
  EXPECT_EQ(count(std::string(101, 'a')), 1U);
  std::string accents;
  for (int i = 0; i < 100; ++i) accents += "\xC3\xA9";
  EXPECT_EQ(count(accents), 0U);
}

TEST(RulesTest, FindsPrivateKeys) {
  const std::string key = std::string("-----BEGIN EC PRIVATE") + " KEY-----\nAAAA\n";
  EXPECT_EQ(CheckNoPrivateKey(MakeSource("deploy/a.txt", key)).size(), 1U);
  EXPECT_EQ(CheckNoPrivateKey(MakeSource("deploy/node.key", "AAAA")).size(), 1U);
  EXPECT_EQ(CheckNoPrivateKey(MakeSource("docs/A.md", "a private key")).size(), 0U);
}

TEST(RulesTest, MeasuresFunctions) {
  const auto functions = FunctionsOf(MakeSource("node/a/a.cc",
                                                "namespace a {\n"
                                                "int F(int x,\n"
                                                "      int y) {\n"
                                                "  if (x) {\n"
                                                "  }\n"
                                                "  return y;\n"
                                                "}\n"
                                                "}  // namespace a\n"));
  ASSERT_EQ(functions.size(), 1U);
  EXPECT_EQ(functions[0].line, 2U);
  EXPECT_EQ(functions[0].lines, 6U);
}

TEST(RulesTest, FindsWholeWordsOnly) {
  const SourceFile file = MakeSource("a", "Reason::CASE_NOT_FOUND, x");
  EXPECT_TRUE(HasWord(file, "CASE_NOT_FOUND"));
  EXPECT_FALSE(HasWord(file, "NOT_FOUND"));
  EXPECT_FALSE(HasWord(file, "CASE_NOT"));
}

TEST(RulesTest, FindsProtosWithoutComments) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("enlace/a/v1/a.proto");
  file.set_package("enlace.a.v1");
  file.add_message_type()->set_name("M");
  file.mutable_message_type(0)->add_field()->set_name("f");
  file.add_service()->set_name("S");
  file.mutable_service(0)->add_method()->set_name("Get");
  file.add_enum_type()->set_name("E");
  file.mutable_enum_type(0)->add_value()->set_name("FIRST");
  EXPECT_EQ(CheckComments(file).size(), 6U);
  auto* location = file.mutable_source_code_info()->add_location();
  location->add_path(google::protobuf::FileDescriptorProto::kMessageTypeFieldNumber);
  location->add_path(0);
  location->set_leading_comments(" Explained.");
  EXPECT_EQ(CheckComments(file).size(), 5U);
  EXPECT_EQ(CheckShape(file).size(), 1U) << "the zero value states something";
  file.set_package("enlace.b.v1");
  EXPECT_EQ(CheckShape(file).size(), 2U);
}

TEST(TidyTest, TheWholeTreeWasRead) {
  EXPECT_GT(Tree().size(), 50U);
  for (const char* path : {"CMakeLists.txt", "node/base/error.h", "tests/run.sh", ".ci/run"}) {
    EXPECT_NE(FindFile(path), nullptr) << path;
  }
}

TEST(TidyTest, ModulesIncludeWhatTheyMay) {
  const SourceFile* table = FindFile("tests/tidy/includes.txt");
  ASSERT_NE(table, nullptr);
  const IncludeRules rules = ParseIncludeRules(*table);
  ASSERT_GT(rules.modules.size(), 15U);
  ASSERT_GT(rules.doors.size(), 10U);
  std::vector<Finding> findings;
  for (const SourceFile& file : Tree()) {
    for (const Finding& finding : CheckIncludes(file, rules)) findings.push_back(finding);
  }
  EXPECT_TRUE(findings.empty()) << Show(findings);
}

TEST(TidyTest, NoBannedCall) {
  for (const SourceFile& file : Tree()) {
    const std::vector<Finding> findings = CheckCalls(file);
    EXPECT_TRUE(findings.empty()) << Show(findings);
  }
}

TEST(TidyTest, NoNoteToSelfAndNoMachinePath) {
  for (const SourceFile& file : Tree()) {
    const std::vector<Finding> findings = CheckText(file);
    EXPECT_TRUE(findings.empty()) << Show(findings);
  }
}

TEST(TidyTest, LinesFitTheScreen) {
  for (const SourceFile& file : Tree()) {
    const std::vector<Finding> findings = CheckLineLength(file);
    EXPECT_TRUE(findings.empty()) << Show(findings);
  }
}

TEST(TidyTest, NoKeyIsKept) {
  for (const SourceFile& file : Tree()) {
    const std::vector<Finding> findings = CheckNoPrivateKey(file);
    EXPECT_TRUE(findings.empty()) << Show(findings);
  }
}

google::protobuf::FileDescriptorSet Protoset() {
  google::protobuf::FileDescriptorSet set;
  std::ifstream stream(ENLACE_PROTOSET, std::ios::binary);
  EXPECT_TRUE(set.ParseFromIstream(&stream)) << ENLACE_PROTOSET;
  return set;
}

TEST(TidyTest, ProtosAreExplainedAndWellShaped) {
  const google::protobuf::FileDescriptorSet set = Protoset();
  size_t seen = 0;
  for (const auto& file : set.file()) {
    if (file.name().rfind("enlace/", 0) != 0) continue;
    ++seen;
    std::vector<Finding> findings = CheckComments(file);
    for (const Finding& finding : CheckShape(file)) findings.push_back(finding);
    EXPECT_TRUE(findings.empty()) << Show(findings);
  }
  EXPECT_GT(seen, 10U);
}

TEST(TidyTest, EveryReasonIsExplained) {
  const SourceFile* manual = FindFile("docs/ERRORS.md");
  ASSERT_NE(manual, nullptr);
  for (const Reason reason : AllReasons()) {
    const std::string start = "| `" + std::string(ReasonName(reason)) + "` | " +
                              std::string(CodeName(ReasonCode(reason))) + " |";
    const auto rows =
        std::count_if(manual->lines.begin(), manual->lines.end(),
                      [&](const std::string& line) { return line.rfind(start, 0) == 0; });
    EXPECT_EQ(rows, 1) << "docs/ERRORS.md needs one row that begins with " << start;
    for (const std::string& line : manual->lines) {
      if (line.rfind(start, 0) != 0) continue;
      // Reason, code, meaning, what to do.
      EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 5) << line;
      EXPECT_TRUE(line.ends_with(". |")) << "no sentence that says what to do: " << line;
    }
  }
}

TEST(RulesTest, FindsTheEventsThatAFileLogs) {
  const SourceFile file = MakeSource("node/a/a.cc",
                                     "void F() {\n"
                                     "  LogInfo(\"one\", {{\"key\", \"value\"}});\n"
                                     "  Log(bad ? LogLevel::kInfo : LogLevel::kError,\n"
                                     "      \"two\", {});\n"
                                     "  SetLogLevel(level);\n"
                                     "  Call(\"three\");\n"
                                     "}\n");
  EXPECT_EQ(EventsOf(file), (std::set<std::string>{"one", "two"}));
}

TEST(TidyTest, EveryLogEventIsExplained) {
  const SourceFile* manual = FindFile("docs/OPERATIONS.md");
  ASSERT_NE(manual, nullptr);
  size_t seen = 0;
  for (const SourceFile& file : Tree()) {
    if (file.path.rfind("node/", 0) != 0 || !IsCpp(file)) continue;
    for (const std::string& event : EventsOf(file)) {
      ++seen;
      const bool explained =
          std::any_of(manual->lines.begin(), manual->lines.end(), [&](const std::string& line) {
            const size_t cell = line.rfind("| `", 0) == 0 ? line.find(" | ") : std::string::npos;
            return cell != std::string::npos &&
                   line.substr(0, cell).find("`" + event + "`") != std::string::npos;
          });
      EXPECT_TRUE(explained) << file.path << " logs " << event
                             << "; docs/OPERATIONS.md needs it in the first cell of a row";
    }
  }
  EXPECT_GT(seen, 20U);
}

TEST(TidyTest, EveryReasonIsExercisedByATest) {
  for (const Reason reason : AllReasons()) {
    const bool used = std::any_of(Tree().begin(), Tree().end(), [&](const SourceFile& file) {
      return IsCpp(file) && file.path.rfind("tests/", 0) == 0 &&
             file.path.rfind("tests/tidy/", 0) != 0 && HasWord(file, ReasonName(reason));
    });
    EXPECT_TRUE(used) << ReasonName(reason) << " stands in no test";
  }
}

// Informs; a size is a reason to look, not a verdict.
TEST(TidyTest, ReportsSizes) {
  size_t code = 0;
  size_t tests = 0;
  for (const SourceFile& file : Tree()) {
    if (!IsCpp(file)) continue;
    (file.path.rfind("tests/", 0) == 0 ? tests : code) += file.lines.size();
    if (file.lines.size() > kFileLinesWanted) {
      std::printf("long file      %4zu lines  %s\n", file.lines.size(), file.path.c_str());
    }
    for (const FunctionSize& function : FunctionsOf(file)) {
      if (function.lines > kFunctionLinesWanted) {
        std::printf("long function  %4zu lines  %s:%zu\n", function.lines, function.path.c_str(),
                    function.line);
      }
    }
  }
  std::printf("C++ lines: %zu product, %zu tests\n", code, tests);
  EXPECT_GT(code, 0U);
}

}  // namespace
}  // namespace enlace::tidy
