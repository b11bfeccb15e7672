// Files handed in by the command line program, as a process that can be killed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "client/intake/receipt.h"
#include "tests/testing/node_world.h"
#include "tests/testing/process.h"

namespace enlace::testing {
namespace {

using Json = nlohmann::json;

constexpr int kFindings = 6;
constexpr int kCases = 20'000;

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() {
    EXPECT_TRUE(world_.Init("ARG").ok());
    auto node = world_.Start("ARG");
    EXPECT_TRUE(node.ok()) << node.status();
    if (node.ok()) node_ = *std::move(node);
    WriteFiles(world_.ca("ARG").Issue(NodeWorld::Uri("ARG", "entity/police/records")),
               folder_.path(), "police");
  }

  std::unique_ptr<Process> Run(std::vector<std::string> arguments) {
    const std::vector<std::string> settings = {
        "--endpoint",     fmt::format("127.0.0.1:{}", world_.port("ARG")),
        "--certificate",  folder_.path("police.crt"),
        "--private-key",  folder_.path("police.key"),
        "--trust-bundle", world_.Folder("ARG") + "/ca.crt",
        "--node-uri",     NodeWorld::Uri("ARG", "node"),
        "--jurisdiction", "ARG",
        "--config-dir",   std::string(ENLACE_SOURCE_DIR) + "/config",
        "--output",       "json",
        "--quiet"};
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    return std::make_unique<Process>(std::string(ENLACE_BINARY_DIR) + "/bin/enlace",
                                     std::move(arguments), folder_.path("output"));
  }
  // What a program printed that ended with `code`.
  Json Done(std::vector<std::string> arguments, int code) {
    const auto process = Run(std::move(arguments));
    EXPECT_EQ(process->Wait(), code) << process->Output();
    return Json::parse(process->Output(), nullptr, false);
  }
  Json Delivery(const std::string& batch) { return Done({"statistics", "delivery", batch}, 0); }

  NodeWorld world_{{"ARG"}};
  std::unique_ptr<app::Node> node_;
  TempDir folder_;
};

TEST_F(IntakeTest, AnImportThatWasKilledGoesOnAndStoresEachPersonOnce) {
  Done({"demo-data", "--out", folder_.path("demo"), "--cases", std::to_string(kCases)}, 0);
  const std::string file = folder_.path("demo/invented-cases-ARG.csv");
  const std::string receipt = folder_.path("receipt.csv");
  const std::vector<std::string> import = {"cases", "import", file, "--receipt", receipt};
  {
    const auto process = Run(import);
    EXPECT_TRUE(Eventually([&] {
      const auto state = intake::ImportState::Decode(TempDir::Read(receipt + ".state"));
      return (state.ok() && state->next_row > 1) || !process->Running();
    }));
    process->Signal(SIGKILL);
    EXPECT_EQ(process->Wait(), -1) << process->Output();
  }
  ASSERT_TRUE(std::filesystem::exists(receipt + ".state"));
  const Json report = Done(import, 0);
  EXPECT_GT(report["resumedFromRow"], 1);
  EXPECT_EQ(report["rowsRead"], kCases);
  // The part that was under way may have been stored before its answer was lost.
  EXPECT_EQ(report["accepted"].get<int>() + report["unchanged"].get<int>(), kCases);
  EXPECT_FALSE(std::filesystem::exists(receipt + ".state"));
  EXPECT_EQ(Delivery(report["batchId"])["accepted"], std::to_string(kCases));
  const std::string lines = TempDir::Read(receipt);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), kCases + 1);
}

TEST_F(IntakeTest, AnImportThatIsInterruptedSaysWhatIsDoneAndGoesOn) {
  Done({"demo-data", "--out", folder_.path("demo"), "--cases", std::to_string(kCases)}, 0);
  const std::string receipt = folder_.path("receipt.csv");
  const std::vector<std::string> import = {
      "cases", "import", folder_.path("demo/invented-cases-ARG.csv"), "--receipt", receipt};
  const auto process = Run(import);
  ASSERT_TRUE(Eventually([&] {
    const auto state = intake::ImportState::Decode(TempDir::Read(receipt + ".state"));
    return (state.ok() && state->next_row > 1) || !process->Running();
  }));
  process->Signal(SIGINT);
  EXPECT_EQ(process->Wait(), 130) << process->Output();
  const Json said = Json::parse(process->Output(), nullptr, false);
  EXPECT_EQ(said["error"]["code"], "CANCELLED") << process->Output();
  const std::string message = said["error"]["message"];
  // How many rows is said once the program knows; the state is on disk a little earlier.
  EXPECT_NE(message.find("is in " + receipt), std::string::npos) << message;
  EXPECT_NE(message.find("the same command goes on"), std::string::npos) << message;
  EXPECT_GT(Done(import, 0)["resumedFromRow"], 1);
}

TEST_F(IntakeTest, InConflictIsTheSameNumberToBothSides) {
  Done({"demo-data", "--out", folder_.path("demo")}, 0);
  const std::string demo = TempDir::Read(folder_.path("demo/invented-statistics-ARG.csv"));
  const size_t header_end = demo.find('\n') + 1;
  const size_t first_end = demo.find('\n', header_end) + 1;
  // The first figure, more than a part of rows of others, and the figure with another value.
  const std::string first = demo.substr(header_end, first_end - header_end);
  std::string other = first;
  other.replace(0, 3, "BRA");
  std::string contradicting = first;
  const size_t count_end = contradicting.rfind(',');
  contradicting.insert(count_end, "1");
  std::string text = demo.substr(0, first_end);
  for (int i = 0; i < 1500; ++i) text += other;
  text += contradicting;
  const std::string receipt = folder_.path("receipt.csv");
  const Json report = Done(
      {"statistics", "import", folder_.Write("in.csv", text), "--receipt", receipt}, kFindings);
  EXPECT_EQ(report["inConflict"], 2);
  EXPECT_EQ(report["accepted"], 0);
  EXPECT_EQ(report["notOurs"], 1500);
  const Json delivery = Delivery(report["batchId"]);
  EXPECT_EQ(delivery["inConflict"], "2");
  EXPECT_EQ(delivery["accepted"], "0");
  EXPECT_EQ(delivery["notOurs"], "1500");
  const std::string lines = TempDir::Read(receipt);
  EXPECT_GT(lines.find("\n1,IN_CONFLICT,"), lines.find("\n1,ACCEPTED,"));
  EXPECT_NE(lines.find("\n1502,IN_CONFLICT,"), std::string::npos);
}

}  // namespace
}  // namespace enlace::testing
