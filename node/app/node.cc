#include "node/app/node.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "node/app/certificate_notice.h"
#include "node/app/init.h"
#include "node/app/node_keys.h"
#include "node/app/services.h"
#include "node/app/verify.h"
#include "node/app/version.h"
#include "node/app/watchdog.h"
#include "node/base/bytes.h"
#include "node/base/log.h"
#include "node/base/memory.h"
#include "node/base/mutex.h"
#include "node/crypto/hash.h"
#include "node/metrics/metrics.h"
#include "node/peer/signing_hold.h"
#include "node/rpc/admission.h"
#include "node/rpc/descriptors.h"
#include "node/rpc/dispatcher.h"
#include "node/rpc/health.h"
#include "node/rpc/own_door.h"
#include "node/rpc/reflection.h"
#include "node/rpc/server.h"
#include "node/service/admin_service.h"
#include "node/service/store_audit.h"
#include "node/store/signing.h"
#include "node/transport/peer_verifier.h"

namespace enlace::app {
namespace {

constexpr int64_t kWatchMs = 1'000;
constexpr char kPageTokenKey[] = "enlace/page-tokens/v1";

// What Start has opened before a node exists.
struct Opened {
  std::unique_ptr<metrics::Metrics> metrics;  // The store reports to it until its end.
  std::unique_ptr<store::Store> store;
  store::ChannelKeys keys;
  std::shared_ptr<peer::SigningHold> hold;
  NodeIdentity identity;
  std::unique_ptr<service::CaseColumns> columns;
};

Status CheckPinnedKey(const NodeIdentity& identity, const Inputs& inputs) {
  const auto found = inputs.peer_keys.find(inputs.config.secretariat);
  if (found == inputs.peer_keys.end() || identity.secretariat_key.empty()) {
    return absl::OkStatus();
  }
  if (std::string(found->second.begin(), found->second.end()) == identity.secretariat_key) {
    return absl::OkStatus();
  }
  return Error(Reason::CONFIG_INVALID,
               "peers: the secretariat's channel_key is not the one that was pinned at init; ask "
               "the secretariat on a second way which one is right");
}

// What init left open is closed by the first configuration that names the secretariat's key:
// a later change of the file alone cannot put another in its place.
Status PinWhatIsOpen(store::Store& store, const Inputs& inputs, NodeIdentity& identity) {
  if (!identity.secretariat_key.empty()) return absl::OkStatus();
  const std::string& secretariat = inputs.config.secretariat;
  const auto found = inputs.peer_keys.find(secretariat);
  if (found == inputs.peer_keys.end()) {
    LogWarning("secretariat_not_pinned", {{"jurisdiction", secretariat}});
    return absl::OkStatus();
  }
  ENLACE_RETURN_IF_ERROR(PinSecretariat(store, found->second, identity));
  LogInfo("secretariat_pinned",
          {{"jurisdiction", secretariat}, {"channel_key", Base64Encode(identity.secretariat_key)}});
  return absl::OkStatus();
}

// What is signed for the first time contradicts nothing: a node that never signed an entry
// waits for nobody.
StatusOr<std::shared_ptr<peer::SigningHold>> MakeHold(const store::Reader& reader,
                                                      const config::NodeConfig& config,
                                                      const Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(const auto sizes, store::OwnChannelSizes(reader));
  const bool has_signed = std::any_of(sizes.begin(), sizes.end(),
                                      [](const auto& channel) { return channel.second > 0; });
  std::set<std::string> peers;
  if (has_signed) {
    for (const config::PeerEntry& peer : config.peers) peers.insert(peer.jurisdiction);
  }
  return std::make_shared<peer::SigningHold>(clock, std::move(peers));
}

int64_t PeersOf(const config::NodeConfig& config) {
  return static_cast<int64_t>(config.peers.size());
}

rpc::ServerOptions ServerOptionsOf(const config::NodeConfig& config) {
  rpc::ServerOptions options;
  options.workers = static_cast<int>(config.workers);
  options.waiting_calls_max = static_cast<size_t>(config.waiting_calls_max);
  options.peers = PeersOf(config);
  options.connections.connections_max = config.connections_max;
  options.connections.uncertified_max = config.uncertified_connections_max;
  options.connections.per_address_max = config.address_connections_max;
  options.connections.identity_streams_max = config.identity_streams_max;
  options.connections.all_streams_max = config.streams_max;
  return options;
}

StatusOr<Opened> Open(const Inputs& inputs, Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(store::ChannelKeys keys, LoadKeys(DataLayout(inputs.config.data_dir)));
  // Before the first file of the store is open.
  ENLACE_ASSIGN_OR_RETURN(
      const rpc::DescriptorPlan plan,
      rpc::PlanDescriptors(rpc::RaiseDescriptorLimit(), PeersOf(inputs.config)));
  auto metrics = std::make_unique<metrics::Metrics>();
  store::StoreOptions options = StoreOptionsOf(inputs.config);
  options.open_files_max = static_cast<int>(plan.store_files);
  options.metrics = metrics.get();
  ENLACE_ASSIGN_OR_RETURN(auto store, store::Store::Open(options, clock));
  ENLACE_ASSIGN_OR_RETURN(NodeIdentity identity, LoadIdentity(*store->Read()));
  ENLACE_RETURN_IF_ERROR(CheckIdentity(identity, inputs.config));
  ENLACE_RETURN_IF_ERROR(CheckPinnedKey(identity, inputs));
  ENLACE_RETURN_IF_ERROR(CheckOwnKey(*store->Read(), keys));
  ENLACE_RETURN_IF_ERROR(RaiseFormat(*store));
  ENLACE_RETURN_IF_ERROR(CheckSubjectKey(*store, keys.subject_key));
  ENLACE_RETURN_IF_ERROR(PinWhatIsOpen(*store, inputs, identity));
  ENLACE_ASSIGN_OR_RETURN(auto columns, service::CaseColumns::Load(*store, inputs.registry));
  ENLACE_ASSIGN_OR_RETURN(auto hold, MakeHold(*store->Read(), inputs.config, clock));
  keys.may_sign = [hold] { return hold->Check(); };
  return Opened{std::move(metrics), std::move(store),    std::move(keys),
                std::move(hold),    std::move(identity), std::move(columns)};
}

std::string PageTokenKey(const store::ChannelKeys& keys) {
  return std::string(AsView(crypto::HmacSha256(keys.subject_key, kPageTokenKey)));
}

// Members are in the order of their start; the end is the reverse.
class NodeImpl final : public Node {
 public:
  NodeImpl(Inputs inputs, Clock& clock, Opened opened)
      : clock_(clock),
        inputs_(std::move(inputs)),
        opened_(std::move(opened)),
        metrics_(*opened_.metrics),
        tokens_(PageTokenKey(opened_.keys)),
        verifier_(std::make_shared<transport::PeerVerifier>(inputs_.bundles, clock)),
        admission_(rpc::AdmissionLimits::Of(static_cast<int>(inputs_.config.workers),
                                            static_cast<int>(inputs_.config.waiting_calls_max)),
                   metrics_),
        audit_(*opened_.store),
        services_(ServiceParts()),
        dispatcher_({table_, inputs_.policy, admission_, audit_, metrics_, clock,
                     inputs_.config.jurisdiction, crypto::RandomUuid}) {
    services_.Register(table_);
    health_.Register(table_);
    rpc::RegisterReflection(table_);
    metrics_.SetMethods(table_.Methods());
  }

