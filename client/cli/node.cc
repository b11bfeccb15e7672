// enlace node status|peers|verify, over the operator's socket
#include <fmt/format.h>

#include "client/cli/labels.h"
#include "client/cli/program.h"
#include "enlace/admin/v1/admin_service.pb.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::admin::v1;

constexpr char kService[] = "/enlace.admin.v1.AdminService/";

class NodeStatusCommand final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Admin());
    ENLACE_ASSIGN_OR_RETURN(
        const auto status,
        node->Call<api::NodeStatus>(std::string(kService) + "GetStatus", api::GetStatusRequest()));
    const bool well = status.ready() && status.signing_closed().empty() &&
                      status.channels_stopped() == 0 && status.channels_in_trouble() == 0 &&
                      status.disk_trouble().empty() && status.certificate_trouble().empty();
    const ExitCode ended = well ? kExitOk : kExitFindings;
    if (context.json()) {
      ENLACE_RETURN_IF_ERROR(context.PrintJson(status));
      return ended;
    }
    Table table({"field", "value"});
    table.Add({"network", status.network()});
    table.Add({"jurisdiction", status.jurisdiction()});
    table.Add({"ready", status.ready() ? "yes" : "no: " + status.not_ready_reason()});
    table.Add({"signs its channels",
               status.signing_closed().empty() ? "yes" : "no: " + status.signing_closed()});
    table.Add({"disk", status.disk_trouble().empty() ? "has room" : status.disk_trouble()});
    table.Add(
        {"disk free", fmt::format("{} MiB, and {} MiB in reserve", status.disk_free_bytes() >> 20,
                                  status.disk_reserve_bytes() >> 20)});
    const std::string& certificate = status.certificate_trouble();
    table.Add({"certificate ends", FormatTime(status.certificate_end_time_ms()) +
                                       (certificate.empty() ? "" : ": " + certificate)});
    table.Add({"version", status.software_version()});
    table.Add({"instance", status.instance_id()});
    table.Add({"listens on", status.listen_address()});
    table.Add({"commit sequence", std::to_string(status.commit_sequence())});
    table.Add({"up for", fmt::format("{} s", status.uptime_ms() / 1000)});
    table.Add({"peers reachable",
               fmt::format("{} of {}", status.peers_reachable(), status.peers_configured())});
    table.Add({"channels stopped", fmt::format("{}", status.channels_stopped())});
    table.Add({"channels in trouble", fmt::format("{}", status.channels_in_trouble())});
    context.PrintTable(table);
    return ended;
  }
};

// What keeps from talking to the peer, or from following its channels.
std::string TroubleText(const api::PeerStatus& peer) {
  std::vector<std::string> troubles;
  if (!peer.trouble().empty()) troubles.push_back(peer.trouble());
  for (const api::ChannelTrouble& channel : peer.troubles()) {
    troubles.push_back(channel.origin() + ": " + channel.reason());
  }
  return fmt::format("{}", fmt::join(troubles, ", "));
}

class NodePeers final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Admin());
    ENLACE_ASSIGN_OR_RETURN(const auto response,
                            node->Call<api::ListPeersResponse>(std::string(kService) + "ListPeers",
                                                               api::ListPeersRequest()));
    Table table({"peer", "endpoint", "reachable", "last success", "channels", "trouble"});
    table.AlignRight(4);
    JsonList list;
    for (const api::PeerStatus& peer : response.peers()) {
      if (context.json()) {
        ENLACE_RETURN_IF_ERROR(list.Add(peer));
        continue;
      }
      table.Add(
          {peer.jurisdiction(), peer.endpoint(), peer.reachable() ? "yes" : "no",
           peer.last_success_time_ms() == 0 ? "never" : FormatTime(peer.last_success_time_ms()),
           std::to_string(peer.channels()), TroubleText(peer)});
    }
    context.PrintList(list, table);
    return kExitOk;
  }
};

class NodeVerify final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Admin());
    ENLACE_ASSIGN_OR_RETURN(const auto response,
                            node->Call<api::VerifyStoreResponse>(
                                std::string(kService) + "VerifyStore", api::VerifyStoreRequest()));
    const ExitCode ended = response.findings().empty() ? kExitOk : kExitFindings;
    if (context.json()) {
      ENLACE_RETURN_IF_ERROR(context.PrintJson(response));
      return ended;
    }
    Table table({"finding"});
    for (const std::string& finding : response.findings()) table.Add({finding});
    if (table.size() > 0 || context.settings().output == Output::kCsv) context.PrintTable(table);
    if (context.settings().output == Output::kTable) {
      context.PrintLine(fmt::format(
          "{} and {} checked, {}", Counted(response.rows_checked(), "row", "rows"),
          Counted(response.entries_checked(), "channel entry", "channel entries"),
          Counted(static_cast<uint64_t>(response.findings_size()), "finding", "findings")));
    }
    return ended;
  }
};

}  // namespace

void AddNode(Program& program) {
  program.Add<NodeStatusCommand>(
      "node", "status", "What the node is and how it does",
      {"enlace node status", "enlace node status --admin-socket /run/enlace/admin.sock"});
  program.Add<NodePeers>("node", "peers", "Peers and how their channels stand",
                         {"enlace node peers", "enlace node peers --output json"});
  program.Add<NodeVerify>("node", "verify", "Read everything stored again and check it",
                          {"enlace node verify", "enlace node verify --timeout 30m"});
}

}  // namespace enlace::cli
