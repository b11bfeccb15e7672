#include "node/app/preflight.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "node/base/bytes.h"
#include "node/config/yaml.h"
#include "node/crypto/certificate.h"

namespace enlace::app {
namespace {

constexpr std::string_view kSecretariat = "OAS";

// Whether `field`, with or without its line, is `group` or a member of it.
bool IsWithin(std::string_view field, std::string_view group) {
  constexpr std::string_view kNextMayBe = ".[ ";
  return field.starts_with(group) &&
         (field.size() == group.size() || kNextMayBe.find(field[group.size()]) != kNextMayBe.npos);
}

// All that is wrong. `told` is what the configuration says wrongly by itself: what follows
// from it, at the same options, is not told again.
class Problems {
 public:
  explicit Problems(std::vector<FieldViolation> told = {}) : told_(std::move(told)) {
    for (const FieldViolation& fault : told_) {
      list_.push_back(fmt::format("{}: {}", fault.field, fault.description));
    }
  }
  bool Told(std::string_view field) const {
    return std::any_of(told_.begin(), told_.end(), [&](const FieldViolation& fault) {
      return IsWithin(fault.field, field) || IsWithin(field, fault.field);
    });
  }
  // The value, or nothing and one problem more.
  template <typename T>
  std::optional<T> Take(StatusOr<T> result, std::string_view field) {
    if (result.ok()) return *std::move(result);
    Add(field, result.status());
    return std::nullopt;
  }
  void Add(std::string_view field, const Status& status) { Add(field, MessageOf(status)); }
  void Add(std::string_view field, std::string_view text) {
    if (!Told(field)) list_.push_back(fmt::format("{}: {}", field, text));
  }
  Status ToStatus() const {
    if (list_.empty()) return absl::OkStatus();
    std::string message = "the configuration, or what it names, is not usable";
    for (const std::string& problem : list_) message += "\n  " + problem;
    return Error(Reason::CONFIG_INVALID, message, {{"faults", std::to_string(list_.size())}});
  }

