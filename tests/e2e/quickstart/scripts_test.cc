// What the scripts for operators and measurers say when asked, and when asked wrongly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/process.h"

namespace enlace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kScripts[] = {"deploy/quickstart.sh",
                                    "deploy/install-deps.sh",
                                    "deploy/pki/make-ca.sh",
                                    "deploy/pki/issue.sh",
                                    "deploy/haproxy/make-config.sh",
                                    "bench/compare.sh",
                                    "bench/growth.sh",
                                    "tests/run.sh"};

class ScriptsTest : public ::testing::Test {
 protected:
  // Exit code of a line of the shell, run in the source tree; `output_` is what it printed.
  int Shell(const std::string& line) {
    Process process("/bin/bash", {"-c", "cd '" ENLACE_SOURCE_DIR "' && " + line},
                    dir_.path("output"));
    const int code = process.Wait();
    output_ = process.Output();
    return code;
  }

  TempDir dir_;
  std::string output_;
};

TEST_F(ScriptsTest, HelpIsNoErrorAndGoesToStandardOutput) {
  for (const std::string script : kScripts) {
    EXPECT_EQ(Shell(script + " --help 2> /dev/null"), 0) << script;
    EXPECT_THAT(output_, HasSubstr("Usage: " + script)) << script;
    EXPECT_THAT(output_, Not(HasSubstr("set -"))) << script;
    EXPECT_EQ(Shell(script + " --help > /dev/null"), 0) << script;
    EXPECT_EQ(output_, "") << script;
  }
}

TEST_F(ScriptsTest, AnUnknownOptionIsNamedOnStandardError) {
  for (const std::string script : kScripts) {
    const std::string name = script.substr(script.rfind('/') + 1);
    EXPECT_EQ(Shell(script + " --unheard-of 1 > /dev/null"), 2) << script;
    EXPECT_EQ(output_, name + ": unknown option --unheard-of; see --help\n");
  }
}

TEST_F(ScriptsTest, AShortComparisonHasRatiosAndNoVerdicts) {
  const std::string figures = dir_.Write("figures",
                                         "put-1\trate\tenlace\t100\n"
                                         "put-1\trate\tpostgresql\t50\n"
                                         "disk\tbytes_per_record\tenlace\t170\n");
  const std::string awk = "awk -F '\\t' -v duck=no -f bench/ratios.awk -v short=";
  ASSERT_EQ(Shell(awk + "1 '" + figures + "'"), 0);
  EXPECT_THAT(output_, StartsWith("These figures compare nothing"));
  EXPECT_THAT(output_, HasSubstr("| 2 | >= 0.75 |  |"));
  EXPECT_THAT(output_, Not(HasSubstr("PASS")));
  EXPECT_THAT(output_, Not(HasSubstr("below")));
  ASSERT_EQ(Shell(awk + " '" + figures + "'"), 0);
  EXPECT_THAT(output_, HasSubstr("| PASS |"));
  EXPECT_THAT(output_, HasSubstr("| below |"));
  EXPECT_THAT(output_, Not(HasSubstr("compare nothing")));
}

}  // namespace
}  // namespace enlace::testing
