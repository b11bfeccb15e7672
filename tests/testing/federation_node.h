#pragma once

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/base/clock.h"
#include "node/crypto/hash.h"
#include "node/peer/peer_caller.h"
#include "node/rpc/dispatcher.h"
#include "node/service/channel_service.h"
#include "node/service/federation_service.h"
#include "node/store/channel_table.h"
#include "node/store/store.h"

// One node's channels: a real store, the real handlers behind the real dispatcher and the
// policy that ships. Only the network between nodes is played.
namespace enlace::testing {

inline const authz::Policy& ShippedPolicyForPeers() {
  static const authz::Policy* policy = [] {
    std::ifstream file(ENLACE_SOURCE_DIR "/config/policy.yaml");
    return new authz::Policy(
        authz::Policy::Parse(std::string(std::istreambuf_iterator<char>(file), {})).value());
  }();
  return *policy;
}

inline authz::Caller CallerWithUri(const std::string& uri) {
  authz::Caller caller;
  caller.identity.id = trust::SpiffeId::Parse(uri).value();
  caller.roles = ShippedPolicyForPeers().RolesOf(caller.identity.id);
  return caller;
}

// Each jurisdiction's signing key, the same in every run.
inline crypto::SigningKey KeyOf(const std::string& jurisdiction) {
  const Hash seed = crypto::Sha256("signing key of " + jurisdiction);
  return crypto::SigningKey::FromSeed(AsView(seed)).value();
}

// A database that outlives the store over it, for restarts.
class KeptEngine final : public kv::Engine {
 public:
  explicit KeptEngine(std::shared_ptr<kv::Engine> engine) : engine_(std::move(engine)) {}
  std::unique_ptr<kv::Snapshot> TakeSnapshot() override { return engine_->TakeSnapshot(); }
  Status Commit(const kv::Batch& batch) override { return engine_->Commit(batch); }
  Status Health() const override { return engine_->Health(); }
  Status VerifyChecksums() override { return engine_->VerifyChecksums(); }

 private:
  const std::shared_ptr<kv::Engine> engine_;
};

class NoAudit final : public rpc::AuditSink {
 public:
  Status Record(const rpc::AuditEvent&) override { return absl::OkStatus(); }
};

class FederationNode {
 public:
  FederationNode(std::string jurisdiction, std::set<std::string> members, const Clock& clock,
                 std::shared_ptr<kv::Engine> engine = nullptr)
      : jurisdiction_(std::move(jurisdiction)),
        engine_(engine != nullptr
                    ? std::move(engine)
                    : kv::OpenMemoryEngine(static_cast<size_t>(store::Table::kCount))),
        store_(store::Store::OpenOnEngine(std::make_unique<KeptEngine>(engine_),
                                          const_cast<Clock&>(clock))),
        keys_{KeyOf(jurisdiction_), std::string(32, 's')},
        federation_({*store_, "demo", jurisdiction_, std::move(members), public_key()}),
        channels_({*store_, tokens_, [this](const std::string& origin) { return key_of(origin); },
                   [this](const std::string& origin) { return trouble_of(origin); }}),
        dispatcher_({table_, ShippedPolicyForPeers(), admission_, audit_, metrics_, clock,
                     jurisdiction_, crypto::RandomUuid}),
        clock_(clock) {
    federation_.Register(table_);
    channels_.Register(table_);
  }

  const std::string& jurisdiction() const { return jurisdiction_; }
  store::Store& store() { return *store_; }
  std::shared_ptr<kv::Engine> engine() const { return engine_; }
  const store::ChannelKeys& keys() const { return keys_; }
  const crypto::PublicKey& public_key() const { return keys_.signing.public_key(); }
  std::string Origin(const std::string& kind) const { return "demo/" + jurisdiction_ + "/" + kind; }

  // Appends `count` entries to an own channel in one commit.
  Status Publish(const std::string& kind, int count, const std::string& audience = "network",
                 size_t payload_bytes = 20) {
    std::vector<channel::NewEntry> entries;
    for (int i = 0; i < count; ++i) {
      const std::string text = jurisdiction_ + " " + std::to_string(published_++) + " ";
      std::string payload = text;
      payload.resize(std::max(payload_bytes, text.size()), '.');
      entries.push_back({"training.programme", text, model::Audience::Parse(audience).value(),
                         std::move(payload)});
    }
    return store_->Write([&](store::Transaction& transaction) {
      return store::AppendEntries(transaction, Origin(kind), entries, keys_).status();
    });
  }

  rpc::Reply Dispatch(const authz::Caller& caller, std::string_view method,
                      const google::protobuf::Message& request) {
    const std::string bytes = request.SerializeAsString();
    return dispatcher_.Dispatch({.caller = caller,
                                 .method = method,
                                 .request = bytes,
                                 .deadline_steady_ms = clock_.SteadyMs() + 30'000});
  }
  template <typename Response>
  StatusOr<Response> Call(const std::string& caller_uri, std::string_view method,
                          const google::protobuf::Message& request) {
    const rpc::Reply reply = Dispatch(CallerWithUri(caller_uri), method, request);
    if (!reply.status.ok()) return reply.status;
    Response response;
    if (!response.ParseFromString(reply.response)) return Error(Reason::INTERNAL, "reply");
    return response;
  }

  std::function<std::optional<crypto::PublicKey>(const std::string&)> key_of =
      [this](const std::string&) { return std::optional(public_key()); };
  std::function<std::string(const std::string&)> trouble_of = [](const std::string&) {
    return std::string();
  };

 private:
  const std::string jurisdiction_;
  const std::shared_ptr<kv::Engine> engine_;
  const std::unique_ptr<store::Store> store_;
  const store::ChannelKeys keys_;
  const rpc::PageTokens tokens_{std::string(32, 't')};
  service::FederationService federation_;
  service::ChannelService channels_;
  rpc::HandlerTable table_;
  metrics::Metrics metrics_;
  rpc::Admission admission_{{}, metrics_};
  NoAudit audit_;
  rpc::Dispatcher dispatcher_;
  const Clock& clock_;
  int published_ = 0;
};

// The way from one node to another, with a hook to break it.
class LoopbackCaller final : public peer::PeerCaller {
 public:
  // Called before each call (an error is what the caller gets) and after each answer.
  using Before = std::function<Status(std::string_view method)>;
  using After = std::function<void(std::string_view method, google::protobuf::Message&)>;

  LoopbackCaller(FederationNode& target, const std::string& caller_uri, Before before = {},
                 After after = {})
      : target_(target),
        caller_(CallerWithUri(caller_uri)),
        before_(std::move(before)),
        after_(std::move(after)) {}

  Status Call(std::string_view method, const google::protobuf::Message& request,
              google::protobuf::Message& response, int64_t) override {
    if (before_) ENLACE_RETURN_IF_ERROR(before_(method));
    const rpc::Reply reply = target_.Dispatch(caller_, method, request);
    ENLACE_RETURN_IF_ERROR(reply.status);
    if (!response.ParseFromString(reply.response)) return Error(Reason::INTERNAL, "reply");
    if (after_) after_(method, response);
    return absl::OkStatus();
  }

 private:
  FederationNode& target_;
  const authz::Caller caller_;
  const Before before_;
  const After after_;
};

}  // namespace enlace::testing
