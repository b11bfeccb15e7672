#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/lib/client.h"
#include "enlace/exchange/v1/case_service.pb.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.pb.h"
#include "gtest/gtest.h"
#include "node/base/clock.h"
#include "node/base/mutex.h"
#include "node/config/yaml.h"
#include "node/crypto/hash.h"
#include "node/rpc/health.h"
#include "node/rpc/reflection.h"
#include "node/rpc/server.h"
#include "node/transport/remote_node.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_ca.h"

// A node of jurisdiction ARG in network demo that has doors and no rooms: the shipped policy,
// real certificates, real sockets, and handlers that a test gives.
namespace enlace::testing {

inline constexpr char kGetCase[] = "/enlace.exchange.v1.CaseService/GetCaseRecord";
inline constexpr char kStreamGetCase[] = "/enlace.exchange.v1.CaseService/StreamGetCaseRecord";
inline constexpr char kListCases[] = "/enlace.exchange.v1.CaseService/ListCaseRecords";
inline constexpr char kTabulate[] = "/enlace.exchange.v1.CaseService/TabulateCaseRecords";
inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
inline constexpr char kArgNode[] = "spiffe://arg.demo/node";
inline constexpr char kArgAgency[] = "spiffe://arg.demo/entity/police/files";

class FakeAudit final : public rpc::AuditSink {
 public:
  Status Record(const rpc::AuditEvent& event) override {
    const MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    events_.push_back(event);
    return Status();
  }
  void FailWith(Status status) {
    const MutexLock lock(mutex_);
    failure_ = std::move(status);
  }
  std::vector<rpc::AuditEvent> events() const {
    const MutexLock lock(mutex_);
    return events_;
  }

 private:
  mutable Mutex mutex_;
  Status failure_ ENLACE_GUARDED_BY(mutex_);
  std::vector<rpc::AuditEvent> events_ ENLACE_GUARDED_BY(mutex_);
};

// A gate that handlers wait at.
class Gate {
 public:
  void Open() {
    const MutexLock lock(mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  void Enter() {
    const MutexLock lock(mutex_);
    ++waiting_;
    changed_.NotifyAll();
    changed_.Wait(mutex_, [this] { return open_; });
  }
  bool AwaitWaiting(int count) {
    const MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, 10'000, [this, count] { return waiting_ >= count; });
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool open_ = false;
  int waiting_ = 0;
};

class RpcWorld {
 public:
  using Record = exchange::v1::CaseRecord;
  using GetRequest = exchange::v1::GetCaseRecordRequest;
  using GetHandler = std::function<StatusOr<Record>(const rpc::CallContext&, const GetRequest&)>;

  struct Options {
    rpc::AdmissionLimits limits;
    rpc::ServerOptions server;
    rpc::MethodLimits get_limits;
    GetHandler get = [](const rpc::CallContext&, const GetRequest& request) {
      Record record;
      record.set_name(request.name());
      return StatusOr<Record>(std::move(record));
    };
  };

  explicit RpcWorld(Options options = MakeOptions())
      : admission_(options.limits, metrics_),
        policy_(*authz::Policy::Parse(
            *config::ReadFile(std::string(ENLACE_SOURCE_DIR) + "/config/policy.yaml"))),
        dispatcher_(
            {table_, policy_, admission_, audit_, metrics_, clock_, "ARG", crypto::RandomUuid}) {
    auto bundles = std::make_shared<trust::TrustBundles>("demo");
    bundles->Add("ARG", arg_ca_.anchor_pem());
    bundles->Add("BRA", bra_ca_.anchor_pem());
    verifier_ = std::make_shared<transport::PeerVerifier>(bundles, clock_);
    for (const char* const method : {kGetCase, kStreamGetCase}) {
      table_.Register<GetRequest, Record>(method, options.get, options.get_limits);
    }
    health_.Register(table_);
    rpc::RegisterReflection(table_);
    health_.Set(true);
    auto network =
        rpc::Server::StartNetwork(dispatcher_, "127.0.0.1:0", Identity(arg_ca_, kArgNode),
                                  *verifier_, metrics_, options.server);
    EXPECT_TRUE(network.ok()) << network.status();
    network_ = *std::move(network);
    auto admin = rpc::Server::StartAdmin(dispatcher_, dir_.path("admin.sock"), options.server);
    EXPECT_TRUE(admin.ok()) << admin.status();
    admin_ = *std::move(admin);
  }
  static Options MakeOptions() { return Options(); }

  // Certificate and key files of `ca` for `uri`.
  transport::OwnIdentity Identity(const TestCa& ca, const std::string& uri) {
    return Identity(ca.Issue(uri));
  }
  transport::OwnIdentity Identity(const IssuedCertificate& issued) {
    const CertificateFiles files =
        WriteFiles(issued, dir_.path(), "id" + std::to_string(next_file_++));
    auto identity = transport::OwnIdentity::Load(files.certificate_file, files.private_key_file,
                                                 clock_.NowMs() / 1000);
    EXPECT_TRUE(identity.ok()) << identity.status();
    return *std::move(identity);
  }

  // A caller of the network door.
  std::unique_ptr<transport::RemoteNode> Caller(const transport::OwnIdentity& identity,
                                                const std::string& expected = kArgNode) {
    return transport::RemoteNode::OverTls(network_->address(), identity, verifier_, expected);
  }
  std::unique_ptr<transport::RemoteNode> Agency() { return Caller(Identity(arg_ca_, kArgAgency)); }
  std::unique_ptr<transport::RemoteNode> Operator() {
    return transport::RemoteNode::OverSocket(admin_->address());
  }
  client::ClientOptions ClientFor(const std::string& uri) {
    const CertificateFiles files =
        WriteFiles(arg_ca_.Issue(uri), dir_.path(), "id" + std::to_string(next_file_++));
    client::ClientOptions options;
    options.endpoint = network_->address();
    options.certificate_file = files.certificate_file;
    options.private_key_file = files.private_key_file;
    options.trust_bundle_file = dir_.Write("arg.pem", arg_ca_.anchor_pem());
    options.node_uri = kArgNode;
    return options;
  }

  TempDir dir_;
  SystemClock clock_;
  TestCa arg_ca_;
  TestCa bra_ca_;
  metrics::Metrics metrics_;
  FakeAudit audit_;
  rpc::HandlerTable table_;
  rpc::Health health_;
  rpc::Admission admission_;
  authz::Policy policy_;
  rpc::Dispatcher dispatcher_;
  std::shared_ptr<transport::PeerVerifier> verifier_;
  std::unique_ptr<rpc::Server> network_;
  std::unique_ptr<rpc::Server> admin_;

 private:
  int next_file_ = 0;
};

inline exchange::v1::GetCaseRecordRequest GetCase(
    const std::string& name = "jurisdictions/ARG/cases/00112233445566778899aabbccddeeff") {
  exchange::v1::GetCaseRecordRequest request;
  request.set_name(name);
  return request;
}

MATCHER_P(IsReason, reason, "") {
  *result_listener << arg.ToString();
  return !arg.ok() && ReasonOf(arg) == reason;
}

}  // namespace enlace::testing
