#include "node/config/node_config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "node/config/options.h"
#include "tests/testing/temp_dir.h"

namespace enlace::config {
namespace {

constexpr char kKey[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

std::string Minimal() {
  return "network: demo\n"
         "jurisdiction: ARG\n"
         "data_dir: data\n"
         "anchor_path: anchor/anchor\n"
         "admin_socket: admin.sock\n"
         "tls: {certificate_file: node.crt, private_key_file: node.key}\n"
         "codelists_dir: codelists\n"
         "policy_file: policy.yaml\n"
         "trust: [{jurisdiction: ARG, bundle_file: arg.crt}]\n";
}

// The message of the refusal; empty when accepted.
std::string Refusal(const std::string& yaml) {
  const auto config = ParseNodeConfig(yaml, "/etc/enlace");
  if (config.ok()) return "";
  EXPECT_EQ(ReasonOf(config.status()), Reason::CONFIG_INVALID);
  return MessageOf(config.status());
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(NodeConfigTest, FillsDefaultsAndPutsRelativePathsBesideTheFile) {
  const auto config = ParseNodeConfig(Minimal(), "/etc/enlace");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->listen, "127.0.0.1:7443");
  EXPECT_EQ(config->secretariat, "OAS");
  EXPECT_EQ(config->release_threshold, 5);
  EXPECT_EQ(config->log_level, "info");
  EXPECT_EQ(config->metrics_listen, "");
  EXPECT_EQ(config->data_dir, "/etc/enlace/data");
  EXPECT_EQ(config->private_key_file, "/etc/enlace/node.key");
  EXPECT_EQ(config->trust.at(0).bundle_file, "/etc/enlace/arg.crt");
  EXPECT_EQ(config->trust.at(0).crl_file, "");
}

TEST(NodeConfigTest, ReadsPeersAndRoster) {
  const auto config = ParseNodeConfig(
      Minimal() + "  # more\n" + "roster: [BRA, ARG]\npeers:\n  - jurisdiction: ARG\n", "");
  EXPECT_FALSE(config.ok());
  const auto good = ParseNodeConfig(
      Replaced(Minimal(), "bundle_file: arg.crt}]",
               "bundle_file: arg.crt}, {jurisdiction: OAS, bundle_file: oas.crt}]") +
          "roster: [BRA, ARG]\npeers: [{jurisdiction: OAS, endpoint: 'oas.example:7443', "
          "channel_key: " +
          kKey + "}]\n",
      "");
  ASSERT_TRUE(good.ok()) << good.status().ToString();
  EXPECT_EQ(good->roster, (std::vector<std::string>{"ARG", "BRA"}));
  EXPECT_EQ(good->peers.at(0).endpoint, "oas.example:7443");
}

TEST(NodeConfigTest, ReportsAllFaultsTogetherEachWithItsPath) {
  const std::string refusal = Refusal(
      "network: Demo\n"
      "jurisdiction: Argentina\n"
      "listen: nowhere\n"
      "tls: {certificate_file: node.crt, passphrase: secret}\n"
      "limits: {workers: 0}\n"
      "surprise: 1\n");
  for (const char* path : {"network", "jurisdiction", "data_dir", "anchor_path", "listen",
                           "admin_socket", "tls.private_key_file", "tls.passphrase",
                           "limits.workers", "codelists_dir", "policy_file", "surprise"}) {
    EXPECT_NE(refusal.find(std::string("\n  ") + path), std::string::npos) << path << refusal;
  }
  EXPECT_EQ(refusal.find("secret"), std::string::npos) << "a value was echoed: " << refusal;
}

TEST(NodeConfigTest, RefusesAnAnchorInsideTheDataDirectory) {
  EXPECT_NE(Refusal(Replaced(Minimal(), "anchor/anchor", "data/anchor")).find("outside data_dir"),
            std::string::npos);
  EXPECT_NE(Refusal(Replaced(Minimal(), "anchor/anchor", "data")), "");
  EXPECT_EQ(Refusal(Replaced(Minimal(), "anchor/anchor", "data2/anchor")), "");
}

TEST(NodeConfigTest, RefusesPeersWithoutTrustTwiceOrOfTheOwnJurisdiction) {
  const auto peer = [](const std::string& jurisdiction) {
    return "{jurisdiction: " + jurisdiction + ", endpoint: 'a:1', channel_key: " + kKey + "}";
  };
  EXPECT_NE(Refusal(Minimal() + "peers: [" + peer("BRA") + "]\n").find("no entry under trust"),
            std::string::npos);
  EXPECT_NE(Refusal(Minimal() + "peers: [" + peer("ARG") + "]\n").find("is no peer"),
            std::string::npos);
  EXPECT_NE(Refusal(Minimal() + "peers: [" + peer("BRA") + ", " + peer("BRA") + "]\n")
                .find("peers[1].jurisdiction"),
            std::string::npos);
}

TEST(NodeConfigTest, RequiresTrustInTheOwnJurisdiction) {
  EXPECT_NE(Refusal(Replaced(Minimal(), "[{jurisdiction: ARG", "[{jurisdiction: BRA"))
                .find("own jurisdiction"),
            std::string::npos);
}

TEST(NodeConfigTest, AFrontHasASocketAUserAndAnAddressForOthers) {
  const std::string whole =
      "public_endpoint: 'node.arg.example:7443'\n"
      "front: {socket: run/node.sock, user: haproxy}\n";
  const auto config = ParseNodeConfig(Minimal() + whole, "/etc/enlace");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->front_socket, "/etc/enlace/run/node.sock");
  EXPECT_EQ(config->front_user, "haproxy");
  for (const char* missing : {", user: haproxy", "socket: run/node.sock, "}) {
    const std::string refusal = Refusal(Minimal() + Replaced(whole, missing, ""));
    EXPECT_NE(refusal.find("front (line "), std::string::npos) << missing;
  }
  EXPECT_NE(Refusal(Minimal() + whole.substr(whole.find("front"))).find("public_endpoint: "),
            std::string::npos);
  for (const char* user : {"'a b'", "-root", "'ro\\not'", "Über", "''"}) {
    EXPECT_NE(Refusal(Minimal() + Replaced(whole, "haproxy", user)).find("front.user (line "),
              std::string::npos)
        << user;
  }
}

TEST(NodeConfigTest, RefusesWrongValuesOfEachType) {
  EXPECT_NE(Refusal(Minimal() + "log_level: loud\n"), "");
  EXPECT_NE(Refusal(Minimal() + "secretariat: oas\n"), "");
  EXPECT_NE(Refusal(Minimal() + "release: {threshold: 1}\n"), "");
  EXPECT_NE(Refusal(Minimal() + "metrics: {listen: 'x:99999'}\n"), "");
  EXPECT_NE(Refusal(Minimal() + "metrics: {listen: ''}\n"), "");
  EXPECT_NE(Refusal(Minimal() + "metrics: {listen: '0.0.0.0:9464'}\n"), "");
  EXPECT_EQ(Refusal(Minimal() + "metrics: {listen: '[::1]:9464'}\n"), "");
  EXPECT_NE(Refusal(Minimal() + "roster: [ARG, ARG]\n"), "");
  EXPECT_NE(Refusal(Minimal() + "roster: [arg]\n"), "");
  EXPECT_EQ(Refusal(Minimal() + "institution: {en: " + std::string(kTextBytesMax, 'x') + "}\n"),
            "");
  EXPECT_NE(Refusal(Minimal() + "institution: {en: x" + std::string(kTextBytesMax, 'x') + "}\n"),
            "");
  EXPECT_NE(Refusal(Minimal() + "institution: {en: \"a\\nb\"}\n"), "");
  EXPECT_NE(Refusal(Minimal() + "peers: [{jurisdiction: BRA, endpoint: 'a:1', "
                                "channel_key: AAAA}]\n")
                .find("peers[0].channel_key"),
            std::string::npos);
  EXPECT_NE(Refusal("- a list\n"), "");
}

TEST(NodeConfigTest, RefusesLongSocketPathsAndLists) {
  const std::string at_limit(kSocketPathBytesMax - 1, 'x');
  EXPECT_EQ(Refusal(Replaced(Minimal(), "admin.sock", "/" + at_limit)), "");
  EXPECT_NE(Refusal(Replaced(Minimal(), "admin.sock", "/x" + at_limit)), "");
  std::string roster = "roster: [";
  for (size_t i = 0; i <= kJurisdictionsMax; ++i) {
    roster += std::string(i == 0 ? "" : ", ") + "A" + static_cast<char>('A' + i / 26) +
              static_cast<char>('A' + i % 26);
  }
  EXPECT_NE(Refusal(Minimal() + roster + "]\n").find("at most 100"), std::string::npos);
}

TEST(NodeConfigTest, SplitsAddresses) {
  std::string host;
  uint16_t port = 1;
  EXPECT_TRUE(SplitAddress("127.0.0.1:0", host, port));
  EXPECT_EQ(host, "127.0.0.1");
  EXPECT_EQ(port, 0);
  EXPECT_TRUE(SplitAddress("[::1]:7443", host, port));
  EXPECT_EQ(host, "::1");
  EXPECT_EQ(port, 7443);
  for (const char* bad :
       {"", ":1", "a", "a:", "a:b", "a:65536", "a:123456", "::1:7443", "a b:1", "a/b:1", "a:-1"}) {
    EXPECT_FALSE(SplitAddress(bad, host, port)) << bad;
  }
}

class ConfigFileTest : public ::testing::Test {
 protected:
  ConfigFileTest() {
    path_ = dir_.Write("node.yaml", Minimal());
    for (const char* name : {"node.crt", "node.key", "arg.crt", "policy.yaml"}) {
      dir_.Write(name, "x");
    }
    chmod(dir_.path("node.key").c_str(), 0600);
    mkdir(dir_.path("codelists").c_str(), 0700);
  }
  testing::TempDir dir_;
  std::string path_;
};

TEST_F(ConfigFileTest, LoadsWhenAllFilesAreThere) {
  const auto config = LoadNodeConfig(path_);
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_TRUE(CheckFiles(*config).ok());
  EXPECT_EQ(config->policy_file, dir_.path("policy.yaml"));
}

TEST_F(ConfigFileTest, ReportsMissingFilesTogetherWithOtherFaults) {
  std::filesystem::remove(dir_.path("arg.crt"));
  std::filesystem::remove(dir_.path("codelists"));
  dir_.Write("node.yaml", Minimal() + "log_level: loud\n");
  const auto config = LoadNodeConfig(path_);
  ASSERT_FALSE(config.ok());
  const std::string message = MessageOf(config.status());
  EXPECT_NE(message.find("trust[0].bundle_file"), std::string::npos) << message;
  EXPECT_NE(message.find("codelists_dir"), std::string::npos) << message;
  EXPECT_NE(message.find("log_level"), std::string::npos) << message;

  const auto before_init = LoadNodeConfig(path_, Files::kIgnore);
  ASSERT_FALSE(before_init.ok());
  EXPECT_EQ(MessageOf(before_init.status()).find("bundle_file"), std::string::npos);
}

TEST_F(ConfigFileTest, RefusesAKeyThatOthersMayRead) {
  for (const mode_t mode : {0640, 0604, 0660, 0610}) {
    chmod(dir_.path("node.key").c_str(), mode);
    const auto config = LoadNodeConfig(path_);
    ASSERT_FALSE(config.ok()) << mode;
    EXPECT_NE(MessageOf(config.status()).find("chmod 600"), std::string::npos);
  }
}

TEST_F(ConfigFileTest, NamesAFileThatIsNotThere) {
  const auto config = LoadNodeConfig(dir_.path("other.yaml"));
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(ReasonOf(config.status()), Reason::FILE_UNREADABLE);
}

// ENLACE_UPDATE_GOLDEN=1 writes the file anew instead.
void ExpectFileHolds(const std::string& name, const std::string& text) {
  const std::string path = std::string(ENLACE_SOURCE_DIR) + "/" + name;
  if (std::getenv("ENLACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_EQ(testing::TempDir::Read(path), text)
      << name << " differs from the option table; run this test with ENLACE_UPDATE_GOLDEN=1";
}

TEST(OptionTableTest, ExampleAndManualAreMadeFromTheTable) {
  ExpectFileHolds("config/node.example.yaml", ExampleYaml());
  ExpectFileHolds("docs/CONFIG.md", Manual());
}

TEST(OptionTableTest, ExampleHoldsEveryOptionAndIsAccepted) {
  const auto config = ParseNodeConfig(ExampleYaml(), "");
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  for (const auto& option : NodeOptions()) {
    if (const auto* text = std::get_if<std::string NodeConfig::*>(&option.member)) {
      EXPECT_EQ((*config).**text, option.info.example) << option.info.path;
    }
  }
  EXPECT_EQ(config->trust.size(), 2U);
  EXPECT_EQ(config->peers.size(), 1U);
  EXPECT_EQ(config->roster.size(), 3U);
}

TEST(OptionTableTest, DefaultsAreThemselvesValid) {
  for (const auto& option : NodeOptions()) {
    const OptionInfo& info = option.info;
    EXPECT_FALSE(info.meaning.empty()) << info.path;
    if (info.type != OptionType::kInteger) continue;
    ASSERT_TRUE(info.fallback.has_value()) << info.path;
    const int64_t value = std::stoll(std::string(*info.fallback));
    EXPECT_TRUE(info.min <= value && value <= info.max) << info.path;
    EXPECT_FALSE(info.unit.empty()) << info.path;
  }
}

}  // namespace
}  // namespace enlace::config