  ~NodeImpl() override { Stop(0); }

  Status Listen() {
    ENLACE_RETURN_IF_ERROR(PublishCard());
    const rpc::ServerOptions options = ServerOptionsOf(inputs_.config);
    ENLACE_ASSIGN_OR_RETURN(
        network_, rpc::Server::StartNetwork(dispatcher_, inputs_.config.listen, inputs_.identity,
                                            *verifier_, metrics_, options));
    ENLACE_ASSIGN_OR_RETURN(
        admin_, rpc::Server::StartAdmin(dispatcher_, inputs_.config.admin_socket, options));
    if (inputs_.front_user.has_value()) {
      ENLACE_ASSIGN_OR_RETURN(front_,
                              rpc::Server::StartFront(dispatcher_, inputs_.config.front_socket,
                                                      *inputs_.front_user, *verifier_, options));
    }
    if (!inputs_.config.metrics_listen.empty()) {
      ENLACE_ASSIGN_OR_RETURN(exposer_,
                              metrics::Exposer::Start(metrics_, inputs_.config.metrics_listen));
    }
    serving_ = true;
    memory_.Look();  // What is needed without a call.
    StartWatchdog();
    Look();
    services_.puller().Start();
    watch_ = std::jthread([this](std::stop_token stop) { Watch(stop); });
    LogInfo("serving", {{"address", network_->address()},
                        {"jurisdiction", inputs_.config.jurisdiction},
                        {"network", inputs_.config.network}});
    return absl::OkStatus();
  }

  std::string listen_address() const override {
    return network_ == nullptr ? "" : network_->address();
  }

  Status Readiness() const override {
    if (!serving_) return Error(Reason::NODE_DRAINING, "the node is starting or stopping");
    return opened_.store->Health();
  }

  void PullNow() override { services_.puller().PullNow(); }

  bool Stop(int64_t drain_ms) override {
    if (stopped_.exchange(true)) return true;
    serving_ = false;
    if (watchdog_ != nullptr) watchdog_->AskToStop();
    watch_.request_stop();
    wake_.NotifyAll();
    services_.puller().AskToStop();
    std::vector<rpc::Server*> servers;
    for (rpc::Server* server : {network_.get(), front_.get(), admin_.get()}) {
      if (server != nullptr) servers.push_back(server);
    }
    const bool drained = rpc::Drain(health_, admission_, servers, drain_ms);
    watchdog_.reset();  // A call that it waits for has ended with the door.
    services_.puller().Stop();
    if (watch_.joinable()) watch_.join();
    RecordDenials(true);
    metrics_.SetReady(false);
    return drained;
  }

