#include "node/app/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "enlace/admin/v1/admin_service.pb.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "node/app/init.h"
#include "node/base/bytes.h"
#include "node/service/admin_service.h"
#include "node/store/adopt.h"
#include "tests/testing/node_world.h"
#include "tests/testing/slow_relay.h"

namespace enlace::app {
namespace {

using ::testing::HasSubstr;

namespace admin = enlace::admin::v1;
namespace exchange = enlace::exchange::v1;

constexpr char kStatus[] = "/enlace.admin.v1.AdminService/GetStatus";
constexpr char kListPeers[] = "/enlace.admin.v1.AdminService/ListPeers";
constexpr char kVerifyStore[] = "/enlace.admin.v1.AdminService/VerifyStore";
constexpr char kListChannels[] = "/enlace.exchange.v1.ChannelService/ListChannels";
constexpr char kListCases[] = "/enlace.exchange.v1.CaseService/ListCaseRecords";

Reason Refusal(const StatusOr<std::unique_ptr<Node>>& node) {
  return node.ok() ? Reason::INTERNAL : ReasonOf(node.status());
}

TEST(NodeTest, TellsTheOperatorWhatItIs) {
  testing::NodeWorld world({"ARG"});
  auto nodes = world.StartAll();
  ASSERT_EQ(nodes.size(), 1U);
  const auto client = world.ConnectAdmin("ARG");
  const auto status = client->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest());
  ASSERT_TRUE(status.ok()) << status.status().ToString();
  EXPECT_EQ(status->network(), "demo");
  EXPECT_EQ(status->jurisdiction(), "ARG");
  EXPECT_EQ(status->instance_id().size(), 32U);
  EXPECT_TRUE(status->ready());
  EXPECT_EQ(status->not_ready_reason(), "");
  EXPECT_GT(status->commit_sequence(), 0U);
  EXPECT_EQ(status->listen_address(), nodes["ARG"]->listen_address());
  EXPECT_FALSE(status->software_version().empty());
  EXPECT_GT(status->certificate_end_time_ms(), SystemClock().NowMs());
  EXPECT_EQ(status->certificate_trouble(), "");
  EXPECT_GT(status->disk_free_bytes(), 0U);

