#include "bench/world.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "bench/load.h"
#include "bench/output.h"
#include "tests/testing/test_ca.h"

namespace enlace::bench {
namespace {

using testing::TempDir;

constexpr int kSystems = 32;
const std::vector<std::string> kForeign = {"BRA", "CHL", "COL", "MEX"};

std::string Domain(std::string jurisdiction) {
  for (char& c : jurisdiction) c = static_cast<char>(c - 'A' + 'a');
  return "spiffe://" + jurisdiction + ".demo/";
}

std::string Beside(const char* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

std::string FileName(std::string path) {
  for (char& c : path) c = c == '/' ? '-' : c;
  return path;
}

void Write(const std::string& file, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

std::vector<std::string> IdentitiesOf(const std::string& jurisdiction) {
  if (jurisdiction != kOrigin) return {"node"};
  std::vector<std::string> paths = {"node", "person/analyst", "person/coordinator"};
  for (int i = 0; i < kSystems; ++i)
    paths.push_back(fmt::format("entity/{}/system-{}", kEntity, i));
  return paths;
}

std::vector<std::string> Jurisdictions() {
  std::vector<std::string> all = kForeign;
  all.insert(all.end(), {kOrigin, kReplica});
  return all;
}

}  // namespace

World::World(const WorldOptions& options)
    : program_(options.enlaced.empty() ? Beside("enlaced") : options.enlaced),
      workers_(options.workers) {
  if (options.folder.empty()) {
    own_folder_ = std::make_unique<TempDir>();
    folder_ = own_folder_->path();
  } else {
    folder_ = std::filesystem::absolute(options.folder);
  }
  Prepare();
}

World::~World() {
  while (!nodes_.empty()) Stop(nodes_.begin()->first);
}

void World::Prepare() {
  if (std::filesystem::exists(folder_ + "/prepared")) return;
  WriteCertificates();
  Init(kReplica, "");
  Init(kOrigin, TempDir::Read(Folder(kReplica) + "/channel_key"));
  Write(folder_ + "/prepared", "");
}

void World::WriteCertificates() const {
  for (const std::string& jurisdiction : Jurisdictions()) {
    const testing::TestCa ca;
    Write(Folder(jurisdiction) + "/ca.crt", ca.anchor_pem());
    for (const std::string& path : IdentitiesOf(jurisdiction)) {
      testing::WriteFiles(ca.Issue(Domain(jurisdiction) + path), Folder(jurisdiction),
                          FileName(path));
    }
  }
}

void World::WriteConfig(const std::string& jurisdiction) const {
  std::string text = fmt::format(
      "network: demo\njurisdiction: {}\ndata_dir: data\nanchor_path: anchor/anchor\n"
      "listen: 127.0.0.1:0\nadmin_socket: admin.sock\n"
      "tls: {{certificate_file: node.crt, private_key_file: node.key}}\n"
      "codelists_dir: {}/config/codelists\npolicy_file: {}/config/policy.yaml\n"
      "federation: {{pull_interval_ms: 50}}\nlog_level: warning\n",
      jurisdiction, ENLACE_SOURCE_DIR, ENLACE_SOURCE_DIR);
  if (workers_ > 0) text += fmt::format("limits: {{workers: {}}}\n", workers_);
  text += "trust:\n";
  for (const std::string& other : Jurisdictions()) {
    text += fmt::format("  - {{jurisdiction: {}, bundle_file: ../{}/ca.crt}}\n", other, other);
  }
  // Each is the other's peer, as soon as both have keys. Ports change at each start; who starts
  // first does not reach the other, and is reached by it.
  const std::string peer = jurisdiction == kOrigin ? kReplica : kOrigin;
  const std::string key_file = Folder(peer) + "/channel_key";
  if (std::filesystem::exists(key_file)) {
    text += fmt::format("peers:\n  - {{jurisdiction: {}, endpoint: \"{}\", channel_key: \"{}\"}}\n",
                        peer, nodes_.contains(peer) ? Endpoint(peer) : "127.0.0.1:1",
                        TempDir::Read(key_file));
  }
  Write(Folder(jurisdiction) + "/node.yaml", text);
}

void World::Init(const std::string& jurisdiction, const std::string& secretariat_key) const {
  WriteConfig(jurisdiction);
  std::vector<std::string> arguments = {"init", "--config", Folder(jurisdiction) + "/node.yaml"};
  if (!secretariat_key.empty()) {
    arguments.insert(arguments.end(), {"--secretariat-key", secretariat_key});
  }
  testing::Process init(program_, arguments, Folder(jurisdiction) + "/init.txt");
  const int code = init.Wait();
  const std::string output = init.Output();
  if (code != 0) Die(fmt::format("{} init: exit code {}\n{}", program_, code, output));
  constexpr std::string_view kLine = "\nchannel_key: ";
  const size_t at = output.find(kLine) + kLine.size();
  Write(Folder(jurisdiction) + "/channel_key", output.substr(at, output.find('\n', at) - at));
}

double World::Start(const std::string& jurisdiction) {
  const std::string folder = Folder(jurisdiction);
  WriteConfig(jurisdiction);
  std::filesystem::remove(folder + "/ready");
  const double begin = SecondsNow();
  auto& node = nodes_[jurisdiction];
  node = std::make_unique<testing::Process>(
      program_,
      std::vector<std::string>{"serve", "--config", folder + "/node.yaml", "--ready-file",
                               folder + "/ready"},
      folder + "/log");
  while (!std::filesystem::exists(folder + "/ready")) {
    if (!node->Running()) Die("the node ended:\n" + node->Output());
    poll(nullptr, 0, 1);
  }
  return SecondsNow() - begin;
}

void World::Stop(const std::string& jurisdiction) {
  const auto at = nodes_.find(jurisdiction);
  if (at == nodes_.end()) return;
  at->second->Signal(SIGTERM);
  if (at->second->Wait() != 0) Progress("the node did not end well:\n" + at->second->Output());
  nodes_.erase(at);
}

std::string World::Endpoint(const std::string& jurisdiction) const {
  std::string address = TempDir::Read(Folder(jurisdiction) + "/ready");
  while (!address.empty() && address.back() == '\n') address.pop_back();
  return address;
}

client::ClientOptions World::OptionsOf(const std::string& issuer, const std::string& path,
                                       const std::string& endpoint) const {
  client::ClientOptions options;
  options.endpoint = endpoint;
  options.certificate_file = Folder(issuer) + "/" + FileName(path) + ".crt";
  options.private_key_file = Folder(issuer) + "/" + FileName(path) + ".key";
  options.trust_bundle_file = Folder(kOrigin) + "/ca.crt";
  options.node_uri = Domain(kOrigin) + "node";
  options.retries_max = 0;
  return options;
}

std::unique_ptr<client::Client> World::Connect(const std::string& issuer,
                                               const std::string& path) const {
  return Must(client::Client::Make(OptionsOf(issuer, path, Endpoint(kOrigin))));
}

client::ClientOptions World::OptionsOfSystem(int number) const {
  return OptionsOf(kOrigin, fmt::format("entity/{}/system-{}", kEntity, number % kSystems),
                   Endpoint(kOrigin));
}

std::unique_ptr<client::Client> World::ConnectSystem(int number) const {
  return Must(client::Client::Make(OptionsOfSystem(number)));
}

std::string World::ForeignNode(int number) {
  return kForeign[static_cast<size_t>(number) % kForeign.size()];
}

std::unique_ptr<client::Client> World::ConnectAdmin(const std::string& jurisdiction) const {
  client::ClientOptions options;
  options.endpoint = "unix:" + Folder(jurisdiction) + "/admin.sock";
  return Must(client::Client::Make(options));
}

double World::CpuSeconds(const std::string& jurisdiction) const {
  const std::string pid = std::to_string(nodes_.at(jurisdiction)->pid());
  const std::string stat = TempDir::Read("/proc/" + pid + "/stat");
  // After the name in brackets: utime and stime are the 12th and 13th field.
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int64_t World::ResidentBytes(const std::string& jurisdiction) const {
  std::ifstream status(fmt::format("/proc/{}/status", nodes_.at(jurisdiction)->pid()));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoll(line.substr(8)) * 1024;
  }
  return 0;
}

}  // namespace enlace::bench
