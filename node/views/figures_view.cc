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

void FoldReleases(const store::StoredEntry& entry, StatisticsState& state) {
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
  return ExtendFold(reader, size, FoldReleases, state);
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
  return cache_.At(reader, channel, FoldReleases);
}

}  // namespace enlace::views