  const auto verified =
      client->Call<admin::VerifyStoreResponse>(kVerifyStore, admin::VerifyStoreRequest());
  ASSERT_TRUE(verified.ok()) << verified.status().ToString();
  EXPECT_GT(verified->rows_checked(), 0U);
  EXPECT_TRUE(verified->findings().empty()) << verified->findings(0);
}

TEST(NodeTest, TellsOfItsCertificateInTheLast14Days) {
  constexpr int64_t kDayMs = 86'400'000;
  EXPECT_EQ(service::CertificateTrouble(14 * kDayMs + 1), "");
  EXPECT_THAT(service::CertificateTrouble(14 * kDayMs), HasSubstr("ends in 14 days"));
  EXPECT_THAT(service::CertificateTrouble(1), HasSubstr("ends within two days"));
  EXPECT_THAT(service::CertificateTrouble(0), HasSubstr("has ended"));
  EXPECT_THAT(service::CertificateTrouble(-kDayMs), HasSubstr("restart the node"));
}

TEST(NodeTest, ShowsNoCaseToTheOperator) {
  testing::NodeWorld world({"ARG"});
  auto nodes = world.StartAll();
  exchange::ListChannelsResponse ignored;
  const Status status =
      world.ConnectAdmin("ARG")->CallRaw(kListCases, exchange::ListChannelsRequest(), ignored);
  EXPECT_EQ(ReasonOf(status), Reason::PERMISSION_DENIED) << status.ToString();
}

TEST(NodeTest, LetsInPeopleOfItsOwnAuthorityOnly) {
  testing::NodeWorld world({"ARG", "BRA"});
  auto nodes = world.StartAll();
  const auto list = [&](const std::string& path, const std::string& issuer) {
    return world.Connect("ARG", path, issuer)
        ->Call<exchange::ListChannelsResponse>(kListChannels, exchange::ListChannelsRequest());
  };
  const auto own = list("person/coordinator", "ARG");
  ASSERT_TRUE(own.ok()) << own.status().ToString();
  EXPECT_GE(own->channels_size(), 3);
  EXPECT_EQ(ReasonOf(list("person/coordinator", "BRA").status()), Reason::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(list("person/nobody", "ARG").status()), Reason::PERMISSION_DENIED);
}

// gRPC gives up an attempt to connect after a time that its options call a backoff.
TEST(NodeTest, IsReachedOverASlowNetwork) {
  testing::NodeWorld world({"ARG"});
  auto nodes = world.StartAll();
  ASSERT_EQ(nodes.size(), 1U);
  const testing::SlowRelay relay(world.port("ARG"), 900);
  const auto channels =
      world.Connect("ARG", "person/auditor", "ARG", relay.port())
          ->Call<exchange::ListChannelsResponse>(kListChannels, exchange::ListChannelsRequest());
  ASSERT_TRUE(channels.ok()) << channels.status().ToString();
}

TEST(NodeTest, MirrorsItsPeersChannels) {
  testing::NodeWorld world({"ARG", "BRA", "OAS"});
  auto nodes = world.StartAll();
  ASSERT_EQ(nodes.size(), 3U);
  for (auto& [jurisdiction, node] : nodes) node->PullNow();
  const auto client = world.ConnectAdmin("OAS");
  const auto channels =
      client->Call<exchange::ListChannelsResponse>(kListChannels, exchange::ListChannelsRequest());
  ASSERT_TRUE(channels.ok()) << channels.status().ToString();
  EXPECT_EQ(channels->channels_size(), 9);
  const auto peers = client->Call<admin::ListPeersResponse>(kListPeers, admin::ListPeersRequest());
  ASSERT_TRUE(peers.ok());
  ASSERT_EQ(peers->peers_size(), 2);
  EXPECT_EQ(peers->peers(0).jurisdiction(), "ARG");
  EXPECT_TRUE(peers->peers(0).reachable());
  EXPECT_EQ(peers->peers(0).channels(), 3U);

  ASSERT_TRUE(nodes["BRA"]->Stop(1000));
  nodes["OAS"]->PullNow();
  const auto after = client->Call<admin::ListPeersResponse>(kListPeers, admin::ListPeersRequest());
  ASSERT_TRUE(after.ok());
  EXPECT_FALSE(after->peers(1).reachable());
  EXPECT_NE(after->peers(1).trouble(), "");
}

TEST(NodeTest, RefusesADirectoryOfAnotherJurisdictionOrNetwork) {
  testing::NodeWorld world({"ARG", "BRA"});
  ASSERT_TRUE(world.Init("ARG").ok());
  ASSERT_TRUE(world.Init("BRA").ok());
  std::filesystem::rename(world.Folder("ARG") + "/data", world.Folder("ARG") + "/aside");
  std::filesystem::rename(world.Folder("BRA") + "/data", world.Folder("ARG") + "/data");
  std::filesystem::rename(world.Folder("BRA") + "/anchor", world.Folder("ARG") + "/anchor-bra");
  std::filesystem::remove_all(world.Folder("ARG") + "/anchor");
  std::filesystem::rename(world.Folder("ARG") + "/anchor-bra", world.Folder("ARG") + "/anchor");
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::STORE_FORMAT);
}

TEST(NodeTest, RefusesACertificateOfAnother) {
  testing::NodeWorld world({"ARG", "BRA"});
  ASSERT_TRUE(world.Init("ARG").ok());
  testing::WriteFiles(world.ca("ARG").Issue(world.Uri("ARG", "person/maria")), world.Folder("ARG"),
                      "node");
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::CONFIG_INVALID) << "not a node's";
  testing::WriteFiles(world.ca("BRA").Issue(world.Uri("ARG", "node")), world.Folder("ARG"), "node");
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::CONFIG_INVALID) << "of a foreign authority";
}

