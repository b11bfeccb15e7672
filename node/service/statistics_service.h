#pragma once

#include <string>

#include "enlace/exchange/v1/statistics_service.pb.h"
#include "node/codes/registry.h"
#include "node/rpc/handler.h"
#include "node/rpc/page_token.h"
#include "node/store/store.h"

// Official figures: handed in by reporting entities, seen by them and by those who prepare
// and approve releases. Thread-safe.
namespace enlace::service {

namespace pb = enlace::exchange::v1;

class StatisticsService {
 public:
  // Rows that GetDelivery lists; further ones are counted.
  static constexpr size_t kQuarantineListMax = 10'000;

  struct Parts {
    store::Store& store;
    const codes::Registry& registry;
    const rpc::PageTokens& page_tokens;
    std::string jurisdiction;
  };
  explicit StatisticsService(Parts parts) : parts_(std::move(parts)) {}

  void Register(rpc::HandlerTable& table);

  StatusOr<pb::ImportObservationsResponse> ImportObservations(
      const rpc::CallContext& call, const pb::ImportObservationsRequest& request);
  StatusOr<pb::Observation> SetObservation(const rpc::CallContext& call,
                                           const pb::SetObservationRequest& request);
  StatusOr<pb::ListObservationsResponse> ListObservations(
      const rpc::CallContext& call, const pb::ListObservationsRequest& request);
  StatusOr<pb::Delivery> GetDelivery(const rpc::CallContext& call,
                                     const pb::GetDeliveryRequest& request);

 private:
  const Parts parts_;
};

}  // namespace enlace::service
