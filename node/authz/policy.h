#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/error.h"
#include "node/trust/identity.h"

// Role x method. One row per method, deny by default; decided before existence. Pure.
namespace enlace::authz {

enum class Role {
  kContributor,
  kAnalyst,
  kApprover,
  kCoordinator,
  kOperator,
  kAuditor,
  kPartner,
  kNode,
  kSecretariat,
};
std::string_view RoleName(Role role);
std::optional<Role> RoleFromName(std::string_view name);

// Which door a method answers at.
enum class Door { kNetwork, kAdmin };

// Who is calling, computed once per call.
struct Caller {
  Door door = Door::kNetwork;
  trust::Identity identity;  // Empty on the admin socket.
  std::set<Role> roles;
  std::string entity;  // Reporting entity of an entity certificate, else empty.
  std::string jurisdiction() const { return identity.id.jurisdiction; }
  // SPIFFE URI, or "admin-socket".
  std::string Name() const;
  bool Has(Role role) const { return roles.contains(role); }
};

// How a decision on national data is recorded. Refusals are recorded for kCall and kCommit.
enum class Audit {
  kNone,
  kCall,    // By the dispatcher, before the handler runs: reads.
  kCommit,  // By the handler, in the same commit as the effect: writes.
};

struct MethodRow {
  std::string method;                 // "/enlace.exchange.v1.CaseService/GetCaseRecord"
  std::set<Door> doors;               // Never empty.
  std::set<Role> roles;               // Any of them suffices at the network door. The admin
                                      // door asks for none: the socket file's mode decides.
  bool own_jurisdiction_only = true;  // The caller must belong to this node's jurisdiction.
  Audit audit = Audit::kNone;
};

// What config/policy.yaml holds: rows, and grants of roles to identity patterns
// ("spiffe://arg.demo/person/maria", "spiffe://*.demo/node"; * is one whole label or segment).
// A role goes to one kind of identity only (contributor: entities, partner: partners, node:
// nodes, all others: persons), and never to "every person". Immutable, so thread-safe.
class Policy {
 public:
  static constexpr size_t kMethodsMax = 1000;
  static constexpr size_t kGrantsMax = 10'000;

  // CONFIG_INVALID with all faults and their paths.
  static StatusOr<Policy> Parse(std::string_view yaml);

  const MethodRow* Find(std::string_view method) const;
  std::vector<std::string> Methods() const;
  std::set<Role> RolesOf(const trust::SpiffeId& id) const;
  // The caller at the network door with its roles and entity.
  Caller NetworkCaller(const trust::Identity& identity) const;
  // The caller at the admin socket: no identity, no role.
  static Caller AdminCaller();
  // OK, or METHOD_UNKNOWN (no row), or PERMISSION_DENIED with the same bytes whatever exists.
  Status Decide(std::string_view method, const Caller& caller,
                std::string_view own_jurisdiction) const;

 private:
  struct Grant {
    Role role;
    std::string pattern;
  };
  std::map<std::string, MethodRow, std::less<>> rows_;
  std::vector<Grant> grants_;
};

}  // namespace enlace::authz
