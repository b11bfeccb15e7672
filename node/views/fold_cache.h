#pragma once

#include <map>
#include <memory>
#include <string>

#include "node/base/mutex.h"
#include "node/model/names.h"
#include "node/views/channel_state.h"

// Folding a channel into a state, and keeping the last state of each channel.
//
// A State has `ChannelAt channel`, `std::string jurisdiction` and starts empty; a Fold is
// void(const store::StoredEntry&, State&), called once for each entry in order.
namespace enlace::views {

// Folds the entries from state.channel.size up to `size` into `state`.
// REQUIRES: state.channel.origin and state.jurisdiction are set.
template <class State, class Fold>
Status ExtendFold(const store::Reader& reader, uint64_t size, const Fold& fold, State& state) {
  ENLACE_RETURN_IF_ERROR(store::ScanEntries(reader, state.channel.origin, state.channel.size, size,
                                            [&](const store::StoredEntry& entry) {
                                              fold(entry, state);
                                              return true;
                                            }));
  state.channel.size = size;
  return absl::OkStatus();
}

// States of channels at sizes, kept between calls. Thread-safe. Everything here can be
// dropped at any time and is folded again from the channels.
template <class State>
class FoldCache {
 public:
  static constexpr size_t kStatesMax = 128;  // Channels whose last state is kept.

  // The state of `channel` at its size: the kept one, extended, or folded from the start.
  template <class Fold>
  StatusOr<std::shared_ptr<const State>> At(const store::Reader& reader, const ChannelAt& channel,
                                            const Fold& fold) {
    auto state = std::make_shared<State>();
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
    ENLACE_RETURN_IF_ERROR(ExtendFold(reader, channel.size, fold, *state));
    MutexLock lock(mutex_);
    if (states_.size() >= kStatesMax) states_.clear();
    auto& kept = states_[channel.origin];
    // An older state asked for in between does not push out a newer one.
    if (kept == nullptr || kept->channel.size < channel.size) kept = state;
    return std::shared_ptr<const State>(state);
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const State>> states_ ENLACE_GUARDED_BY(mutex_);
};

}  // namespace enlace::views