TEST(NodeTest, RefusesASecretariatKeyThatWasNotPinned) {
  testing::NodeWorld world({"ARG", "OAS"});
  ASSERT_TRUE(world.Init("OAS").ok());
  ASSERT_TRUE(world.Init("ARG", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").ok());
  world.WriteConfig("ARG");
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::CONFIG_INVALID);
}

TEST(NodeTest, PinsTheSecretariatKeyThatInitLeftOpenAtItsFirstStart) {
  testing::NodeWorld world({"ARG", "OAS"});
  ASSERT_TRUE(world.Init("ARG").ok()) << "its configuration does not name OAS yet";
  ASSERT_TRUE(world.Start("ARG").ok());
  const auto secretariat = world.Init("OAS");
  ASSERT_TRUE(secretariat.ok());
  world.WriteConfig("ARG");
  ASSERT_TRUE(world.Start("ARG").ok());
  const auto config = config::LoadNodeConfig(world.ConfigFile("ARG")).value();
  {
    const auto store = store::Store::Open(StoreOptionsOf(config), world.clock).value();
    EXPECT_EQ(LoadIdentity(*store->Read())->secretariat_key,
              std::string(secretariat->channel_key.begin(), secretariat->channel_key.end()));
  }
  std::string text = testing::TempDir::Read(world.ConfigFile("ARG"));
  const std::string own =
      Base64Encode(std::string(secretariat->channel_key.begin(), secretariat->channel_key.end()));
  text.replace(text.find(own), own.size(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  std::ofstream(world.ConfigFile("ARG")) << text;
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::CONFIG_INVALID) << "it is pinned now";
}

TEST(NodeTest, HasADoorForAFrontAndRefusesAUserThatThereIsNot) {
  testing::NodeWorld world({"ARG"});
  ASSERT_TRUE(world.Init("ARG").ok());
  const std::string front = "public_endpoint: 'localhost:7443'\nfront: {socket: front.sock, user: ";
  world.WriteConfig("ARG", front + "no-such-user}\n");
  const auto refused = world.Start("ARG");
  ASSERT_EQ(Refusal(refused), Reason::CONFIG_INVALID);
  EXPECT_NE(MessageOf(refused.status()).find("front.user: "), std::string::npos);
  world.WriteConfig("ARG", front + "-no-name}\n");
  const std::string told = MessageOf(world.Start("ARG").status());
  EXPECT_NE(told.find("front.user (line "), std::string::npos) << told;
  EXPECT_EQ(told.find("front.user: "), std::string::npos) << "told once: " << told;
  const passwd* const own = getpwuid(geteuid());
  ASSERT_NE(own, nullptr);
  world.WriteConfig("ARG", front + own->pw_name + "}\n");
  const std::string socket = world.Folder("ARG") + "/front.sock";
  auto node = world.Start("ARG");
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_TRUE(std::filesystem::is_socket(socket));
  EXPECT_TRUE((*node)->Stop(0));
  EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST(NodeTest, RefusesJurisdictionsThatAreNoCountries) {
  testing::NodeWorld world({"XYZ", "ARG"});
  ASSERT_TRUE(world.Init("ARG").ok()) << "init has looked at the own files only";
  world.WriteConfig("ARG", "secretariat: YYY\nroster: [ARG, ZZZ, ESP]\n");
  const auto refused = world.Start("ARG");
  ASSERT_EQ(Refusal(refused), Reason::CONFIG_INVALID);
  for (const char* fault : {"trust[1].jurisdiction: XYZ", "secretariat: YYY", "roster: ZZZ"}) {
    EXPECT_NE(MessageOf(refused.status()).find(fault), std::string::npos)
        << fault << " in " << MessageOf(refused.status());
  }
  EXPECT_EQ(MessageOf(refused.status()).find("ESP"), std::string::npos) << "an observer may be";
}

TEST(NodeTest, RefusesAnotherSigningKeyThanThatOfItsChannels) {
  testing::NodeWorld world({"ARG"});
  ASSERT_TRUE(world.Init("ARG").ok());
  const std::string file = world.Folder("ARG") + "/data/keys/channel.key";
  const std::string own = testing::TempDir::Read(file);
  ASSERT_FALSE(own.empty());
  std::ofstream(file) << Base64Encode(std::string(32, 'x')) << "\n";
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::KEY_INVALID);
  std::ofstream(file) << own;
  EXPECT_TRUE(world.Start("ARG").ok());
}

TEST(NodeTest, TellsItsOperatorOfAStoppedChannel) {
  testing::NodeWorld world({"ARG", "OAS"});
  auto nodes = world.StartAll();
  ASSERT_EQ(nodes.size(), 2U);
  nodes["OAS"]->PullNow();
  const auto status = [&] {
    return *world.ConnectAdmin("OAS")->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest());
  };
  EXPECT_EQ(status().channels_stopped(), 0U);
  ASSERT_TRUE(nodes["OAS"]->Stop(1000));
  nodes.erase("OAS");
  {
    const auto config = config::LoadNodeConfig(world.ConfigFile("OAS")).value();
    SystemClock clock;
    const auto store = store::Store::Open(StoreOptionsOf(config), clock).value();
    ASSERT_TRUE(store
                    ->Write([](store::Transaction& transaction) {
                      return store::StopChannel(transaction, "demo/ARG/training", {"one", "two"});
                    })
                    .ok());
  }
  nodes["OAS"] = world.Start("OAS").value();
  nodes["OAS"]->PullNow();
  EXPECT_EQ(status().channels_stopped(), 1U);
  EXPECT_EQ(status().channels_in_trouble(), 1U);
  const auto peers = world.ConnectAdmin("OAS")->Call<admin::ListPeersResponse>(
      kListPeers, admin::ListPeersRequest());
  ASSERT_TRUE(peers.ok());
  ASSERT_EQ(peers->peers(0).troubles_size(), 1);
  EXPECT_TRUE(peers->peers(0).reachable());
  EXPECT_EQ(peers->peers(0).troubles(0).origin(), "demo/ARG/training");
  EXPECT_EQ(peers->peers(0).troubles(0).reason(), "CHANNEL_STOPPED");
}

// Adopted from before its card was published.
TEST(NodeTest, ServesWithoutSigningUntilTheSizesOfAnAdoptedStoreAreConfirmed) {
  testing::NodeWorld world({"ARG"});
  ASSERT_TRUE(world.Init("ARG").ok());
  const auto config = config::LoadNodeConfig(world.ConfigFile("ARG")).value();
  std::filesystem::remove(config.anchor_path);
  ASSERT_TRUE(store::AdoptDatabase(StoreOptionsOf(config)).value().signing_closed);
  const auto directory_size = [&] {
    const auto channels = world.ConnectAdmin("ARG")->Call<exchange::ListChannelsResponse>(
        kListChannels, exchange::ListChannelsRequest());
    EXPECT_TRUE(channels.ok());
    return channels.ok() && channels->channels_size() == 3 ? channels->channels(0).size() : 99U;
  };
  const auto closed = [&] {
    const auto status =
        world.ConnectAdmin("ARG")->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest());
    EXPECT_TRUE(status.ok());
    return status.ok() ? status->signing_closed() : "no answer";
  };
  {
    const auto node = world.Start("ARG");
    ASSERT_TRUE(node.ok()) << node.status().ToString();
    EXPECT_EQ(directory_size(), 0U);
    EXPECT_NE(closed().find("enlaced adopt --confirm-sizes"), std::string::npos) << closed();
    EXPECT_TRUE(node.value()->Readiness().ok());
  }
  {
    const auto store = store::Store::Open(StoreOptionsOf(config), world.clock).value();
    const auto own = store::OwnChannelSizes(*store->Read()).value();
    EXPECT_EQ(own.size(), 3U);
    ASSERT_TRUE(store::ConfirmChannelSizes(*store, own).ok());
  }
  const auto node = world.Start("ARG");
  ASSERT_TRUE(node.ok()) << node.status().ToString();
  EXPECT_EQ(directory_size(), 1U);
  EXPECT_EQ(closed(), "");
}

