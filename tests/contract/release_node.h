#pragma once

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "node/channel/mirror.h"
#include "node/crypto/hash.h"
#include "node/service/programme_service.h"
#include "node/service/release_service.h"
#include "node/service/report_service.h"
#include "node/store/audit_table.h"
#include "node/store/observation_table.h"
#include "tests/contract/national_node.h"

// The half of a node that lets things out: releases, programmes and reports over one real
// store, called through the dispatcher with the policy and code lists that ship.
namespace enlace::testing {

inline constexpr char kReleases[] = "/enlace.exchange.v1.ReleaseService/";
inline constexpr char kProgrammes[] = "/enlace.exchange.v1.ProgrammeService/";
inline constexpr char kReports[] = "/enlace.exchange.v1.ReportService/";

// A person with a key of their own.
inline authz::Caller PersonWithKey(const std::string& uri, char key) {
  authz::Caller caller = CallerOf(uri);
  caller.identity.key_fingerprint.fill(static_cast<uint8_t>(key));
  return caller;
}

// A caller with roles that the shipped policy need not grant to such a name.
inline authz::Caller WithRoles(const std::string& uri, char key, std::set<authz::Role> roles) {
  authz::Caller caller = PersonWithKey(uri, key);
  caller.roles = std::move(roles);
  return caller;
}

class ReleaseNode {
 public:
  explicit ReleaseNode(std::string network = "demo", std::string jurisdiction = "ARG",
                       std::vector<std::string> roster = {"ARG", "BRA", "CHL"})
      : network_(std::move(network)),
        jurisdiction_(std::move(jurisdiction)),
        keys{*crypto::SigningKey::FromSeed(std::string(32, jurisdiction_[0])),
             std::string(32, 's')},
        releases{{*db.store, ShippedCodes(), page_tokens, keys, std::ref(random), network_,
                  jurisdiction_, 5}},
        programmes{
            {*db.store, ShippedCodes(), page_tokens, keys, catalogue, network_, jurisdiction_}},
        reports{{*db.store, ShippedCodes(), page_tokens, figures, catalogue, db.clock,
                 std::ref(random), network_, std::move(roster)}} {
    releases.Register(table);
    programmes.Register(table);
    reports.Register(table);
  }

  template <typename Response>
  StatusOr<Response> Call(const authz::Caller& caller, const std::string& method,
                          const google::protobuf::Message& request) {
    const std::string bytes = request.SerializeAsString();
    const rpc::Reply reply =
        dispatcher.Dispatch({.caller = caller,
                             .method = method,
                             .request = bytes,
                             .deadline_steady_ms = db.clock.SteadyMs() + 600'000});
    if (!reply.status.ok()) return reply.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(reply.response));
    return response;
  }

  // Stores one official figure of an agency.
  void PutFigure(const model::FigureKey& key, uint64_t value,
                 model::ObservationStatus status = model::ObservationStatus::kValue) {
    model::Observation observation;
    observation.key = key;
    observation.entity = "police";
    observation.status = status;
    observation.value = value;
    db.Commit([&](store::Transaction& transaction) {
      store::PutFigure(transaction, {observation, 0});
    });
  }

  // Detected victims of one year: 20 in all, 17 women, 3 men.
  void PutYear(uint32_t year) {
    PutFigure(Victims(year), 20);
    PutFigure(Victims(year, 1), 17);
    PutFigure(Victims(year, 2), 3);
  }

  static model::FigureKey Victims(uint32_t year, uint32_t sex = 0) {
    return {1, 1, 0, sex, 0, year};
  }

  StatusOr<pb::ReleaseView> Prepare(uint32_t from = 0, uint32_t to = 0,
                                    const std::string& supersedes = "",
                                    const std::string& request_id = "") {
    pb::PrepareReleaseRequest request;
    request.set_source(pb::PrepareReleaseRequest::OBSERVATIONS);
    request.set_year_from(from);
    request.set_year_to(to);
    request.set_supersedes(supersedes);
    request.set_request_id(request_id);
    return Call<pb::ReleaseView>(preparer, std::string(kReleases) + "PrepareRelease", request);
  }
  StatusOr<pb::ReleaseView> Approve(const authz::Caller& caller, const pb::ReleaseView& release) {
    pb::ApproveReleaseRequest request;
    request.set_name(release.name());
    request.set_content_hash(release.content_hash());
    return Call<pb::ReleaseView>(caller, std::string(kReleases) + "ApproveRelease", request);
  }
  StatusOr<pb::ReleaseView> Publish(const std::string& name) {
    pb::PublishReleaseRequest request;
    request.set_name(name);
    return Call<pb::ReleaseView>(approver, std::string(kReleases) + "PublishRelease", request);
  }
  StatusOr<pb::ReleaseView> Withdraw(const std::string& name, uint32_t reason = 6) {
    pb::WithdrawReleaseRequest request;
    request.set_name(name);
    request.set_reason(reason);
    return Call<pb::ReleaseView>(preparer, std::string(kReleases) + "WithdrawRelease", request);
  }
  // Prepares, approves and publishes.
  pb::ReleaseView Release(uint32_t from = 0, uint32_t to = 0, const std::string& supersedes = "") {
    const auto prepared = Prepare(from, to, supersedes);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    if (!prepared.ok()) return {};
    const auto approved = Approve(approver, *prepared);
    EXPECT_TRUE(approved.ok()) << approved.status();
    const auto published = Publish(prepared->name());
    EXPECT_TRUE(published.ok()) << published.status();
    return published.ok() ? *published : pb::ReleaseView();
  }

  // Entries of an own channel; 0 when there is none.
  uint64_t ChannelSize(const std::string& kind) {
    const auto head =
        store::LoadChannel(*db.store->Read(), network_ + "/" + jurisdiction_ + "/" + kind);
    return head.ok() ? head->range.size() : 0;
  }

 private:
  const std::string network_;
  const std::string jurisdiction_;

 public:
  const authz::Caller preparer =
      WithRoles("spiffe://arg.demo/person/ana", 'a', {authz::Role::kCoordinator});
  const authz::Caller approver =
      WithRoles("spiffe://arg.demo/person/bruno", 'b', {authz::Role::kApprover});
  const authz::Caller auditor =
      WithRoles("spiffe://arg.demo/person/carla", 'c', {authz::Role::kAuditor});
  const authz::Caller analyst =
      WithRoles("spiffe://arg.demo/person/dora", 'd', {authz::Role::kAnalyst});

  MemoryStore db;
  CountingRandom random;
  rpc::PageTokens page_tokens{std::string(32, 'k')};
  store::ChannelKeys keys;
  views::FiguresView figures;
  views::CatalogueView catalogue;
  service::ReleaseService releases;
  service::ProgrammeService programmes;
  service::ReportService reports;
  service::StoreAudit audit{*db.store};
  metrics::Metrics metrics;
  rpc::Admission admission{rpc::AdmissionLimits{}, metrics};
  rpc::HandlerTable table;
  rpc::Dispatcher dispatcher{
      {table, ShippedPolicy(), admission, audit, metrics, db.clock, "ARG", crypto::RandomUuid}};
};

}  // namespace enlace::testing
