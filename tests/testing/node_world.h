#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "client/lib/client.h"
#include "node/app/init.h"
#include "node/app/node.h"
#include "node/app/preflight.h"
#include "node/base/bytes.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_ca.h"

// Whole nodes in this process, with authorities, certificates and directories of their own.
namespace enlace::testing {

// A port of the loopback address that was free a moment ago.
inline uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

class NodeWorld {
 public:
  // The last one is the secretariat when it is OAS.
  explicit NodeWorld(std::vector<std::string> jurisdictions)
      : jurisdictions_(std::move(jurisdictions)) {
    for (const std::string& jurisdiction : jurisdictions_) {
      Member& member = members_[jurisdiction];
      std::filesystem::create_directories(Folder(jurisdiction));
      dir_.Write(jurisdiction + "/ca.crt", member.ca.anchor_pem());
      WriteFiles(member.ca.Issue(Uri(jurisdiction, "node")), Folder(jurisdiction), "node");
      member.port = FreePort();
    }
  }

  std::string Folder(const std::string& jurisdiction) const { return dir_.path(jurisdiction); }
  std::string ConfigFile(const std::string& jurisdiction) const {
    return Folder(jurisdiction) + "/node.yaml";
  }
  const TestCa& ca(const std::string& jurisdiction) const { return members_.at(jurisdiction).ca; }

  static std::string Uri(std::string jurisdiction, const std::string& path) {
    for (char& c : jurisdiction) c = static_cast<char>(c - 'A' + 'a');
    return "spiffe://" + jurisdiction + ".demo/" + path;
  }

  // `more` is appended; peers are named once all keys are known.
  std::string ConfigText(const std::string& jurisdiction, const std::string& more = "") const {
    std::string text = fmt::format(
        "network: demo\njurisdiction: {}\ndata_dir: data\nanchor_path: anchor/anchor\n"
        "disk: {{low_water_mib: 64, reserve_mib: 1}}\n"
        "listen: 127.0.0.1:{}\nadmin_socket: admin.sock\n"
        "tls: {{certificate_file: node.crt, private_key_file: node.key}}\n"
        "codelists_dir: {}/config/codelists\npolicy_file: {}/config/policy.yaml\n"
        "federation: {{pull_interval_ms: 3600000}}\nlog_level: error\ntrust:\n",
        jurisdiction, members_.at(jurisdiction).port, ENLACE_SOURCE_DIR, ENLACE_SOURCE_DIR);
    std::string peers;
    for (const auto& [other, member] : members_) {
      text += fmt::format("  - {{jurisdiction: {}, bundle_file: ../{}/ca.crt}}\n", other, other);
      if (other == jurisdiction || member.channel_key.empty()) continue;
      peers += fmt::format(
          "  - {{jurisdiction: {}, endpoint: \"127.0.0.1:{}\", "
          "channel_key: \"{}\"}}\n",
          other, member.port, member.channel_key);
    }
    return text + (peers.empty() ? "" : "peers:\n" + peers) + more;
  }

  void WriteConfig(const std::string& jurisdiction, const std::string& more = "") {
    dir_.Write(jurisdiction + "/node.yaml", ConfigText(jurisdiction, more));
  }

  StatusOr<app::InitResult> Init(const std::string& jurisdiction,
                                 const std::optional<std::string>& secretariat_key = {}) {
    WriteConfig(jurisdiction);
    ENLACE_ASSIGN_OR_RETURN(const auto config, config::LoadNodeConfig(ConfigFile(jurisdiction),
                                                                      config::Files::kIgnore));
    ENLACE_ASSIGN_OR_RETURN(app::InitResult made, app::InitNode(config, secretariat_key, clock));
    members_.at(jurisdiction).channel_key =
        Base64Encode(std::string(made.channel_key.begin(), made.channel_key.end()));
    return made;
  }

  // From the configuration file as it is now.
  StatusOr<std::unique_ptr<app::Node>> Start(const std::string& jurisdiction) {
    ENLACE_ASSIGN_OR_RETURN(app::Inputs inputs, app::LoadInputs(ConfigFile(jurisdiction), clock));
    return app::Node::Start(std::move(inputs), clock);
  }

  // Init, peers, start: all of them. Fails the test program's own way when it cannot.
  std::map<std::string, std::unique_ptr<app::Node>> StartAll() {
    std::map<std::string, std::unique_ptr<app::Node>> nodes;
    for (const std::string& jurisdiction : jurisdictions_) {
      const auto made = Init(jurisdiction);
      EXPECT_TRUE(made.ok()) << made.status().ToString();
    }
    for (const std::string& jurisdiction : jurisdictions_) {
      WriteConfig(jurisdiction);
      auto node = Start(jurisdiction);
      EXPECT_TRUE(node.ok()) << node.status().ToString();
      if (node.ok()) nodes[jurisdiction] = *std::move(node);
    }
    return nodes;
  }

  uint16_t port(const std::string& jurisdiction) const { return members_.at(jurisdiction).port; }

  // At the network door of `jurisdiction`, as a holder of `path` issued by `issuer`; by way
  // of another port when one is given.
  std::unique_ptr<client::Client> Connect(const std::string& jurisdiction, const std::string& path,
                                          std::string issuer = "", uint16_t port = 0) {
    if (port == 0) port = members_.at(jurisdiction).port;
    if (issuer.empty()) issuer = jurisdiction;
    const std::string name = fmt::format("client{}", clients_++);
    const CertificateFiles files =
        WriteFiles(ca(issuer).Issue(Uri(issuer, path)), dir_.path(), name);
    client::ClientOptions options;
    options.endpoint = fmt::format("127.0.0.1:{}", port);
    options.certificate_file = files.certificate_file;
    options.private_key_file = files.private_key_file;
    options.trust_bundle_file = Folder(jurisdiction) + "/ca.crt";
    options.node_uri = Uri(jurisdiction, "node");
    return Made(options);
  }

  std::unique_ptr<client::Client> ConnectAdmin(const std::string& jurisdiction) {
    client::ClientOptions options;
    options.endpoint = "unix:" + Folder(jurisdiction) + "/admin.sock";
    return Made(options);
  }

  SystemClock clock;

 private:
  struct Member {
    TestCa ca;
    uint16_t port = 0;
    std::string channel_key;
  };

  static std::unique_ptr<client::Client> Made(client::ClientOptions options) {
    options.retries_max = 0;
    auto client = client::Client::Make(options);
    EXPECT_TRUE(client.ok()) << client.status().ToString();
    return client.ok() ? *std::move(client) : nullptr;
  }

  TempDir dir_;
  const std::vector<std::string> jurisdictions_;
  std::map<std::string, Member> members_;
  int clients_ = 0;
};

}  // namespace enlace::testing
