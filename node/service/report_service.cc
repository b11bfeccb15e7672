#include "node/service/report_service.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "node/model/names.h"
#include "node/model/observation.h"
#include "node/report/csv.h"
#include "node/report/html.h"
#include "node/report/json.h"
#include "node/report/verify.h"
#include "node/service/caller.h"
#include "node/store/channel_table.h"

namespace enlace::service {
namespace {

namespace pb = exchange::v1;

std::string StatisticsOrigin(const std::string& network, const std::string& jurisdiction) {
  return model::ChannelOrigin{network, jurisdiction, "statistics", ""}.ToString();
}

// The id that partner systems keep; the number where the lists do not know the code.
std::string IdOf(const codes::Registry& registry, std::string_view list, uint32_t number) {
  const codes::CodeList* codes = registry.Find(list);
  const codes::Code* code = codes == nullptr ? nullptr : codes->Find(number);
  return code == nullptr ? std::to_string(number) : code->id;
}

pb::ReleasedFigure ToProto(const views::StatisticsState& state, const views::PlacedFigure& placed,
                           const codes::Registry& registry) {
  const channel::v1::Figure& figure = placed.figure;
  pb::ReleasedFigure out;
  out.set_jurisdiction(state.jurisdiction);
  out.set_year(figure.year());
  out.set_indicator(IdOf(registry, "indicator", figure.indicator()));
  out.set_dimension(IdOf(registry, "dimension", figure.dimension()));
  const auto list = model::CategoryList(registry, figure.dimension());
  out.set_category(figure.category() == 0 ? "total"
                                          : IdOf(registry, list.value_or(""), figure.category()));
  out.set_sex(figure.sex() == 0 ? "total" : IdOf(registry, "sex", figure.sex()));
  out.set_age(figure.age() == 0 ? "total" : IdOf(registry, "age_group", figure.age()));
  out.set_status(figure.status());
  out.set_value(figure.value());
  out.set_release(placed.release->content.name());
  out.set_method(placed.release->content.method());
  out.set_released_on(placed.release->released_on);
  out.set_channel(state.channel.origin);
  out.set_sequence(placed.release->sequence);
  return out;
}

void AppendChannels(const std::vector<views::ChannelAt>& channels, std::string& out) {
  AppendU32(out, static_cast<uint32_t>(channels.size()));
  for (const views::ChannelAt& channel : channels) {
    const auto origin = model::ChannelOrigin::Parse(channel.origin);
    out += origin.ok() ? origin->jurisdiction : "???";
    // Sizes are small: seven bits a byte.
    uint64_t rest = channel.size;
    for (; rest >= 0x80; rest >>= 7) out += static_cast<char>(rest | 0x80);
    out += static_cast<char>(rest);
  }
}

class CursorReader {
 public:
  explicit CursorReader(std::string_view bytes) : bytes_(bytes) {}
  bool Take(size_t count) {
    if (bytes_.size() - at_ < count) return false;
    at_ += count;
    return true;
  }
  bool U32(uint32_t& value) {
    if (!Take(4)) return false;
    value = ReadU32(bytes_, at_ - 4);
    return true;
  }
  bool U64(uint64_t& value) {
    if (!Take(8)) return false;
    value = ReadU64(bytes_, at_ - 8);
    return true;
  }
  bool Channels(const std::string& network, const std::string& kind,
                std::vector<views::ChannelAt>& channels) {
    uint32_t count = 0;
    if (!U32(count)) return false;
    for (uint32_t index = 0; index < count; ++index) {
      if (!Take(3)) return false;
      const std::string jurisdiction(bytes_.substr(at_ - 3, 3));
      uint64_t size = 0;
      for (int shift = 0;; shift += 7) {
        if (shift > 56 || !Take(1)) return false;
        const auto byte = static_cast<uint8_t>(bytes_[at_ - 1]);
        size |= static_cast<uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) break;
      }
      channels.push_back({model::ChannelOrigin{network, jurisdiction, kind, ""}.ToString(), size});
    }
    return true;
  }
  bool Done() const { return at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

class StoreMirrors final : public report::Mirrors {
 public:
  StoreMirrors(const store::Reader& reader, views::FiguresView& figures, std::string network)
      : reader_(reader), figures_(figures), network_(std::move(network)) {}

  StatusOr<bool> IsSigned(const views::ChannelAt& channel) override {
    const auto head = store::LoadChannel(reader_, channel.origin);
    if (!head.ok()) {
      if (ReasonOf(head.status()) == Reason::CHANNEL_NOT_FOUND) return false;
      return head.status();
    }
    if (channel.size > head->range.size()) return false;
    ENLACE_ASSIGN_OR_RETURN(const auto note,
                            store::CheckpointAt(reader_, channel.origin, channel.size));
    return note.has_value();
  }
  StatusOr<std::shared_ptr<const views::StatisticsState>> At(
      const views::ChannelAt& channel) override {
    return figures_.At(reader_, channel);
  }
  StatusOr<std::vector<std::shared_ptr<const views::StatisticsState>>> Now() override {
    ENLACE_ASSIGN_OR_RETURN(const auto channels,
                            views::HeldChannels(reader_, network_, "statistics"));
    std::vector<std::shared_ptr<const views::StatisticsState>> states;
    for (const views::ChannelAt& channel : channels) {
      ENLACE_ASSIGN_OR_RETURN(auto state, figures_.At(reader_, channel));
      states.push_back(std::move(state));
    }
    return states;
  }
  StatusOr<std::set<std::string>> Stopped() override {
    return views::StoppedChannels(reader_, network_, "statistics");
  }

 private:
  const store::Reader& reader_;
  views::FiguresView& figures_;
  const std::string network_;
};

}  // namespace

void ReportService::Register(rpc::HandlerTable& table) {
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReportService", ListFigures, *this,
                  pb::ListFiguresRequest, pb::ListFiguresResponse);
  ENLACE_REGISTER(table, "enlace.exchange.v1.ReportService", GetRegionalReport, *this,
                  pb::GetRegionalReportRequest, pb::GetRegionalReportResponse);
  // Larger than the default: a whole page of a report and a token.
  table.Register<pb::VerifyRegionalReportRequest, pb::VerifyRegionalReportResponse>(
      "/enlace.exchange.v1.ReportService/VerifyRegionalReport",
      [this](const rpc::CallContext& call, const pb::VerifyRegionalReportRequest& request) {
        return VerifyRegionalReport(call, request);
      },
      {.request_bytes_max = kPageBytesMax + (16 << 10)});
}

StatusOr<pb::ListFiguresResponse> ReportService::ListFigures(
    const rpc::CallContext& call, const pb::ListFiguresRequest& request) {
  ENLACE_ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  uint32_t indicator = 0;
  if (!request.indicator().empty()) {
    const codes::Code* code = parts_.registry.Get("indicator").FindId(request.indicator());
    if (code == nullptr) {
      return InvalidFields(
          {{"indicator", "expected an id of list indicator", Reason::CODE_UNKNOWN}});
    }
    indicator = code->number;
  }
  const auto reader = parts_.store.Read();
  ENLACE_ASSIGN_OR_RETURN(const std::string cursor,
                          parts_.page_tokens.Open(call, request, request.page_token()));
  Fixed fixed;
  if (cursor.empty()) {
    ENLACE_ASSIGN_OR_RETURN(fixed, FixNow(*reader));
    fixed.training.clear();
  } else {
    ENLACE_ASSIGN_OR_RETURN(fixed, Decode(cursor));
  }
  ENLACE_RETURN_IF_ERROR(CheckKnown(request.jurisdiction(), fixed.statistics));
  pb::ListFiguresResponse response;
  uint64_t position = 0;  // Of the figure among those that match, over all pages.
  for (const views::ChannelAt& channel : fixed.statistics) {
    ENLACE_ASSIGN_OR_RETURN(const auto state, parts_.figures.At(*reader, channel));
    const bool stopped =
        std::any_of(fixed.stopped.begin(), fixed.stopped.end(),
                    [&](const auto& each) { return each.origin == channel.origin; });
    if (!request.jurisdiction().empty() && state->jurisdiction != request.jurisdiction()) continue;
    for (const views::PlacedFigure& placed : views::FiguresInForce(*state)) {
      if (indicator != 0 && placed.figure.indicator() != indicator) continue;
      if (request.year() != 0 && placed.figure.year() != request.year()) continue;
      if (position++ < fixed.offset) continue;
      if (static_cast<size_t>(response.figures_size()) == size) {
        fixed.offset = position - 1;
        response.set_next_page_token(parts_.page_tokens.Seal(call, request, Encode(fixed)));
        break;
      }
      *response.add_figures() = ToProto(*state, placed, parts_.registry);
      response.mutable_figures()->rbegin()->set_channel_stopped(stopped);
    }
    if (!response.next_page_token().empty()) break;
  }
  for (const std::string& member : parts_.roster) {
    const std::string origin = StatisticsOrigin(parts_.network, member);
    const bool held = std::any_of(fixed.statistics.begin(), fixed.statistics.end(),
                                  [&origin](const auto& each) { return each.origin == origin; });
    if (!held) response.add_unreachable(member);
  }
  return response;
}

// An empty answer about a jurisdiction that nobody knows would look like one without figures.
Status ReportService::CheckKnown(const std::string& jurisdiction,
                                 const std::vector<views::ChannelAt>& held) const {
  if (jurisdiction.empty()) return absl::OkStatus();
  std::set<std::string> known(parts_.roster.begin(), parts_.roster.end());
  for (const views::ChannelAt& channel : held) {
    const auto origin = model::ChannelOrigin::Parse(channel.origin);
    if (origin.ok()) known.insert(origin->jurisdiction);
  }
  if (known.contains(jurisdiction)) return absl::OkStatus();
  return InvalidFields({{"jurisdiction",
                         fmt::format("expected a jurisdiction that reports or is held here: {}",
                                     fmt::join(known, ", ")),
                         Reason::REQUEST_INVALID}});
}

StatusOr<ReportService::Fixed> ReportService::FixNow(const store::Reader& reader) const {
  Fixed fixed;
  fixed.compiled_ms = parts_.clock.NowMs();
  ENLACE_ASSIGN_OR_RETURN(fixed.statistics,
                          views::HeldChannels(reader, parts_.network, "statistics"));
  ENLACE_ASSIGN_OR_RETURN(fixed.training, views::HeldChannels(reader, parts_.network, "training"));
  ENLACE_ASSIGN_OR_RETURN(const auto stopped,
                          views::StoppedChannels(reader, parts_.network, "statistics"));
  for (const std::string& origin : stopped) fixed.stopped.push_back({origin, 0});
  return fixed;
}

std::string ReportService::Encode(const Fixed& fixed) const {
  std::string cursor;
  AppendU64(cursor, static_cast<uint64_t>(fixed.compiled_ms));
  AppendU64(cursor, fixed.offset);
  AppendChannels(fixed.statistics, cursor);
  AppendChannels(fixed.training, cursor);
  AppendChannels(fixed.stopped, cursor);
  return cursor;
}

StatusOr<ReportService::Fixed> ReportService::Decode(std::string_view cursor) const {
  Fixed fixed;
  CursorReader reader(cursor);
  uint64_t compiled = 0;
  if (!reader.U64(compiled) || !reader.U64(fixed.offset) ||
      !reader.Channels(parts_.network, "statistics", fixed.statistics) ||
      !reader.Channels(parts_.network, "training", fixed.training) ||
      !reader.Channels(parts_.network, "statistics", fixed.stopped) || !reader.Done()) {
    return Error(Reason::PAGE_TOKEN_INVALID, "the page token is not one of a report");
  }
  fixed.compiled_ms = static_cast<int64_t>(compiled);
  return fixed;
}

StatusOr<report::Input> ReportService::Load(const store::Reader& reader, const Fixed& fixed) const {
  report::Input input;
  input.network = parts_.network;
  input.roster = parts_.roster;
  for (const views::ChannelAt& channel : fixed.statistics) {
    ENLACE_ASSIGN_OR_RETURN(auto state, parts_.figures.At(reader, channel));
    input.statistics.push_back(std::move(state));
  }
  for (const views::ChannelAt& channel : fixed.training) {
    ENLACE_ASSIGN_OR_RETURN(auto state, parts_.catalogue.At(reader, channel));
    input.catalogue.push_back(std::move(state));
  }
  for (const views::ChannelAt& channel : fixed.stopped) input.stopped.insert(channel.origin);
  return input;
}

StatusOr<std::shared_ptr<const std::string>> ReportService::Document(
    pb::GetRegionalReportRequest::Format format, const Fixed& fixed) {
  Fixed whole = fixed;
  whole.offset = 0;
  const std::string key = std::to_string(format) + Encode(whole);
  {
    MutexLock lock(mutex_);
    if (document_ != nullptr && document_key_ == key) return document_;
  }
  const auto reader = parts_.store.Read();
  ENLACE_ASSIGN_OR_RETURN(const report::Input input, Load(*reader, fixed));
  const std::string day = FormatDate(fixed.compiled_ms);
  auto document = std::make_shared<const std::string>(
      format == pb::GetRegionalReportRequest::CSV
          ? report::WriteCsv(report::MakeRows(input, parts_.registry))
      : format == pb::GetRegionalReportRequest::JSON
          ? report::WriteJson(input, parts_.registry, day)
          : report::WriteHtml(input, parts_.registry, day));
  MutexLock lock(mutex_);
  document_key_ = key;
  document_ = document;
  return document;
}

StatusOr<pb::GetRegionalReportResponse> ReportService::GetRegionalReport(
    const rpc::CallContext& call, const pb::GetRegionalReportRequest& request) {
  if (request.format() != pb::GetRegionalReportRequest::CSV &&
      request.format() != pb::GetRegionalReportRequest::JSON &&
      request.format() != pb::GetRegionalReportRequest::HTML) {
    return InvalidFields({{"format", "expected CSV, JSON or HTML", Reason::REQUEST_INVALID}});
  }
  ENLACE_ASSIGN_OR_RETURN(const std::string cursor,
                          parts_.page_tokens.Open(call, request, request.page_token()));
  // A state is the same for all formats, so its token is bound to caller and method alone.
  const pb::GetRegionalReportRequest same_for_all;
  ENLACE_ASSIGN_OR_RETURN(const std::string state,
                          parts_.page_tokens.Open(call, same_for_all, request.state()));
  Fixed fixed;
  if (cursor.empty() && state.empty()) {
    ENLACE_ASSIGN_OR_RETURN(fixed, FixNow(*parts_.store.Read()));
  } else {
    ENLACE_ASSIGN_OR_RETURN(fixed, Decode(cursor.empty() ? state : cursor));
  }
  Fixed whole = fixed;
  whole.offset = 0;
  ENLACE_ASSIGN_OR_RETURN(const auto document, Document(request.format(), fixed));
  pb::GetRegionalReportResponse response;
  if (fixed.offset > document->size()) {
    return Error(Reason::PAGE_TOKEN_INVALID, "the page token points past the report's end");
  }
  response.set_state(parts_.page_tokens.Seal(call, same_for_all, Encode(whole)));
  response.set_data(document->substr(fixed.offset, kPageBytesMax));
  fixed.offset += response.data().size();
  if (fixed.offset < document->size()) {
    response.set_next_page_token(parts_.page_tokens.Seal(call, request, Encode(fixed)));
  }
  return response;
}

StatusOr<std::string> ReportService::AddPart(const rpc::CallContext& call,
                                             const pb::VerifyRegionalReportRequest& request,
                                             std::string& whole) {
  // The parts differ from call to call, so the token is bound to caller and method alone.
  const pb::VerifyRegionalReportRequest same_for_all;
  ENLACE_ASSIGN_OR_RETURN(std::string id,
                          parts_.page_tokens.Open(call, same_for_all, request.page_token()));
  const int64_t now = parts_.clock.SteadyMs();
  MutexLock lock(mutex_);
  std::erase_if(running_, [now](const auto& entry) {
    return now - entry.second.last_steady_ms > kVerificationMs;
  });
  if (id.empty()) {
    if (running_.size() >= kVerificationsMax) {
      running_.erase(
          std::min_element(running_.begin(), running_.end(), [](const auto& a, const auto& b) {
            return a.second.last_steady_ms < b.second.last_steady_ms;
          }));
    }
    id = parts_.random(16);
    running_[id].caller = call.caller.Name();
  }
  const auto found = running_.find(id);
  if (found == running_.end() || found->second.caller != call.caller.Name()) {
    return Error(Reason::PAGE_TOKEN_INVALID,
                 "this check is no longer kept; begin again with the first part");
  }
  Running& running = found->second;
  if (running.bytes.size() + request.data().size() > report::kReportBytesMax) {
    running_.erase(found);
    return Error(Reason::REPORT_INVALID, "the report is larger than any that a node makes");
  }
  running.bytes += request.data();
  running.last_steady_ms = now;
  if (request.last()) {
    whole = std::move(running.bytes);
    running_.erase(found);
  } else {
    whole = running.bytes;
  }
  return id;
}

StatusOr<pb::VerifyRegionalReportResponse> ReportService::VerifyRegionalReport(
    const rpc::CallContext& call, const pb::VerifyRegionalReportRequest& request) {
  if (request.data().size() > kPageBytesMax) {
    return InvalidFields({{"data", "expected at most 1 MiB a call", Reason::REQUEST_INVALID}});
  }
  std::string whole;
  ENLACE_ASSIGN_OR_RETURN(const std::string id, AddPart(call, request, whole));
  pb::VerifyRegionalReportResponse response;
  if (!request.last()) {
    const pb::VerifyRegionalReportRequest same_for_all;
    response.set_next_page_token(parts_.page_tokens.Seal(call, same_for_all, id));
    return response;
  }
  const auto reader = parts_.store.Read();
  StoreMirrors mirrors(*reader, parts_.figures, parts_.network);
  ENLACE_ASSIGN_OR_RETURN(
      const report::Verification verification,
      report::VerifyCsv(whole, parts_.network, parts_.roster, parts_.registry, mirrors));
  response.set_rows_checked(verification.rows_checked);
  response.set_verified(verification.verified);
  for (const report::Finding& finding : verification.findings) {
    pb::ReportFinding& out = *response.add_findings();
    out.set_line(finding.line);
    out.set_column(finding.column);
    out.set_description(finding.description);
  }
  for (const report::Notice& notice : verification.notices) {
    pb::ReportNotice& out = *response.add_notices();
    out.set_channel(notice.channel);
    out.set_named_size(notice.named_size);
    out.set_held_size(notice.held_size);
  }
  return response;
}

}  // namespace enlace::service
