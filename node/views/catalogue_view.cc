#include "node/views/catalogue_view.h"

#include "node/model/names.h"
#include "node/views/programme_check.h"

namespace enlace::views {
namespace {

// True when `name` is a programme of the channel's jurisdiction.
bool IsOwn(const std::string& name, const CatalogueState& state) {
  const auto parsed = model::ResourceName::Parse(name, "programmes");
  return parsed.ok() && parsed->jurisdiction == state.jurisdiction;
}

void AddProgramme(const store::StoredEntry& entry, CatalogueState& state) {
  channel::v1::Programme programme;
  if (!programme.ParseFromString(entry.payload) || !IsOwn(programme.name(), state) ||
      !CheckForeignProgramme(programme).ok()) {
    ++state.left_out.invalid;
    return;
  }
  const auto found = state.programmes.find(programme.name());
  if (found != state.programmes.end() &&
      found->second.programme.revision() >= programme.revision()) {
    ++state.left_out.invalid;
    return;
  }
  const std::string name = programme.name();
  state.name_of_tag[entry.header.subject_tag] = name;
  state.programmes[name] = {std::move(programme), false, state.channel.origin, entry.sequence,
                            entry.header.audience};
}

void Withdraw(const store::StoredEntry& entry, CatalogueState& state) {
  channel::v1::ProgrammeWithdrawal withdrawal;
  const bool parsed = withdrawal.ParseFromString(entry.payload);
  const auto found = state.programmes.find(withdrawal.name());
  if (!parsed || found == state.programmes.end()) {
    ++state.left_out.invalid;
    return;
  }
  found->second.withdrawn = true;
  found->second.sequence = entry.sequence;
}

void FoldTraining(const store::StoredEntry& entry, CatalogueState& state) {
  const bool programme = entry.header.kind == "training.programme";
  const bool withdrawal = entry.header.kind == "training.withdrawal";
  if ((!programme && !withdrawal) || entry.header.schema_version != 1) {
    ++state.left_out.not_understood;
  } else if (entry.state == store::PayloadState::kWithheld) {
    ++state.left_out.withheld;
    const auto tag = state.name_of_tag.find(entry.header.subject_tag);
    if (tag != state.name_of_tag.end()) state.programmes.erase(tag->second);
  } else if (entry.state == store::PayloadState::kErased) {
    ++state.left_out.erased;
  } else if (programme) {
    AddProgramme(entry, state);
  } else {
    Withdraw(entry, state);
  }
}

}  // namespace

Status ExtendCatalogue(const store::Reader& reader, uint64_t size, CatalogueState& state) {
  return ExtendFold(reader, size, FoldTraining, state);
}

StatusOr<std::shared_ptr<const CatalogueState>> CatalogueView::At(const store::Reader& reader,
                                                                  const ChannelAt& channel) {
  return cache_.At(reader, channel, FoldTraining);
}

}  // namespace enlace::views
