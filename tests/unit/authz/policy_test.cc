#include "node/authz/policy.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "node/config/yaml.h"

namespace enlace::authz {
namespace {

using Kind = trust::SpiffeId::Kind;

constexpr char kRead[] = "/enlace.exchange.v1.CaseService/GetCaseRecord";
constexpr char kStatus[] = "/enlace.admin.v1.AdminService/GetStatus";
constexpr char kPull[] = "/enlace.federation.v1.FederationService/PullEntries";
constexpr char kShow[] = "/enlace.exchange.v1.ChannelService/GetChannel";

constexpr char kSmall[] = R"(
methods:
  - method: /enlace.exchange.v1.CaseService/GetCaseRecord
    roles: [contributor, analyst]
    audit: call
  - method: /enlace.federation.v1.FederationService/PullEntries
    roles: [node]
    jurisdiction: any
  - method: /enlace.admin.v1.AdminService/GetStatus
    doors: [admin]
  - method: /enlace.exchange.v1.ChannelService/GetChannel
    doors: [network, admin]
    roles: [auditor]
    audit: commit
grants:
  - {role: contributor, identity: "spiffe://*.demo/entity/*/*"}
  - {role: analyst, identity: "spiffe://arg.demo/person/ana"}
  - {role: auditor, identity: "spiffe://*.demo/person/ana"}
  - {role: node, identity: "spiffe://*.*/node"}
)";

Policy Small() {
  auto policy = Policy::Parse(kSmall);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

trust::Identity Identity(Kind kind, const std::string& jurisdiction, const std::string& uri,
                         const std::string& id = "") {
  trust::Identity identity;
  identity.id.kind = kind;
  identity.id.jurisdiction = jurisdiction;
  identity.id.uri = uri;
  identity.id.id = id;
  return identity;
}

trust::Identity Agency() {
  return Identity(Kind::kEntity, "ARG", "spiffe://arg.demo/entity/police/files", "police");
}
trust::Identity Node(const std::string& jurisdiction, const std::string& uri) {
  return Identity(Kind::kNode, jurisdiction, uri);
}

Reason Refusal(const Status& status) {
  EXPECT_FALSE(status.ok());
  return ReasonOf(status);
}

TEST(Policy, GrantsRolesByPatternOfWholeLabels) {
  const Policy policy = Small();
  EXPECT_EQ(policy.RolesOf(Agency().id), std::set<Role>{Role::kContributor});
  const auto roles = [&policy](const std::string& uri) {
    trust::SpiffeId id;
    id.uri = uri;
    return policy.RolesOf(id);
  };
  EXPECT_EQ(roles("spiffe://arg.demo/person/ana"),
            (std::set<Role>{Role::kAnalyst, Role::kAuditor}));
  EXPECT_EQ(roles("spiffe://bra.demo/person/ana"), std::set<Role>{Role::kAuditor});
  EXPECT_EQ(roles("spiffe://bra.other/node"), std::set<Role>{Role::kNode});
  for (const char* uri :
       {"spiffe://arg.demo/person/anabel", "spiffe://arg.demo/person/an",
        "spiffe://arg.demo/node/x", "spiffe://arg.demo/entity/police",
        "spiffe://arg.demo/entity/police/files/more", "spiffe://arg.demo/entity//files",
        "spiffe://a.b.demo/entity/police/files", "spiffe://arg.demo.evil/entity/police/files",
        "spiffe://.demo/entity/police/files", ""}) {
    EXPECT_TRUE(roles(uri).empty()) << uri;
  }
}

TEST(Policy, ADottedIdentifierIsOneSegment) {
  trust::SpiffeId id;
  id.uri = "spiffe://arg.demo/entity/police/files.v2";
  EXPECT_EQ(Small().RolesOf(id), std::set<Role>{Role::kContributor});
}

TEST(Policy, APersonsIdMayHaveDotsAndUnderscores) {
  const auto policy = Policy::Parse(
      "methods: []\n"
      "grants:\n  - {role: approver, identity: \"spiffe://arg.demo/person/maria.de_la-o\"}\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  trust::SpiffeId id;
  id.uri = "spiffe://arg.demo/person/maria.de_la-o";
  EXPECT_EQ(policy->RolesOf(id), std::set<Role>{Role::kApprover});
}

TEST(Policy, AllowsARoleOfTheRow) {
  const Policy policy = Small();
  EXPECT_TRUE(policy.Decide(kRead, policy.NetworkCaller(Agency()), "ARG").ok());
}

TEST(Policy, DeniesACallerWithoutTheRole) {
  const Policy policy = Small();
  const Caller node = policy.NetworkCaller(Node("ARG", "spiffe://arg.demo/node"));
  EXPECT_EQ(Refusal(policy.Decide(kRead, node, "ARG")), Reason::PERMISSION_DENIED);
}

TEST(Policy, DeniesAnotherJurisdictionUnlessTheRowSaysAny) {
  const Policy policy = Small();
  EXPECT_EQ(Refusal(policy.Decide(kRead, policy.NetworkCaller(Agency()), "BRA")),
            Reason::PERMISSION_DENIED);
  const Caller node = policy.NetworkCaller(Node("BRA", "spiffe://bra.demo/node"));
  EXPECT_TRUE(policy.Decide(kPull, node, "ARG").ok());
}

TEST(Policy, KeepsTheDoorsApart) {
  const Policy policy = Small();
  const Caller admin = Policy::AdminCaller();
  EXPECT_EQ(admin.Name(), "admin-socket");
  EXPECT_TRUE(policy.Decide(kStatus, admin, "ARG").ok());
  EXPECT_TRUE(policy.Decide(kShow, admin, "ARG").ok());
  EXPECT_EQ(Refusal(policy.Decide(kRead, admin, "ARG")), Reason::PERMISSION_DENIED);
  EXPECT_EQ(Refusal(policy.Decide(kStatus, policy.NetworkCaller(Agency()), "ARG")),
            Reason::PERMISSION_DENIED);
}

TEST(Policy, AMethodWithoutARowIsUnknownToEverybody) {
  const Policy policy = Small();
  EXPECT_EQ(Refusal(policy.Decide("/a.B/C", policy.NetworkCaller(Agency()), "ARG")),
            Reason::METHOD_UNKNOWN);
  EXPECT_EQ(Refusal(policy.Decide("/a.B/C", Policy::AdminCaller(), "ARG")), Reason::METHOD_UNKNOWN);
}

TEST(Policy, RefusalsDifferInNothing) {
  const Policy policy = Small();
  const Status wrong_door = policy.Decide(kRead, Policy::AdminCaller(), "ARG");
  const Status wrong_role =
      policy.Decide(kRead, policy.NetworkCaller(Node("ARG", "spiffe://arg.demo/node")), "ARG");
  const Status wrong_place = policy.Decide(kRead, policy.NetworkCaller(Agency()), "BRA");
  EXPECT_EQ(wrong_door, wrong_role);
  EXPECT_EQ(wrong_role, wrong_place);
}

TEST(Policy, OnlyAnEntityCertificateNamesAReportingEntity) {
  const Policy policy = Small();
  EXPECT_EQ(policy.NetworkCaller(Agency()).entity, "police");
  const auto person = Identity(Kind::kPerson, "ARG", "spiffe://arg.demo/person/police", "police");
  EXPECT_EQ(policy.NetworkCaller(person).entity, "");
}

TEST(Policy, ReadsHowDecisionsAreRecorded) {
  const Policy policy = Small();
  EXPECT_EQ(policy.Find(kRead)->audit, Audit::kCall);
  EXPECT_EQ(policy.Find(kShow)->audit, Audit::kCommit);
  EXPECT_EQ(policy.Find(kPull)->audit, Audit::kNone);
}

// Each of these would grant more, or other, than its author can have meant.
TEST(Policy, RefusesFaultyDocuments) {
  const std::string row = "methods:\n  - {method: /a.B/C, roles: [node]";
  const std::string grants = "}\ngrants: []\n";
  const std::string one = row + grants;
  ASSERT_TRUE(Policy::Parse(one).ok());
  const auto with_grant = [&row](const std::string& grant) {
    return row + "}\ngrants:\n  - {" + grant + "}\n";
  };
  for (const std::string& text : {
           std::string("methods: []\n"),
           std::string("grants: []\n"),
           std::string("[]"),
           row + ", door: network" + grants,  // Misspelt member.
           row + ", doors: [window]" + grants,
           row + ", jurisdiction: all" + grants,
           row + ", audit: yes" + grants,
           row + "}\n  - {method: /a.B/C, roles: [node]" + grants,  // A second row.
           std::string("methods:\n  - {method: a.B/C, roles: [node]") + grants,
           std::string("methods:\n  - {method: /a.B/C/D, roles: [node]") + grants,
           std::string("methods:\n  - {method: /a.B/C") + grants,  // For nobody.
           std::string("methods:\n  - {method: /a.B/C, roles: [king]") + grants,
           std::string("methods:\n  - {method: /a.B/C, doors: [admin], roles: [node]") + grants,
           with_grant("role: king, identity: \"spiffe://*.*/node\""),
           with_grant("role: node, identity: \"spiffe://*.*/person/ana\""),
           with_grant("role: node, identity: \"spiffe://*/node\""),
           with_grant("role: node, identity: \"spiffe://a*.demo/node\""),
           with_grant("role: node, identity: \"spiffe://ARG.demo/node\""),
           with_grant("role: node, identity: \"https://arg.demo/node\""),
           with_grant("role: contributor, identity: \"spiffe://*.*/*/police/files\""),
           with_grant("role: contributor, identity: \"spiffe://*.*/entity/*\""),
           with_grant("role: approver, identity: \"spiffe://arg.demo/person/*\""),
           with_grant("role: approver, identity: \"spiffe://arg.demo/entity/a/b\""),
       }) {
    EXPECT_EQ(Refusal(Policy::Parse(text).status()), Reason::CONFIG_INVALID) << text;
  }
}

TEST(Policy, ListsAllFaultsWithTheirPaths) {
  const Status status = Policy::Parse(
                            "methods:\n  - {method: /a.B/C, roles: [king]}\n"
                            "grants:\n  - {role: node, identity: nobody}\n")
                            .status();
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("methods[0].roles"));
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("grants[0].identity"));
}

TEST(Policy, HasALimitOnMethodsAndGrants) {
  std::string methods = "methods:\n";
  for (size_t i = 0; i <= Policy::kMethodsMax; ++i) {
    methods += "  - {method: /a.B/C" + std::to_string(i) + ", roles: [node]}\n";
  }
  EXPECT_EQ(Refusal(Policy::Parse(methods + "grants: []\n").status()), Reason::CONFIG_INVALID);
  std::string grants = "methods: []\ngrants:\n";
  for (size_t i = 0; i <= Policy::kGrantsMax; ++i) {
    grants += "  - {role: node, identity: \"spiffe://a.n" + std::to_string(i) + "/node\"}\n";
  }
  EXPECT_EQ(Refusal(Policy::Parse(grants).status()), Reason::CONFIG_INVALID);
}

TEST(Roles, HaveNamesBothWays) {
  for (const Role role :
       {Role::kContributor, Role::kAnalyst, Role::kApprover, Role::kCoordinator, Role::kOperator,
        Role::kAuditor, Role::kPartner, Role::kNode, Role::kSecretariat}) {
    EXPECT_EQ(RoleFromName(RoleName(role)), role);
  }
  EXPECT_FALSE(RoleFromName("king").has_value());
}

}  // namespace
}  // namespace enlace::authz
