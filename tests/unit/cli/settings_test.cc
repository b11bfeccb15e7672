#include "client/cli/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/testing/temp_dir.h"

namespace enlace::cli {
namespace {

using Values = std::map<std::string, std::string>;

std::function<std::optional<std::string>(const std::string&)> From(const Values& values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

StatusOr<Settings> Resolve(const Values& flags, const Values& environment) {
  return ResolveSettings(From(flags), From(environment), "/opt/enlace/bin/enlace");
}

TEST(Settings, FlagBeatsEnvironmentBeatsProfileBeatsDefault) {
  testing::TempDir folder;
  const std::string profile = folder.Write(
      "profile.yaml", "endpoint: from-profile:1\nlang: pt\nadmin_socket: /from/profile\n");
  const auto settings =
      Resolve({{"--endpoint", "from-flag:1"}}, {{"ENLACE_ENDPOINT", "from-environment:1"},
                                                {"ENLACE_LANG", "fr"},
                                                {"ENLACE_PROFILE", profile}});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->endpoint, "from-flag:1");
  EXPECT_EQ(settings->language, "fr");
  EXPECT_EQ(settings->admin_socket, "/from/profile");
  EXPECT_EQ(settings->timeout_ms, 30'000);
}

TEST(Settings, AnEmptyVariableIsNone) {
  EXPECT_EQ(Resolve({}, {{"ENLACE_LANG", ""}})->language, "en");
}

TEST(Settings, TheProfileOfTheHomeFolderMayBeAbsentANamedOneMayNot) {
  EXPECT_TRUE(Resolve({}, {{"HOME", "/nonexistent"}}).ok());
  EXPECT_EQ(ReasonOf(Resolve({{"--profile", "/nonexistent"}}, {}).status()),
            Reason::FILE_UNREADABLE);
}

TEST(Settings, AnUnknownKeyOfTheProfileIsRefused) {
  testing::TempDir folder;
  const std::string profile = folder.Write("profile.yaml", "endpiont: x\n");
  EXPECT_EQ(ReasonOf(Resolve({{"--profile", profile}}, {}).status()), Reason::CONFIG_INVALID);
}

TEST(Settings, TheJurisdictionFollowsTheNodeUnlessItIsGiven) {
  EXPECT_EQ(Resolve({{"--node-uri", "spiffe://arg.demo/node"}}, {})->jurisdiction, "ARG");
  EXPECT_EQ(Resolve({{"--node-uri", "spiffe://arg.demo/node"}, {"--jurisdiction", "BRA"}}, {})
                ->jurisdiction,
            "BRA");
  EXPECT_EQ(Resolve({{"--node-uri", "https://arg.demo"}}, {})->jurisdiction, "");
}

TEST(Settings, DurationsHaveUnitsAndBounds) {
  EXPECT_EQ(Resolve({{"--timeout", "1500ms"}}, {})->timeout_ms, 1500);
  EXPECT_EQ(Resolve({{"--timeout", "2m"}}, {})->timeout_ms, 120'000);
  EXPECT_EQ(Resolve({{"--timeout", "60m"}}, {})->timeout_ms, 3'600'000);
  for (const char* text : {"0", "-1s", "61m", "2h", "s", "", "1.5s"}) {
    EXPECT_EQ(ReasonOf(Resolve({{"--timeout", text}}, {}).status()), Reason::CONFIG_INVALID)
        << text;
  }
}

TEST(Settings, ADurationWithoutAUnitIsRefusedWithWhatToWrite) {
  const Status refused = Resolve({{"--timeout", "30"}}, {}).status();
  EXPECT_EQ(ReasonOf(refused), Reason::CONFIG_INVALID);
  EXPECT_NE(MessageOf(refused).find("such as 500ms, 30s or 2m"), std::string::npos);
}

TEST(Settings, WrongWordsAreRefusedWithWhatWasExpected) {
  const std::pair<const char*, const char*> wrong[] = {
      {"--output", "xml"}, {"--lang", "de"}, {"--jurisdiction", "arg"}};
  for (const auto& [flag, text] : wrong) {
    const Status refused = Resolve({{flag, text}}, {}).status();
    EXPECT_EQ(ReasonOf(refused), Reason::CONFIG_INVALID);
    EXPECT_EQ(MetadataOf(refused).at("setting"), flag);
  }
}

TEST(Settings, AnInstalledConfigurationIsPreferred) {
  testing::TempDir folder;
  std::filesystem::create_directories(folder.path("share/enlace/codelists"));
  const auto settings = ResolveSettings(From({}), From({}), folder.path("bin/enlace"));
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->config_dir, folder.path("share/enlace"));
}

TEST(NodeConnection, NamesWhatIsMissing) {
  Settings settings;
  settings.endpoint = "arg.example:7443";
  const Status refused = NodeConnection(settings).status();
  EXPECT_EQ(ReasonOf(refused), Reason::CONFIG_INVALID);
  EXPECT_EQ(MetadataOf(refused).at("setting"), "--certificate");
}

TEST(AdminConnection, NeedsNoCertificate) {
  Settings settings;
  EXPECT_EQ(AdminConnection(settings).endpoint, "unix:/run/enlace/admin.sock");
}

}  // namespace
}  // namespace enlace::cli