 private:
  const std::vector<FieldViolation> told_;
  std::vector<std::string> list_;
};

std::shared_ptr<const trust::TrustBundles> ReadBundles(const config::NodeConfig& config,
                                                       Problems& problems) {
  auto bundles = std::make_shared<trust::TrustBundles>(config.network);
  for (size_t i = 0; i < config.trust.size(); ++i) {
    const config::TrustEntry& entry = config.trust[i];
    const std::string field = fmt::format("trust[{}]", i);
    const auto anchors = problems.Take(config::ReadFile(entry.bundle_file), field);
    if (!anchors.has_value()) continue;
    const auto anchor = problems.Take(crypto::ReadCertificate(*anchors), field + ".bundle_file");
    if (anchor.has_value() && !anchor->is_ca) {
      problems.Add(field + ".bundle_file", "expected the certificate of an authority");
    }
    std::optional<std::string> crls = std::string();
    if (!entry.crl_file.empty()) {
      crls = problems.Take(config::ReadFile(entry.crl_file), field + ".crl_file");
    }
    bundles->Add(entry.jurisdiction, *anchors, crls.value_or(""));
  }
  return bundles;
}

void CheckOwnCertificate(const config::NodeConfig& config, const transport::OwnIdentity& identity,
                         const trust::TrustBundles& bundles, const Clock& clock,
                         Problems& problems) {
  if (problems.Told("network") || problems.Told("jurisdiction")) return;
  const std::string expected =
      "spiffe://" + trust::TrustDomain(config.jurisdiction, config.network) + "/node";
  if (identity.uri() != expected) {
    problems.Add("tls.certificate_file",
                 fmt::format("expected the identity {}, found {}", expected, identity.uri()));
    return;
  }
  const auto verified = bundles.Verify(identity.chain_pem(), identity.chain_pem(),
                                       crypto::Purpose::kServer, clock.NowMs() / 1000);
  if (!verified.ok()) problems.Add("tls.certificate_file", verified.status());
}

std::map<std::string, crypto::PublicKey> PeerKeys(const config::NodeConfig& config) {
  std::map<std::string, crypto::PublicKey> keys;
  for (const config::PeerEntry& peer : config.peers) {
    const std::string bytes = Base64Decode(peer.channel_key).value_or("");  // Checked by config.
    crypto::PublicKey key{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
    keys[peer.jurisdiction] = key;
  }
  return keys;
}

// Observers are no members, so any country of the list may run a node.
void CheckIsKnown(const std::string& jurisdiction, std::string_view field,
                  const codes::CodeList& countries, Problems& problems) {
  if (jurisdiction == kSecretariat || countries.FindId(jurisdiction) != nullptr) return;
  problems.Add(field, fmt::format("{} is no country of the code lists; expected an ISO 3166 "
                                  "alpha-3 code, or {} for the secretariat",
                                  jurisdiction, kSecretariat));
}

void CheckAreKnown(const config::NodeConfig& config, const codes::Registry& registry,
                   Problems& problems) {
  const codes::CodeList& countries = registry.Get("country");
  CheckIsKnown(config.jurisdiction, "jurisdiction", countries, problems);
  CheckIsKnown(config.secretariat, "secretariat", countries, problems);
  for (size_t i = 0; i < config.trust.size(); ++i) {
    CheckIsKnown(config.trust[i].jurisdiction, fmt::format("trust[{}].jurisdiction", i), countries,
                 problems);
  }
  for (size_t i = 0; i < config.peers.size(); ++i) {
    CheckIsKnown(config.peers[i].jurisdiction, fmt::format("peers[{}].jurisdiction", i), countries,
                 problems);
  }
  for (const std::string& member : config.roster) {
    CheckIsKnown(member, "roster", countries, problems);
  }
}

// Nothing when there is a problem.
std::optional<Inputs> Read(const config::NodeConfig& config, const Clock& clock,
                           Problems& problems) {
  auto bundles = ReadBundles(config, problems);
  auto identity =
      problems.Take(transport::OwnIdentity::Load(config.certificate_file, config.private_key_file,
                                                 clock.NowMs() / 1000),
                    "tls");
  if (identity.has_value()) {
    CheckOwnCertificate(config, *identity, *bundles, clock, problems);
  }
  auto registry = problems.Take(codes::Registry::Load(config.codelists_dir), "codelists_dir");
  if (registry.has_value()) CheckAreKnown(config, **registry, problems);
  std::optional<rpc::SocketUser> front_user;
  if (!config.front_user.empty()) {
    front_user = problems.Take(rpc::FindUser(config.front_user), "front.user");
  }
  std::optional<authz::Policy> policy;
  if (const auto text = problems.Take(config::ReadFile(config.policy_file), "policy_file")) {
    policy = problems.Take(authz::Policy::Parse(*text), "policy_file");
  }
  if (!problems.ToStatus().ok()) return std::nullopt;
  return Inputs{
      config,           bundles,   *std::move(identity), *std::move(registry), *std::move(policy),
      PeerKeys(config), front_user};
}

}  // namespace

Status CheckJurisdictions(const config::NodeConfig& config) {
  Problems problems;
  const auto registry = problems.Take(codes::Registry::Load(config.codelists_dir), "codelists_dir");
  if (registry.has_value()) CheckAreKnown(config, **registry, problems);
  return problems.ToStatus();
}

std::vector<std::string> Warnings(const config::NodeConfig& config) {
  const bool named =
      config.jurisdiction == config.secretariat ||
      std::any_of(config.peers.begin(), config.peers.end(), [&](const config::PeerEntry& peer) {
        return peer.jurisdiction == config.secretariat;
      });
  if (named) return {};
  return {
      fmt::format("peers: {}, the secretariat, is not named; this node mirrors nothing of it, "
                  "and a key of it that was not pinned at init stays unpinned",
                  config.secretariat)};
}

StatusOr<Inputs> ReadInputs(const config::NodeConfig& config, const Clock& clock) {
  Problems problems;
  std::optional<Inputs> inputs = Read(config, clock, problems);
  if (!inputs.has_value()) return problems.ToStatus();
  return *std::move(inputs);
}

StatusOr<Inputs> LoadInputs(const std::string& config_path, const Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const config::CheckedConfig checked,
                          config::CheckNodeConfig(config_path));
  Problems problems(checked.faults);
  std::optional<Inputs> inputs = Read(checked.config, clock, problems);
  if (!inputs.has_value()) return problems.ToStatus();
  return *std::move(inputs);
}

}  // namespace enlace::app
