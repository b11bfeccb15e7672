#include "node/views/figures_view.h"

#include "node/model/names.h"
#include "node/release/content.h"

namespace enlace::views {
namespace {

void AddRelease(const store::StoredEntry& entry, StatisticsState& state) {
  channel::v1::Release release;
  if (!release.ParseFromString(entry.payload)) {
    ++state.left_out.invalid;
    return;
  }
  auto content = release::OpenRelease(release);
  if (!content.ok() || content->jurisdiction() != state.jurisdiction ||
      !state.sequence_of.emplace(content->name(), entry.sequence).second) {
    ++state.left_out.invalid;
    return;
  }
  if (!content->supersedes().empty()) {
    const auto old = state.sequence_of.find(content->supersedes());
    if (old != state.sequence_of.end()) state.superseded += state.releases.erase(old->second);
  }
  state.releases[entry.sequence] = {entry.sequence, release.released_on(), *std::move(content)};
}

void Withdraw(const store::StoredEntry& entry, StatisticsState& state) {
  channel::v1::ReleaseWithdrawal withdrawal;
  const bool parsed = withdrawal.ParseFromString(entry.payload);
  const auto found = state.sequence_of.find(withdrawal.name());
  if (!parsed || found == state.sequence_of.end()) {
    ++state.left_out.invalid;
    return;
  }
  state.withdrawn += state.releases.erase(found->second);
}

void Fold(const store::StoredEntry& entry, StatisticsState& state) {
  const bool release = entry.header.kind == "statistics.release";
  const bool withdrawal = entry.header.kind == "statistics.withdrawal";
  if ((!release && !withdrawal) || entry.header.schema_version != 1) {
    ++state.left_out.not_understood;
  } else if (entry.state == store::PayloadState::kWithheld) {
    ++state.left_out.withheld;
  } else if (entry.state == store::PayloadState::kErased) {
    ++state.left_out.erased;
  } else if (release) {
    AddRelease(entry, state);
  } else {
    Withdraw(entry, state);
  }
}

}  // namespace

Status ExtendStatistics(const store::Reader& reader, uint64_t size, StatisticsState& state) {
  ENLACE_RETURN_IF_ERROR(store::ScanEntries(reader, state.channel.origin, state.channel.size, size,
                                            [&state](const store::StoredEntry& entry) {
                                              Fold(entry, state);
                                              return true;
                                            }));
  state.channel.size = size;
  return absl::OkStatus();
}

std::vector<PlacedFigure> FiguresInForce(const StatisticsState& state) {
  struct Order {
    bool operator()(const model::FigureKey& a, const model::FigureKey& b) const {
      return release::FigureOrder(a, b);
    }
  };
  std::map<model::FigureKey, PlacedFigure, Order> figures;
  for (const auto& [unused, release] : state.releases) {
    for (const channel::v1::Figure& figure : release.content.figures()) {
      figures[release::KeyOf(figure)] = {&release, figure};
    }
  }
  std::vector<PlacedFigure> list;
  list.reserve(figures.size());
  for (auto& [unused, placed] : figures) list.push_back(std::move(placed));
  return list;
}

StatusOr<std::shared_ptr<const StatisticsState>> FiguresView::At(const store::Reader& reader,
                                                                 const ChannelAt& channel) {
  auto state = std::make_shared<StatisticsState>();
  {
    MutexLock lock(mutex_);
    const auto found = states_.find(channel.origin);
    if (found != states_.end() && found->second->channel == channel) return found->second;
    if (found != states_.end() && found->second->channel.size < channel.size) {
      *state = *found->second;
    }
  }
  if (state->channel.origin.empty()) {
    ENLACE_ASSIGN_OR_RETURN(const auto origin, model::ChannelOrigin::Parse(channel.origin));
    state->channel.origin = channel.origin;
    state->jurisdiction = origin.jurisdiction;
  }
  ENLACE_RETURN_IF_ERROR(ExtendStatistics(reader, channel.size, *state));
  MutexLock lock(mutex_);
  if (states_.size() >= kStatesMax) states_.clear();
  auto& kept = states_[channel.origin];
  // An older state asked for in between does not push out a newer one.
  if (kept == nullptr || kept->channel.size < channel.size) kept = state;
  return std::shared_ptr<const StatisticsState>(state);
}

}  // namespace enlace::views
