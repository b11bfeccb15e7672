// enlace channels list|show|verify
#include <fmt/format.h>

#include "client/cli/program.h"
#include "client/lib/paging.h"
#include "enlace/exchange/v1/channel_service.pb.h"
#include "node/base/bytes.h"

namespace enlace::cli {
namespace {

namespace api = ::enlace::exchange::v1;

constexpr int kPageSize = 1000;
constexpr char kService[] = "/enlace.exchange.v1.ChannelService/";

std::string Trouble(const api::Channel& channel) {
  if (channel.stopped()) return "STOPPED: contradicting checkpoints";
  return channel.trouble();
}

class ChannelsList final : public Command {
 public:
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    ENLACE_ASSIGN_OR_RETURN(const auto response, node->Call<api::ListChannelsResponse>(
                                                     std::string(kService) + "ListChannels",
                                                     api::ListChannelsRequest()));
    Table table({"origin", "kind", "size", "last pull noted", "trouble"});
    table.AlignRight(2);
    JsonList list;
    bool mirrors = false;
    for (const api::Channel& channel : response.channels()) {
      if (context.json()) {
        ENLACE_RETURN_IF_ERROR(list.Add(channel));
        continue;
      }
      table.Add({channel.origin(), channel.own() ? "own" : "mirror", std::to_string(channel.size()),
                 channel.last_pull_time_ms() == 0 ? "" : FormatTime(channel.last_pull_time_ms()),
                 Trouble(channel)});
      mirrors = mirrors || !channel.own();
    }
    context.PrintList(list, table);
    if (mirrors && context.settings().output == Output::kTable) {
      context.Note(
          "a pull that brings nothing new is noted once in ten minutes, by the node's clock");
    }
    return kExitOk;
  }
};

class ChannelsShow final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("ORIGIN", origin_, "demo/ARG/training");
    arguments.Flag("--entries", entries_, "List the entries' headers as well");
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    if (entries_) {
      ENLACE_RETURN_IF_ERROR(PrintEntries(context, *node));
      return kExitOk;
    }
    api::GetChannelRequest request;
    request.set_origin(origin_);
    ENLACE_ASSIGN_OR_RETURN(const auto channel, node->Call<api::Channel>(
                                                    std::string(kService) + "GetChannel", request));
    if (context.json()) {
      ENLACE_RETURN_IF_ERROR(context.PrintJson(channel));
      return kExitOk;
    }
    Table table({"field", "value"});
    table.Add({"origin", channel.origin()});
    table.Add({"kind", channel.own() ? "own" : "mirror"});
    table.Add({"size", std::to_string(channel.size())});
    table.Add({"trouble", Trouble(channel)});
    context.PrintTable(table);
    if (context.settings().output == Output::kTable) {
      context.PrintLine("");
      // The signed note keeps its lines, so that other tools can check it.
      for (size_t at = 0; at < channel.checkpoint().size();) {
        const size_t end =
            std::min(channel.checkpoint().find('\n', at), channel.checkpoint().size());
        context.PrintLine(Printable(std::string_view(channel.checkpoint()).substr(at, end - at)));
        at = end + 1;
      }
    }
    return kExitOk;
  }

 private:
  Status PrintEntries(Context& context, client::Client& node) {
    api::ListChannelEntriesRequest request;
    request.set_origin(origin_);
    request.set_page_size(kPageSize);
    Table table({"sequence", "kind", "audience", "payload", "time", "leaf hash"});
    table.AlignRight(0);
    JsonList list;
    Status added;
    ENLACE_RETURN_IF_ERROR(client::ForEachPage<api::ListChannelEntriesResponse>(
        node, std::string(kService) + "ListChannelEntries", request,
        [&](const api::ListChannelEntriesResponse& page) {
          for (const api::ChannelEntry& entry : page.entries()) {
            if (context.json()) {
              added.Update(list.Add(entry));
              continue;
            }
            table.Add({std::to_string(entry.sequence()), entry.kind(),
                       entry.audience().empty() ? "(nobody)" : entry.audience(),
                       entry.payload_state(), FormatTime(entry.coarse_time() * 1000),
                       HexEncode(entry.leaf_hash())});
          }
          return added.ok();
        }));
    ENLACE_RETURN_IF_ERROR(added);
    context.PrintList(list, table);
    return Status();
  }

  std::string origin_;
  bool entries_ = false;
};

class ChannelsVerify final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Positional("ORIGIN", origin_, "demo/ARG/training; without it, every channel held",
                         false);
  }
  StatusOr<ExitCode> Run(Context& context) override {
    ENLACE_ASSIGN_OR_RETURN(client::Client * node, context.Node());
    std::vector<std::string> origins{origin_};
    if (origin_.empty()) {
      ENLACE_ASSIGN_OR_RETURN(
          const auto held, node->Call<api::ListChannelsResponse>(
                               std::string(kService) + "ListChannels", api::ListChannelsRequest()));
      origins.clear();
      for (const api::Channel& channel : held.channels()) origins.push_back(channel.origin());
    }
    Table table({"origin", "entries", "payloads", "root", "finding"});
    table.AlignRight(1);
    table.AlignRight(2);
    bool proved = true;
    for (const std::string& origin : origins) {
      ENLACE_ASSIGN_OR_RETURN(const bool holds, Verify(*node, origin, table));
      proved = proved && holds;
    }
    context.PrintTable(table);
    return proved ? kExitOk : kExitFindings;
  }

 private:
  // Adds one row: what was proved, or that the channel does not prove itself.
  static StatusOr<bool> Verify(client::Client& node, const std::string& origin, Table& table) {
    api::VerifyChannelRequest request;
    request.set_origin(origin);
    const auto response =
        node.Call<api::VerifyChannelResponse>(std::string(kService) + "VerifyChannel", request);
    if (response.ok()) {
      table.Add({origin, std::to_string(response->entries_checked()),
                 std::to_string(response->payloads_checked()), HexEncode(response->root()),
                 response->stopped() ? std::string(ReasonName(Reason::CHANNEL_STOPPED)) : "none"});
      return !response->stopped();
    }
    const Reason reason = ReasonOf(response.status());
    if (!IsFinding(reason)) return response.status();
    table.Add({origin, "", "", "", std::string(ReasonName(reason))});
    return false;
  }

  static bool IsFinding(Reason reason) {
    return reason == Reason::CHECKPOINT_INVALID || reason == Reason::CHECKPOINT_INCONSISTENT ||
           reason == Reason::ENTRY_INVALID || reason == Reason::PROOF_INVALID;
  }

  std::string origin_;
};

}  // namespace

void AddChannels(Program& program) {
  program.Add<ChannelsList>("channels", "list", "List own channels and mirrors",
                            {"enlace channels list", "enlace channels list --output json"});
  program.Add<ChannelsShow>("channels", "show", "Show a channel and its signed checkpoint",
                            {"enlace channels show demo/ARG/training",
                             "enlace channels show demo/BRA/statistics --entries"});
  program.Add<ChannelsVerify>(
      "channels", "verify", "Have the node prove its channels entry by entry",
      {"enlace channels verify demo/ARG/training", "enlace channels verify --timeout 5m"});
}

}  // namespace enlace::cli
