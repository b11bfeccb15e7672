#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/app/init.h"
#include "node/app/preflight.h"
#include "node/metrics/metrics.h"
#include "node/peer/puller.h"
#include "node/peer/signing_gate.h"
#include "node/rpc/page_token.h"
#include "node/service/admin_service.h"
#include "node/service/case_service.h"
#include "node/service/channel_service.h"
#include "node/service/federation_service.h"
#include "node/service/programme_service.h"
#include "node/service/release_service.h"
#include "node/service/report_service.h"
#include "node/service/statistics_service.h"
#include "node/store/channel_table.h"
#include "node/transport/peer_verifier.h"
#include "node/views/catalogue_view.h"
#include "node/views/figures_view.h"

// The handlers of one node and what visits its peers, put together from the node's parts.
namespace enlace::app {

class Services {
 public:
  // All references must outlive the services.
  struct Parts {
    const Inputs& inputs;
    store::Store& store;
    const store::ChannelKeys& keys;
    const NodeIdentity& identity;
    service::CaseColumns& columns;
    const rpc::PageTokens& page_tokens;
    metrics::Metrics& metrics;
    std::shared_ptr<transport::PeerVerifier> verifier;
    Clock& clock;
    std::function<std::string()> listen_address;
    std::function<Status()> readiness;
    std::function<void(const std::string& jurisdiction, bool reached)> visited;  // As of Puller.
    std::function<void()> signing_opened;  // As of SigningGate.
  };
  explicit Services(Parts parts);

  void Register(rpc::HandlerTable& table);
  // The node's card in its directory channel says what is true now. SIGNING_WAITS: again
  // later.
  Status PublishCard();
  peer::Puller& puller() { return puller_; }

 private:
  const Parts parts_;
  peer::SigningGate gate_;
  peer::Puller puller_;
  service::AdminService admin_;
  service::ChannelService channels_;
  service::FederationService federation_;
  const service::NoEpochs epochs_;
  service::CaseService cases_;
  service::StatisticsService statistics_;
  views::FiguresView figures_;
  views::CatalogueView catalogue_;
  service::ProgrammeService programmes_;
  service::ReleaseService releases_;
  service::ReportService reports_;
};

}  // namespace enlace::app
