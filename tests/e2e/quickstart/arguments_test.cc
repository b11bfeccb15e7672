// Wrong arguments of the quickstart are told at once, and touch nothing that is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/process.h"

namespace enlace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCases[] = "yearOfRegistration,CountryOfExploitation\n2018,US\n";
constexpr char kFigures[] = "Iso3_code,Country,Year\nARG,Argentina,2018\n";

class QuickstartTest : public ::testing::Test {
 protected:
  // Exit code; `output_` is what it printed.
  int Run(std::vector<std::string> arguments) {
    for (const char* more : {"--bin", ENLACE_BINARY_DIR "/bin", "--dir"}) {
      arguments.emplace_back(more);
    }
    arguments.push_back(dir_.path("network"));
    Process process(ENLACE_SOURCE_DIR "/deploy/quickstart.sh", arguments, dir_.path("output"));
    const int code = process.Wait();
    output_ = process.Output();
    return code;
  }

  TempDir dir_;
  std::string output_;
};

TEST_F(QuickstartTest, FilesInEachOthersPlaceAreRecognised) {
  const std::string cases = dir_.Write("cases.csv", kCases);
  const std::string figures = dir_.Write("figures.csv", kFigures);
  EXPECT_EQ(Run({"--cases", figures, "--statistics", cases}), 1);
  EXPECT_THAT(output_, HasSubstr("holds official figures, by its header; give it with --stat"));
  EXPECT_EQ(Run({"--statistics", cases}), 1);
  EXPECT_THAT(output_, HasSubstr("holds case records, by its header; give it with --cases"));
  EXPECT_FALSE(std::filesystem::exists(dir_.path("network")));
}

TEST_F(QuickstartTest, AFileOfNoKnownFormatIsRefused) {
  EXPECT_EQ(Run({"--cases", dir_.Write("other.csv", "a,b\n1,2\n")}), 1);
  EXPECT_THAT(output_, HasSubstr("no known format"));
  EXPECT_EQ(Run({"--cases", dir_.path("none.csv")}), 1);
  EXPECT_THAT(output_, HasSubstr("cannot read"));
}

TEST_F(QuickstartTest, RelativePathsStartAtTheFolderOfTheCaller) {
  dir_.Write("cases.csv", kCases);
  dir_.Write("figures.csv", kFigures);
  const auto run = [&](const std::string& arguments) {
    const std::string line =
        "cd '" + dir_.path("") +
        "' && '" ENLACE_SOURCE_DIR "/deploy/quickstart.sh' --jurisdictions XYZ " + arguments;
    Process process("/bin/sh", {"-c", line}, dir_.path("output"));
    EXPECT_EQ(process.Wait(), 1) << arguments;
    return process.Output();
  };
  EXPECT_THAT(run("--cases cases.csv --statistics ./figures.csv"), HasSubstr("--jurisdictions:"));
  EXPECT_THAT(run("--cases none.csv"), HasSubstr("--cases: cannot read " + dir_.path("none.csv")));
  EXPECT_THAT(run("--statistics none.csv"), HasSubstr("--statistics: cannot read"));
  EXPECT_THAT(run("--jurisdictions ARG --bin none"),
              HasSubstr("--bin: no program " + dir_.path("none") + "/enlaced"));
}

TEST_F(QuickstartTest, TheFolderToWriteToIsOfTheCallerToo) {
  std::filesystem::create_directories(dir_.path("taken"));
  dir_.Write("taken/file", "");
  const std::string line = "cd '" + dir_.path("") +
                           "' && '" ENLACE_SOURCE_DIR
                           "/deploy/quickstart.sh' --bin '" ENLACE_BINARY_DIR "/bin' --dir taken";
  Process process("/bin/sh", {"-c", line}, dir_.path("output"));
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.Output(), HasSubstr("--dir: " + dir_.path("taken") + " is not empty"));
}

TEST_F(QuickstartTest, OnlyMembersOfTheOasAreTaken) {
  for (const char* wrong : {"XYZ", "ESP", "OAS", "arg", "A:R"}) {
    EXPECT_EQ(Run({"--jurisdictions", wrong}), 1) << wrong;
    EXPECT_THAT(output_, HasSubstr("is no alpha-3 code of a member state")) << wrong;
  }
  EXPECT_EQ(Run({"--jurisdictions", "ARG,ARG"}), 1);
  EXPECT_THAT(output_, HasSubstr("twice"));
  EXPECT_FALSE(std::filesystem::exists(dir_.path("network")));
}

TEST_F(QuickstartTest, AWrongArgumentShowsNoLogOfAnEarlierRun) {
  std::filesystem::create_directories(dir_.path("network/ARG"));
  dir_.Write("network/.enlace-quickstart", "");
  dir_.Write("network/ARG/log", "an old line\n");
  EXPECT_EQ(Run({"--jurisdictions", "XYZ"}), 1);
  EXPECT_THAT(output_, Not(HasSubstr("an old line")));
  EXPECT_THAT(output_, Not(HasSubstr("FAILED")));
}

TEST_F(QuickstartTest, StoppingWhatDoesNotRunSaysSoAndIsNoError) {
  EXPECT_EQ(Run({"--stop"}), 0);
  EXPECT_THAT(output_, HasSubstr("nothing is running"));
}

}  // namespace
}  // namespace enlace::testing
