#pragma once

#include <string>

#include "enlace/exchange/v1/programme_service.pb.h"
#include "node/codes/registry.h"
#include "node/rpc/handler.h"
#include "node/rpc/page_token.h"
#include "node/store/channel_table.h"
#include "node/store/programme_table.h"
#include "node/store/store.h"
#include "node/views/catalogue_view.h"

// The training and awareness catalogue. Own programmes are written, and published on the
// training channel, in one commit; the catalogue also shows what mirrors hold, which is
// what their owners let this node see. Thread-safe.
namespace enlace::service {

class ProgrammeService {
 public:
  static constexpr size_t kPageBytesMax = 1 << 20;  // Unless a single programme is larger.

  struct Parts {
    store::Store& store;
    const codes::Registry& registry;
    const rpc::PageTokens& page_tokens;
    const store::ChannelKeys& keys;
    views::CatalogueView& catalogue;
    std::string network;
    std::string jurisdiction;
  };
  explicit ProgrammeService(Parts parts) : parts_(std::move(parts)) {}

  void Register(rpc::HandlerTable& table);

  StatusOr<exchange::v1::CatalogueProgramme> CreateProgramme(
      const rpc::CallContext& call, const exchange::v1::CreateProgrammeRequest& request);
  StatusOr<exchange::v1::CatalogueProgramme> UpdateProgramme(
      const rpc::CallContext& call, const exchange::v1::UpdateProgrammeRequest& request);
  StatusOr<exchange::v1::CatalogueProgramme> WithdrawProgramme(
      const rpc::CallContext& call, const exchange::v1::WithdrawProgrammeRequest& request);
  StatusOr<exchange::v1::CatalogueProgramme> GetProgramme(
      const rpc::CallContext& call, const exchange::v1::GetProgrammeRequest& request);
  StatusOr<exchange::v1::ListProgrammesResponse> ListProgrammes(
      const rpc::CallContext& call, const exchange::v1::ListProgrammesRequest& request);

 private:
  std::string Origin() const;
  // The own programme of this name as it stands. NAME_INVALID, PROGRAMME_NOT_FOUND.
  StatusOr<views::CatalogueEntry> LoadOwn(const store::Reader& reader,
                                          const std::string& name) const;
  // The same, to be changed: PROGRAMME_WITHDRAWN, ETAG_MISMATCH.
  StatusOr<views::CatalogueEntry> LoadToChange(const store::Reader& reader, const std::string& name,
                                               const std::string& etag) const;
  // Appends `kind` with `payload` and stores the entry; sets its sequence.
  Status Publish(store::Transaction& transaction, const std::string& kind,
                 const std::string& payload, views::CatalogueEntry& entry) const;

  const Parts parts_;
};

}  // namespace enlace::service
