#include "node/authz/policy.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "node/config/yaml.h"

namespace enlace::authz {
namespace {

using Kind = trust::SpiffeId::Kind;

struct RoleRow {
  Role role;
  std::string_view name;
  Kind holder;  // The only kind of identity that may hold it.
};

constexpr std::array<RoleRow, 9> kRoles = {{
    {Role::kContributor, "contributor", Kind::kEntity},
    {Role::kAnalyst, "analyst", Kind::kPerson},
    {Role::kApprover, "approver", Kind::kPerson},
    {Role::kCoordinator, "coordinator", Kind::kPerson},
    {Role::kOperator, "operator", Kind::kPerson},
    {Role::kAuditor, "auditor", Kind::kPerson},
    {Role::kPartner, "partner", Kind::kPartner},
    {Role::kNode, "node", Kind::kNode},
    {Role::kSecretariat, "secretariat", Kind::kPerson},
}};

const RoleRow& RowOf(Role role) { return kRoles[static_cast<size_t>(role)]; }

constexpr std::string_view kScheme = "spiffe://";

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// The labels of the trust domain followed by the path segments; empty when it is no URI
// of two labels and a path. The network part of a domain has no dot, so labels are two.
std::vector<std::string_view> Parts(std::string_view uri) {
  if (uri.substr(0, kScheme.size()) != kScheme) return {};
  std::vector<std::string_view> segments = Split(uri.substr(kScheme.size()), '/');
  std::vector<std::string_view> parts = Split(segments.front(), '.');
  if (parts.size() != 2) return {};
  parts.insert(parts.end(), segments.begin() + 1, segments.end());
  return parts;
}

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A label of a domain, or a segment of a path (where ids may also hold '.' and '_').
bool IsPatternPart(std::string_view part, std::string_view others) {
  if (part == "*") return true;
  return !part.empty() && std::all_of(part.begin(), part.end(), [others](char c) {
    return IsLowerOrDigit(c) || others.find(c) != std::string_view::npos;
  });
}

bool IsPattern(const std::vector<std::string_view>& parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!IsPatternPart(parts[i], i < 2 ? "-" : "-._")) return false;
  }
  return parts.size() >= 3;
}

// What is wrong with a grant's pattern for this role; empty when nothing is.
std::string PatternFault(Role role, std::string_view pattern) {
  const std::vector<std::string_view> parts = Parts(pattern);
  if (!IsPattern(parts)) {
    return "expected spiffe://<jurisdiction>.<network>/<path> in lower case, where * stands "
           "for one whole label or segment";
  }
  struct Shape {
    Kind kind;
    std::string_view word;
    size_t parts;
  };
  constexpr std::array<Shape, 4> kShapes = {{{Kind::kNode, "node", 3},
                                             {Kind::kEntity, "entity", 5},
                                             {Kind::kPerson, "person", 4},
                                             {Kind::kPartner, "partner", 4}}};
  for (const Shape& shape : kShapes) {
    if (shape.kind != RowOf(role).holder) continue;
    if (parts[2] != shape.word || parts.size() != shape.parts) {
      return fmt::format("expected an identity of the kind '{}': the role {} goes to no other",
                         shape.word, RoleName(role));
    }
    if (shape.kind == Kind::kPerson && parts[3] == "*") {
      return "expected one person's id: roles of people are granted person by person";
    }
  }
  return "";
}

// Both are well formed: the pattern was checked at load, the URI by SpiffeId::Parse. Walks
// them side by side, since it runs for each grant at each call.
bool Matches(std::string_view pattern, std::string_view uri) {
  size_t at = 0;
  int slashes = 0;
  for (const char c : pattern) {
    if (c == '*') {
      // Labels end at a dot, segments (after the slash behind the domain) do not.
      const std::string_view ends = slashes > 2 ? "/" : "./";
      const size_t end = std::min(uri.find_first_of(ends, at), uri.size());
      if (end == at) return false;
      at = end;
      continue;
    }
    if (at >= uri.size() || uri[at] != c) return false;
    if (c == '/') ++slashes;
    ++at;
  }
  return at == uri.size();
}

bool IsMethodName(std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, '/');
  return parts.size() == 3 && parts[0].empty() && !parts[1].empty() && !parts[2].empty();
}

std::optional<Role> ReadRole(config::MapReader& map, std::string_view key, std::string_view name) {
  const std::optional<Role> role = RoleFromName(name);
  if (!role.has_value()) map.Fault(key, "expected the name of a role, see the comments on top");
  return role;
}

void ReadDoors(config::MapReader& map, MethodRow& row) {
  for (const std::string& name : map.Strings("doors")) {
    if (name == "network") {
      row.doors.insert(Door::kNetwork);
    } else if (name == "admin") {
      row.doors.insert(Door::kAdmin);
    } else {
      map.Fault("doors", "expected network or admin");
    }
  }
  if (row.doors.empty()) row.doors.insert(Door::kNetwork);
}

