// Words that travel and are stored: codes, error reasons, the policy table.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "node/authz/policy.h"
#include "node/base/error.h"
#include "node/codes/registry.h"
#include "node/config/yaml.h"
#include "tests/testing/golden.h"

namespace enlace {
namespace {

constexpr char kConfig[] = ENLACE_SOURCE_DIR "/config";

TEST(GoldenVocabulary, CodesKeepNumbersAndMeaning) {
  const auto registry = codes::Registry::Load(std::string(kConfig) + "/codelists");
  ASSERT_TRUE(registry.ok()) << registry.status();
  std::set<std::string> seen;
  for (const auto& [name, list] : (*registry)->lists()) {
    for (const codes::Code& code : list.codes()) {
      seen.insert(fmt::format("{} {} {} {} {}-{} {}", name, code.number, code.id, code.parent,
                              code.since, code.until, code.superseded_by));
    }
  }
  testing::ExpectGoldenLines("codes.txt", seen);
}

TEST(GoldenVocabulary, ErrorReasonsKeepNamesAndStatus) {
  std::set<std::string> seen;
  for (const Reason reason : AllReasons()) {
    seen.insert(fmt::format("{} {}", ReasonName(reason), CodeName(ReasonCode(reason))));
  }
  testing::ExpectGoldenLines("reasons.txt", seen);
}

std::string AuditName(authz::Audit audit) {
  switch (audit) {
    case authz::Audit::kNone:
      return "none";
    case authz::Audit::kCall:
      return "call";
    case authz::Audit::kCommit:
      return "commit";
  }
  return "?";
}

TEST(GoldenVocabulary, ThePolicyTableIsWhatWasDecided) {
  const auto yaml = config::ReadFile(std::string(kConfig) + "/policy.yaml");
  ASSERT_TRUE(yaml.ok()) << yaml.status();
  const auto policy = authz::Policy::Parse(*yaml);
  ASSERT_TRUE(policy.ok()) << policy.status();
  std::set<std::string> seen;
  for (const std::string& method : policy->Methods()) {
    const authz::MethodRow& row = *policy->Find(method);
    std::vector<std::string> doors;
    if (row.doors.contains(authz::Door::kNetwork)) doors.emplace_back("network");
    if (row.doors.contains(authz::Door::kAdmin)) doors.emplace_back("admin");
    std::vector<std::string_view> roles;
    for (const authz::Role role : row.roles) roles.push_back(authz::RoleName(role));
    seen.insert(fmt::format("{} doors={} callers={} audit={} roles={}", method,
                            fmt::join(doors, ","), row.own_jurisdiction_only ? "own" : "any",
                            AuditName(row.audit), fmt::join(roles, ",")));
  }
  testing::ExpectGoldenLines("policy.txt", seen);
}

}  // namespace
}  // namespace enlace