TEST(NodeTest, RefusesWhatAnotherProcessHolds) {
  testing::NodeWorld world({"ARG"});
  auto nodes = world.StartAll();
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::STORE_LOCKED);
}

TEST(NodeTest, RefusesAnAddressThatIsTakenAndLetsGoOfTheDirectory) {
  testing::NodeWorld world({"ARG", "BRA"});
  auto nodes = world.StartAll();
  ASSERT_EQ(nodes.size(), 2U);
  const std::string taken = nodes["ARG"]->listen_address();
  const std::string own = nodes["BRA"]->listen_address();
  nodes.erase("BRA");
  std::string text = world.ConfigText("BRA");
  text.replace(text.find(own), own.size(), taken);
  std::ofstream(world.ConfigFile("BRA")) << text;
  EXPECT_EQ(Refusal(world.Start("BRA")), Reason::LISTEN_FAILED);
  world.WriteConfig("BRA");
  EXPECT_TRUE(world.Start("BRA").ok());
}

TEST(NodeTest, RefusesWithoutInit) {
  testing::NodeWorld world({"ARG"});
  world.WriteConfig("ARG");
  EXPECT_EQ(Refusal(world.Start("ARG")), Reason::STORE_FORMAT);
}

TEST(NodeTest, AnswersNobodyAfterStop) {
  testing::NodeWorld world({"ARG"});
  auto nodes = world.StartAll();
  const auto client = world.ConnectAdmin("ARG");
  ASSERT_TRUE(client->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest()).ok());
  EXPECT_TRUE(nodes["ARG"]->Readiness().ok());
  EXPECT_TRUE(nodes["ARG"]->Stop(5000));
  EXPECT_EQ(ReasonOf(nodes["ARG"]->Readiness()), Reason::NODE_DRAINING);
  EXPECT_FALSE(client->Call<admin::NodeStatus>(kStatus, admin::GetStatusRequest()).ok());
  EXPECT_TRUE(nodes["ARG"]->Stop(5000)) << "again is a no-op";
}

