#pragma once

#include <string>
#include <vector>

#include "enlace/exchange/v1/release_service.pb.h"
#include "node/codes/registry.h"
#include "node/model/observation.h"
#include "node/release/ledger.h"
#include "node/rpc/handler.h"
#include "node/rpc/page_token.h"
#include "node/store/case_table.h"
#include "node/store/channel_table.h"
#include "node/store/release_table.h"
#include "node/store/store.h"

// The one way out for statistics.
//
//   PREPARED --approve (another person)--> APPROVED --publish--> PUBLISHED
//       \------------- withdraw -------------/                     |   \- superseded by a
//                          v                                       |      later release
//                      WITHDRAWN <------------- withdraw ----------/
//
// Each step is one commit with its audit record; publishing and withdrawing a published
// release append to the statistics channel in that commit. Repeating a step that has been
// done by the same request returns the release as it is. Thread-safe.
namespace enlace::service {

class ReleaseService {
 public:
  struct Parts {
    store::Store& store;
    const codes::Registry& registry;
    const rpc::PageTokens& page_tokens;
    const store::ChannelKeys& keys;
    store::RandomSource random;  // crypto::RandomBytes.
    std::string network;
    std::string jurisdiction;
    uint32_t threshold = 5;  // The least that a release may use.
  };
  explicit ReleaseService(Parts parts) : parts_(std::move(parts)) {}

  void Register(rpc::HandlerTable& table);

  StatusOr<exchange::v1::ReleaseView> PrepareRelease(
      const rpc::CallContext& call, const exchange::v1::PrepareReleaseRequest& request);
  StatusOr<exchange::v1::ReleaseView> GetRelease(const rpc::CallContext& call,
                                                 const exchange::v1::GetReleaseRequest& request);
  StatusOr<exchange::v1::ListReleasesResponse> ListReleases(
      const rpc::CallContext& call, const exchange::v1::ListReleasesRequest& request);
  StatusOr<exchange::v1::ReleaseView> ApproveRelease(
      const rpc::CallContext& call, const exchange::v1::ApproveReleaseRequest& request);
  StatusOr<exchange::v1::ReleaseView> PublishRelease(
      const rpc::CallContext& call, const exchange::v1::PublishReleaseRequest& request);
  StatusOr<exchange::v1::ReleaseView> WithdrawRelease(
      const rpc::CallContext& call, const exchange::v1::WithdrawReleaseRequest& request);

 private:
  std::string Origin() const;
  StatusOr<store::ReleaseRow> Load(const store::Reader& reader, const std::string& name) const;
  // What is let out, or once was, and its content.
  struct Known {
    release::LedgerEntry entry;
    channel::v1::ReleaseContent content;
  };
  StatusOr<std::vector<Known>> Ledger(const store::Reader& reader) const;
  // What earlier releases of its years, taken back by now, give away together with `row`.
  // RELEASE_METHOD_TAKEN when a year is let out by another one in force, or was by one of
  // another source.
  StatusOr<std::vector<std::string>> CheckPopulation(
      const store::Reader& reader, const store::ReleaseRow& row,
      const channel::v1::ReleaseContent& content) const;

  // The figures of the request's years, and where they come from.
  struct Collected {
    std::vector<model::Observation> figures;
    std::vector<std::string> entities;  // Of case records; ascending.
    std::vector<std::string> warnings;
  };
  StatusOr<Collected> Collect(const store::Reader& reader,
                              const exchange::v1::PrepareReleaseRequest& request) const;
  StatusOr<Collected> CollectCases(const store::Reader& reader,
                                   const exchange::v1::PrepareReleaseRequest& request) const;
  // The release as it will be stored, with its content's bytes.
  StatusOr<store::ReleaseRow> Make(const rpc::CallContext& call,
                                   const exchange::v1::PrepareReleaseRequest& request) const;
  Status Publish(store::Transaction& transaction, store::ReleaseRow& row) const;

  const Parts parts_;
};

}  // namespace enlace::service
