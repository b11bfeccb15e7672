#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "enlace/admin/v1/admin_service.pb.h"
#include "node/base/clock.h"
#include "node/rpc/handler.h"
#include "node/service/store_verification.h"
#include "node/store/backup_manifest.h"
#include "node/store/store.h"

// What an operator may ask at the admin socket: health, peers, a full check and a backup.
// Never a case. Thread-safe.
namespace enlace::service {

namespace admin = enlace::admin::v1;

// Before the end of the own certificate from which on there is something to be told.
inline constexpr int64_t kCertificateWarningMs = int64_t{14} * 86'400'000;

// NodeStatus.certificate_trouble of a certificate that ends in `left_ms`. Pure.
std::string CertificateTrouble(int64_t left_ms);

class AdminService {
 public:
  struct Parts {
    store::Store& store;
    const Clock& clock;
    admin::NodeStatus fixed;  // Network, jurisdiction, instance, version, certificate.
    std::function<std::string()> listen_address;
    std::function<Status()> readiness;  // OK while calls are taken and writes go through.
    std::function<std::vector<admin::PeerStatus>()> peers;  // Any order.
    KeyOfChannel key_of;
    // Writes a backup to a new folder, with the keys if told so, until `stopped` says true.
    std::function<StatusOr<store::BackupManifest>(const std::string& folder, bool with_keys,
                                                  const std::function<bool()>& stopped)>
        back_up;
  };
  explicit AdminService(Parts parts);

  void Register(rpc::HandlerTable& table);

  StatusOr<admin::NodeStatus> GetStatus(const rpc::CallContext& call,
                                        const admin::GetStatusRequest& request);
  StatusOr<admin::ListPeersResponse> ListPeers(const rpc::CallContext& call,
                                               const admin::ListPeersRequest& request);
  StatusOr<admin::VerifyStoreResponse> VerifyStore(const rpc::CallContext& call,
                                                   const admin::VerifyStoreRequest& request);
  StatusOr<admin::BackupResponse> Backup(const rpc::CallContext& call,
                                         const admin::BackupRequest& request);

 private:
  const Parts parts_;
  const int64_t start_steady_ms_;
};

}  // namespace enlace::service