MethodRow ReadRow(config::MapReader& map) {
  MethodRow row;
  row.method = map.String("method");
  if (!row.method.empty() && !IsMethodName(row.method)) {
    map.Fault("method", "expected \"/package.Service/Method\"");
  }
  ReadDoors(map, row);
  for (const std::string& name : map.Strings("roles")) {
    if (const auto role = ReadRole(map, "roles", name)) row.roles.insert(*role);
  }
  // A row for nobody is more likely a slip than a wish, and it would look like a grant.
  if (row.doors.contains(Door::kNetwork) == row.roles.empty()) {
    map.Fault("roles", "expected at least one role at the network door and none at the admin door");
  }
  const std::string jurisdiction = map.String("jurisdiction", "own");
  if (jurisdiction != "own" && jurisdiction != "any") {
    map.Fault("jurisdiction", "expected own or any");
  }
  row.own_jurisdiction_only = jurisdiction != "any";
  const std::string audit = map.String("audit", "none");
  if (audit == "call") {
    row.audit = Audit::kCall;
  } else if (audit == "commit") {
    row.audit = Audit::kCommit;
  } else if (audit != "none") {
    map.Fault("audit", "expected none, call or commit");
  }
  return row;
}

}  // namespace

std::string_view RoleName(Role role) { return RowOf(role).name; }

std::optional<Role> RoleFromName(std::string_view name) {
  for (const RoleRow& row : kRoles) {
    if (row.name == name) return row.role;
  }
  return std::nullopt;
}

std::string Caller::Name() const { return door == Door::kAdmin ? "admin-socket" : identity.id.uri; }

StatusOr<Policy> Policy::Parse(std::string_view yaml) {
  ENLACE_ASSIGN_OR_RETURN(const config::Yaml document, config::Yaml::Parse(yaml));
  config::Faults faults;
  config::MapReader top(&document, "", faults);
  const config::Yaml* methods = top.Member("methods", /*required=*/true);
  const config::Yaml* grants = top.Member("grants", /*required=*/true);
  top.Finish();

  Policy policy;
  config::ForEachMap(methods, "methods", faults, [&policy](config::MapReader& map) {
    MethodRow row = ReadRow(map);
    if (policy.rows_.size() >= kMethodsMax) {
      map.Fault("method", fmt::format("expected at most {} methods", kMethodsMax));
      return;
    }
    const std::string method = row.method;
    if (!policy.rows_.emplace(method, std::move(row)).second) {
      map.Fault("method", "expected one row for each method, seen a second");
    }
  });
  config::ForEachMap(grants, "grants", faults, [&policy](config::MapReader& map) {
    const std::optional<Role> role = ReadRole(map, "role", map.String("role"));
    const std::string pattern = map.String("identity");
    if (!role.has_value()) return;
    const std::string fault = PatternFault(*role, pattern);
    if (!fault.empty()) map.Fault("identity", fault);
    if (policy.grants_.size() >= kGrantsMax) {
      map.Fault("identity", fmt::format("expected at most {} grants", kGrantsMax));
      return;
    }
    policy.grants_.push_back({*role, pattern});
  });
  ENLACE_RETURN_IF_ERROR(faults.ToStatus(Reason::CONFIG_INVALID, "policy"));
#ifdef ENLACE_BREAK_MISSING_POLICY_ROW
  if (!policy.rows_.empty()) policy.rows_.erase(policy.rows_.begin());
#endif
  return policy;
}

const MethodRow* Policy::Find(std::string_view method) const {
  const auto row = rows_.find(method);
  return row == rows_.end() ? nullptr : &row->second;
}

std::vector<std::string> Policy::Methods() const {
  std::vector<std::string> methods;
  methods.reserve(rows_.size());
  for (const auto& [method, row] : rows_) methods.push_back(method);
  return methods;
}

std::set<Role> Policy::RolesOf(const trust::SpiffeId& id) const {
  std::set<Role> roles;
  for (const Grant& grant : grants_) {
    if (Matches(grant.pattern, id.uri)) roles.insert(grant.role);
  }
  return roles;
}

Caller Policy::NetworkCaller(const trust::Identity& identity) const {
  Caller caller;
  caller.door = Door::kNetwork;
  caller.identity = identity;
  caller.roles = RolesOf(identity.id);
  if (identity.id.kind == trust::SpiffeId::Kind::kEntity) caller.entity = identity.id.id;
  return caller;
}

Caller Policy::AdminCaller() {
  Caller caller;
  caller.door = Door::kAdmin;
  return caller;
}

Status Policy::Decide(std::string_view method, const Caller& caller,
                      std::string_view own_jurisdiction) const {
  const MethodRow* row = Find(method);
  if (row == nullptr) {
    return Error(Reason::METHOD_UNKNOWN, "the node has no such method; check the versions");
  }
  bool allowed = row->doors.contains(caller.door);
  if (caller.door == Door::kNetwork) {
    allowed = allowed && std::any_of(row->roles.begin(), row->roles.end(),
                                     [&caller](Role role) { return caller.Has(role); });
    if (row->own_jurisdiction_only) {
      allowed = allowed && caller.jurisdiction() == own_jurisdiction;
    }
  }
  if (allowed) return Status();
  return Error(Reason::PERMISSION_DENIED,
               "no role of this caller may call this method here; the node's operator grants "
               "roles in policy.yaml");
}

}  // namespace enlace::authz
