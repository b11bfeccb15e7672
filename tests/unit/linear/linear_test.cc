#include "tests/testing/linear.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>

namespace enlace::testing {
namespace {

// A register of small numbers: read, write, and write if it holds what was expected.
struct Register {
  using State = int;
  struct Input {
    char kind = 'r';  // 'r', 'w', 'c'.
    int value = 0;
    int expected = 0;
  };
  using Output = int;  // Of 'r' the value; of 'c' 1 when it was written; of 'w' 0.
  static std::pair<State, Output> Apply(const State& state, const Input& input) {
    if (input.kind == 'r') return {state, state};
    if (input.kind == 'w') return {input.value, 0};
    return state == input.expected ? std::pair{input.value, 1} : std::pair{state, 0};
  }
};
using Op = Operation<Register>;
using Ops = std::vector<Op>;

Op Read(uint64_t begin, uint64_t end, int seen) { return {begin, end, {'r', 0, 0}, seen}; }
Op Write(uint64_t begin, uint64_t end, int value) { return {begin, end, {'w', value, 0}, 0}; }
Op Swap(uint64_t begin, uint64_t end, int expected, int value, bool done) {
  return {begin, end, {'c', value, expected}, done ? 1 : 0};
}
Op Lost(uint64_t begin, Register::Input input) { return {begin, kNeverEnded, input, {}}; }

TEST(LinearTest, AcceptsWhatASingleCallerSees) {
  EXPECT_TRUE(IsLinearizable<Register>({}, 0));
  EXPECT_TRUE(IsLinearizable<Register>({Write(1, 2, 5), Read(3, 4, 5), Swap(5, 6, 5, 7, true),
                                        Swap(7, 8, 5, 9, false), Read(9, 10, 7)},
                                       0));
}

TEST(LinearTest, AcceptsEitherOrderOfWhatOverlaps) {
  for (const int seen : {1, 2}) {
    EXPECT_TRUE(IsLinearizable<Register>({Write(1, 4, 1), Write(2, 3, 2), Read(5, 6, seen)}, 0));
  }
  EXPECT_TRUE(IsLinearizable<Register>({Write(1, 10, 1), Read(2, 3, 0), Read(4, 5, 1)}, 0));
}

TEST(LinearTest, RejectsAStaleRead) {
  EXPECT_FALSE(IsLinearizable<Register>({Write(1, 2, 1), Read(3, 4, 0)}, 0));
}

TEST(LinearTest, RejectsAValueThatGoesAwayAgain) {
  EXPECT_FALSE(IsLinearizable<Register>({Write(1, 10, 1), Read(2, 3, 1), Read(4, 5, 0)}, 0));
}

TEST(LinearTest, RejectsALostUpdate) {
  EXPECT_FALSE(IsLinearizable<Register>({Swap(1, 4, 0, 1, true), Swap(2, 3, 0, 2, true)}, 0));
}

TEST(LinearTest, AnOperationWhoseAnswerWasLostMayHaveHappenedAtAnyTimeOrNot) {
  const Op lost = Lost(1, {'w', 1, 0});
  EXPECT_TRUE(IsLinearizable<Register>({lost, Read(2, 3, 0)}, 0));
  EXPECT_TRUE(IsLinearizable<Register>({lost, Read(2, 3, 1)}, 0));
  EXPECT_TRUE(IsLinearizable<Register>({lost, Read(2, 3, 0), Read(4, 5, 1)}, 0));
  EXPECT_FALSE(IsLinearizable<Register>({lost, Read(2, 3, 1), Read(4, 5, 0)}, 0)) << "only once";
  EXPECT_FALSE(IsLinearizable<Register>({Read(2, 3, 1), Lost(4, {'w', 1, 0})}, 0))
      << "not before it began";
}

// Every order of every choice of lost operations, one after the other.
bool ByBruteForce(const Ops& operations, int initial) {
  std::vector<size_t> order(operations.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto fits = [&](size_t count) {
    int state = initial;
    for (size_t i = 0; i < count; ++i) {
      const Op& op = operations[order[i]];
      for (size_t j = i + 1; j < count; ++j) {
        if (operations[order[j]].end < op.begin) return false;
      }
      const auto [after, output] = Register::Apply(state, op.input);
      if (op.output && *op.output != output) return false;
      state = after;
    }
    for (size_t i = count; i < order.size(); ++i) {
      if (operations[order[i]].output) return false;
    }
    return true;
  };
  do {
    for (size_t count = 0; count <= order.size(); ++count) {
      if (fits(count)) return true;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

// Up to six operations that overlap at random. Half of the histories tell what really came out
// at a moment inside each operation, the others anything.
Ops RandomHistory(std::mt19937_64& random) {
  const size_t count = 1 + random() % 6;
  std::vector<uint64_t> events(3 * count);
  std::iota(events.begin(), events.end(), uint64_t{1});
  std::shuffle(events.begin(), events.end(), random);
  Ops operations;
  for (size_t i = 0; i < count; ++i) {
    std::array<uint64_t, 3> mine = {events[3 * i], events[3 * i + 1], events[3 * i + 2]};
    std::sort(mine.begin(), mine.end());
    const Register::Input input{"rwc"[random() % 3], static_cast<int>(random() % 3),
                                static_cast<int>(random() % 3)};
    operations.push_back({mine[0], mine[2], input, static_cast<int>(mine[1])});
  }
  const bool honest = random() % 2 == 0;
  std::sort(operations.begin(), operations.end(),
            [](const Op& a, const Op& b) { return *a.output < *b.output; });
  int state = 0;
  for (Op& op : operations) {
    const bool lost = random() % 4 == 0;
    const bool happens = !lost || random() % 2 == 0;
    const auto [after, output] = Register::Apply(state, op.input);
    if (happens) state = after;
    op.output = honest ? output : static_cast<int>(random() % 3);
    if (lost) {
      op.output.reset();
      op.end = kNeverEnded;
    }
  }
  std::shuffle(operations.begin(), operations.end(), random);
  return operations;
}

TEST(LinearTest, AgreesWithBruteForceOnSmallHistories) {
  const char* given = std::getenv("ENLACE_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  const int histories = std::getenv("ENLACE_TEST_LONG") != nullptr ? 100'000 : 3'000;
  std::mt19937_64 random(seed);
  int accepted = 0;
  for (int i = 0; i < histories; ++i) {
    const Ops operations = RandomHistory(random);
    const bool expected = ByBruteForce(operations, 0);
    ASSERT_EQ(IsLinearizable<Register>(operations, 0), expected)
        << "history " << i << ", seed " << seed;
    accepted += expected ? 1 : 0;
  }
  fmt::print("linear: seed={} histories={} accepted={}\n", seed, histories, accepted);
  EXPECT_GT(accepted, histories / 4);
  EXPECT_LT(accepted, histories - histories / 10);
}

}  // namespace
}  // namespace enlace::testing
