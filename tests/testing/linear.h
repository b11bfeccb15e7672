#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

// Whether a recorded history of concurrent operations on one object is linearizable: whether an
// order of them exists that a single caller could have seen, and in which an operation that had
// ended comes before any that began later (Wing and Gong's search, with Lowe's memory of what was
// tried). Pure.
//
// A Model has types State (ordered by <), Input, Output, and
//   static std::pair<State, Output> Apply(const State&, const Input&).
namespace enlace::testing {

inline constexpr uint64_t kNeverEnded = UINT64_MAX;

// `begin` and `end` are positions in one order of all events of a history. An operation whose
// answer was lost has no output and never ended: it may have happened at any time after it began,
// or not at all.
template <typename Model>
struct Operation {
  uint64_t begin = 0;
  uint64_t end = kNeverEnded;
  typename Model::Input input;
  std::optional<typename Model::Output> output;
};

template <typename Model>
class LinearSearch {
 public:
  using Operations = std::vector<Operation<Model>>;

  LinearSearch(Operations operations, typename Model::State initial)
      : operations_(std::move(operations)), initial_(std::move(initial)) {
    std::stable_sort(operations_.begin(), operations_.end(),
                     [](const auto& a, const auto& b) { return a.begin < b.begin; });
  }

  bool Run() {
    std::vector<bool> done(operations_.size(), false);
    left_ = static_cast<size_t>(std::count_if(operations_.begin(), operations_.end(),
                                              [](const auto& one) { return one.output; }));
    return From(done, initial_);
  }

 private:
  // Whether the operations that are not done can follow this state.
  bool From(std::vector<bool>& done, const typename Model::State& state) {
    if (left_ == 0) return true;
    if (!tried_.insert({done, state}).second) return false;
    // The next one must have begun before any that is not done had ended.
    uint64_t first_end = kNeverEnded;
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (!done[i]) first_end = std::min(first_end, operations_[i].end);
    }
    for (size_t i = 0; i < operations_.size() && operations_[i].begin < first_end; ++i) {
      if (!done[i] && With(i, done, state)) return true;
    }
    return false;
  }

  // The same when operation `i` comes next.
  bool With(size_t i, std::vector<bool>& done, const typename Model::State& state) {
    const auto [after, output] = Model::Apply(state, operations_[i].input);
    const bool ended = operations_[i].output.has_value();
    if (ended && !(*operations_[i].output == output)) return false;
    // One whose answer was lost and that changes nothing may as well not have happened.
    if (!ended && !(after < state) && !(state < after)) return false;
    done[i] = true;
    left_ -= ended ? 1 : 0;
    if (From(done, after)) return true;
    left_ += ended ? 1 : 0;
    done[i] = false;
    return false;
  }

  Operations operations_;
  const typename Model::State initial_;
  size_t left_ = 0;  // Operations that ended and are not done.
  std::set<std::pair<std::vector<bool>, typename Model::State>> tried_;
};

template <typename Model>
bool IsLinearizable(std::vector<Operation<Model>> operations, typename Model::State initial) {
  return LinearSearch<Model>(std::move(operations), std::move(initial)).Run();
}

}  // namespace enlace::testing
