#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "node/crypto/hash.h"
#include "node/rpc/dispatcher.h"
#include "node/service/case_service.h"
#include "node/service/statistics_service.h"
#include "node/service/store_audit.h"
#include "tests/testing/memory_store.h"

// The national half of a node of ARG: real services over a real store, called through the
// dispatcher with the policy and the code lists that ship.
namespace enlace::testing {

namespace pb = enlace::exchange::v1;

// Measured periods as a test wants them.
class TestEpochs final : public service::Epochs {
 public:
  bool IsMeasured(uint32_t year, uint32_t) const override { return year == measured_year; }
  uint32_t measured_year = 0;
};

inline std::string ReadRepositoryFile(const std::string& path) {
  std::ifstream file(ENLACE_SOURCE_DIR "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::shared_ptr<const codes::Registry> ShippedCodesPtr() {
  static const auto* registry = new std::shared_ptr<const codes::Registry>(
      *codes::Registry::Load(ENLACE_SOURCE_DIR "/config/codelists"));
  return *registry;
}
inline const codes::Registry& ShippedCodes() { return *ShippedCodesPtr(); }

// The same lists as the version after that, which has all their codes.
inline const codes::Registry& NextCodes() {
  static const auto* registry = [] {
    std::vector<codes::CodeList> lists;
    for (const auto& [name, list] : ShippedCodes().lists()) {
      lists.emplace_back(name, list.version() + 1, list.source(), list.codes());
    }
    return new codes::Registry(std::move(lists));
  }();
  return *registry;
}

inline const authz::Policy& ShippedPolicy() {
  static const auto* policy =
      new authz::Policy(*authz::Policy::Parse(ReadRepositoryFile("config/policy.yaml")));
  return *policy;
}

// An identity as its certificate would give it, with the roles that the policy grants.
inline authz::Caller CallerOf(const std::string& uri) {
  authz::Caller caller;
  caller.identity.id = *trust::SpiffeId::Parse(uri);
  caller.roles = ShippedPolicy().RolesOf(caller.identity.id);
  if (caller.identity.id.kind == trust::SpiffeId::Kind::kEntity) {
    caller.entity = caller.identity.id.id;
  }
  return caller;
}

class NationalNode {
 public:
  explicit NationalNode(std::unique_ptr<kv::Engine> engine = nullptr,
                        query::ColumnsOptions options = {}, const store::StoreOptions& space = {})
      : db(std::move(engine), space),
        columns(*service::CaseColumns::Load(*db.store, ShippedCodesPtr(), options)) {
    cases.Register(table);
    statistics.Register(table);
  }

  // Calls as anybody does, by method name and bytes.
  template <typename Response>
  StatusOr<Response> Call(const authz::Caller& caller, const std::string& method,
                          const google::protobuf::Message& request) {
    const std::string bytes = request.SerializeAsString();
    const int64_t deadline_ms = db.clock.SteadyMs() + 60'000;
    const rpc::Reply reply = dispatcher.Dispatch(
        {.caller = caller, .method = method, .request = bytes, .deadline_steady_ms = deadline_ms});
    if (!reply.status.ok()) return reply.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(reply.response));
    return response;
  }

  const authz::Caller police = CallerOf("spiffe://arg.demo/entity/police/records");
  const authz::Caller shelter = CallerOf("spiffe://arg.demo/entity/shelter/desk");
  const authz::Caller analyst = CallerOf("spiffe://arg.demo/person/analyst");
  const authz::Caller approver = CallerOf("spiffe://arg.demo/person/approver");
  const authz::Caller coordinator = CallerOf("spiffe://arg.demo/person/coordinator");
  const authz::Caller operator_person = CallerOf("spiffe://arg.demo/person/operator");
  const authz::Caller foreign = CallerOf("spiffe://bra.demo/entity/police/records");

  MemoryStore db;
  TestEpochs epochs;
  rpc::PageTokens page_tokens{std::string(32, 'k')};
  std::unique_ptr<service::CaseColumns> columns;
  service::CaseService cases{
      {*db.store, ShippedCodes(), *columns, page_tokens, epochs, crypto::RandomBytes, "ARG", 5}};
  service::StatisticsService statistics{{*db.store, ShippedCodes(), page_tokens, "ARG"}};
  service::StoreAudit audit{*db.store};
  metrics::Metrics metrics;
  rpc::Admission admission{rpc::AdmissionLimits{}, metrics};
  rpc::HandlerTable table;
  rpc::Dispatcher dispatcher{
      {table, ShippedPolicy(), admission, audit, metrics, db.clock, "ARG", crypto::RandomUuid}};
};

}  // namespace enlace::testing
