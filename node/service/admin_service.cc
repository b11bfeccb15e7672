#include "node/service/admin_service.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "node/store/channel_table.h"
#include "node/store/signing.h"

namespace enlace::service {
namespace {

StatusOr<uint32_t> CountStopped(const store::Reader& reader) {
  ENLACE_ASSIGN_OR_RETURN(const auto heads, store::ListChannelHeads(reader));
  return static_cast<uint32_t>(std::count_if(
      heads.begin(), heads.end(), [](const store::ChannelHead& head) { return head.stopped(); }));
}

std::string DiskTrouble(store::SpaceState state) {
  switch (state) {
    case store::SpaceState::kPlenty:
      break;
    case store::SpaceState::kLow:
      return "nearly full: only audit, erasure and withdrawal are written; free space";
    case store::SpaceState::kSpent:
      return "full, and the reserve is spent: nothing is written; free space";
  }
  return "";
}

}  // namespace

std::string CertificateTrouble(int64_t left_ms) {
  constexpr int64_t kDayMs = 86'400'000;
  constexpr std::string_view kAdvice = "put a new one in its place and restart the node";
  if (left_ms <= 0) {
    return fmt::format(
        "it has ended, so that nobody takes it any more and no restart is let in; {}", kAdvice);
  }
  if (left_ms > kCertificateWarningMs) return "";
  if (left_ms < 2 * kDayMs) return fmt::format("it ends within two days; {}", kAdvice);
  return fmt::format("it ends in {} days; {}", left_ms / kDayMs, kAdvice);
}

AdminService::AdminService(Parts parts)
    : parts_(std::move(parts)), start_steady_ms_(parts_.clock.SteadyMs()) {}

void AdminService::Register(rpc::HandlerTable& table) {
  ENLACE_REGISTER(table, "enlace.admin.v1.AdminService", GetStatus, *this, admin::GetStatusRequest,
                  admin::NodeStatus);
  ENLACE_REGISTER(table, "enlace.admin.v1.AdminService", ListPeers, *this, admin::ListPeersRequest,
                  admin::ListPeersResponse);
  ENLACE_REGISTER(table, "enlace.admin.v1.AdminService", VerifyStore, *this,
                  admin::VerifyStoreRequest, admin::VerifyStoreResponse);
  ENLACE_REGISTER(table, "enlace.admin.v1.AdminService", Backup, *this, admin::BackupRequest,
                  admin::BackupResponse);
}

StatusOr<admin::NodeStatus> AdminService::GetStatus(const rpc::CallContext&,
                                                    const admin::GetStatusRequest&) {
  admin::NodeStatus status = parts_.fixed;
  const Status ready = parts_.readiness();
  status.set_ready(ready.ok());
  if (!ready.ok()) status.set_not_ready_reason(std::string(ReasonName(ReasonOf(ready))));
  status.set_commit_sequence(parts_.store.commit_sequence());
  status.set_uptime_ms(parts_.clock.SteadyMs() - start_steady_ms_);
  status.set_listen_address(parts_.listen_address());
  const store::SpaceStatus space = parts_.store.Space();
  status.set_disk_trouble(DiskTrouble(space.state));
  status.set_disk_free_bytes(space.free_bytes);
  status.set_disk_reserve_bytes(space.reserve_bytes);
  status.set_certificate_trouble(
      CertificateTrouble(status.certificate_end_time_ms() - parts_.clock.NowMs()));
  const auto reader = parts_.store.Read();
  const Status signing = store::CheckSigningOpen(*reader);
  if (!signing.ok()) status.set_signing_closed(MessageOf(signing));
  ENLACE_ASSIGN_OR_RETURN(const uint32_t stopped, CountStopped(*reader));
  status.set_channels_stopped(stopped);
  uint32_t reachable = 0;
  int troubles = 0;
  const std::vector<admin::PeerStatus> peers = parts_.peers();
  for (const admin::PeerStatus& peer : peers) {
    reachable += peer.reachable() ? 1 : 0;
    troubles += peer.reachable() ? peer.troubles_size() : 0;
  }
  status.set_channels_in_trouble(static_cast<uint32_t>(troubles));
  status.set_peers_reachable(reachable);
  status.set_peers_configured(static_cast<uint32_t>(peers.size()));
  return status;
}

StatusOr<admin::ListPeersResponse> AdminService::ListPeers(const rpc::CallContext&,
                                                           const admin::ListPeersRequest&) {
  std::vector<admin::PeerStatus> peers = parts_.peers();
  std::sort(peers.begin(), peers.end(),
            [](const auto& a, const auto& b) { return a.jurisdiction() < b.jurisdiction(); });
  admin::ListPeersResponse response;
  for (admin::PeerStatus& peer : peers) *response.add_peers() = std::move(peer);
  return response;
}

StatusOr<admin::VerifyStoreResponse> AdminService::VerifyStore(const rpc::CallContext& call,
                                                               const admin::VerifyStoreRequest&) {
  const StoreVerification verified = VerifyStored(parts_.store, parts_.key_of, call.cancelled);
  admin::VerifyStoreResponse response;
  response.set_rows_checked(verified.rows);
  response.set_entries_checked(verified.entries);
  for (const std::string& finding : verified.findings) response.add_findings(finding);
  return response;
}

StatusOr<admin::BackupResponse> AdminService::Backup(const rpc::CallContext& call,
                                                     const admin::BackupRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const store::BackupManifest made,
                          parts_.back_up(request.folder(), request.with_keys(), call.cancelled));
  admin::BackupResponse response;
  response.set_commit_sequence(made.commit_sequence);
  response.set_rows(made.rows());
  response.set_bytes(made.bytes());
  response.set_files(static_cast<uint32_t>(made.files.size()));
  response.set_channels(static_cast<uint32_t>(made.channels.size()));
  return response;
}

}  // namespace enlace::service