 private:
  Services::Parts ServiceParts() {
    return {inputs_,
            *opened_.store,
            opened_.keys,
            opened_.identity,
            *opened_.columns,
            tokens_,
            metrics_,
            verifier_,
            clock_,
            [this] { return listen_address(); },
            [this] { return Readiness(); },
            [hold = opened_.hold](const std::string& jurisdiction, bool reached) {
              hold->Visited(jurisdiction, reached);
            },
            [this] { card_published_ = false; }};
  }

  // The card waits for the peers like all that is signed.
  Status PublishCard() {
    const Status published = services_.PublishCard();
    card_published_ = published.ok();
    return ReasonOf(published) == Reason::SIGNING_WAITS ? absl::OkStatus() : published;
  }

  // Health and metrics follow what is.
  void Look() {
    const bool ready = Readiness().ok();
    if (ready != health_.serving()) {
      Log(ready ? LogLevel::kInfo : LogLevel::kError, "readiness",
          {{"ready", ready ? "true" : "false"}});
    }
    health_.Set(ready);
    // The disk's room too, so that a change is logged while nobody writes.
    const store::SpaceStatus space = opened_.store->Space();
    metrics_.SetDiskRoom(2 - static_cast<int>(space.state), space.reserve_bytes);
    metrics_.SetReady(ready);
    metrics_.SetDatabase(opened_.store->Figures());
    metrics_.SetCertificateExpiry(inputs_.identity.not_after() - clock_.NowMs() / 1000);
    TellOfCertificate();
  }

  void TellOfCertificate() {
    constexpr int64_t kDayMs = 86'400'000;
    const int64_t now_ms = clock_.NowMs();
    switch (certificate_notices_.Look(now_ms)) {
      case CertificateNotice::kNothing:
        return;
      case CertificateNotice::kEnds:
        return LogWarning("certificate_ends",
                          {{"in_days", std::to_string((CertificateEndMs() - now_ms) / kDayMs)}});
      case CertificateNotice::kEnded:
        return LogError("certificate_ended", {});
    }
  }

  int64_t CertificateEndMs() const { return inputs_.identity.not_after() * 1000; }

  void StartWatchdog() {
    if (inputs_.config.watchdog_interval_ms == 0) return;
    watchdog_ = std::make_unique<Watchdog>(
        WatchdogOptions{.interval_ms = inputs_.config.watchdog_interval_ms},
        [this] { return rpc::AskOwnDoor(network_->address(), inputs_.identity, verifier_); });
  }

  // What cannot be recorded stays counted, and the store itself says why it takes no writes.
  void RecordDenials(bool all) {
    const Status status = dispatcher_.RecordDenials(all);
    if (status.ok() || !all) return;
    LogError("denials_lost", {{"reason", std::string(ReasonName(ReasonOf(status)))}});
  }

  void Watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        MutexLock lock(wake_mutex_);
        wake_.WaitFor(wake_mutex_, kWatchMs, [&] { return stop.stop_requested(); });
      }
      if (stop.stop_requested()) return;
      Look();
      RecordDenials(false);
      // A store that takes no writes shows by itself.
      if (!card_published_) PublishCard().IgnoreError();
      memory_.Look();
    }
  }

  Clock& clock_;
  const Inputs inputs_;
  const Opened opened_;
  metrics::Metrics& metrics_;
  const rpc::PageTokens tokens_;
  const std::shared_ptr<transport::PeerVerifier> verifier_;
  rpc::HandlerTable table_;
  rpc::Health health_;
  rpc::Admission admission_;
  service::StoreAudit audit_;
  Services services_;
  rpc::Dispatcher dispatcher_;
  std::unique_ptr<metrics::Exposer> exposer_;
  std::unique_ptr<rpc::Server> network_;
  std::unique_ptr<rpc::Server> front_;
  std::unique_ptr<rpc::Server> admin_;
  CertificateNotices certificate_notices_{CertificateEndMs()};  // Of the watching thread.
  std::atomic<bool> card_published_ = false;
  std::atomic<bool> serving_ = false;
  std::atomic<bool> stopped_ = false;
  Mutex wake_mutex_;
  CondVar wake_;
  MemoryKeeper memory_;  // Of the watching thread.
  std::jthread watch_;
  std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace

StatusOr<std::unique_ptr<Node>> Node::Start(Inputs inputs, Clock& clock) {
  ENLACE_ASSIGN_OR_RETURN(Opened opened, Open(inputs, clock));
  auto node = std::make_unique<NodeImpl>(std::move(inputs), clock, std::move(opened));
  ENLACE_RETURN_IF_ERROR(node->Listen());
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace enlace::app
