// config/policy.yaml against the protos, and against what each kind of caller may do.
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "node/authz/policy.h"
#include "node/config/yaml.h"

namespace enlace::authz {
namespace {

Policy Shipped() {
  auto policy =
      Policy::Parse(*config::ReadFile(std::string(ENLACE_SOURCE_DIR) + "/config/policy.yaml"));
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

std::set<std::string> MethodsOfTheProtos() {
  google::protobuf::FileDescriptorSet files;
  EXPECT_TRUE(files.ParseFromString(*config::ReadFile(ENLACE_PROTOSET)));
  std::set<std::string> methods;
  for (const auto& file : files.file()) {
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) {
        methods.insert("/" + file.package() + "." + service.name() + "/" + method.name());
      }
    }
  }
  return methods;
}

std::set<std::string> Rows(const Policy& policy) {
  const std::vector<std::string> methods = policy.Methods();
  return {methods.begin(), methods.end()};
}

Caller As(const Policy& policy, trust::SpiffeId::Kind kind, const std::string& jurisdiction,
          const std::string& uri) {
  trust::Identity identity;
  identity.id.kind = kind;
  identity.id.jurisdiction = jurisdiction;
  identity.id.uri = uri;
  return policy.NetworkCaller(identity);
}

std::set<std::string> Allowed(const Policy& policy, const Caller& caller) {
  std::set<std::string> allowed;
  for (const std::string& method : policy.Methods()) {
    if (policy.Decide(method, caller, "ARG").ok()) {
      allowed.insert(method.substr(method.rfind('.') + 1));
    }
  }
  return allowed;
}

TEST(ShippedPolicy, HasExactlyOneRowForEachMethodOfTheProtos) {
  const std::set<std::string> methods = MethodsOfTheProtos();
  EXPECT_GT(methods.size(), 30u);
  EXPECT_EQ(Rows(Shipped()), methods);
}

TEST(ShippedPolicy, TheAdminSocketSeesNoCaseAndNeitherPreparesNorApproves) {
  EXPECT_EQ(Allowed(Shipped(), Policy::AdminCaller()),
            (std::set<std::string>{"AdminService/Backup", "AdminService/GetStatus",
                                   "AdminService/ListPeers", "AdminService/VerifyStore",
                                   "ChannelService/GetChannel", "ChannelService/ListChannelEntries",
                                   "ChannelService/ListChannels", "ChannelService/VerifyChannel",
                                   "Health/Check", "Health/Watch",
                                   "ServerReflection/ServerReflectionInfo"}));
}

TEST(ShippedPolicy, APeerNodePullsAndAsksForHealthAndNothingElse) {
  const Policy policy = Shipped();
  const std::set<std::string> expected = {"FederationService/ListPeerChannels",
                                          "FederationService/PullEntries", "Health/Check"};
  EXPECT_EQ(
      Allowed(policy, As(policy, trust::SpiffeId::Kind::kNode, "BRA", "spiffe://bra.demo/node")),
      expected);
  EXPECT_EQ(
      Allowed(policy, As(policy, trust::SpiffeId::Kind::kNode, "ARG", "spiffe://arg.oas-tip/node")),
      expected);
}

TEST(ShippedPolicy, APartnerReadsWhatIsReleasedInItsOwnJurisdictionOnly) {
  const Policy policy = Shipped();
  const auto kind = trust::SpiffeId::Kind::kPartner;
  EXPECT_EQ(
      Allowed(policy, As(policy, kind, "ARG", "spiffe://arg.demo/partner/ngo")),
      (std::set<std::string>{"ChannelService/GetChannel", "ChannelService/ListChannelEntries",
                             "ChannelService/ListChannels", "ChannelService/VerifyChannel",
                             "ProgrammeService/GetProgramme", "ProgrammeService/ListProgrammes",
                             "ReportService/ListFigures"}));
  EXPECT_TRUE(Allowed(policy, As(policy, kind, "BRA", "spiffe://bra.demo/partner/ngo")).empty());
}

TEST(ShippedPolicy, NobodyOfAnotherJurisdictionTouchesNationalData) {
  const Policy policy = Shipped();
  EXPECT_TRUE(Allowed(policy, As(policy, trust::SpiffeId::Kind::kEntity, "BRA",
                                 "spiffe://bra.demo/entity/police/files"))
                  .empty());
  for (const char* person : {"analyst", "approver", "coordinator", "operator", "auditor"}) {
    EXPECT_TRUE(Allowed(policy, As(policy, trust::SpiffeId::Kind::kPerson, "BRA",
                                   std::string("spiffe://bra.demo/person/") + person))
                    .empty());
  }
}

TEST(ShippedPolicy, OnlyAnEntityReadsSingleCases) {
  const Policy policy = Shipped();
  EXPECT_EQ(policy.Find("/enlace.exchange.v1.CaseService/GetCaseRecord")->roles,
            std::set<Role>{Role::kContributor});
  EXPECT_EQ(policy.Find("/enlace.exchange.v1.CaseService/ListCaseRecords")->roles,
            std::set<Role>{Role::kContributor});
}

TEST(ShippedPolicy, NoPersonOfTheDemonstrationBothPreparesAndApproves) {
  const Policy policy = Shipped();
  for (const char* person : {"analyst", "approver", "coordinator", "operator", "auditor"}) {
    const auto allowed = Allowed(policy, As(policy, trust::SpiffeId::Kind::kPerson, "ARG",
                                            std::string("spiffe://arg.demo/person/") + person));
    EXPECT_FALSE(allowed.contains("ReleaseService/PrepareRelease") &&
                 allowed.contains("ReleaseService/ApproveRelease"))
        << person;
  }
}

TEST(ShippedPolicy, EveryDecisionOnNationalDataIsRecorded) {
  const Policy policy = Shipped();
  for (const std::string& method : policy.Methods()) {
    for (const char* service : {"CaseService", "StatisticsService", "ReleaseService"}) {
      if (method.find(service) == std::string::npos) continue;
      EXPECT_NE(policy.Find(method)->audit, Audit::kNone) << method;
    }
  }
}

TEST(ShippedPolicy, DemonstrationPeopleMeanNothingOnAnotherNetwork) {
  const Policy policy = Shipped();
  EXPECT_TRUE(
      As(policy, trust::SpiffeId::Kind::kPerson, "ARG", "spiffe://arg.oas-tip/person/approver")
          .roles.empty());
}

}  // namespace
}  // namespace enlace::authz