TEST(PreflightTest, ListsAllUnusableFilesTogether) {
  testing::NodeWorld world({"ARG"});
  std::string text = world.ConfigText("ARG");
  const std::string folder = world.Folder("ARG");
  std::ofstream(folder + "/ca.crt") << "nothing";
  std::ofstream(folder + "/node.crt") << "nothing";
  std::ofstream(folder + "/policy.yaml") << "methods: 1\n";
  const size_t at = text.find("policy_file: ");
  text.replace(at, text.find('\n', at) - at, "policy_file: policy.yaml");
  std::ofstream(world.ConfigFile("ARG")) << text;
  const auto inputs = LoadInputs(world.ConfigFile("ARG"), world.clock);
  ASSERT_FALSE(inputs.ok());
  EXPECT_EQ(ReasonOf(inputs.status()), Reason::CONFIG_INVALID);
  const std::string message = MessageOf(inputs.status());
  for (const char* field : {"trust[0].bundle_file", "tls", "policy_file"}) {
    EXPECT_NE(message.find(field), std::string::npos) << field << " in " << message;
  }
}

TEST(PreflightTest, ListsFaultsOfTheTextAndOfTheFilesItNamesTogetherAndEachOnce) {
  testing::NodeWorld world({"ARG"});
  const std::string folder = world.Folder("ARG");
  std::string text = world.ConfigText("ARG", "surprise: 1\n");
  std::ofstream(folder + "/policy.yaml") << "methods: 1\n";
  size_t at = text.find("policy_file: ");
  text.replace(at, text.find('\n', at) - at, "policy_file: policy.yaml");
  at = text.find("codelists_dir: ");
  text.replace(at, text.find('\n', at) - at, "codelists_dir: nowhere");
  std::ofstream(world.ConfigFile("ARG")) << text;
  const auto inputs = LoadInputs(world.ConfigFile("ARG"), world.clock);
  ASSERT_FALSE(inputs.ok());
  EXPECT_EQ(ReasonOf(inputs.status()), Reason::CONFIG_INVALID);
  const std::string message = MessageOf(inputs.status());
  for (const char* field : {"surprise", "policy_file", "codelists_dir"}) {
    const size_t found = message.find(field);
    ASSERT_NE(found, std::string::npos) << field << " in " << message;
    EXPECT_EQ(message.find(std::string("\n  ") + field, found), std::string::npos) << message;
  }
  EXPECT_EQ(MetadataOf(inputs.status()).at("faults"), "3") << message;
}

}  // namespace
}  // namespace enlace::app
